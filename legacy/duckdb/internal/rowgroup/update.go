package rowgroup

import (
	"cmp"
	"slices"
	"sort"

	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A Change is values that take the place of others.
type Change struct {
	Column   int   // among those that have data
	Members  []int // of nested structs, down to what is changed
	Validity bool  // only NULLness changes; otherwise only values do
	Values   *vector.Vector
}

// An update is what a change does to a row group.
type update struct {
	Change
	rows []updatedRow // ascending
}

// updatedRow says that a row of the group takes on value index of Values.
type updatedRow struct {
	row   int64
	index int
}

// Update makes a change, of which value i is for places[i].
func (t *Table) Update(c Change, places []Place) {
	perGroup := map[*group]*update{}
	for i, p := range places {
		u := perGroup[p.group]
		if u == nil {
			u = &update{Change: c}
			perGroup[p.group] = u
		}
		u.rows = append(u.rows, updatedRow{p.row, i})
	}
	for g, u := range perGroup {
		slices.SortStableFunc(u.rows, func(a, b updatedRow) int { return cmp.Compare(a.row, b.row) })
		g.updates = append(g.updates, *u)
	}
}

// apply changes the n rows from pos on, which are all that v holds.
func (u *update) apply(v *vector.Vector, pos, n int64, b *vector.Budget) error {
	for _, m := range u.Members {
		v = v.Children[m]
	}
	from := sort.Search(len(u.rows), func(i int) bool { return u.rows[i].row >= pos })
	for _, r := range u.rows[from:] {
		if r.row >= pos+n {
			break
		}
		i := int(r.row - pos)
		null := v.Null(i)
		if u.Validity {
			null = u.Values.Null(r.index)
		} else if err := v.Set(i, u.Values, r.index, b); err != nil {
			return err
		}
		if null {
			v.SetNull(i)
		} else {
			v.SetValid(i)
		}
	}
	return nil
}
