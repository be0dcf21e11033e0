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
	lru   list.List // of cachedBlock, most recent first
	keep  int       // blocks
}

type cachedBlock struct {
	id      uint64
	payload []byte
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
	if id >= f.blocks {
		return nil, &fault.FormatError{Offset: f.size, Field: field,
			Err: fault.Corruptf("block %d of %d", int64(id), f.blocks)}
	}
	f.mu.Lock()
	if e := f.cache[id]; e != nil {
		f.lru.MoveToFront(e)
		p := e.Value.(cachedBlock).payload
		f.mu.Unlock()
		return p, nil
	}
	f.mu.Unlock()

	p, err := f.readBlock(id)
	if err != nil {
		return nil, err
	}

	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cache[id] == nil {
		f.cache[id] = f.lru.PushFront(cachedBlock{id, p})
		if f.lru.Len() > f.keep {
			delete(f.cache, f.lru.Remove(f.lru.Back()).(cachedBlock).id)
		}
	}
	return p, nil
}

// spares are memory for blocks between uses.
var spares sync.Pool // of *[]byte

// readBlock reads and checks block id.
func (f *File) readBlock(id uint64) ([]byte, error) {
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
		return buf[8:len(buf):len(buf)], nil
	}
	// Most blocks of a small database are mostly zeros. Memory that is fresh from the operating system is zero and costs
	// nothing until it is written, so such a block gets that, and what it was read into serves the next one.
	p := make([]byte, f.payload)
	copy(p, used[min(8, len(used)):])
	spares.Put(spare)
	return p, nil
}

// trimZeros gives b, which is whole words, up to the last that is not zero: zeros change no checksum.
func trimZeros(b []byte) []byte {
	for len(b) > 0 && len(b)%8 == 0 && binary.LittleEndian.Uint64(b[len(b)-8:]) == 0 {
		b = b[:len(b)-8]
	}
	return b
}
