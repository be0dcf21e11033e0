package storage

import (
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
