package rowgroup

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// TestFind looks for rows on both sides of where row groups begin and end, one of them without rows.
func TestFind(t *testing.T) {
	rows := New(nil)
	for _, n := range []int64{3, 0, 2} {
		rows.AddGroup(n, nil)
	}
	for id, want := range map[int64]struct {
		group int
		row   int64
		ok    bool
	}{-1: {}, 0: {0, 0, true}, 2: {0, 2, true}, 3: {2, 0, true}, 4: {2, 1, true}, 5: {}, 1 << 62: {}} {
		p, ok := rows.Find(id)
		if ok != want.ok || ok && (p.group != rows.groups[want.group] || p.row != want.row) {
			t.Errorf("row %d: got row %d, %v, want row %d of group %d, %v", id, p.row, ok, want.row, want.group, want.ok)
		}
	}
}

// numbers is a vector of BIGINT.
func numbers(t *testing.T, values ...int64) *vector.Vector {
	t.Helper()
	v := vector.New(types.Plain(types.BigInt))
	if err := v.Grow(len(values), vector.NewBudget(1<<20)); err != nil {
		t.Fatal(err)
	}
	copy(v.I64, values)
	return v
}

// read gives all values of column i.
func read(t *testing.T, rows *Table, i int) (values []int64) {
	t.Helper()
	var decoded atomic.Int64
	s := rows.Scan(t.Context(), []Column{{Name: "c", Index: i, Type: types.Plain(types.BigInt)}},
		Options{Table: "t", MaxBytes: 1 << 20, Decoded: &decoded})
	for s.Next() {
		values = append(values, s.Vectors()[0].I64[:s.Len()]...)
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return values
}

// TestChanges inserts, deletes and updates rows, and adds and removes columns.
func TestChanges(t *testing.T) {
	rows, b := New(nil), vector.NewBudget(1<<20)
	place := func(id int64) Place {
		p, ok := rows.Find(id)
		if !ok {
			t.Fatalf("no row %d", id)
		}
		return p
	}
	for _, first := range []int64{10, 20} {
		if err := rows.Insert([]*vector.Vector{numbers(t, first, first+1), numbers(t, -first, -first-1)}, b); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second time changes nothing
		if err := rows.Delete(place(1)); err != nil {
			t.Fatal(err)
		}
	}
	rows.Update(Change{Column: 1, Values: numbers(t, 5, 6)}, []Place{place(3), place(0)})
	rows.AddColumn(numbers(t, 7))
	rows.RemoveColumn(0) // what is updated is the first column now
	if err := rows.Insert([]*vector.Vector{numbers(t, 8), numbers(t, 9)}, b); err != nil {
		t.Fatal(err)
	}
	if rows.Count() != 4 || rows.Next() != 5 {
		t.Errorf("got %d rows, next id %d, want 4 and 5", rows.Count(), rows.Next())
	}
	for i, want := range [][]int64{{6, -20, 5, 8}, {7, 7, 7, 9}} {
		if got := read(t, rows, i); !slices.Equal(got, want) {
			t.Errorf("column %d: got %v, want %v", i, got, want)
		}
	}
}
