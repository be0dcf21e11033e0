package storage

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
)

// endOfObject takes the place of a field id after an object's last field.
const endOfObject = 0xffff

// An Object walks the fields of a serialized object: for o.Next() { switch o.ID { … default: o.Unknown() } }.
type Object struct {
	Stream *Stream // which the fields are read from
	Class  string  // for errors
	ID     int     // of the field that is to be read now
}

// Object starts reading an object of the named class.
func (s *Stream) Object(class string) Object {
	if s.depth++; s.depth > maxObjectDepth {
		s.Fail(class, fault.Unsupportedf("objects nested more than %d deep", maxObjectDepth))
	}
	return Object{s, class, -1}
}

// Next goes to the next field; false means the end of the object or an error.
func (o *Object) Next() bool {
	s := o.Stream
	if s.err != nil {
		return false
	}
	var id int
	if s.off+2 <= len(s.buf) {
		id = int(binary.LittleEndian.Uint16(s.buf[s.off:]))
		s.off += 2
		s.spend(2, o.Class)
	} else {
		id = int(s.Uint16(o.Class))
	}
	if s.err != nil {
		return false
	}
	if id == endOfObject {
		s.depth--
		return false
	}
	if id <= o.ID {
		s.Fail(o.Class, fault.Corruptf("field %d after field %d", id, o.ID))
		return false
	}
	o.ID = id
	return true
}

// Unknown reports a field whose length cannot be known.
func (o *Object) Unknown() {
	o.Stream.Fail(o.Class, fault.Unsupportedf("unknown field %d", o.ID))
}

// ULEB reads an unsigned LEB128 number of at most the given bits.
func (s *Stream) ULEB(bits uint, field string) uint64 {
	var x uint64
	for shift := uint(0); ; shift += 7 {
		b := s.Byte(field)
		if s.err != nil {
			return 0
		}
		if shift == 63 && b > 1 {
			s.Fail(field, fault.Corruptf("number of more than 64 bits"))
			return 0
		}
		x |= uint64(b&0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	if bits < 64 && x>>bits != 0 {
		s.Fail(field, fault.Corruptf("%d does not fit in %d bits", x, bits))
		return 0
	}
	return x
}

// SLEB reads a signed LEB128 number of at most the given bits.
func (s *Stream) SLEB(bits uint, field string) int64 {
	var x int64
	for shift := uint(0); ; {
		b := s.Byte(field)
		if s.err != nil {
			return 0
		}
		if shift == 63 && b != 0 && b != 0x7f {
			s.Fail(field, fault.Corruptf("number of more than 64 bits"))
			return 0
		}
		x |= int64(b&0x7f) << shift
		shift += 7
		if b < 0x80 {
			if shift < 64 && b&0x40 != 0 {
				x |= -1 << shift
			}
			break
		}
	}
	if bits < 64 && (x >= 1<<(bits-1) || x < -1<<(bits-1)) {
		s.Fail(field, fault.Corruptf("%d does not fit in %d bits", x, bits))
		return 0
	}
	return x
}

// Bool reads a boolean.
func (s *Stream) Bool(field string) bool {
	b := s.Byte(field)
	if b > 1 {
		s.Fail(field, fault.Corruptf("boolean %d", b))
	}
	return b == 1
}

// Float64 reads a floating-point number.
func (s *Stream) Float64(field string) float64 { return math.Float64frombits(s.Uint64(field)) }

// Length reads how many bytes or elements follow, each at least one byte.
func (s *Stream) Length(field string) int {
	n := s.ULEB(64, field)
	if n > uint64(max(s.left, 0)) {
		s.Fail(field, fmt.Errorf("%w: %w: %d elements or bytes, at most %d can follow",
			fault.ErrCorrupt, fault.ErrCutOff, n, s.left))
		return 0
	}
	return int(n)
}

// Blob reads a length and that many bytes; they may be a view into the stream's buffer.
func (s *Stream) Blob(field string) []byte {
	n := s.Length(field)
	if s.err != nil || n == 0 {
		return nil
	}
	if n <= len(s.buf)-s.off {
		b := s.buf[s.off : s.off+n : s.off+n]
		s.off += n
		s.spend(n, field)
		return b
	}
	// Grow with what is there, so that a claimed length alone allocates nothing.
	b := make([]byte, 0, min(n, 64<<10))
	for len(b) < n && s.err == nil {
		k := min(n-len(b), max(len(b), 64<<10))
		b = append(b, make([]byte, k)...)
		s.Fill(b[len(b)-k:], field)
	}
	if s.err != nil {
		return nil
	}
	return b
}

// Text reads a length and that many bytes, of which it makes a copy.
func (s *Stream) Text(field string) string { return string(s.Blob(field)) }

// Pointer reads the object that names a position in a metadata chain.
func (s *Stream) Pointer(field string) Pointer {
	var p Pointer
	for o := s.Object(field); o.Next(); {
		switch o.ID {
		case 100:
			p.Block = s.ULEB(64, field)
		case 101:
			p.offset = s.ULEB(32, field)
		default:
			o.Unknown()
		}
	}
	return p
}

// List reads a count and calls each for every element, until an error.
func (s *Stream) List(field string, each func()) {
	for n := s.Length(field); n > 0 && s.err == nil; n-- {
		each()
	}
}
