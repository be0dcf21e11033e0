package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/simexp/exparchive/bench/internal/measure"
	"github.com/simexp/exparchive/bench/internal/sample"
	"github.com/simexp/exparchive/provider"
)

// table is that of the events in the databases of the original project. Its JSON is text here: the driver would decode
// it, for which it would need longer.
const table = `CREATE TABLE experiment_events (id INTEGER PRIMARY KEY, run_id VARCHAR NOT NULL,
	iteration INTEGER NOT NULL, event_type VARCHAR NOT NULL, event_data VARCHAR NOT NULL, timestamp VARCHAR NOT NULL)`

const eventsQuery = "SELECT iteration, event_type, timestamp, event_data FROM experiment_events ORDER BY id"

// duckdbRowEach writes events as the original project does, an INSERT each, which the engine commits.
func duckdbRowEach(ctx context.Context, s *measure.Stopwatch) error {
	n := max(s.Events/100, 100)
	events := sample.Events(n, max(n/2000, 1))
	path := filepath.Join(s.Dir, "peer.duckdb")
	defer os.Remove(path)
	s.Start()
	db, err := sql.Open("duckdb", path)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, table); err != nil {
		return err
	}
	const insert = "INSERT INTO experiment_events VALUES (?, ?, ?, ?, ?, ?)"
	for i := range events {
		e := &events[i]
		if _, err := db.ExecContext(ctx, insert, i, "bench-1", e.Iteration, e.Type, string(e.Data), e.Timestamp); err != nil {
			return err
		}
	}
	if err := db.Close(); err != nil {
		return err
	}
	s.Stop()
	return duckdbSum(ctx, s, path)
}

// duckdbMake writes the database that the other cases read; it is no measurement.
func duckdbMake(ctx context.Context, s *measure.Stopwatch) error {
	path := filepath.Join(s.Dir, measure.DuckDBFile)
	c, err := duckdb.NewConnector(path, nil)
	if err != nil {
		return err
	}
	db := sql.OpenDB(c)
	defer db.Close()
	n := measure.DuckDBRows(s.Events)
	return errors.Join(appendEvents(ctx, db, c, sample.Events(n, max(n/2000, 1))), db.Close())
}

func appendEvents(ctx context.Context, db *sql.DB, c *duckdb.Connector, events []provider.Event) error {
	if _, err := db.ExecContext(ctx, table); err != nil {
		return err
	}
	conn, err := c.Connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	a, err := duckdb.NewAppenderFromConn(conn, "", "experiment_events")
	if err != nil {
		return err
	}
	for i := range events {
		e := &events[i]
		err := a.AppendRow(int32(i), "bench-1", int32(e.Iteration), e.Type, string(e.Data), e.Timestamp)
		if err != nil {
			return errors.Join(err, a.Close())
		}
	}
	return a.Close()
}

// duckdbRead reads all rows with the driver's own rows, without the conversions of database/sql.
func duckdbRead(ctx context.Context, s *measure.Stopwatch) error {
	path := filepath.Join(s.Dir, measure.DuckDBFile)
	s.Start()
	db, err := openDuckDB(path)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := countRows(ctx, db, "experiment_events"); err != nil {
		return err
	}
	s.Stop()
	return duckdbSum(ctx, s, path)
}

// duckdbHash has the engine alone look at every value, with one thread: no value becomes one of Go's.
func duckdbHash(ctx context.Context, s *measure.Stopwatch) error {
	path := filepath.Join(s.Dir, measure.DuckDBFile)
	s.Start()
	db, err := openDuckDB(path)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "SET threads = 1"); err != nil {
		return err
	}
	var sums [6]any
	var n [6]uint64
	for i := range sums {
		sums[i] = &n[i]
	}
	const query = `SELECT bit_xor(hash(id)), bit_xor(hash(run_id)), bit_xor(hash(iteration)), bit_xor(hash(event_type)),
		bit_xor(hash(event_data)), bit_xor(hash(timestamp)) FROM experiment_events`
	if err := db.QueryRowContext(ctx, query).Scan(sums[:]...); err != nil {
		return err
	}
	s.Stop()
	return duckdbSum(ctx, s, path)
}

// duckdbOpen measures this program as a whole process that reads the file that the case names.
func duckdbOpen(ctx context.Context, s *measure.Stopwatch) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	err = s.Command(ctx, "", self, "-read", filepath.Join(s.Dir, s.Argument))
	s.Sum = s.Output
	return err
}

func openDuckDB(path string) (*sql.DB, error) {
	return sql.Open("duckdb", path+"?access_mode=READ_ONLY")
}

func duckdbSum(ctx context.Context, s *measure.Stopwatch, path string) error {
	db, err := openDuckDB(path)
	if err != nil {
		return err
	}
	defer db.Close()
	s.Sum, err = sumOf(ctx, db, eventsQuery)
	return err
}

// countRows reads all rows of a table, named as in SQL.
func countRows(ctx context.Context, db *sql.DB, table string) (n int, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	err = conn.Raw(func(c any) error {
		rows, err := c.(driver.QueryerContext).QueryContext(ctx, "SELECT * FROM "+table, nil)
		if err != nil {
			return err
		}
		defer rows.Close()
		row := make([]driver.Value, len(rows.Columns()))
		for {
			if err := rows.Next(row); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
			n++
		}
	})
	return n, err
}

// readAll reads every row of every table, and prints how many there were.
func readAll(ctx context.Context, path string) error {
	db, err := openDuckDB(path)
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT schema_name, table_name FROM duckdb_tables()")
	if err != nil {
		return err
	}
	defer rows.Close()
	var names [][2]string
	for rows.Next() {
		var n [2]string
		if err := rows.Scan(&n[0], &n[1]); err != nil {
			return err
		}
		names = append(names, n)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	var lines []string
	for _, t := range names {
		n, err := countRows(ctx, db, quote(t[0])+"."+quote(t[1]))
		if err != nil {
			return err
		}
		lines = append(lines, fmt.Sprintf("%s.%s %d\n", t[0], t[1], n))
	}
	slices.Sort(lines)
	_, err = os.Stdout.WriteString(strings.Join(lines, ""))
	return err
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
