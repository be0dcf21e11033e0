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

// DecodeRow takes a row in SQLite's record format apart, into values as far as there is room. plain reports whether it
// has the shortest form there is; an error means that it is no record at all.
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
		width, ok := typeWidth(t)
		if !ok || width > uint64(len(body)) {
			return n, false, fmt.Errorf("column %d: type %d needs %d bytes, there are %d", n, t, width, len(body))
		}
		v := &values[n]
		v.set(t, body[:width:width])
		body = body[width:]
		plain = plain && (v.Kind != Integer || t == integerType(v.Int))
		n++
	}
	return n, plain && len(body) == 0, nil
}

// DecodeHead takes the first columns of a row apart, as many as there are values, of a row of which payload may be the
// beginning. n is how many columns it has. It reports whether payload has all of that, in the shortest form.
func DecodeHead(payload []byte, values []Value) (n int, ok bool) {
	length, size := varint(payload)
	if size == 0 || length > uint64(len(payload)) || length < uint64(size) || size != varintSize(length) {
		return 0, false
	}
	types, body := payload[size:length], payload[length:]
	for ; len(types) > 0; n++ {
		t, size := varint(types)
		width, known := typeWidth(t)
		if size == 0 || !known || size != varintSize(t) {
			return n, false
		}
		types = types[size:]
		if n >= len(values) {
			continue
		}
		if width > uint64(len(body)) {
			return n, false
		}
		values[n].set(t, body[:width:width])
		if v := &values[n]; v.Kind == Integer && t != integerType(v.Int) {
			return n, false
		}
		body = body[width:]
	}
	return n, n >= len(values)
}

// set makes v the value of the type that SQLite numbers t, of the bytes b.
func (v *Value) set(t uint64, b []byte) {
	v.Kind, v.Int, v.Float, v.Bytes = Null, 0, 0, nil
	switch {
	case t == 0:
	case t == 7:
		v.Kind, v.Float = Real, math.Float64frombits(binary.BigEndian.Uint64(b))
	case t < 7:
		v.Kind, v.Int = Integer, integer(b)
	case t < 10:
		v.Kind, v.Int = Integer, int64(t-8)
	case t%2 == 0:
		v.Kind, v.Bytes = Blob, b
	default:
		v.Kind, v.Bytes = Text, b
	}
}

// AppendRecord appends a row in the shortest record format, as SQLite stores it: a real of a column REAL that is whole
// and lies in −2^47 … 2^47−1 as an integer, and NaN as NULL. Stored again, what [DecodeRow] gave is the same but for a
// text or blob that it shares.
func AppendRecord(dst []byte, values []Value) []byte {
	types := 0
	for i := range values {
		types += varintSize(values[i].serialType())
	}
	size := 1 // of the length of the header, which counts itself
	for varintSize(uint64(types+size)) > size {
		size++
	}
	dst = appendVarint(dst, uint64(types+size))
	for i := range values {
		dst = appendVarint(dst, values[i].serialType())
	}
	for i := range values {
		v := &values[i]
		switch t := v.serialType(); {
		case t == 7:
			dst = binary.BigEndian.AppendUint64(dst, math.Float64bits(v.Float))
		case t < 7:
			n := v.Int
			if v.Kind == Real {
				n = int64(v.Float)
			}
			for width, _ := typeWidth(t); width > 0; width-- {
				dst = append(dst, byte(n>>(8*(width-1))))
			}
		default:
			dst = append(dst, v.Bytes...)
		}
	}
	return dst
}

// serialType gives the number of the type that SQLite stores v as.
func (v *Value) serialType() uint64 {
	switch v.Kind {
	case Integer:
		return integerType(v.Int)
	case Real:
		switch f := v.Float; {
		case f >= -1<<47 && f < 1<<47 && f == math.Trunc(f):
			return integerType(int64(f))
		case math.IsNaN(f):
			return 0
		}
		return 7
	case Text:
		return 13 + 2*uint64(len(v.Bytes))
	case Blob:
		return 12 + 2*uint64(len(v.Bytes))
	}
	return 0
}

// typeWidth gives the length in bytes of a Value by the number of its type.
func typeWidth(t uint64) (uint64, bool) {
	switch {
	case t >= 12:
		return (t - 12) / 2, true
	case t >= 10:
		return 0, false
	}
	return uint64(typeWidths[t]), true
}

var typeWidths = [10]uint8{0, 1, 2, 3, 4, 6, 8, 8, 0, 0}

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

// appendVarint appends the shortest varint of n.
func appendVarint(dst []byte, n uint64) []byte {
	if n >= 1<<56 { // the ninth byte has eight bits of the number
		for shift := 57; shift > 1; shift -= 7 {
			dst = append(dst, byte(n>>shift)|0x80)
		}
		return append(dst, byte(n))
	}
	for shift := 7 * (varintSize(n) - 1); shift > 0; shift -= 7 {
		dst = append(dst, byte(n>>shift)|0x80)
	}
	return append(dst, byte(n)&0x7f)
}
