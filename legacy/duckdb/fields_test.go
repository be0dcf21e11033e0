package duckdb_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/legacy/duckdb"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
)

// allValues gives the values of all tables as text, and the first error.
func allValues(t *testing.T, db []byte) (string, error) {
	t.Helper()
	d, err := duckdb.New(bytes.NewReader(db), int64(len(db)), &duckdb.Options{CacheBytes: 1 << 20, MaxBatchBytes: testBatchBytes})
	if err != nil {
		return "", err
	}
	var text []byte
	for _, tab := range d.Tables() {
		if err := tab.Err(); err != nil {
			return "", err
		}
		s := tab.Scan(t.Context())
		for s.Next() {
			for k := range s.Batch().Columns() {
				v := s.Batch().Column(k)
				for i := range s.Batch().Len() {
					text = fmt.Appendf(text, "%v ", v.Null(i))
					text = append(v.AppendText(text, i), '\n')
				}
			}
		}
		if err := s.Err(); err != nil {
			return "", err
		}
	}
	return string(text), nil
}

// contents are the fields of metadata that are all that the file says of something: with another number in them it is
// another database, and nothing could tell.
var contents = map[string]string{
	"BaseStatistics.has_null":    "whether all values of constant validity are NULL",
	"BaseStatistics.value":       "the value of a constant segment",
	"BlockPointer.block_id":      "where data are: another segment may be of the same form",
	"BlockPointer.offset":        "the same",
	"DataPointer.compression":    "how data are read: bytes may be of two forms",
	"LogicalType.id":             "what values mean: types share layouts",
	"RowGroupPointer.deletes":    "where the masks of deleted rows are",
	"deletes.count":              "which rows are deleted",
	"deletes.form":               "which rows are deleted",
	"deletes.kind":               "which rows are deleted",
	"deletes.mask":               "which rows are deleted",
	"deletes.row":                "which rows are deleted",
	"deletes.rows":               "which rows are deleted",
	"deletes.vector":             "which rows are deleted",
	"DecimalTypeInfo.scale":      "what values mean",
	"RowGroupPointer.columns":    "where a column is described: another may be of the same type",
	"CatalogEntry.table_pointer": "where rows are described: another table may have the same columns",
}

// checked are fields of each room of which some other numbers at least have to be refused.
var checked = []string{
	"CatalogEntry.type", "CatalogEntry.total_rows", "CatalogEntry.next_row_id", "CatalogEntry.table_pointer", "table.row_group_count",
	"RowGroupPointer.row_start", "RowGroupPointer.tuple_count", "RowGroupPointer.columns", "RowGroupPointer.deletes", "RowGroupPointer.flag",
	"deletes.count", "deletes.form", "deletes.kind", "deletes.rows", "deletes.vector",
	"ColumnData.data_pointers", "ColumnData.sub_columns", "ColumnData.validity", "DataPointer.tuple_count", "DataPointer.compression", "DataPointer.byte_size",
	"BlockPointer.block_id", "BlockPointer.offset", "BaseStatistics.has_value", "BaseStatistics.value", "LogicalType.id",
}

// TestFields changes one byte of one field of the metadata at a time, as the rooms storage, catalog, rowgroup and column read
// them, and makes checksums right: the file is refused, or gives what it gave before, unless the field is a content.
func TestFields(t *testing.T) {
	refused := map[string]int{}
	for _, name := range []string{"deletes_e20", "deletes_e14_s14"} {
		f := readFixture(t, name)
		db := f.read(t, f.File)
		places := map[string][]int64{}
		known := map[int64]bool{}
		storage.Trace = func(field string, at int64, n int) {
			for k := range int64(n) {
				if !known[at+k] {
					known[at+k] = true
					places[field] = append(places[field], at+k)
				}
			}
		}
		want, err := allValues(t, db)
		storage.Trace = nil
		if err != nil {
			t.Fatal(err)
		}
		for field, all := range places {
			step := max(len(all)/longtest.Count(4, 60), 1)
			for k := 0; k < len(all); k += step {
				at := all[k]
				was := db[at]
				for _, x := range []byte{was + 1, was - 1, was ^ 4, was ^ 0x40, 0} {
					if x == was {
						continue
					}
					db[at] = x
					repair(db, int(at))
					got, err := allValues(t, db)
					switch {
					case err == nil && got != want && contents[field] == "":
						t.Errorf("%s: %s: %d instead of %d at %#x: got other values, want them refused", name, field, x, was, at)
					case err != nil && !acceptable(err):
						t.Errorf("%s: %s: %d instead of %d at %#x: got %v, want a FormatError", name, field, x, was, at, err)
					case err != nil:
						refused[field]++
					}
				}
				db[at] = was
				repair(db, int(at))
			}
		}
	}
	for _, field := range checked {
		if refused[field] == 0 {
			t.Errorf("%s: no other number was refused", field)
		}
	}
}
