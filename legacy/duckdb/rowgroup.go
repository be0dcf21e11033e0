package duckdb

import (
	"math/bits"

	"github.com/simexp/exparchive/legacy/duckdb/internal/column"
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A rowGroup is a run of a table's rows: one of the file, or one that the log adds.
type rowGroup struct {
	rows  int64 // with deleted ones
	start int64 // row id of the first
	cols  []columnSource

	logged bool // rows that the log inserts one chunk after the other

	deletes    storage.Pointer // mask in the file
	hasDeletes bool

	// What the log changed.
	deleted map[int64]*rowMask // by vector
	updates []update
}

// A columnSource is where a row group has a column: the first of these that is set.
type columnSource struct {
	vector  *vector.Vector  // decoded already; with repeat its one value stands for every row
	repeat  bool            //
	data    *column.Data    // described by the log
	pointer storage.Pointer // described in the file
}

// rowMask has a bit for each row of a vector.
type rowMask [storage.VectorSize / 64]uint64

func (m *rowMask) set(i int)      { m[i>>6] |= 1 << (i & 63) }
func (m *rowMask) has(i int) bool { return m[i>>6]>>(i&63)&1 != 0 }

// clip clears the bits from row n on.
func (m *rowMask) clip(n int64) {
	for i := range m {
		switch left := n - int64(i)*64; {
		case left <= 0:
			m[i] = 0
		case left < 64:
			m[i] &= 1<<left - 1
		}
	}
}

func (m *rowMask) count() (n int64) {
	for _, w := range m {
		n += int64(bits.OnesCount64(w))
	}
	return n
}

// maxGroupBits bounds the rows of a row group.
const maxGroupBits = 30

// maxRowGroups bounds the row groups of a table; a claimed count alone allocates nothing.
const maxRowGroups = 1 << 32

// readRowGroups reads the table's data stream: statistics, then row group pointers.
func (t *Table) readRowGroups() error {
	columns := t.physicalTypes()
	s := storage.OpenMetadata(t.db.file, t.data, "table")
	column.ReadStatistics(s, columns)
	n := s.Uint64("table.row_group_count")
	if n > maxRowGroups {
		s.Fail("table.row_group_count", fault.Corruptf("%d row groups", n))
	}
	for ; n > 0 && s.Err() == nil; n-- {
		g := &rowGroup{}
		for o := s.Object("RowGroupPointer"); o.Next(); {
			switch o.ID {
			case 100:
				s.ULEB(64, "RowGroupPointer.row_start")
			case 101:
				g.rows = int64(s.ULEB(maxGroupBits, "RowGroupPointer.tuple_count"))
			case 102:
				s.List("RowGroupPointer.columns", func() {
					g.cols = append(g.cols, columnSource{pointer: s.Pointer("RowGroupPointer.columns")})
				})
			case 103:
				s.List("RowGroupPointer.deletes", func() {
					p := s.Pointer("RowGroupPointer.deletes")
					if !g.hasDeletes {
						g.deletes, g.hasDeletes = p, true
					}
				})
			case 104, 106:
				s.Bool("RowGroupPointer.flag")
			case 105, 107:
				s.List("RowGroupPointer.blocks", func() { s.ULEB(64, "RowGroupPointer.blocks") })
			default:
				o.Unknown()
			}
		}
		if s.Err() != nil {
			break
		}
		if len(g.cols) != len(columns) {
			s.Fail("RowGroupPointer.columns", fault.Corruptf("%d columns, want %d", len(g.cols), len(columns)))
			break
		}
		g.start = t.next
		t.next = g.start + g.rows
		live, err := g.countLive(t.db)
		if err != nil {
			return err
		}
		t.rows += live
		t.parts = append(t.parts, g)
	}
	return s.Err()
}

// countLive counts the rows that the file's mask leaves.
func (g *rowGroup) countLive(db *DB) (int64, error) {
	masks, err := g.readDeletes(db)
	n := g.rows
	for _, m := range masks {
		n -= m.count()
	}
	return n, err
}

// readDeletes reads which rows the file says are deleted, by vector.
func (g *rowGroup) readDeletes(db *DB) (map[int64]*rowMask, error) {
	if !g.hasDeletes || g.deletes.Block == storage.NoPointer {
		return nil, nil
	}
	const (
		allDeleted  = 0
		someDeleted = 1
		noneDeleted = 2
	)
	s := storage.OpenMetadata(db.file, g.deletes, "deletes")
	vectors := (g.rows + storage.VectorSize - 1) / storage.VectorSize
	n := s.Uint64("deletes.count")
	if n > uint64(vectors) {
		s.Fail("deletes.count", fault.Corruptf("%d vectors of %d", n, vectors))
	}
	masks := map[int64]*rowMask{}
	for ; n > 0 && s.Err() == nil; n-- {
		v := s.Uint64("deletes.vector")
		if v >= uint64(vectors) {
			s.Fail("deletes.vector", fault.Corruptf("vector %d of %d", v, vectors))
			break
		}
		m := &rowMask{}
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
func readRowMask(s *storage.Stream, m *rowMask) {
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

// column reads the description of physical column i, which has type t.
func (g *rowGroup) column(db *DB, i int, t *types.Type) (*column.Data, error) {
	src := g.cols[i]
	if src.data != nil {
		return src.data, nil
	}
	return column.Load(db.file, src.pointer, t, g.rows)
}
