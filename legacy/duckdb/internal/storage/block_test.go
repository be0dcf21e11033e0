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

// TestLoans reads more blocks than the cache keeps: the memory of one is used again once nobody refers to it, and not
// before.
func TestLoans(t *testing.T) {
	defer func(was bool) { Poison = was }(Poison)
	Poison = true
	const blocks = 20
	file := make([]byte, blocksStart)
	for id := range blocks {
		block := make([]byte, minBlockAlloc)
		for i := range block[8:] {
			block[8+i] = byte(id + 1)
		}
		binary.LittleEndian.PutUint64(block, Checksum(block[8:]))
		file = append(file, block...)
	}
	f := NewFile(bytes.NewReader(file), int64(len(file)), minBlockAlloc, 0)
	borrow := func(id uint64) *Block {
		b, err := f.Borrow(id, "test")
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	intact := func(b []byte, id int) bool { return bytes.Count(b, []byte{byte(id + 1)}) == minBlockAlloc-8 }

	returned, twice, lent := borrow(0), borrow(1), borrow(2)
	if borrow(1) != twice {
		t.Error("a cached block was read again")
	}
	kept, err := f.Block(3, "test")
	if err != nil {
		t.Fatal(err)
	}
	keptToo := borrow(3)
	returned.Release()
	twice.Release() // and not the second time
	keptToo.Release()
	if !intact(returned.Payload, 0) {
		t.Error("a block lost its bytes while it was in the cache")
	}
	for id := uint64(4); id < blocks; id++ {
		borrow(id).Release()
	}
	if returned.Payload != nil {
		t.Error("the memory of a block that was released and pushed out of the cache was not used again")
	}
	if !intact(twice.Payload, 1) || !intact(lent.Payload, 2) || !intact(kept, 3) {
		t.Error("the memory of a block in use was used again")
	}
	twice.Release()
	lent.Release()
	if twice.Payload != nil || lent.Payload != nil {
		t.Error("the memory of blocks that were pushed out and then released was not used again")
	}
	if b := borrow(1); !intact(b.Payload, 1) {
		t.Error("a block that was read again has other bytes")
	}
	(*Block)(nil).Release()
}
