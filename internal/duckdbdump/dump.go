// Package duckdbdump writes what a DuckDB database holds as text: lists of tables, SQL, CSV and lines of JSON.
package duckdbdump

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/simexp/exparchive/internal/csv"
	"github.com/simexp/exparchive/internal/visible"
	"github.com/simexp/exparchive/legacy/duckdb"
)

// FindTable finds the table that a person named as SCHEMA.TABLE or, in schema main, as TABLE. Where a name with a dot
// is both, it is the former.
func FindTable(db *duckdb.DB, name string) (*duckdb.Table, error) {
	if t := find(db, name); t != nil {
		return t, nil
	}
	var names []string
	for _, t := range db.Tables() {
		names = append(names, Name(db, t))
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: %s; the database has no tables", duckdb.ErrNoTable, name)
	}
	return nil, fmt.Errorf("%w: %s; there are: %s", duckdb.ErrNoTable, name, strings.Join(names, ", "))
}

// find is FindTable, with nil for none.
func find(db *duckdb.DB, name string) *duckdb.Table {
	for i, c := range name {
		if c != '.' {
			continue
		}
		if t, err := db.Table(name[:i], name[i+1:]); err == nil {
			return t
		}
	}
	t, err := db.Table("", name)
	if err != nil {
		return nil
	}
	return t
}

// Name is the table's name as FindTable takes it: without the schema main, unless that is the name of another table.
func Name(db *duckdb.DB, t *duckdb.Table) string {
	if t.Schema() == "main" && find(db, t.Name()) == t {
		return t.Name()
	}
	return t.Schema() + "." + t.Name()
}

// Tables lists the tables with their rows and columns; those that cannot be read come with the reason.
func Tables(w io.Writer, db *duckdb.DB) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(tw, "TABLE\tROWS\tCOLUMNS")
	for _, t := range db.Tables() {
		var names []string
		for _, c := range t.Columns() {
			switch {
			case c.Generated:
				names = append(names, c.Name+" (computed)")
			case c.Err != nil:
				names = append(names, c.Name+" (cannot be read)")
			default:
				names = append(names, c.Name)
			}
		}
		what := strings.Join(names, ", ")
		if err := t.Err(); err != nil {
			what = "cannot be read: " + err.Error()
		}
		fmt.Fprintf(tw, "%s\t%d\t%s\n", visible.Line(Name(db, t)), t.RowCount(), visible.Line(what))
	}
	return tw.Flush()
}

type jsonColumn struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	NotNull   bool   `json:"not_null"`
	Default   string `json:"default,omitempty"`
	Generated bool   `json:"generated,omitempty"`
	Comment   string `json:"comment,omitempty"`
	Error     string `json:"error,omitempty"`
}

type jsonTable struct {
	Schema     string       `json:"schema"`
	Name       string       `json:"name"`
	Rows       int64        `json:"rows"`
	Comment    string       `json:"comment,omitempty"`
	PrimaryKey []string     `json:"primary_key,omitempty"`
	Columns    []jsonColumn `json:"columns"`
	Error      string       `json:"error,omitempty"`
}

type jsonInfo struct {
	StorageVersion int         `json:"storage_version"`
	Level          int         `json:"level"`
	CreatedBy      string      `json:"created_by"`
	BlockSize      int64       `json:"block_size"`
	Checkpoint     uint64      `json:"checkpoint"`
	LogBytes       int64       `json:"log_bytes"`
	LogApplied     bool        `json:"log_applied"`
	Transactions   int         `json:"log_transactions"`
	Notes          []string    `json:"notes"`
	Tables         []jsonTable `json:"tables"`
}

