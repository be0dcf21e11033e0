package oracle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/simexp/exparchive/legacy/duckdb"
	written "github.com/simexp/exparchive/legacy/duckdb/internal/text"
)

// A Difference is one place where the reader and the engine disagree.
type Difference struct {
	Table  string
	Column string // "" when the whole table differs
	Row    int    // from 0; -1 when the whole column or table differs
	Got    string // from the reader
	Want   string // from the engine
	Err    error  // of the reader; nil when it gave something else
}

// Unwrap gives the reader's error, for errors.Is and errors.As.
func (d *Difference) Unwrap() error { return d.Err }

func (d *Difference) Error() string {
	s := "table " + d.Table
	if d.Column != "" {
		s += ", column " + d.Column
	}
	if d.Row >= 0 {
		s += fmt.Sprintf(", row %d", d.Row)
	}
	return s + fmt.Sprintf(":\n  got  %s\n  want %s", clip(d.Got), clip(d.Want))
}

func clip(s string) string {
	if len(s) > 600 {
		return fmt.Sprintf("%s … (%d bytes)", s[:600], len(s))
	}
	return s
}

// show makes a cell printable.
func show(cell []byte) string {
	if cell == nil {
		return "NULL"
	}
	return fmt.Sprintf("%q", cell)
}

// CompareDB opens path with the reader and compares every table with what the judge, which has the same database
// attached as db, gives. A *Difference is the first disagreement; other errors are about the judge. It gives the number
// of cells compared. Files that the reader may refuse give no difference then.
func CompareDB(ctx context.Context, judge *Process, path string, optional bool) (cells int, err error) {
	tables, err := Tables(judge)
	if err != nil {
		return 0, err
	}
	db, err := duckdb.Open(path, nil)
	if err != nil {
		if optional && errors.Is(err, duckdb.ErrUnsupported) {
			return 0, nil
		}
		return 0, &Difference{Table: "(open)", Row: -1, Got: err.Error(), Err: err, Want: fmt.Sprint(len(tables), " tables")}
	}
	defer db.Close()
	if got := len(db.Tables()); got != len(tables) {
		return 0, &Difference{Table: "(catalog)", Row: -1, Got: fmt.Sprint(got, " tables"),
			Want: fmt.Sprint(len(tables), " tables")}
	}
	for i := range tables {
		t := &tables[i]
		n, err := compareTable(ctx, judge, db, path, t, optional)
		cells += n
		if err != nil {
			return cells, err
		}
	}
	return cells, nil
}

// CompareFile is CompareDB with a copy of the database at path attached to the judge.
func CompareFile(ctx context.Context, judge *Process, path string, optional bool) (int, error) {
	return compareFile(ctx, judge, path, optional, func() {})
}

func compareFile(ctx context.Context, judge *Process, path string, optional bool, attached func()) (int, error) {
	tmp, err := os.MkdirTemp("", "judge")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(tmp)
	name := filepath.Join(tmp, "copy.db")
	if err := CopyDB(name, path); err != nil {
		return 0, err
	}
	if err := judge.Exec("ATTACH " + Quote(name) + " AS db"); err != nil {
		return 0, err
	}
	defer judge.Exec("DETACH db")
	attached()
	return CompareDB(ctx, judge, path, optional)
}

func compareTable(ctx context.Context, judge *Process, db *duckdb.DB, path string, t *FixtureTable, optional bool) (int,
	error) {
	name := t.Schema + "." + t.Name
	ours, err := db.Table(t.Schema, t.Name)
	if err != nil {
		return 0, &Difference{Table: name, Row: -1, Got: err.Error(), Err: err, Want: "a table"}
	}
	if optional { // a table that is refused may be described as it was before the change
		s := ours.Scan(ctx)
		if s.Next(); errors.Is(s.Err(), duckdb.ErrUnsupported) {
			return 0, nil
		}
	}
	if err := ours.Err(); err != nil {
		return 0, &Difference{Table: name, Row: -1, Got: err.Error(), Err: err, Want: "a readable table"}
	}
	cols := ours.Columns()
	if len(cols) != len(t.Columns) {
		return 0, &Difference{Table: name, Row: -1, Got: fmt.Sprint(len(cols), " columns"),
			Want: fmt.Sprint(len(t.Columns), " columns")}
	}
	var names []string
	query := ""
	for i, c := range t.Columns {
		if cols[i].Name != c.Name {
			return 0, &Difference{Table: name, Column: c.Name, Row: -1, Got: "column " + cols[i].Name, Want: "column " + c.Name}
		}
		if got := cols[i].Type.String(); got != c.Type {
			return 0, &Difference{Table: name, Column: c.Name, Row: -1, Got: "type " + got, Want: "type " + c.Type}
		}
		if cols[i].Generated {
			continue
		}
		if cols[i].Err != nil {
			if optional && errors.Is(cols[i].Err, duckdb.ErrUnsupported) {
				continue
			}
			return 0, &Difference{Table: name, Column: c.Name, Row: -1, Got: cols[i].Err.Error(), Err: cols[i].Err,
				Want: "a readable column"}
		}
		names = append(names, c.Name)
		if query != "" {
			query += ", "
		}
		query += "CAST(" + QuoteName(c.Name) + " AS VARCHAR)"
	}
	if names == nil {
		return 0, nil
	}
	want, err := judge.Query("SELECT " + query + " FROM " + t.sql())
	if err != nil {
		return 0, err
	}
	const levelOf20 = 69
	want.loose = (judge.Release.Name == python) != (db.Info().Level >= levelOf20)
	if got := ours.RowCount(); got != int64(want.Len()) {
		return 0, &Difference{Table: name, Row: -1, Got: fmt.Sprint(got, " rows by RowCount"),
			Want: fmt.Sprint(want.Len(), " rows")}
	}
	n, err := compareScan(ctx, ours, name, names, want, optional)
	if err != nil || path == "" {
		return n, err
	}
	return n, compareAgain(ctx, path, t, names, want, optional)
}

