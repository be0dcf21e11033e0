package duckdb

import (
	"math/bits"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// A rowGroup is a run of a table's rows: one of the file, or one that the log adds.
type rowGroup struct {
	rows  int64 // with deleted ones
	start int64 // row id of the first
	cols  []columnSource

	logged bool // rows that the log inserts one chunk after the other

	deletes    metaPointer // mask in the file
	hasDeletes bool

	// What the log changed.
	deleted map[int64]*rowMask // by vector
	updates []update
}

// A columnSource is where a row group has a column: the first of these that is set.
type columnSource struct {
	vector  *vector     // decoded already; with repeat its one value stands for every row
	repeat  bool        //
	data    *columnData // described by the log
	pointer metaPointer // described in the file
}

// rowMask has a bit for each row of a vector.
type rowMask [vectorSize / 64]uint64

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

// maxRowGroups bounds the row groups of a table; a claimed count alone allocates nothing.
const maxRowGroups = 1 << 32

// readRowGroups reads the table's data stream: statistics, then row group pointers.
func (t *Table) readRowGroups() error {
	columns := t.physicalTypes()
	s := openMetadata(t.db.file, t.data, "table")
	readTableStatistics(s, columns)
	n := s.uint64("table.row_group_count")
	if n > maxRowGroups {
		s.fail("table.row_group_count", fault.Corruptf("%d row groups", n))
	}
	for ; n > 0 && s.err == nil; n-- {
		g := &rowGroup{}
		for o := s.object("RowGroupPointer"); o.next(); {
			switch o.id {
			case 100:
				s.uleb(64, "RowGroupPointer.row_start")
			case 101:
				g.rows = int64(s.uleb(maxGroupBits, "RowGroupPointer.tuple_count"))
			case 102:
				s.list("RowGroupPointer.columns", func() {
					g.cols = append(g.cols, columnSource{pointer: s.metaPointer("RowGroupPointer.columns")})
				})
			case 103:
				s.list("RowGroupPointer.deletes", func() {
					p := s.metaPointer("RowGroupPointer.deletes")
					if !g.hasDeletes {
						g.deletes, g.hasDeletes = p, true
					}
				})
			case 104, 106:
				s.bool("RowGroupPointer.flag")
			case 105, 107:
				s.list("RowGroupPointer.blocks", func() { s.uleb(64, "RowGroupPointer.blocks") })
			default:
				o.unknown()
			}
		}
		if s.err != nil {
			break
		}
		if len(g.cols) != len(columns) {
			s.fail("RowGroupPointer.columns", fault.Corruptf("%d columns, want %d", len(g.cols), len(columns)))
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
	return s.err
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
	if !g.hasDeletes || g.deletes.block == invalidPtr {
		return nil, nil
	}
	const (
		allDeleted  = 0
		someDeleted = 1
		noneDeleted = 2
	)
	s := openMetadata(db.file, g.deletes, "deletes")
	vectors := (g.rows + vectorSize - 1) / vectorSize
	n := s.uint64("deletes.count")
	if n > uint64(vectors) {
		s.fail("deletes.count", fault.Corruptf("%d vectors of %d", n, vectors))
	}
	masks := map[int64]*rowMask{}
	for ; n > 0 && s.err == nil; n-- {
		v := s.uint64("deletes.vector")
		if v >= uint64(vectors) {
			s.fail("deletes.vector", fault.Corruptf("vector %d of %d", v, vectors))
			break
		}
		m := &rowMask{}
		switch kind := s.byte("deletes.kind"); kind {
		case allDeleted:
			s.uint64("deletes.start")
			fill(m[:], ^uint64(0))
		case someDeleted:
			s.uint64("deletes.start")
			readRowMask(s, m)
		case noneDeleted:
			continue
		default:
			s.fail("deletes.kind", fault.Corruptf("%d", kind))
		}
		m.clip(g.rows - int64(v)*vectorSize)
		masks[int64(v)] = m
	}
	return masks, s.err
}

// readRowMask reads which rows of a vector are deleted.
func readRowMask(s *stream, m *rowMask) {
	const (
		maskBits   = 0
		maskListed = 1 // the listed rows are deleted
		maskOthers = 2 // all others are
	)
	switch form := s.byte("deletes.form"); form {
	case maskBits:
		for i := range m {
			m[i] = s.uint64("deletes.mask")
		}
	case maskListed, maskOthers:
		n := s.uint32("deletes.rows")
		if n > vectorSize {
			s.fail("deletes.rows", fault.Corruptf("%d rows of %d", n, vectorSize))
			return
		}
		for range n {
			i := s.uint16("deletes.row")
			if i >= vectorSize {
				s.fail("deletes.row", fault.Corruptf("row %d of %d", i, vectorSize))
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
		s.fail("deletes.form", fault.Corruptf("%d", form))
	}
}

// column reads the description of physical column i, which has type t.
func (g *rowGroup) column(db *DB, i int, t *types.Type) (*columnData, error) {
	src := g.cols[i]
	if src.data != nil {
		return src.data, nil
	}
	s := openMetadata(db.file, src.pointer, "column")
	s.left = maxColumnBytes
	c := readColumnData(s, t)
	if s.err == nil {
		c.check(s, g.rows)
	}
	return c, s.err
}
