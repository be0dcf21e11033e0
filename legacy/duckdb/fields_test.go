package duckdb_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/legacy/duckdb"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
)

// allValues gives the values of all tables as text, and the first error.
func allValues(t *testing.T, db, wal []byte) (string, error) {
	t.Helper()
	o := &duckdb.Options{WAL: wal, CacheBytes: 1 << 20, MaxBatchBytes: testBatchBytes}
	d, err := duckdb.New(bytes.NewReader(db), int64(len(db)), o)
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
	"text":                       "names: tables come in their order",
	"CatalogEntry.table_pointer": "where rows are described: another table may have the same columns",
}

// checked are fields of each room of which some other numbers at least have to be refused.
var checked = []string{
	"CatalogEntry.type", "CatalogEntry.total_rows", "CatalogEntry.next_row_id", "CatalogEntry.table_pointer",
	"table.row_group_count",
	"RowGroupPointer.row_start", "RowGroupPointer.tuple_count", "RowGroupPointer.columns", "RowGroupPointer.deletes",
	"RowGroupPointer.flag",
	"deletes.count", "deletes.form", "deletes.kind", "deletes.rows", "deletes.vector",
	"ColumnData.data_pointers", "ColumnData.sub_columns", "ColumnData.validity", "DataPointer.tuple_count",
	"DataPointer.compression", "DataPointer.byte_size",
	"BlockPointer.block_id", "BlockPointer.offset", "BaseStatistics.has_value", "BaseStatistics.value", "LogicalType.id",
}

// logContents are the same for logs.
var logContents = map[string]string{
	"Vector.lists":            "which elements a list has",
	"Vector.sequence":         "values",
	"Vector.form":             "of one value, which others are equal to",
	"BlockPointer.block_id":   contents["BlockPointer.block_id"],
	"BlockPointer.offset":     contents["BlockPointer.offset"],
	"DataPointer.compression": contents["DataPointer.compression"],
	"BaseStatistics.value":    contents["BaseStatistics.value"],
	"BaseStatistics.has_null": contents["BaseStatistics.has_null"],
	"LogicalType.id":          contents["LogicalType.id"],
	"Literal":                 "the value of a default",
	"number":                  "what a definition or a change says",
	"text":                    "the same",
	"flag":                    "the same",
	"list":                    "the same",
	"pointer":                 "the same",
	"Value.value":             "the same",
	"Value.is_null":           "the same",
	"update.path":             "which column changes: another may have the same type",
	"entry.name":              "which table changes: another may have the same columns",
}

// checkedInLogs are fields of which some other numbers at least have to be refused.
var checkedInLogs = []string{
	"entry.type", "entry.info", "entry.chunk", "header.version", "header.iteration",
	"header.identifier", "update.path", "RowGroupData", "RowGroupData.row_groups",
	"Vector.data", "Vector.has_validity", "Vector.validity", "Vector.members", "Vector.list_size",
	"Vector.lists", "Vector.strings", "Vector.bytes", "Vector.lengths",
}

// changeFields changes one byte of one field at a time in the database of a fixture, or in its log, by the name that
// [storage.Trace] has for the file, at about so many places of each. It wants each refused that gives other values and is
// no content, and counts those.
func changeFields(t *testing.T, fixture, file string, most int, contents map[string]string, refused map[string]int) {
	f := readFixture(t, fixture)
	db, log := f.read(t, f.File), f.read(t, f.Log)
	places := map[string][]int64{}
	known := map[int64]bool{}
	storage.Trace = func(name, field string, at int64, n int) {
		for k := range int64(n) {
			if name == file && !known[at+k] {
				known[at+k] = true
				places[field] = append(places[field], at+k)
			}
		}
	}
	want, err := allValues(t, db, log)
	storage.Trace = nil
	if err != nil {
		t.Fatal(err)
	}
	changed := db
	mend := func(at int64) { repair(db, int(at)) }
	if file != "" {
		whole := bytes.Clone(log)
		changed, mend = log, func(int64) { repairLog(log, whole) }
	}
	for _, field := range slices.Sorted(maps.Keys(places)) {
		all := places[field]
		step := max(len(all)/most, 1)
		for k := 0; k < len(all); k += step {
			at := all[k]
			was := changed[at]
			if field == "entry.type" && at == slices.Max(all) {
				continue // the last commit: without it the last transaction did not happen
			}
			for _, x := range []byte{was + 1, was ^ 0x40, 0, was - 1, was ^ 4}[:longtest.Count(3, 4)] {
				if x == was {
					continue
				}
				changed[at] = x
				mend(at)
				got, err := allValues(t, db, log)
				switch {
				case err == nil && got != want && contents[field] == "":
					t.Errorf("%s: %s: %d instead of %d at %#x: got other values, want them refused", fixture, field, x, was, at)
				case err != nil && !acceptable(err):
					t.Errorf("%s: %s: %d instead of %d at %#x: got %v, want a FormatError", fixture, field, x, was, at, err)
				case err != nil:
					refused[field]++
				}
			}
			changed[at] = was
			mend(at)
		}
	}
}

// TestFields changes the metadata of files, as the rooms storage, catalog, rowgroup and column read them, one field at
// a time, and makes checksums right: the file is refused, or gives what it gave before, unless the field is a content.
func TestFields(t *testing.T) {
	refused := map[string]int{}
	for _, name := range []string{"deletes_e20", "deletes_e14_s14"}[:longtest.Count(1, 2)] {
		changeFields(t, name, "", longtest.Count(2, 6), contents, refused)
	}
	for _, field := range checked {
		if refused[field] == 0 {
			t.Errorf("%s: no other number was refused", field)
		}
	}
}

// TestLogFields is TestFields for logs, as the rooms wal and chunk read them.
func TestLogFields(t *testing.T) {
	refused := map[string]int{}
	for _, name := range []string{"log_changes_e20", "log_changes_e14_s14"}[:longtest.Count(1, 2)] {
		changeFields(t, name, "wal", 1, logContents, refused)
	}
	for _, field := range checkedInLogs {
		if refused[field] == 0 {
			t.Errorf("%s: no other number was refused", field)
		}
	}
}
