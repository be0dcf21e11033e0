package duckdb_test

import (
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// TestTypeString writes types that a caller has put together.
func TestTypeString(t *testing.T) {
	integer := &duckdb.Type{ID: duckdb.TypeInteger}
	list := func(elem *duckdb.Type) *duckdb.Type { return &duckdb.Type{ID: duckdb.TypeList, Elem: elem} }
	structOf := func(fields ...duckdb.Field) *duckdb.Type { return &duckdb.Type{ID: duckdb.TypeStruct, Fields: fields} }
	for want, typ := range map[string]*duckdb.Type{
		"INTEGER":      integer,
		"DECIMAL(5,2)": {ID: duckdb.TypeDecimal, Width: 5, Scale: 2},
		"INTEGER[3]":   {ID: duckdb.TypeArray, Elem: integer, Size: 3},
		"MAP(INTEGER, INTEGER[])": {ID: duckdb.TypeMap, Elem: structOf(duckdb.Field{Type: integer},
			duckdb.Field{Type: list(integer)})},
		`UNION("A b" INTEGER)`:    {ID: duckdb.TypeUnion, Fields: []duckdb.Field{{Name: "A b", Type: integer}}},
		"ENUM('it''s')":           {ID: duckdb.TypeEnum, Values: []string{"it's"}},
		"GEOMETRY('EPSG:4326')":   {ID: duckdb.TypeGeometry, CRS: "EPSG:4326"},
		"JSON":                    {ID: duckdb.TypeVarchar, Alias: "JSON"},
		"STRUCT(a INTEGER[][])[]": list(structOf(duckdb.Field{Name: "a", Type: list(list(integer))})),
	} {
		if got := typ.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestVectorTypes compares the types of vectors and of their children with the types of the columns.
func TestVectorTypes(t *testing.T) {
	seen := map[duckdb.TypeID]int{}
	var check func(v *duckdb.Vector, want *duckdb.Type)
	check = func(v *duckdb.Vector, want *duckdb.Type) {
		seen[want.ID]++
		if v.Type() != want {
			t.Errorf("got a vector of %s, want %s", v.Type(), want)
			return
		}
		switch want.ID {
		case duckdb.TypeList, duckdb.TypeMap, duckdb.TypeArray:
			check(v.Child(0), want.Elem)
		case duckdb.TypeStruct, duckdb.TypeTuple, duckdb.TypeUnion:
			for i, f := range want.Fields {
				check(v.Child(i), f.Type)
			}
		case duckdb.TypeVariant:
			for i, part := range []string{"VARCHAR[]", "STRUCT(keys_index UINTEGER, values_index UINTEGER)[]",
				"STRUCT(type_id UTINYINT, byte_offset UINTEGER)[]", "BLOB"} {
				if got := v.Child(i).Type().String(); got != part {
					t.Errorf("part %d of a VARIANT: got %s, want %s", i, got, part)
				}
			}
		}
	}
	for _, name := range []string{"types_e15_s15", "variant_e15_s15", "codec_auto_e15_s15"} {
		f := readFixture(t, name)
		db, err := f.open(t)
		if err != nil {
			t.Fatal(err)
		}
		for _, tab := range db.Tables() {
			s := tab.Scan(t.Context())
			if !s.Next() {
				continue
			}
			for i, c := range s.Columns() {
				check(s.Batch().Column(i), c.Type)
			}
		}
	}
	for _, id := range []duckdb.TypeID{duckdb.TypeList, duckdb.TypeMap, duckdb.TypeArray, duckdb.TypeStruct,
		duckdb.TypeUnion,
		duckdb.TypeVariant, duckdb.TypeInteger, duckdb.TypeVarchar} {
		if seen[id] == 0 {
			t.Errorf("no vector of %s", id)
		}
	}
}
