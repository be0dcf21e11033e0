package btree

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLeafCells: the cells of the leaves, read one by one, are the rows that a walk meets, and one that is damaged
// costs no other.
func TestLeafCells(t *testing.T) {
	b := makeDB(t, 300)
	cells := func(b []byte) (all []string) {
		for at := 0; at < len(b); at += pageSize {
			for _, offset := range LeafCells(b[at:at+pageSize], at == 0) {
				if c, err := ReadLeafCell(b[at:at+pageSize], offset); err == nil && at > 0 {
					all = append(all, fmt.Sprintf("%d %d %x", c.Rowid, c.Size, c.Local))
				}
			}
		}
		return all
	}
	var want []string
	leaf := 0
	f := NewForest(NewPager(bytes.NewReader(b), pageSize, int64(len(b)/pageSize)))
	for w := f.Walk("t", 2); w.Next(); {
		page, at := w.Page()
		leaf = int(page-1) * pageSize
		c, err := ReadLeafCell(b[leaf:leaf+pageSize], at)
		if err != nil || c.Rowid != w.Key || c.Size != int64(len(w.Payload)) ||
			!bytes.HasPrefix(w.Payload, c.Local) || (c.Overflow != 0) != (len(c.Local) < len(w.Payload)) {
			t.Fatalf("row %d: got %+v, %v", w.Key, c, err)
		}
		want = append(want, fmt.Sprintf("%d %d %x", c.Rowid, c.Size, c.Local))
	}
	got := cells(b)
	slices.Sort(got)
	slices.Sort(want)
	if len(want) < 100 || !slices.Equal(got, want) {
		t.Errorf("got %d cells, want the %d rows", len(got), len(want))
	}
	b[leaf+8], b[leaf+9] = 0xff, 0xff // where the first cell of a leaf is
	if got := cells(b); len(got) != len(want)-1 {
		t.Errorf("one cell damaged: got %d cells, want %d", len(got), len(want)-1)
	}
}

// TestLeafCellsOfAnything: no page makes it panic or reach outside.
func TestLeafCellsOfAnything(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	read := 0
	for range 6000 {
		page := make([]byte, []int{0, 8, 108, 511, 512, 1024}[random.IntN(6)])
		for i := range page {
			page[i] = byte(random.Uint32())
		}
		first := random.IntN(2) == 0
		if start := map[bool]int{true: 100}[first]; len(page) > start {
			page[start] = []byte{tableLeaf, tableInterior, 10}[min(random.IntN(20), 2)]
		}
		for _, at := range LeafCells(page, first) {
			if c, err := ReadLeafCell(page, at); err == nil {
				if read++; int64(len(c.Local)) > c.Size {
					t.Fatalf("%d bytes of a payload of %d", len(c.Local), c.Size)
				}
			}
		}
	}
	if read == 0 {
		t.Error("not a cell could be read")
	}
}

// TestHighest: an interior page says how far the rows go that cannot be read.
func TestHighest(t *testing.T) {
	b := makeDB(t, 300)
	var leaves []uint32
	f := NewForest(NewPager(bytes.NewReader(b), pageSize, int64(len(b)/pageSize)))
	w := f.Walk("t", 2)
	last := map[uint32]int64{}
	for w.Next() {
		page, _ := w.Page()
		if len(leaves) == 0 || leaves[len(leaves)-1] != page {
			leaves = append(leaves, page)
		}
		last[page] = w.Key
	}
	if w.Highest != last[leaves[len(leaves)-1]] {
		t.Errorf("got %d, want the last key %d", w.Highest, last[leaves[len(leaves)-1]])
	}
	end := leaves[len(leaves)-2:]
	for _, page := range end {
		clear(b[int(page-1)*pageSize : int(page)*pageSize])
	}
	f = NewForest(NewPager(bytes.NewReader(b), pageSize, int64(len(b)/pageSize)))
	for w = f.Walk("t", 2); w.Next(); {
	}
	if w.Highest != last[end[0]] {
		t.Errorf("without the last two leaves: got %d, want %d", w.Highest, last[end[0]])
	}
}
