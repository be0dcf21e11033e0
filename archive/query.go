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
	if rows.NextResultSet() {
		return errors.New("more than one statement: write one SELECT")
	}
	return nil
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
