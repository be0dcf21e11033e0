package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrFormat means that bytes are no Parquet file, or that its footer cannot be read.
var ErrFormat = errors.New("not a Parquet file")

// maxFooter bounds the footers that are read.
const maxFooter = 16 << 20

// maxDepth bounds structs and lists in each other.
const maxDepth = 16

// An About is what the footer of a file says of it.
type About struct {
	Rows   int64
	Values map[string]string // of a key that occurs several times, the last one
}

// ReadAbout reads the footer of a file of size bytes, of whatever program. It looks at no page. What is no such file,
// or has a footer of more than 16 MiB, is [ErrFormat].
func ReadAbout(r io.ReaderAt, size int64) (*About, error) {
	if size < 12 {
		return nil, fmt.Errorf("%w: %d bytes", ErrFormat, size)
	}
	var end [8]byte
	if _, err := r.ReadAt(end[:], size-8); err != nil {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint32(end[:]))
	if string(end[4:]) != magic || length > size-12 || length > maxFooter {
		return nil, fmt.Errorf("%w: it does not end like one", ErrFormat)
	}
	buf := make([]byte, length)
	if _, err := r.ReadAt(buf, size-8-length); err != nil {
		return nil, err
	}
	p := parser{buf: buf}
	a := &About{Values: map[string]string{}}
	p.fields(0, func(id, kind int) bool {
		switch {
		case id == 3 && kind == thriftI64:
			a.Rows = p.varint()
		case id == 5 && kind == thriftList:
			p.keyValues(a.Values)
		default:
			return false
		}
		return true
	})
	if p.failed {
		return nil, fmt.Errorf("%w: its footer breaks off or is no struct", ErrFormat)
	}
	return a, nil
}

// A parser reads Thrift's compact protocol from buf. After a failure it gives zeroes.
type parser struct {
	buf    []byte
	failed bool
}

func (p *parser) fail() {
	p.failed, p.buf = true, nil
}

func (p *parser) byte() byte {
	if len(p.buf) == 0 {
		p.fail()
		return 0
	}
	b := p.buf[0]
	p.buf = p.buf[1:]
	return b
}

func (p *parser) uvarint() uint64 {
	v, n := binary.Uvarint(p.buf)
	if n <= 0 {
		p.fail()
		return 0
	}
	p.buf = p.buf[n:]
	return v
}

func (p *parser) varint() int64 {
	v := p.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (p *parser) text() string {
	n := p.uvarint()
	if n > uint64(len(p.buf)) {
		p.fail()
		return ""
	}
	s := string(p.buf[:n])
	p.buf = p.buf[n:]
	return s
}

// fields reads a struct. Take reads the value of a field and says so, or leaves it to be passed over.
func (p *parser) fields(depth int, take func(id, kind int) bool) {
	if depth > maxDepth {
		p.fail()
		return
	}
	for id := 0; !p.failed; {
		head := p.byte()
		if head == 0 {
			return
		}
		if delta := int(head >> 4); delta > 0 {
			id += delta
		} else {
			id = int(int16(p.varint()))
		}
		if kind := int(head & 15); !take(id, kind) {
			p.skip(depth, kind)
		}
	}
}

// listHead reads how many values a list has, and of which type.
func (p *parser) listHead() (n uint64, kind int) {
	head := p.byte()
	n, kind = uint64(head>>4), int(head&15)
	if n == 15 {
		n = p.uvarint()
	}
	if n > uint64(len(p.buf)) { // each takes at least a byte
		p.fail()
		return 0, 0
	}
	return n, kind
}

func (p *parser) keyValues(to map[string]string) {
	n, kind := p.listHead()
	if kind != thriftStruct && n > 0 {
		p.fail()
	}
	for i := uint64(0); i < n && !p.failed; i++ {
		var key, value string
		p.fields(1, func(id, kind int) bool {
			switch {
			case id == 1 && kind == thriftBinary:
				key = p.text()
			case id == 2 && kind == thriftBinary:
				value = p.text()
			default:
				return false
			}
			return true
		})
		to[key] = value
	}
}

// skip passes over a value. A boolean that is a field has none.
func (p *parser) skip(depth, kind int) {
	switch kind {
	case thriftTrue, thriftFalse:
	case thriftByte:
		p.byte()
	case thriftI16, thriftI32, thriftI64:
		p.uvarint()
	case thriftDouble:
		if len(p.buf) < 8 {
			p.fail()
			return
		}
		p.buf = p.buf[8:]
	case thriftBinary:
		p.text()
	case thriftList, thriftSet:
		p.skipList(depth + 1)
	case thriftStruct:
		p.fields(depth+1, func(int, int) bool { return false })
	default: // a map, which FileMetaData has none of
		p.fail()
	}
}

func (p *parser) skipList(depth int) {
	n, kind := p.listHead()
	if depth > maxDepth {
		p.fail()
	}
	for i := uint64(0); i < n && !p.failed; i++ {
		if kind == thriftTrue || kind == thriftFalse {
			p.byte() // in a list it has one
		} else {
			p.skip(depth, kind)
		}
	}
}
