package rowgroup

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
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

// TestChangedColumn changes the type of a column, between updates, deletes and inserts of before and after.
func TestChangedColumn(t *testing.T) {
	rows, b := New(nil), vector.NewBudget(1<<20)
	place := func(id int64) Place {
		p, ok := rows.Find(id)
		if !ok {
			t.Fatalf("no row %d", id)
		}
		return p
	}
	twice := func(dst, src *vector.Vector, b *vector.Budget) error {
		at := dst.N
		err := dst.Grow(src.N, b)
		for i := range src.N {
			dst.I64[at+i] = 2 * src.I64[i]
		}
		return err
	}
	insert := func(values ...int64) {
		if err := rows.Insert([]*vector.Vector{numbers(t, values...), numbers(t, values...)}, b); err != nil {
			t.Fatal(err)
		}
	}
	change := func(id, value int64) {
		rows.Update(Change{Column: 1, Values: numbers(t, value)}, []Place{place(id)})
	}
	insert(1, 2, 3, 4)
	change(0, 10)
	change(1, 20)
	rows.ChangeColumn(1, types.Plain(types.BigInt), twice)
	change(1, 7)
	insert(5, 6)
	if err := rows.Delete(place(2)); err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, rows, 1), []int64{20, 7, 8, 5, 6}; !slices.Equal(got, want) {
		t.Errorf("got %d, want %d", got, want)
	}
	rows.ChangeColumn(1, types.Plain(types.BigInt), twice)
	rows.RemoveColumn(0)
	if got, want := read(t, rows, 0), []int64{40, 14, 16, 10, 12}; !slices.Equal(got, want) {
		t.Errorf("changed twice: got %d, want %d", got, want)
	}
}

// TestUnknownVariant wants a VARIANT of a kind that this reader lacks refused when its row is read, and not before.
func TestUnknownVariant(t *testing.T) {
	rows, b := New(nil), vector.NewBudget(1<<20)
	v := vector.New(types.Plain(types.Variant))
	values := v.Children[2]
	err := errors.Join(v.Grow(2, b), v.Children[0].Grow(2, b), v.Children[1].Grow(2, b), values.Grow(2, b),
		v.Children[3].Grow(2, b),
		values.Children[0].Grow(2, b), values.Children[0].Children[0].Grow(2, b), values.Children[0].Children[1].Grow(2, b))
	if err != nil {
		t.Fatal(err)
	}
	for i, kind := range []uint8{1, 99} {
		for _, c := range v.Children {
			c.Fill(i, 1, vector.Uint128{})
		}
		values.Lists[i] = vector.Span{Off: uint32(i), Len: 1}
		values.Children[0].Children[0].U8[i], values.Children[0].Children[1].U32[i] = kind, 0
	}
	if err := rows.Insert([]*vector.Vector{v}, b); err != nil {
		t.Fatal(err)
	}
	scan := func() (n int, err error) {
		var decoded atomic.Int64
		s := rows.Scan(t.Context(), []Column{{Name: "c", Type: v.Type}},
			Options{Table: "t", MaxBytes: 1 << 20, Decoded: &decoded})
		for s.Next() {
			n += s.Len()
		}
		return n, s.Err()
	}
	if n, err := scan(); !errors.Is(err, fault.ErrUnsupported) || n != 0 {
		t.Errorf("got %d rows, %v, want %v", n, err, fault.ErrUnsupported)
	}
	if err := rows.Delete(Place{rows.groups[0], 1}); err != nil {
		t.Fatal(err)
	}
	if n, err := scan(); err != nil || n != 1 {
		t.Errorf("without the row: got %d rows, %v, want 1", n, err)
	}
}