// compareAgain scans the columns the other way round, in small batches and with hardly a cache.
func compareAgain(ctx context.Context, path string, t *FixtureTable, names []string, want *Rows, optional bool) error {
	db, err := duckdb.Open(path, &duckdb.Options{MaxBatchBytes: 1 << 18, CacheBytes: 1})
	if err != nil {
		return &Difference{Table: "(open again)", Row: -1, Got: err.Error(), Err: err, Want: "no error"}
	}
	defer db.Close()
	ours, err := db.Table(t.Schema, t.Name)
	if err != nil {
		return &Difference{Table: "(open again)", Row: -1, Got: err.Error(), Err: err, Want: "no error"}
	}
	back, turned := slices.Clone(names), &Rows{Columns: want.Columns, loose: want.loose, cells: slices.Clone(want.cells)}
	slices.Reverse(back)
	for i := 0; i < len(turned.cells); i += len(back) {
		slices.Reverse(turned.cells[i : i+len(back)])
	}
	_, err = compareScan(ctx, ours, t.Schema+"."+t.Name+" (small batches)", back, turned, optional)
	if errors.Is(err, duckdb.ErrLimit) {
		return nil
	}
	return err
}

// compareScan compares the rows of a scan. The texts of the engine are in want.
func compareScan(ctx context.Context, t *duckdb.Table, name string, cols []string, want *Rows, optional bool) (int,
	error) {
	row := 0
	var buf []byte
	s := t.Scan(ctx, cols...)
	for s.Next() {
		b := s.Batch()
		for i := range b.Len() {
			if row >= want.Len() {
				return row * len(cols), &Difference{Table: name, Row: row, Got: "a row",
					Want: fmt.Sprint("the end after ", want.Len(), " rows")}
			}
			for j := range cols {
				v := b.Column(j)
				var got []byte
				if !v.Null(i) {
					buf = v.AppendText(buf[:0], i)
					got = buf
					if got == nil {
						got = []byte{}
					}
				}
				if want.loose && got != nil && v.Type().ID == duckdb.TypeTimestampTZ {
					got = written.Release20.AppendTimestampTZ(nil, v.Int64s()[i])
				}
				cell := want.Cell(row, j)
				if row < 30 {
					if js := v.AppendJSON(nil, i); !json.Valid(js) && utf8.Valid(cell) {
						return row * len(cols), &Difference{Table: name, Column: cols[j], Row: row, Got: string(js), Want: "valid JSON"}
					}
				}
				if (got == nil) != (cell == nil) || !bytes.Equal(got, cell) &&
					!(want.loose && bytes.Equal(loosened(v.Type(), got), loosened(v.Type(), cell))) {
					return row * len(cols), &Difference{Table: name, Column: cols[j], Row: row, Got: show(got), Want: show(cell)}
				}
			}
			row++
		}
	}
	if err := s.Err(); err != nil {
		if optional && errors.Is(err, duckdb.ErrUnsupported) {
			return 0, nil
		}
		return row * len(cols), &Difference{Table: name, Row: row, Got: err.Error(), Err: err,
			Want: fmt.Sprint(want.Len(), " rows")}
	}
	if row != want.Len() {
		return row * len(cols), &Difference{Table: name, Row: row, Got: "the end", Want: fmt.Sprint(want.Len(), " rows")}
	}
	return row * len(cols), nil
}

// nested reports whether values of a type have parts.
func nested(t *duckdb.Type) bool {
	return len(t.Fields) > 0 || t.Elem != nil || t.ID == duckdb.TypeVariant
}

// noMinutes is the offset of a time that has seconds and no minutes.
var noMinutes = regexp.MustCompile(`([+-][0-9]{2,}):00:([0-9]{2})`)

// loosened is the text of a value of type t without what differs between releases.
func loosened(t *duckdb.Type, text []byte) []byte {
	if nested(t) {
		text = unquoted(text)
	}
	if nested(t) || t.ID == duckdb.TypeTimeTZ {
		text = noMinutes.ReplaceAll(text, []byte("$1:$2"))
	}
	return text
}

// unquoted is a text without quotes and backslashes.
func unquoted(text []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r == '\'' || r == '\\' {
			return -1
		}
		return r
	}, text)
}
