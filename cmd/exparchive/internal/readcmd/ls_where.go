package readcmd

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"modernc.org/sqlite"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/runs"
)

// whereNeeds says what the columns need that an expression names. A name in a text counts too: that costs time and no
// more.
func whereNeeds(expression string) (all runs.Need) {
	for _, c := range runs.Columns {
		if c.Need == 0 {
			continue
		}
		for _, name := range []string{c.Name, c.Short} {
			if name != "" && regexp.MustCompile(`(?i)\b`+name+`\b`).MatchString(expression) {
				all |= c.Need
			}
		}
	}
	return all
}

// whereTrue gives those of the runs for which an expression of SQL on the columns is true. It is evaluated on a table
// in memory, by a connection that cannot attach a file.
func whereTrue(ctx context.Context, expression string, all []runs.Summary) ([]runs.Summary, error) {
	db, err := sql.Open("sqlite", "file::memory:?_dqs=0")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	const limitAttached = 7 // https://www.sqlite.org/c3ref/c_limit_attached.html
	if _, err := sqlite.Limit(conn, limitAttached, 0); err != nil {
		return nil, err
	}
	if err := fillRuns(ctx, conn, all); err != nil {
		return nil, fmt.Errorf("ls: --where: %w", err)
	}
	// What closes the pair of parentheses and begins another statement does not close two pairs.
	if _, err := conn.ExecContext(ctx, "SELECT n FROM runs WHERE ((\n"+expression+"\n)) LIMIT 0"); err != nil {
		return nil, whereError(ctx, err)
	}
	rows, err := conn.QueryContext(ctx, "SELECT n FROM runs WHERE (\n"+expression+"\n) ORDER BY n")
	if err != nil {
		return nil, whereError(ctx, err)
	}
	defer rows.Close()
	var some []runs.Summary
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil || n < 0 || n >= len(all) {
			return nil, cli.Usagef("ls: --where: not an expression: %s", expression)
		}
		some = append(some, all[n])
	}
	if err := rows.Err(); err != nil {
		return nil, whereError(ctx, err)
	}
	return some, nil
}

// fillRuns makes a table of the runs, n being their place in all, with each column under both of its names.
func fillRuns(ctx context.Context, conn *sql.Conn, all []runs.Summary) (err error) {
	names := []string{"n INTEGER PRIMARY KEY"}
	for _, c := range runs.Columns {
		names = append(names, c.Name)
	}
	for _, c := range runs.Columns {
		if c.Short != "" {
			names = append(names, fmt.Sprintf("%s AS (%s)", c.Short, c.Name))
		}
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	if _, err := tx.ExecContext(ctx, "CREATE TABLE runs ("+strings.Join(names, ", ")+")"); err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO runs VALUES (?"+strings.Repeat(", ?", len(runs.Columns))+")")
	if err != nil {
		return err
	}
	defer insert.Close()
	for i, r := range all {
		values := []any{i}
		for _, c := range runs.Columns {
			values = append(values, c.Value(r))
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// whereError says of an error of SQLite that the expression is wrong.
func whereError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	text := strings.TrimPrefix(sqliteCode().ReplaceAllString(err.Error(), ""), "SQL logic error: ")
	return cli.Usagef("ls: --where: %s (the columns are %s)", text, columnNames())
}

// sqliteCode matches the number that SQLite's driver puts behind a message.
var sqliteCode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(` \([0-9]{1,4}\)$`) })
