package duckdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
)

// Metadata blocks are cut into 64 sub-blocks that form chains.
const subBlocks = 64

// metaPointer is a position in a metadata chain.
type metaPointer struct {
	block  uint64 // block id in the low 56 bits, sub-block above
	offset uint64 // within the sub-block
}

// A stream reads little-endian fields and serialized objects from a chain of metadata sub-blocks or from the
// bytes of a log entry. The first failure sticks: later reads return zero, and err says where it happened.
type stream struct {
	buf  []byte
	off  int    // next unread byte of buf
	base int64  // offset of buf[0] in its file
	name string // of that file, for FormatError

	file *blockFile // nil: buf is all there is
	next uint64     // sub-block that follows buf
	hops uint64     // sub-blocks read so far
	mark uint64     // a pointer met earlier: meeting it again means a loop

	left  int64 // bytes that may still be read, a bound on what decoding can allocate
	depth int   // of nested objects
	err   error
}

// maxStreamBytes bounds one metadata stream: the catalog, or the description of one table's row groups.
const maxStreamBytes = 256 << 20

// maxObjectDepth bounds nested objects, such as expressions.
const maxObjectDepth = 1000

var errMetadataLoop = fault.Corruptf("chain of metadata sub-blocks loops")

// openMetadata opens the chain at p.
func openMetadata(f *blockFile, p metaPointer, field string) *stream {
	s := &stream{file: f, left: maxStreamBytes, next: p.block, mark: invalidPtr}
	if !s.hop(field) {
		return s
	}
	if p.offset >= uint64(len(s.buf)) {
		s.fail(field, fault.Corruptf("offset %d in a sub-block of %d bytes", p.offset, len(s.buf)))
		return s
	}
	s.off = max(int(p.offset), 8)
	return s
}

// newStream reads from buf, whose first byte is at offset base of the named file.
func newStream(buf []byte, base int64, name string) *stream {
	return &stream{buf: buf, base: base, name: name, left: int64(len(buf))}
}

// hop goes on to the next sub-block.
func (s *stream) hop(field string) bool {
	if s.err != nil {
		return false
	}
	if s.file == nil || s.next == invalidPtr {
		s.off = len(s.buf)
		s.fail(field, io.ErrUnexpectedEOF)
		return false
	}
	// The mark moves at powers of two, so that any loop is met after a few rounds at most.
	if s.next == s.mark {
		s.fail(field, errMetadataLoop)
		return false
	}
	if s.hops&(s.hops-1) == 0 {
		s.mark = s.next
	}
	s.hops++
	id, sub := s.next&(1<<56-1), int(s.next>>56)
	if sub >= subBlocks {
		s.fail(field, fault.Corruptf("metadata sub-block %d of %d", sub, subBlocks))
		return false
	}
	p, err := s.file.block(id, field)
	if err != nil {
		s.err = err
		return false
	}
	size := len(p) / subBlocks &^ 7
	s.buf = p[sub*size : (sub+1)*size]
	s.base = s.file.offset(id) + int64(sub*size)
	s.next = binary.LittleEndian.Uint64(s.buf)
	s.off = 8
	return true
}

func (s *stream) fail(field string, err error) {
	if s.err == nil {
		if !errors.Is(err, fault.ErrCorrupt) && !errors.Is(err, fault.ErrUnsupported) && errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("%w: %w", fault.ErrCorrupt, err)
		}
		s.err = &fault.FormatError{File: s.name, Offset: s.base + int64(s.off), Field: field, Err: err}
	}
}

// read fills dst.
func (s *stream) read(dst []byte, field string) {
	for len(dst) > 0 {
		if s.err != nil || s.off == len(s.buf) && !s.hop(field) {
			clear(dst)
			return
		}
		n := copy(dst, s.buf[s.off:])
		s.off += n
		s.spend(n, field)
		dst = dst[n:]
	}
}

func (s *stream) spend(n int, field string) {
	if s.left -= int64(n); s.left < 0 {
		s.fail(field, fault.Unsupportedf("metadata of more than %d bytes", maxStreamBytes))
	}
}

func (s *stream) byte(field string) byte {
	if s.err != nil || s.off == len(s.buf) && !s.hop(field) {
		return 0
	}
	b := s.buf[s.off]
	s.off++
	s.spend(1, field)
	return b
}

func (s *stream) uint16(field string) uint16 {
	var b [2]byte
	s.read(b[:], field)
	return binary.LittleEndian.Uint16(b[:])
}

func (s *stream) uint32(field string) uint32 {
	var b [4]byte
	s.read(b[:], field)
	return binary.LittleEndian.Uint32(b[:])
}

func (s *stream) uint64(field string) uint64 {
	var b [8]byte
	s.read(b[:], field)
	return binary.LittleEndian.Uint64(b[:])
}
