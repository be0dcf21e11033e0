package duckdb

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
)

// endOfObject takes the place of a field id after an object's last field.
const endOfObject = 0xffff

// An object walks the fields of a serialized object: for o.next() { switch o.id { … default: o.unknown() } }.
type object struct {
	s     *stream
	class string
	id    int
}

// object starts reading an object.
func (s *stream) object(class string) object {
	if s.depth++; s.depth > maxObjectDepth {
		s.fail(class, fault.Unsupportedf("objects nested more than %d deep", maxObjectDepth))
	}
	return object{s, class, -1}
}

// next goes to the next field; false means the end of the object or an error.
func (o *object) next() bool {
	s := o.s
	if s.err != nil {
		return false
	}
	var id int
	if s.off+2 <= len(s.buf) {
		id = int(binary.LittleEndian.Uint16(s.buf[s.off:]))
		s.off += 2
		s.spend(2, o.class)
	} else {
		id = int(s.uint16(o.class))
	}
	if s.err != nil {
		return false
	}
	if id == endOfObject {
		s.depth--
		return false
	}
	if id <= o.id {
		s.fail(o.class, fault.Corruptf("field %d after field %d", id, o.id))
		return false
	}
	o.id = id
	return true
}

// unknown reports a field whose length cannot be known.
func (o *object) unknown() {
	o.s.fail(o.class, fault.Unsupportedf("unknown field %d", o.id))
}

// uleb reads an unsigned LEB128 number of at most the given bits.
func (s *stream) uleb(bits uint, field string) uint64 {
	var x uint64
	for shift := uint(0); ; shift += 7 {
		b := s.byte(field)
		if s.err != nil {
			return 0
		}
		if shift == 63 && b > 1 {
			s.fail(field, fault.Corruptf("number of more than 64 bits"))
			return 0
		}
		x |= uint64(b&0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	if bits < 64 && x>>bits != 0 {
		s.fail(field, fault.Corruptf("%d does not fit in %d bits", x, bits))
		return 0
	}
	return x
}

// sleb reads a signed LEB128 number of at most the given bits.
func (s *stream) sleb(bits uint, field string) int64 {
	var x int64
	for shift := uint(0); ; {
		b := s.byte(field)
		if s.err != nil {
			return 0
		}
		if shift == 63 && b != 0 && b != 0x7f {
			s.fail(field, fault.Corruptf("number of more than 64 bits"))
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
		s.fail(field, fault.Corruptf("%d does not fit in %d bits", x, bits))
		return 0
	}
	return x
}

func (s *stream) bool(field string) bool {
	b := s.byte(field)
	if b > 1 {
		s.fail(field, fault.Corruptf("boolean %d", b))
	}
	return b == 1
}

func (s *stream) float64(field string) float64 { return math.Float64frombits(s.uint64(field)) }

// length reads how many bytes or elements follow, each at least one byte.
func (s *stream) length(field string) int {
	n := s.uleb(64, field)
	if n > uint64(max(s.left, 0)) {
		s.fail(field, fmt.Errorf("%w: %w: %d elements or bytes, at most %d can follow", fault.ErrCorrupt, io.ErrUnexpectedEOF, n, s.left))
		return 0
	}
	return int(n)
}

// blob reads a length and that many bytes; they may be a view into the stream's buffer.
func (s *stream) blob(field string) []byte {
	n := s.length(field)
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
		s.read(b[len(b)-k:], field)
	}
	if s.err != nil {
		return nil
	}
	return b
}

func (s *stream) string(field string) string { return string(s.blob(field)) }

func (s *stream) metaPointer(field string) metaPointer {
	var p metaPointer
	for o := s.object(field); o.next(); {
		switch o.id {
		case 100:
			p.block = s.uleb(64, field)
		case 101:
			p.offset = s.uleb(32, field)
		default:
			o.unknown()
		}
	}
	return p
}

// list reads a count and calls each for every element, until an error.
func (s *stream) list(field string, each func()) {
	for n := s.length(field); n > 0 && s.err == nil; n-- {
		each()
	}
}

// uint128 reads the upper, then the lower half of an unsigned number.
func (s *stream) uint128(field string) uint128 {
	hi := s.uleb(64, field)
	return uint128{hi, s.uleb(64, field)}
}

// int128 reads the signed upper, then the unsigned lower half of a number.
func (s *stream) int128(field string) uint128 {
	hi := s.sleb(64, field)
	return uint128{uint64(hi), s.uleb(64, field)}
}
