package rowgroup

import (
	"slices"
	"sort"

	"github.com/simexp/exparchive/legacy/duckdb/internal/column"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A Table is the rows of a table: its row groups in order of their row ids.
type Table struct {
	file   *storage.File
	groups []*group
	rows   int64 // without deleted ones
	next   int64 // row id after the last
}

// New is a table without rows, to which row groups with blocks in f can be added.
func New(f *storage.File) *Table { return &Table{file: f} }

// Count is the number of rows, without deleted ones.
func (t *Table) Count() int64 { return t.rows }

// Next is the row id after the last.
func (t *Table) Next() int64 { return t.next }

// Empty reports whether there are no row groups, and no rows therefore.
func (t *Table) Empty() bool { return len(t.groups) == 0 }

// add appends a row group of which so many rows are not deleted.
func (t *Table) add(g *group, live int64) {
	g.start = t.next
	t.next += g.rows
	t.rows += live
	t.groups = append(t.groups, g)
}

// AddGroup appends rows that are stored in the file, as cols describe them.
func (t *Table) AddGroup(rows int64, cols []*column.Data) {
	g := &group{rows: rows}
	for _, c := range cols {
		g.cols = append(g.cols, source{data: c})
	}
	t.add(g, rows)
}

// coalesceRows is how many inserted rows are gathered in one row group.
const coalesceRows = 122880

// Insert appends the rows of some vectors, one for each column, which it keeps. The error is that of the budget.
func (t *Table) Insert(cols []*vector.Vector, b *vector.Budget) error {
	n := int64(cols[0].N)
	g := t.lastInserted(n)
	if g == nil {
		g := &group{rows: n, logged: true}
		for _, v := range cols {
			g.cols = append(g.cols, source{vector: v})
		}
		t.add(g, n)
		return nil
	}
	for i, v := range cols {
		if err := g.cols[i].vector.AppendFrom(v, 0, int(n), false, b); err != nil {
			return err
		}
	}
	g.rows += n
	t.next += n
	t.rows += n
	return nil
}

// lastInserted gives the row group to which n more rows can be appended; nil when there is none.
func (t *Table) lastInserted(n int64) *group {
	if len(t.groups) == 0 {
		return nil
	}
	g := t.groups[len(t.groups)-1]
	if !g.logged || g.rows+n > coalesceRows {
		return nil
	}
	for _, c := range g.cols {
		if c.vector == nil || c.repeat {
			return nil
		}
	}
	return g
}

// AddColumn adds a last column, whose value in every row there is is the one of v.
func (t *Table) AddColumn(v *vector.Vector) {
	for _, g := range t.groups {
		g.cols = append(g.cols, source{vector: v, repeat: true})
	}
}

// RemoveColumn takes column i away.
func (t *Table) RemoveColumn(i int) {
	for _, g := range t.groups {
		g.cols = slices.Delete(slices.Clone(g.cols), i, i+1)
		g.takeUpdates(i)
		for k := range g.updates {
			if g.updates[k].Column > i {
				g.updates[k].Column--
			}
		}
	}
}

// ChangeColumn makes the values of column i, which are of type before, what convert makes of them when they are read.
func (t *Table) ChangeColumn(i int, before *types.Type, convert Convert) {
	for _, g := range t.groups {
		g.cols = slices.Clone(g.cols)
		g.cols[i] = source{changed: &changed{g.cols[i], before, g.takeUpdates(i), convert}}
	}
}

// takeUpdates takes away what has been changed of column i so far.
func (g *group) takeUpdates(i int) (taken []update) {
	var kept []update
	for _, u := range g.updates {
		if u.Column == i {
			taken = append(taken, u)
		} else {
			kept = append(kept, u)
		}
	}
	g.updates = kept
	return taken
}

// A Place is where a row is.
type Place struct {
	group *group
	row   int64 // in the group
}

// Find gives the place of the row with an id.
func (t *Table) Find(id int64) (p Place, ok bool) {
	i := sort.Search(len(t.groups), func(i int) bool { return t.groups[i].start > id })
	if i == 0 {
		return Place{}, false
	}
	g := t.groups[i-1]
	row := id - g.start
	return Place{g, row}, id >= 0 && row < g.rows
}

// Delete deletes a row, unless it is deleted already. The error is about the rows that the file says are deleted.
func (t *Table) Delete(p Place) error {
	g := p.group
	if g.hasDeletes {
		// From here on the masks in memory are all there are.
		masks, err := g.readDeletes(t.file)
		if err != nil {
			return err
		}
		g.deleted, g.hasDeletes = masks, false
	}
	if g.deleted == nil {
		g.deleted = map[int64]*mask{}
	}
	m := g.deleted[p.row/storage.VectorSize]
	if m == nil {
		m = &mask{}
		g.deleted[p.row/storage.VectorSize] = m
	}
	if i := int(p.row % storage.VectorSize); !m.has(i) {
		m.set(i)
		t.rows--
	}
	return nil
}
