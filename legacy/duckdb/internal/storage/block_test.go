package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
)

// distantBlock is a file whose only block that is not zero starts at byte at.
type distantBlock struct {
	at    int64
	block []byte
}

func (d distantBlock) ReadAt(b []byte, off int64) (int, error) {
	if off != d.at || len(b) != len(d.block) {
		return 0, errors.New("read of another place")
	}
	return copy(b, d.block), nil
}

// TestLargeFile reads a block past 4 GiB.
func TestLargeFile(t *testing.T) {
	const id = 5 << 30 / defaultBlockAlloc
	block := make([]byte, defaultBlockAlloc)
	block[8] = 42
	binary.LittleEndian.PutUint64(block, Checksum(block[8:]))
	at := int64(blocksStart) + id*defaultBlockAlloc
	f := NewFile(distantBlock{at, block}, at+defaultBlockAlloc, defaultBlockAlloc, 1<<20)
	b, err := f.Block(id, "test")
	if err != nil || b[0] != 42 {
		t.Errorf("got %v, want the block", err)
	}
	if _, err := f.Block(id+1, "test"); !errors.Is(err, fault.ErrCorrupt) {
		t.Errorf("block after the last: got %v, want %v", err, fault.ErrCorrupt)
	}
	if _, err := f.Block(1<<63, "test"); !errors.Is(err, fault.ErrCorrupt) {
		t.Errorf("huge block: got %v, want %v", err, fault.ErrCorrupt)
	}
}

// TestBlockMemory reads blocks that are full, nearly empty and empty, one after the other without a cache to speak of:
// each keeps its bytes, and none has those of another.
func TestBlockMemory(t *testing.T) {
	file := make([]byte, blocksStart)
	used := []int{minBlockAlloc - 8, 1, 0, minBlockAlloc / 2, minBlockAlloc/2 - 8, 9, minBlockAlloc - 8, 100, 0}
	for id, n := range used {
		block := make([]byte, minBlockAlloc)
		for i := range n {
			block[8+i] = byte(id + 1)
		}
		binary.LittleEndian.PutUint64(block, Checksum(block[8:]))
		file = append(file, block...)
	}
	f := NewFile(bytes.NewReader(file), int64(len(file)), minBlockAlloc, 0)
	var all [][]byte
	for id := range used {
		b, err := f.Block(uint64(id), "test")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	for id, b := range all {
		want := file[f.Offset(uint64(id)):][:f.Payload()]
		if !bytes.Equal(b, want) {
			t.Errorf("block %d: got other bytes than those of the file", id)
		}
	}
	for id := range used {
		file[f.Offset(uint64(id))+8] ^= 1
	}
	f = NewFile(bytes.NewReader(file), int64(len(file)), minBlockAlloc, 0)
	for id := range used {
		if _, err := f.Block(uint64(id), "test"); !errors.Is(err, fault.ErrChecksum) {
			t.Errorf("block %d damaged: got %v, want %v", id, err, fault.ErrChecksum)
		}
	}
}
