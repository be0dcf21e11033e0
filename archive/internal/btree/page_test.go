package btree

import (
	"bytes"
	"io"
	"testing"
)

// counted counts how many bytes are read.
type counted struct {
	io.ReaderAt
	bytes int
}

func (c *counted) ReadAt(b []byte, off int64) (int, error) {
	c.bytes += len(b)
	return c.ReaderAt.ReadAt(b, off)
}

// TestPager_blocks: pages that are read in order take few buffers; those that are read here and there get as many as
// keep them from being read again and again.
func TestPager_blocks(t *testing.T) {
	const size, pages = 512, 20 * blockPages
	file := bytes.NewReader(make([]byte, size*pages))
	for _, test := range []struct{ places, most int }{
		{1, 1}, {2, 2}, {5, 6}, {10, 11}, {keptBlocks, keptBlocks},
	} {
		r := &counted{ReaderAt: file}
		p := NewPager(r, size, pages)
		part := uint32(pages / test.places / blockPages * blockPages)
		for i := range part {
			for place := range uint32(test.places) {
				if _, err := p.read(place*part + i + 1); err != nil {
					t.Fatal(err)
				}
			}
		}
		used := 0
		for _, b := range p.blocks {
			if b.data != nil {
				used++
			}
		}
		if used > test.most {
			t.Errorf("%d places: %d buffers, want at most %d", test.places, used, test.most)
		}
		if once := int(part) * test.places * size; r.bytes > 3*once {
			t.Errorf("%d places: %d bytes were read, of %d that there are", test.places, r.bytes, once)
		}
	}
}
