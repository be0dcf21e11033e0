package archive

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// maxQueryRows bounds what a query may give.
const maxQueryRows = 100_000_000

// Query runs one SQL statement that reads, with the views of FORMAT.md and the tables behind them, and calls row for each row of
// its result after columns for their names. A value is nil, int64, float64, string or []byte and belongs to the caller.
//
// The statement cannot write, attach another file or change a setting. It is stopped when ctx is done, though not inside a
// single function call.
func (a *Archive) Query(ctx context.Context, sql string, columns func([]string) error, row func([]any) error) (err error) {
	defer a.explain(&err)
	if hasTail(sql) { // the driver would run all and give the rows of the last
		return errors.New("more than one statement: write one SELECT")
	}
	conn, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	rows, err := conn.QueryContext(ctx, sql)
	if err != nil {
		return queryError(ctx, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return queryError(ctx, err)
	}
	if len(names) == 0 {
		return errors.New("the statement gives no rows: write one SELECT")
	}
	if err := columns(names); err != nil {
		return err
	}
	values, targets := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		targets[i] = &values[i]
	}
	for n := 0; rows.Next(); n++ {
		if n == maxQueryRows {
			return fmt.Errorf("more than %d rows: add a LIMIT", maxQueryRows)
		}
		if err := rows.Scan(targets...); err != nil {
			return queryError(ctx, err)
		}
		if err := row(values); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return queryError(ctx, err)
	}
	return nil
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
	err = damage(err)
	if errors.Is(err, ErrDamaged) {
		return err
	}
	text := strings.TrimPrefix(err.Error(), "SQL logic error: ")
	if strings.Contains(text, "not authorized") || strings.Contains(text, "prohibited") {
		return fmt.Errorf("%s: an archive can only be read", text)
	}
	return errors.New(text)
}
