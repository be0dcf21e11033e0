package duckdb_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// TestUncertainChange wants a change in the log that cannot be made with certainty to refuse what it is about, by name,
// and nothing else.
func TestUncertainChange(t *testing.T) {
	read := func(db *duckdb.DB, table string, columns ...string) error {
		tab, err := db.Table("", table)
		if err != nil {
			t.Fatal(err)
		}
		s := tab.Scan(t.Context(), columns...)
		rows := 0
		for s.Next() {
			rows += s.Batch().Len()
		}
		if s.Err() == nil && int64(rows) != tab.RowCount() {
			t.Errorf("%s: got %d rows, want %d", table, rows, tab.RowCount())
		}
		return s.Err()
	}
	for _, c := range []struct {
		fixture, table string
		columns        []string
		want           string // "" for readable
	}{
		{"log_alter_uncertain", "t", nil, ""},
		{"log_alter_uncertain", "u", []string{"i", "l"}, ""},
		{"log_alter_uncertain", "u", []string{"s"}, `table u: column s: unsupported: the write-ahead log contains a table change this ` +
			`reader cannot apply (unsupported: a cast of the VARCHAR "1e3" to INTEGER); open the database once with DuckDB to checkpoint it`},
		{"log_alter_uncertain", "v", nil, "(column l becomes VARCHAR by unsupported: a cast from VARCHAR[] to VARCHAR)"},
		{"log_alter_expression", "gone", nil, ""},
		{"log_alter_expression", "t", []string{"s"}, "(column id becomes DOUBLE by unsupported: the expression (id / 3.0))"},
		{"log_alter_default", "t", nil, "(column r is added with unsupported: the default (upper('abc') || 'd'), which is not a constant)"},
	} {
		f := readFixture(t, c.fixture)
		db, err := f.open(t)
		if err != nil {
			t.Fatal(err)
		}
		err = read(db, c.table, c.columns...)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %s: got %v, want no error", c.fixture, c.table, err)
			}
			continue
		}
		if !errors.Is(err, duckdb.ErrUnsupported) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %s: got %v, want unsupported and %q", c.fixture, c.table, err, c.want)
		}
	}
}
