package duckdb

import (
	"container/list"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
)

// A blockFile gives the payloads of a file's blocks, checked, and keeps the most recent ones.
type blockFile struct {
	r       io.ReaderAt
	size    int64
	alloc   int64  // bytes of a block with its checksum
	payload int    // without it
	blocks  uint64 // how many fit in the file; a log may point past the count in the header

	mu    sync.Mutex
	cache map[uint64]*list.Element
	lru   list.List // of cachedBlock, most recent first
	keep  int       // blocks
}

type cachedBlock struct {
	id      uint64
	payload []byte
}

func newBlockFile(r io.ReaderAt, size int64, alloc uint64, cacheBytes int64) *blockFile {
	return &blockFile{
		r: r, size: size, alloc: int64(alloc), payload: int(alloc) - 8,
		blocks: uint64(max(size-blocksStart, 0)) / alloc,
		cache:  map[uint64]*list.Element{},
		keep:   int(max(cacheBytes/int64(alloc), 4)),
	}
}

// offset is where in the file the payload of block id starts.
func (f *blockFile) offset(id uint64) int64 { return blocksStart + int64(id)*f.alloc + 8 }

// block gives the payload of a block. It must not be changed, and stays valid for as long as it is referenced.
func (f *blockFile) block(id uint64, field string) ([]byte, error) {
	if id >= f.blocks {
		return nil, &fault.FormatError{Offset: f.size, Field: field, Err: fault.Corruptf("block %d of %d", int64(id), f.blocks)}
	}
	f.mu.Lock()
	if e := f.cache[id]; e != nil {
		f.lru.MoveToFront(e)
		p := e.Value.(cachedBlock).payload
		f.mu.Unlock()
		return p, nil
	}
	f.mu.Unlock()

	at := f.offset(id) - 8
	buf := make([]byte, f.alloc)
	if n, err := f.r.ReadAt(buf, at); n < len(buf) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, &fault.FormatError{Offset: at + int64(n), Field: fmt.Sprintf("block %d", id), Err: err}
	}
	if err := checkUnit(buf, at, fmt.Sprintf("block %d", id)); err != nil {
		return nil, err
	}
	p := buf[8:]

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
