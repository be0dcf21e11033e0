package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
)

// Metadata blocks are cut into 64 sub-blocks that form chains.
const subBlocks = 64

// A Pointer is a position in a metadata chain.
type Pointer struct {
	Block  uint64 // block id in the low 56 bits, sub-block above
	offset uint64 // within the sub-block
}

// A Stream reads little-endian fields and serialized objects from a chain of metadata sub-blocks or from the
// bytes of a log entry. The first failure sticks: later reads return zero, and err says where it happened.
type Stream struct {
	buf  []byte
	off  int    // next unread byte of buf
	base int64  // offset of buf[0] in its file
	name string // of that file, for FormatError

	file *File  // nil: buf is all there is
	next uint64 // sub-block that follows buf
	hops uint64 // sub-blocks read so far
	mark uint64 // a pointer met earlier: meeting it again means a loop

	left  int64 // bytes that may still be read, a bound on what decoding can allocate
	depth int   // of nested objects
	err   error
}

// MaxStreamBytes bounds one metadata stream: the catalog, or the description of one table's row groups.
const MaxStreamBytes = 256 << 20

// maxObjectDepth bounds nested objects, such as expressions.
const maxObjectDepth = 1000

// Trace, if it is not nil, is told where in which file the bytes of every field are that any stream reads. Tests set it,
// which change fields one at a time.
var Trace func(file, field string, at int64, n int)

var errMetadataLoop = fault.Corruptf("chain of metadata sub-blocks loops")

// OpenMetadata opens the chain at p.
func OpenMetadata(f *File, p Pointer, field string) *Stream {
	s := &Stream{file: f, left: MaxStreamBytes, next: p.Block, mark: NoPointer}
	if !s.hop(field) {
		return s
	}
	if p.offset >= uint64(len(s.buf)) {
		s.Fail(field, fault.Corruptf("offset %d in a sub-block of %d bytes", p.offset, len(s.buf)))
		return s
	}
	s.off = max(int(p.offset), 8)
	return s
}

// NewStream reads from buf, whose first byte is at offset base of the named file.
func NewStream(buf []byte, base int64, name string) *Stream {
	return &Stream{buf: buf, base: base, name: name, left: int64(len(buf))}
}

// hop goes on to the next sub-block.
func (s *Stream) hop(field string) bool {
	if s.err != nil {
		return false
	}
	if s.file == nil || s.next == NoPointer {
		s.off = len(s.buf)
		s.Fail(field, fault.ErrCutOff)
		return false
	}
	// The mark moves at powers of two, so that any loop is met after a few rounds at most.
	if s.next == s.mark {
		s.Fail(field, errMetadataLoop)
		return false
	}
	if s.hops&(s.hops-1) == 0 {
		s.mark = s.next
	}
	s.hops++
	id, sub := s.next&(1<<56-1), int(s.next>>56)
	if sub >= subBlocks {
		s.Fail(field, fault.Corruptf("metadata sub-block %d of %d", sub, subBlocks))
		return false
	}
	p, err := s.file.Block(id, field)
	if err != nil {
		s.err = err
		return false
	}
	size := len(p) / subBlocks &^ 7
	s.buf = p[sub*size : (sub+1)*size]
	s.base = s.file.Offset(id) + int64(sub*size)
	s.next = binary.LittleEndian.Uint64(s.buf)
	s.off = 8
	return true
}

// Err is the first failure; nil when there was none.
func (s *Stream) Err() error { return s.err }

// Offset is where in its file the stream is.
func (s *Stream) Offset() int64 { return s.base + int64(s.off) }

// Left is how many bytes may still be read.
func (s *Stream) Left() int64 { return s.left }

// Limit lets no more than n bytes be read from here on.
func (s *Stream) Limit(n int64) { s.left = n }

// Fault makes an error about the place where the stream is.
func (s *Stream) Fault(field string, err error) error {
	classed := errors.Is(err, fault.ErrCorrupt) || errors.Is(err, fault.ErrUnsupported)
	if !classed && errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("%w: %w", fault.ErrCorrupt, err)
	}
	return &fault.FormatError{File: s.name, Offset: s.Offset(), Field: field, Err: err}
}

// Fail ends the reading with an error about the place where the stream is, unless it has ended before.
func (s *Stream) Fail(field string, err error) {
	if s.err == nil {
		s.err = s.Fault(field, err)
	}
}

// Stop ends the reading with an error that says itself where it is, unless it has ended before. A nil one ends nothing.
func (s *Stream) Stop(err error) {
	if s.err == nil {
		s.err = err
	}
}

// Fill reads as many bytes as dst has.
func (s *Stream) Fill(dst []byte, field string) {
	for len(dst) > 0 {
		if s.err != nil || s.off == len(s.buf) && !s.hop(field) {
			clear(dst)
			return
		}
		n := copy(dst, s.buf[s.off:])
		if Trace != nil {
			Trace(s.name, field, s.Offset(), n)
		}
		s.off += n
		s.spend(n, field)
		dst = dst[n:]
	}
}

func (s *Stream) spend(n int, field string) {
	if s.left -= int64(n); s.left < 0 {
		s.Fail(field, fault.Unsupportedf("metadata of more than %d bytes", MaxStreamBytes))
	}
}

// Byte reads a byte.
func (s *Stream) Byte(field string) byte {
	if s.err != nil || s.off == len(s.buf) && !s.hop(field) {
		return 0
	}
	if Trace != nil {
		Trace(s.name, field, s.Offset(), 1)
	}
	b := s.buf[s.off]
	s.off++
	s.spend(1, field)
	return b
}

// Uint16 reads a number of 2 bytes.
func (s *Stream) Uint16(field string) uint16 {
	var b [2]byte
	s.Fill(b[:], field)
	return binary.LittleEndian.Uint16(b[:])
}

// Uint32 reads a number of 4 bytes.
func (s *Stream) Uint32(field string) uint32 {
	var b [4]byte
	s.Fill(b[:], field)
	return binary.LittleEndian.Uint32(b[:])
}

// Uint64 reads a number of 8 bytes.
func (s *Stream) Uint64(field string) uint64 {
	var b [8]byte
	s.Fill(b[:], field)
	return binary.LittleEndian.Uint64(b[:])
}
