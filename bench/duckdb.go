package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/simexp/exparchive/bench/internal/measure"
	"github.com/simexp/exparchive/legacy/duckdb"
)

// eventsTable is what the peers write into the database that both read.
const eventsTable = "experiment_events"

// duckdbRows reads every row of the table into Go values.
func duckdbRows(ctx context.Context, s *measure.Stopwatch) error {
	return duckdbCase(ctx, s, func(t *duckdb.Table) (n int, err error) {
		for _, err := range t.Rows(ctx) {
			if err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	})
}

// duckdbScan reads every column of the table into batches.
func duckdbScan(ctx context.Context, s *measure.Stopwatch) error {
	return duckdbCase(ctx, s, func(t *duckdb.Table) (n int, err error) {
		scan := t.Scan(ctx)
		for scan.Next() {
			n += scan.Batch().Len()
		}
		return n, scan.Err()
	})
}

func duckdbCase(ctx context.Context, s *measure.Stopwatch, read func(*duckdb.Table) (int, error)) error {
	path := filepath.Join(s.Dir, measure.DuckDBFile)
	s.Start()
	db, err := duckdb.Open(path, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	t, err := db.Table("", eventsTable)
	if err != nil {
		return err
	}
	if n, err := read(t); err != nil || n != measure.DuckDBRows(s.Events) {
		return errors.Join(err, fmt.Errorf("read %d rows", n))
	}
	s.Stop()
	sum := measure.NewRows()
	for row, err := range t.Rows(ctx, "iteration", "event_type", "timestamp", "event_data") {
		if err != nil {
			return err
		}
		sum.Add(int(row[0].(int32)), row[1].(string), row[2].(string), []byte(row[3].(string)))
	}
	s.Sum = sum.Text()
	return nil
}

// duckdbOpen runs a whole program that reads every row of every table of the file that the case names.
func duckdbOpen(ctx context.Context, s *measure.Stopwatch) error {
	err := s.Command(ctx, "", filepath.Join(s.Dir, readerProgram), filepath.Join(s.Dir, s.Argument))
	s.Sum = s.Output
	return err
}
