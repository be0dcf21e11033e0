package rowgroup

import (
	"math/bits"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A mask has a bit for each row of a vector.
type mask [storage.VectorSize / 64]uint64

func (m *mask) set(i int)      { m[i>>6] |= 1 << (i & 63) }
func (m *mask) has(i int) bool { return m[i>>6]>>(i&63)&1 != 0 }

// clip clears the bits from row n on.
func (m *mask) clip(n int64) {
	for i := range m {
		switch left := n - int64(i)*64; {
		case left <= 0:
			m[i] = 0
		case left < 64:
			m[i] &= 1<<left - 1
		}
	}
}

func (m *mask) count() (n int64) {
	for _, w := range m {
		n += int64(bits.OnesCount64(w))
	}
	return n
}

// countDeleted counts the rows in masks.
func countDeleted(masks map[int64]*mask) (n int64) {
	for _, m := range masks {
		n += m.count()
	}
	return n
}

// readDeletes reads which rows the file says are deleted, by vector.
func (g *group) readDeletes(f *storage.File) (map[int64]*mask, error) {
	if !g.hasDeletes || g.deletes.Block == storage.NoPointer {
		return nil, nil
	}
	const (
		allDeleted  = 0
		someDeleted = 1
		noneDeleted = 2
	)
	s := storage.OpenMetadata(f, g.deletes, "deletes")
	vectors := (g.rows + storage.VectorSize - 1) / storage.VectorSize
	n := s.Uint64("deletes.count")
	if n > uint64(vectors) {
		s.Fail("deletes.count", fault.Corruptf("%d vectors of %d", n, vectors))
	}
	masks := map[int64]*mask{}
	for ; n > 0 && s.Err() == nil; n-- {
		v := s.Uint64("deletes.vector")
		if v >= uint64(vectors) {
			s.Fail("deletes.vector", fault.Corruptf("vector %d of %d", v, vectors))
			break
		}
		m := &mask{}
		switch kind := s.Byte("deletes.kind"); kind {
		case allDeleted:
			s.Uint64("deletes.start")
			vector.Fill(m[:], ^uint64(0))
		case someDeleted:
			s.Uint64("deletes.start")
			readRowMask(s, m)
		case noneDeleted:
			continue
		default:
			s.Fail("deletes.kind", fault.Corruptf("%d", kind))
		}
		m.clip(g.rows - int64(v)*storage.VectorSize)
		masks[int64(v)] = m
	}
	return masks, s.Err()
}

// readRowMask reads which rows of a vector are deleted.
func readRowMask(s *storage.Stream, m *mask) {
	const (
		maskBits   = 0
		maskListed = 1 // the listed rows are deleted
		maskOthers = 2 // all others are
	)
	switch form := s.Byte("deletes.form"); form {
	case maskBits:
		for i := range m {
			m[i] = s.Uint64("deletes.mask")
		}
	case maskListed, maskOthers:
		n := s.Uint32("deletes.rows")
		if n > storage.VectorSize {
			s.Fail("deletes.rows", fault.Corruptf("%d rows of %d", n, storage.VectorSize))
			return
		}
		for range n {
			i := s.Uint16("deletes.row")
			if i >= storage.VectorSize {
				s.Fail("deletes.row", fault.Corruptf("row %d of %d", i, storage.VectorSize))
				return
			}
			m.set(int(i))
		}
		if form == maskOthers {
			for i := range m {
				m[i] = ^m[i]
			}
		}
	default:
		s.Fail("deletes.form", fault.Corruptf("%d", form))
	}
}
