package storage

import (
	"container/list"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
)

// A File gives the payloads of a file's blocks, checked, and keeps the most recent ones.
type File struct {
	Level   int    // which features the file may use, as in [Headers]; 0 when that is not known
	Library string // of the engine that created the file; "" when that is not known

	r       io.ReaderAt
	size    int64
	alloc   int64 // bytes of a block with its checksum
	payload int   // without it
	blocks  uint64

	mu    sync.Mutex
	cache map[uint64]*list.Element
	lru   list.List // of *Block, most recent first
	keep  int       // blocks
}

// A Block is the payload of a block, lent until Release.
type Block struct {
	Payload []byte // must not be changed

	file *File
	id   uint64
	buf  *[]byte // what Payload lies in, if that can be used again
	// Guarded by the file's mu.
	lent   int  // how many have not yet released it
	cached bool // in the cache, which may lend it again
	kept   bool // someone refers to it for as long as they please
}

// NewFile reads blocks of blockSize bytes, their checksums included, from the size bytes of r, and keeps about
// cacheBytes of them.
func NewFile(r io.ReaderAt, size int64, blockSize uint64, cacheBytes int64) *File {
	return &File{
		r: r, size: size, alloc: int64(blockSize), payload: int(blockSize) - 8,
		blocks: uint64(max(size-blocksStart, 0)) / blockSize,
		cache:  map[uint64]*list.Element{},
		keep:   int(max(cacheBytes/int64(blockSize), 4)),
	}
}

// Size is the bytes of the file.
func (f *File) Size() int64 { return f.size }

// Payload is the bytes of a block without its checksum.
func (f *File) Payload() int { return f.payload }

// Blocks is how many blocks fit in the file; a log may point past the count in the header.
func (f *File) Blocks() uint64 { return f.blocks }

// Offset is where in the file the payload of block id starts.
func (f *File) Offset(id uint64) int64 { return blocksStart + int64(id)*f.alloc + 8 }

// Block gives the payload of block id. It must not be changed, and stays valid for as long as it is referenced.
func (f *File) Block(id uint64, field string) ([]byte, error) {
	b, err := f.Borrow(id, field)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	b.kept = true
	b.lent--
	return b.Payload, nil
}

// Borrow gives block id until its Release. Who does not release it makes nothing worse than the memory of the block new
// each time.
func (f *File) Borrow(id uint64, field string) (*Block, error) {
	if id >= f.blocks {
		return nil, &fault.FormatError{Offset: f.size, Field: field,
			Err: fault.Corruptf("block %d of %d", int64(id), f.blocks)}
	}
	f.mu.Lock()
	if e := f.cache[id]; e != nil {
		f.lru.MoveToFront(e)
		b := e.Value.(*Block)
		b.lent++
		f.mu.Unlock()
		return b, nil
	}
	f.mu.Unlock()

	b, err := f.readBlock(id)
	if err != nil {
		return nil, err
	}

	f.mu.Lock()
	defer f.mu.Unlock()
	b.lent = 1
	if f.cache[id] == nil {
		b.cached = true
		f.cache[id] = f.lru.PushFront(b)
		if f.lru.Len() > f.keep {
			old := f.lru.Remove(f.lru.Back()).(*Block)
			delete(f.cache, old.id)
			old.cached = false
			old.recycle()
		}
	}
	return b, nil
}

// Release ends a loan: nobody who got the block by it refers to the payload any more, or to what lies in it. A nil block
// needs none.
func (b *Block) Release() {
	if b == nil {
		return
	}
	b.file.mu.Lock()
	defer b.file.mu.Unlock()
	b.lent--
	b.recycle()
}

// recycle gives the memory of a block that nobody can refer to any more to the next that is read.
func (b *Block) recycle() {
	if b.lent > 0 || b.cached || b.kept || b.buf == nil {
		return
	}
	if Poison {
		clear(*b.buf)
	}
	spares.Put(b.buf)
	b.buf, b.Payload = nil, nil
}

// Poison makes memory that is given back lose what it held. Tests set it, to find who still refers to it.
var Poison bool

// spares are memory for blocks between uses.
var spares sync.Pool // of *[]byte

// readBlock reads and checks block id.
func (f *File) readBlock(id uint64) (*Block, error) {
	spare, _ := spares.Get().(*[]byte)
	if spare == nil || int64(cap(*spare)) < f.alloc {
		b := make([]byte, f.alloc)
		spare = &b
	}
	buf, at := (*spare)[:f.alloc], f.Offset(id)-8
	if n, err := f.r.ReadAt(buf, at); n < len(buf) {
		spares.Put(spare)
		if err == nil || errors.Is(err, io.EOF) {
			err = fault.ErrCutOff
		}
		return nil, &fault.FormatError{Offset: at + int64(n), Field: fmt.Sprintf("block %d", id), Err: err}
	}
	used := trimZeros(buf)
	if err := checkUnit(buf[:max(len(used), 8)], at, fmt.Sprintf("block %d", id)); err != nil {
		spares.Put(spare)
		return nil, err
	}
	if len(used) > len(buf)/2 {
		return &Block{Payload: buf[8:len(buf):len(buf)], file: f, id: id, buf: spare}, nil
	}
	// Most blocks of a small database are mostly zeros. Memory that is fresh from the operating system is zero and costs
	// nothing until it is written, so such a block gets that, and what it was read into serves the next one.
	p := make([]byte, f.payload)
	copy(p, used[min(8, len(used)):])
	spares.Put(spare)
	return &Block{Payload: p, file: f, id: id}, nil
}

// trimZeros gives b, which is whole words, up to the last that is not zero: zeros change no checksum.
func trimZeros(b []byte) []byte {
	for len(b) > 0 && len(b)%8 == 0 && binary.LittleEndian.Uint64(b[len(b)-8:]) == 0 {
		b = b[:len(b)-8]
	}
	return b
}
