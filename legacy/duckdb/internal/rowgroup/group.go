package rowgroup

import (
	"github.com/simexp/exparchive/legacy/duckdb/internal/column"
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// MaxBits is the bits of the largest number of rows that a row group may have.
const MaxBits = 30

// maxRowGroups bounds the row groups of a table; a claimed count alone allocates nothing.
const maxRowGroups = 1 << 32

// A group is a run of a table's rows: one of the file, or one that the log adds.
type group struct {
	rows  int64 // with deleted ones
	start int64 // row id of the first
	cols  []source

	logged bool // rows that the log inserts one chunk after the other

	deletes    storage.Pointer // mask in the file
	hasDeletes bool

	// What the log changed.
	deleted map[int64]*mask // by vector
	updates []update
}

// A source is where a row group has a column: the first of these that is set.
type source struct {
	vector  *vector.Vector  // decoded already
	repeat  bool            // the one value of vector stands for every row
	changed *changed        // of another type, until the log changed that
	data    *column.Data    // described by the log
	pointer storage.Pointer // described in the file
}

// A changed column is one whose values a log made others.
type changed struct {
	from    source
	typ     *types.Type // before
	updates []update    // of the column, before
	convert Convert
}

// A Convert appends to dst what all values of src become, which is of another type. An error other than the budget's is
// about a value.
type Convert func(dst, src *vector.Vector, b *vector.Budget) error

// NoRowIDs tells [Load] that the row ids of a table are not stored: row groups follow each other without gaps.
const NoRowIDs = -1

// Load reads the data stream of a table whose columns with data have those types: statistics, then row group pointers.
// The rows are total in all, with deleted ones, and the row id after the last is next, or [NoRowIDs].
func Load(f *storage.File, p storage.Pointer, columns []*types.Type, total, next int64) (*Table, error) {
	t := &Table{file: f}
	s := storage.OpenMetadata(f, p, "table")
	column.ReadStatistics(s, columns)
	n := s.Uint64("table.row_group_count")
	if n > maxRowGroups {
		s.Fail("table.row_group_count", fault.Corruptf("%d row groups", n))
	}
	left := total
	for ; n > 0 && s.Err() == nil; n-- {
		g := readGroup(s, len(columns))
		if s.Err() != nil {
			break
		}
		left -= g.rows
		masks, err := g.readDeletes(f)
		if err != nil {
			return nil, err
		}
		if next == NoRowIDs {
			t.add(g, g.rows-countDeleted(masks))
			continue
		}
		if g.start < t.next || g.start > next-g.rows {
			return nil, s.Fault("RowGroupPointer.row_start", fault.Corruptf("rows %d to %d, want them between %d and %d",
				g.start, g.start+g.rows, t.next, next))
		}
		t.next = g.start
		t.add(g, g.rows-countDeleted(masks))
	}
	if left != 0 {
		s.Fail("table.row_group_count", fault.Corruptf("row groups of %d rows, want %d", total-left, total))
	}
	t.next = max(t.next, next)
	return t, s.Err()
}

// readGroup reads the pointer of a row group.
func readGroup(s *storage.Stream, columns int) *group {
	g := &group{}
	for o := s.Object("RowGroupPointer"); o.Next(); {
		switch o.ID {
		case 100:
			g.start = int64(s.ULEB(62, "RowGroupPointer.row_start"))
		case 101:
			g.rows = int64(s.ULEB(MaxBits, "RowGroupPointer.tuple_count"))
		case 102:
			s.List("RowGroupPointer.columns", func() {
				g.cols = append(g.cols, source{pointer: s.Pointer("RowGroupPointer.columns")})
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
	if len(g.cols) != columns {
		s.Fail("RowGroupPointer.columns", fault.Corruptf("%d columns, want %d", len(g.cols), columns))
	}
	return g
}

// reader starts reading a column of type t from src.
func (g *group) reader(f *storage.File, src *source, t *types.Type) (valueReader, error) {
	switch {
	case src.vector != nil:
		return &vectorReader{src: *src}, nil
	case src.changed != nil:
		inner, err := g.reader(f, &src.changed.from, src.changed.typ)
		return &changedReader{changed: src.changed, inner: inner, before: vector.New(src.changed.typ)}, err
	case src.data != nil:
		return column.NewReader(f, src.data), nil
	}
	data, err := column.Load(f, src.pointer, t, g.rows)
	if err != nil {
		return nil, err
	}
	return column.NewReader(f, data), nil
}