// TablesJSON writes one JSON object about the file and its tables.
func TablesJSON(w io.Writer, db *duckdb.DB) error {
	i := db.Info()
	out := jsonInfo{StorageVersion: i.StorageVersion, Level: i.Level, CreatedBy: i.LibraryVersion, BlockSize: i.BlockSize,
		Checkpoint: i.Iteration, LogBytes: i.LogBytes, LogApplied: i.LogApplied, Transactions: i.Transactions,
		Notes: append([]string{}, i.Notes...), Tables: []jsonTable{}}
	for _, t := range db.Tables() {
		j := jsonTable{Schema: t.Schema(), Name: t.Name(), Rows: t.RowCount(), Comment: t.Comment(),
			PrimaryKey: t.PrimaryKey()}
		if err := t.Err(); err != nil {
			j.Error = err.Error()
		}
		for _, c := range t.Columns() {
			k := jsonColumn{Name: c.Name, Type: c.Type.String(), NotNull: c.NotNull, Default: c.Default, Generated: c.Generated,
				Comment: c.Comment}
			if c.Err != nil {
				k.Error = c.Err.Error()
			}
			j.Columns = append(j.Columns, k)
		}
		out.Tables = append(out.Tables, j)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// Schema writes the SQL that would create the database, without its rows: a script that runs. What is left out stands
// in comments, with the reason.
func Schema(w io.Writer, db *duckdb.DB) error {
	b := bufio.NewWriter(w)
	statements, left := db.SQL()
	for _, o := range left {
		fmt.Fprintf(b, "-- left out: %s: %s\n", visible.Line(o.Name), visible.Line(o.Reason))
		for _, sql := range o.SQL {
			for line := range strings.Lines(ended(sql)) {
				fmt.Fprintf(b, "--   %s\n", visible.Line(strings.TrimSuffix(line, "\n")))
			}
		}
	}
	for _, sql := range statements {
		b.WriteString(ended(sql))
	}
	return b.Flush()
}

// ended is a statement with a semicolon and the end of a line behind it; empty for none.
func ended(sql string) string {
	if sql = strings.TrimRight(strings.TrimSpace(sql), ";"); sql == "" {
		return ""
	}
	return sql + ";\n"
}

// Options for CSV and JSONL.
type Options struct {
	Columns []string // empty: all that can be read
	Limit   int64    // rows at most; negative: all
	Defuse  bool     // of CSV: an apostrophe before every text that a spreadsheet might run, see [csv.Formula]
}

// CSV writes rows as the engine's COPY … TO 'x.csv' (HEADER) does: NULL is an empty cell, the empty string is "".
func CSV(ctx context.Context, w io.Writer, t *duckdb.Table, o Options) error {
	s := t.Scan(ctx, o.Columns...)
	if err := s.Err(); err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	var line []byte
	var defuse []bool // by column
	for k, c := range s.Columns() {
		if k > 0 {
			line = append(line, ',')
		}
		at := len(line)
		line = quoteCell(append(line, c.Name...), at, o.Defuse)
		// -inf is a number
		defuse = append(defuse, o.Defuse && c.Type.ID != duckdb.TypeFloat && c.Type.ID != duckdb.TypeDouble)
	}
	out.Write(append(line, '\n'))
	err := each(s, o.Limit, func(b *duckdb.Batch, i int) error {
		line = line[:0]
		for k := range b.Columns() {
			if k > 0 {
				line = append(line, ',')
			}
			if v := b.Column(k); !v.Null(i) {
				at := len(line)
				line = quoteCell(v.AppendText(line, i), at, defuse[k])
			}
		}
		_, err := out.Write(append(line, '\n'))
		return err
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// each calls do for each of the first limit rows.
func each(s *duckdb.Scanner, limit int64, do func(b *duckdb.Batch, i int) error) error {
	for (limit < 0 || limit > 0) && s.Next() {
		b := s.Batch()
		for i := range b.Len() {
			if limit == 0 {
				break
			}
			limit--
			if err := do(b, i); err != nil {
				return err
			}
		}
	}
	return s.Err()
}

// quoteCell puts the cell that starts at line[at] in quotes where it needs them, and perhaps an apostrophe before a
// formula.
func quoteCell(line []byte, at int, defuse bool) []byte {
	if defuse && csv.Formula(string(line[at:])) {
		line = slices.Insert(line, at, '\'')
	}
	quotes, need := 0, len(line) == at
	for _, c := range line[at:] {
		switch c {
		case '"':
			quotes++
			need = true
		case ',', '\n', '\r', '#': // the engine's reader may take what follows # for a comment
			need = true
		case ';', '\t': // behind which a spreadsheet may see another cell
			need = need || defuse
		}
	}
	if !need {
		return line
	}
	n := len(line)
	line = append(line, make([]byte, quotes+2)...)
	to := len(line) - 1
	line[to] = '"'
	for i := n - 1; i >= at; i-- {
		to--
		line[to] = line[i]
		if line[i] == '"' {
			to--
			line[to] = '"'
		}
	}
	line[at] = '"'
	return line
}

// JSONL writes each row as an object on a line of its own.
func JSONL(ctx context.Context, w io.Writer, t *duckdb.Table, o Options) error {
	s := t.Scan(ctx, o.Columns...)
	if err := s.Err(); err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	var names [][]byte
	for _, c := range s.Columns() {
		names = append(names, duckdb.AppendJSONString(nil, c.Name))
	}
	var line []byte
	err := each(s, o.Limit, func(b *duckdb.Batch, i int) error {
		line = append(line[:0], '{')
		for k, name := range names {
			if k > 0 {
				line = append(line, ',')
			}
			line = append(append(line, name...), ':')
			line = b.Column(k).AppendJSON(line, i)
		}
		_, err := out.Write(append(line, '}', '\n'))
		return err
	})
	if err != nil {
		return err
	}
	return out.Flush()
}
