package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// maxQueryRows bounds what a query may give.
const maxQueryRows = 100_000_000

// Rows are the result of [Archive.Query], which is read row by row:
//
//	for rows.Next() {
//		use(rows.Values())
//	}
//	return rows.Err()
//
// The caller closes them.
type Rows struct {
	ctx     context.Context
	file    *sqlitefile.File
	conn    *sql.Conn
	rows    *sql.Rows
	columns []string
	values  []any
	n       int
	err     error
}

// Query runs one SQL statement that reads, with the views of FORMAT.md and the tables behind them.
//
// The statement cannot write, attach another file or change a setting. It is stopped when ctx is done, though not inside a
// single function call.
func (a *Archive) Query(ctx context.Context, query string) (_ *Rows, err error) {
	defer a.file.Explain(&err)
	if hasTail(query) { // the driver would run all and give the rows of the last
		return nil, errors.New("more than one statement: write one SELECT")
	}
	r := &Rows{ctx: ctx, file: a.file}
	if r.conn, err = a.file.Conn(ctx); err != nil {
		return nil, err
	}
	if r.rows, err = r.conn.QueryContext(ctx, query); err == nil {
		r.columns, err = r.rows.Columns()
	}
	if err != nil {
		return nil, errors.Join(queryError(ctx, err), r.Close())
	}
	if len(r.columns) == 0 {
		return nil, errors.Join(errors.New("the statement gives no rows: write one SELECT"), r.Close())
	}
	return r, nil
}

// Columns gives the names of the columns.
func (r *Rows) Columns() []string { return r.columns }

// Next goes to the next row. It reports false behind the last one and after an error.
func (r *Rows) Next() bool {
	if r.err != nil || !r.rows.Next() {
		return false
	}
	if r.n++; r.n > maxQueryRows {
		r.err = fmt.Errorf("more than %d rows: add a LIMIT", maxQueryRows)
		return false
	}
	r.values = make([]any, len(r.columns))
	targets := make([]any, len(r.columns))
	for i := range targets {
		targets[i] = &r.values[i]
	}
	r.err = r.rows.Scan(targets...)
	return r.err == nil
}

// Values gives the values of the row: nil, int64, float64, string or []byte. They belong to the caller.
func (r *Rows) Values() []any { return r.values }

// Err gives the error that ended the rows, nil if all were read.
func (r *Rows) Err() error {
	err := r.err
	if err == nil {
		err = r.rows.Err()
	}
	if err == nil {
		return nil
	}
	err = queryError(r.ctx, err)
	r.file.Explain(&err)
	return err
}

// Close ends the query. It may be called more than once.
func (r *Rows) Close() error {
	var err error
	if r.rows != nil {
		err = r.rows.Close()
	}
	if r.conn != nil {
		err = errors.Join(err, r.conn.Close())
		r.conn = nil
	}
	return err
}

// hasTail reports whether anything but white space and comments follows the first semicolon that is neither in quotes nor in a
// comment (https://www.sqlite.org/lang_keywords.html for quotes, lang_comment.html).
func hasTail(sql string) bool {
	ended := false
	for i := 0; i < len(sql); {
		rest := sql[i:]
		switch c := sql[i]; {
		case strings.HasPrefix(rest, "--"):
			i += through(rest, 2, "\n")
			continue
		case strings.HasPrefix(rest, "/*"):
			i += through(rest, 2, "*/")
			continue
		case c == ';':
			ended = true
		case strings.IndexByte(" \t\n\r\f", c) >= 0:
		case ended:
			return true
		case c == '\'' || c == '"' || c == '`': // a doubled one ends and begins
			i += through(rest, 1, string(c))
			continue
		case c == '[':
			i += through(rest, 1, "]")
			continue
		}
		i++
	}
	return false
}

// through gives how long the beginning of s is up to and with the first end behind from, all of it if there is none.
func through(s string, from int, end string) int {
	if i := strings.Index(s[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(s)
}

// queryError drops what SQLite's driver puts around the message of a statement that is the user's own.
func queryError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = sqlitefile.Damage(err)
	if errors.Is(err, sqlitefile.ErrDamaged) {
		return err
	}
	text := strings.TrimPrefix(err.Error(), "SQL logic error: ")
	if sqlitefile.Refused(err) {
		return fmt.Errorf("%s: an archive can only be read", text)
	}
	return errors.New(text)
}
