package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"

	sqlite3 "github.com/mattn/go-sqlite3"

	"github.com/simexp/exparchive/bench/internal/measure"
	"github.com/simexp/exparchive/bench/internal/sample"
	"github.com/simexp/exparchive/provider"
)

// sqliteRows writes events with the driver itself, without database/sql: a prepared INSERT, a row a call, all in one
// transaction of which nothing is flushed. Calls have a context that can be cancelled, as those of the library have,
// unless plain is true.
func sqliteRows(plain bool) measure.Case {
	return func(ctx context.Context, s *measure.Stopwatch) error {
		if !plain {
			var cancel func()
			ctx, cancel = context.WithCancel(ctx)
			defer cancel()
		}
		events := sample.Events(s.Events, max(s.Events/2000, 1))
		path := filepath.Join(s.Dir, "peer.db")
		defer os.Remove(path)
		s.Start()
		if err := sqliteWrite(ctx, path, events); err != nil {
			return err
		}
		s.Stop()
		var err error
		s.Sum, err = sqliteSum(ctx, path)
		return err
	}
}

func sqliteWrite(ctx context.Context, path string, events []provider.Event) (err error) {
	conn, err := new(sqlite3.SQLiteDriver).Open("file:" + filepath.ToSlash(path) + "?_journal_mode=OFF&_synchronous=OFF")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	c := conn.(*sqlite3.SQLiteConn)
	const table = "CREATE TABLE e (id INTEGER PRIMARY KEY, run_id TEXT, iteration INTEGER, type TEXT, data TEXT, ts TEXT)"
	for _, statement := range []string{table, "BEGIN"} {
		if _, err := c.Exec(statement, nil); err != nil {
			return err
		}
	}
	stmt, err := c.Prepare("INSERT INTO e (run_id, iteration, type, data, ts) VALUES (?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer stmt.Close()
	row := make([]driver.NamedValue, 5)
	for i := range row {
		row[i].Ordinal = i + 1
	}
	for i := range events {
		e := &events[i]
		row[0].Value, row[1].Value, row[2].Value = "bench-1", int64(e.Iteration), e.Type
		row[3].Value, row[4].Value = string(e.Data), e.Timestamp
		if _, err := stmt.(driver.StmtExecContext).ExecContext(ctx, row); err != nil {
			return err
		}
	}
	_, err = c.Exec("COMMIT", nil)
	return err
}

func sqliteSum(ctx context.Context, path string) (string, error) {
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		return "", err
	}
	defer db.Close()
	return sumOf(ctx, db, "SELECT iteration, type, ts, data FROM e ORDER BY id")
}

// sumOf gives the sum of the rows of a query for iteration, type, timestamp and data.
func sumOf(ctx context.Context, db *sql.DB, query string) (string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	sum := measure.NewRows()
	for rows.Next() {
		var iteration int
		var typ, timestamp, data string
		if err := rows.Scan(&iteration, &typ, &timestamp, &data); err != nil {
			return "", err
		}
		sum.Add(iteration, typ, timestamp, []byte(data))
	}
	return sum.Text(), errors.Join(rows.Err(), rows.Close())
}
