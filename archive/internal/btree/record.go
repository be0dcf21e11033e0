package btree

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A Value is one column of a row.
type Value struct {
	Kind  Type
	Int   int64   // of an integer
	Float float64 // of a real
	Bytes []byte  // of a text or blob, shared with the row
}

// A Type is that of a value.
type Type byte

const (
	Null Type = iota
	Integer
	Real
	Text
	Blob
)

func (k Type) String() string {
	return [...]string{"NULL", "INTEGER", "REAL", "TEXT", "BLOB"}[k]
}

// DecodeRow takes a row in SQLite's record format apart, into values as far as there is room. plain reports whether it has the
// shortest form there is; an error means that it is no record at all.
func DecodeRow(payload []byte, values []Value) (n int, plain bool, err error) {
	length, size := varint(payload)
	if size == 0 || length > uint64(len(payload)) || length < uint64(size) {
		return 0, false, fmt.Errorf("a header of %d bytes in a row of %d", length, len(payload))
	}
	plain = size == varintSize(length)
	types, body := payload[size:length], payload[length:]
	for len(types) > 0 {
		t, size := varint(types)
		if size == 0 {
			return n, false, fmt.Errorf("column %d: its type is cut short", n)
		}
		plain = plain && size == varintSize(t)
		types = types[size:]
		if n == len(values) {
			return n, plain, fmt.Errorf("more than %d columns", n)
		}
		v := &values[n]
		*v = Value{}
		width, ok := typeWidth(t)
		if !ok || width > uint64(len(body)) {
			return n, false, fmt.Errorf("column %d: type %d needs %d bytes, there are %d", n, t, width, len(body))
		}
		b := body[:width:width]
		body = body[width:]
		switch {
		case t == 0:
		case t == 7:
			v.Kind, v.Float = Real, math.Float64frombits(binary.BigEndian.Uint64(b))
		case t < 10:
			v.Kind = Integer
			if v.Int = integer(b); t > 7 {
				v.Int = int64(t - 8)
			}
			plain = plain && t == integerType(v.Int)
		case t%2 == 0:
			v.Kind, v.Bytes = Blob, b
		default:
			v.Kind, v.Bytes = Text, b
		}
		n++
	}
	return n, plain && len(body) == 0, nil
}

// typeWidth gives the length in bytes of a Value by the number of its type.
func typeWidth(t uint64) (uint64, bool) {
	switch {
	case t >= 12:
		return (t - 12) / 2, true
	case t >= 10:
		return 0, false
	}
	return [...]uint64{0, 1, 2, 3, 4, 6, 8, 8, 0, 0}[t], true
}

func integer(b []byte) int64 {
	n := int64(0)
	for i, c := range b {
		if n = n<<8 | int64(c); i == 0 {
			n = int64(int8(c))
		}
	}
	return n
}

// integerType gives the type that SQLite stores n as.
func integerType(n int64) uint64 {
	u := n
	if n < 0 {
		u = ^n
	}
	switch {
	case n == 0 || n == 1:
		return uint64(8 + n)
	case u < 1<<7:
		return 1
	case u < 1<<15:
		return 2
	case u < 1<<23:
		return 3
	case u < 1<<31:
		return 4
	case u < 1<<47:
		return 5
	}
	return 6
}
