package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"sync"
	"syscall"

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
// The statement cannot write, attach another file or change a setting. It is stopped when ctx is done, though not
// inside a single function call. What is wrong with the statement is a [StatementError], also from [Rows.Err]; every
// other error is about the archive or the system.
func (a *Archive) Query(ctx context.Context, query string) (_ *Rows, err error) {
	defer a.file.Explain(&err)
	if hasTail(query) { // the driver would run all and give the rows of the last
		return nil, &StatementError{"more than one statement: write one SELECT", nil}
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
		return nil, errors.Join(&StatementError{"the statement gives no rows: write one SELECT", nil}, r.Close())
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
		r.err = &StatementError{fmt.Sprintf("more than %d rows: add a LIMIT", maxQueryRows), nil}
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

// hasTail reports whether anything but white space and comments follows the first semicolon that is neither in quotes
// nor in a comment (https://www.sqlite.org/lang_keywords.html for quotes, lang_comment.html).
func hasTail(statement string) bool {
	ended := false
	for i := 0; i < len(statement); {
		rest := statement[i:]
		switch c := statement[i]; {
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

// A StatementError is what is wrong with the statement of a query, as against the archive.
type StatementError struct {
	Text string // what SQLite says, in one or more lines
	Err  error  // what that comes from; nil if it was found before SQLite saw the statement
}

func (e *StatementError) Error() string { return e.Text }
func (e *StatementError) Unwrap() error { return e.Err }

// queryError tells a fault of the statement from others. A value that is too big for SQLite is one: what an archive keeps never is.
func queryError(ctx context.Context, err error) error {
	var statement *StatementError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &statement):
		return err
	case sqlitefile.TooBig(err):
	case errors.Is(sqlitefile.Damage(err), sqlitefile.ErrDamaged):
		return sqlitefile.Damage(err)
	case sqlitefile.OfSystem(err), errors.As(err, new(*fs.PathError)), errors.As(err, new(syscall.Errno)):
		return err
	}
	text := resultCode().ReplaceAllString(strings.TrimPrefix(err.Error(), "SQL logic error: "), "")
	if sqlitefile.Refused(err) {
		text += ": an archive can only be read"
	}
	return &StatementError{text, err}
}

// resultCode matches the number that SQLite's driver puts behind a message.
var resultCode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(` \([0-9]{1,4}\)$`) })
