package wal

import (
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/catalog"
	"github.com/simexp/exparchive/legacy/duckdb/internal/chunk"
	"github.com/simexp/exparchive/legacy/duckdb/internal/column"
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/rowgroup"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// maxChunkRows bounds the rows of one entry; the engine writes a vector at a time.
const maxChunkRows = 1 << 20

// A target is the table that entries with data are about.
type target struct {
	table   *catalog.Table
	rows    *rowgroup.Table
	columns []*types.Type // those that have data
}

// chunk reads a chunk; a value too large is a limit, not damage.
func (r *replay) chunk(s *storage.Stream) []*vector.Vector {
	return chunk.Read(s, r.budget, maxChunkRows, "entry.chunk")
}

// Each of the following reads an entry about t. What is wrong is told by s.

func (r *replay) insert(t target, s *storage.Stream, o *storage.Object) {
	var cols []*vector.Vector
	for o.Next() {
		if o.ID != 101 {
			o.Unknown()
			break
		}
		cols = r.chunk(s)
	}
	same := func(v *vector.Vector, t *types.Type) bool { return types.SameLayout(v.Type, t) }
	if s.Err() == nil && !slices.EqualFunc(cols, t.columns, same) {
		s.Fail("insert.chunk", fault.Corruptf("columns do not match table %s", t.table.Path))
	}
	if s.Err() != nil || len(cols) == 0 {
		return
	}
	if t.rows.Insert(cols, r.budget) != nil {
		s.Fail("insert.chunk", fault.ErrLimit)
	}
}

func (r *replay) delete(t target, s *storage.Stream, o *storage.Object) {
	for o.Next() {
		if o.ID != 101 {
			o.Unknown()
			break
		}
		before := r.budget.Left
		cols := r.chunk(s)
		if s.Err() != nil {
			break
		}
		if len(cols) != 1 || cols[0].Type.Phys != types.PhysInt64 {
			s.Fail("delete.chunk", fault.Corruptf("not one column of row ids"))
			break
		}
		for _, id := range cols[0].I64 {
			p, ok := t.rows.Find(id)
			if !ok {
				s.Fail("delete.row", fault.Corruptf("row %d of %d", id, t.rows.Next()))
				return
			}
			if err := t.rows.Delete(p); err != nil {
				s.Stop(err)
				return
			}
		}
		r.budget.Left = before // the row ids are not kept
	}
}

func (r *replay) update(t target, s *storage.Stream, o *storage.Object) {
	var path []uint64
	var cols []*vector.Vector
	for o.Next() {
		switch o.ID {
		case 101:
			s.List("update.path", func() { path = append(path, s.ULEB(64, "update.path")) })
		case 102:
			cols = r.chunk(s)
		default:
			o.Unknown()
		}
	}
	if s.Err() != nil {
		return
	}
	if len(cols) != 2 || cols[1].Type.Phys != types.PhysInt64 || len(path) == 0 || path[0] >= uint64(len(t.columns)) {
		s.Fail("update", fault.Corruptf("path %v and %d columns", path, len(cols)))
		return
	}
	c, ok := readChange(t, s, path, cols[0])
	if !ok {
		return
	}
	var places []rowgroup.Place
	for _, id := range cols[1].I64 {
		p, ok := t.rows.Find(id)
		if !ok {
			s.Fail("update.row", fault.Corruptf("row %d of %d", id, t.rows.Next()))
			return
		}
		places = append(places, p)
	}
	t.rows.Update(c, places)
}

// readChange finds what a path, which begins with a column of t, leads to, and checks that values can take its place.
func readChange(t target, s *storage.Stream, path []uint64, values *vector.Vector) (c rowgroup.Change, ok bool) {
	c = rowgroup.Change{Column: int(path[0]), Values: values}
	typ := t.columns[path[0]]
	for i, k := range path[1:] {
		if k == 0 && i == len(path)-2 {
			c.Validity = true
			return c, true
		}
		if typ.Phys != types.PhysStruct || k == 0 || k > uint64(len(typ.Stored)) {
			s.Fail("update.path", fault.Corruptf("member %d of %s", k, typ))
			return c, false
		}
		c.Members = append(c.Members, int(k-1))
		typ = typ.Stored[k-1].Type
	}
	if !types.SameLayout(typ, values.Type) {
		s.Fail("update.chunk", fault.Corruptf("values of %s, want %s", values.Type, typ))
		return c, false
	}
	if typ.Phys == types.PhysStruct || typ.Phys == types.PhysList || typ.Phys == types.PhysArray {
		s.Fail("update.chunk", fault.Unsupportedf("an update in place of %s; "+
			"open the database once with DuckDB to checkpoint it", typ))
		return c, false
	}
	return c, true
}

func readRowGroups(t target, s *storage.Stream, o *storage.Object) {
	for o.Next() {
		if o.ID != 101 {
			o.Unknown()
			break
		}
		for c := s.Object("RowGroupData"); c.Next(); {
			if c.ID != 100 {
				c.Unknown()
				break
			}
			s.List("RowGroupData.row_groups", func() { readRowGroup(t, s) })
		}
	}
}

func readRowGroup(t target, s *storage.Stream) {
	const class = "RowGroupData"
	var rows int64
	var cols []*column.Data
	for o := s.Object(class); o.Next(); {
		switch o.ID {
		case 100:
			var stored []*types.Type
			s.List(class, func() {
				typ, err := tree.ReadType(s)
				s.Stop(err)
				stored = append(stored, typ)
			})
			if s.Err() == nil && !slices.EqualFunc(stored, t.columns, types.SameLayout) {
				s.Fail(class, fault.Corruptf("columns do not match table %s", t.table.Path))
			}
		case 101:
			if n := s.Length(class); n != len(t.columns) {
				s.Fail(class, fault.Corruptf("%d columns, want %d", n, len(t.columns)))
				return
			}
			for _, typ := range t.columns {
				cols = append(cols, column.Read(s, typ))
			}
		case 102:
			s.ULEB(64, class)
		case 103:
			rows = int64(s.ULEB(rowgroup.MaxBits, class))
		default:
			o.Unknown()
		}
	}
	if s.Err() == nil && len(cols) != len(t.columns) {
		s.Fail(class, fault.Corruptf("%d columns, want %d", len(cols), len(t.columns)))
	}
	for _, c := range cols {
		if s.Err() == nil {
			c.Check(s, rows)
		}
	}
	if s.Err() == nil {
		t.rows.AddGroup(rows, cols)
	}
}
