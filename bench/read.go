package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/jsonl"

	"github.com/simexp/exparchive/bench/internal/measure"
)

// scanRows reads table e with Scan, row by row, as programs do. A nil each makes it give the sum of the rows.
func scanRows(ctx context.Context, path string, each func(iteration int, typ, timestamp, data string)) (string, error) {
	sum := measure.NewRows()
	if each == nil {
		each = func(iteration int, typ, timestamp, data string) { sum.Add(iteration, typ, timestamp, []byte(data)) }
	}
	db, err := open(path)
	if err != nil {
		return "", err
	}
	defer db.Close()
	result, err := db.QueryContext(context.WithoutCancel(ctx),
		"SELECT id, run_id, iteration, type, ts, data FROM e ORDER BY id")
	if err != nil {
		return "", err
	}
	defer result.Close()
	for result.Next() {
		var id, iteration int
		var runID, typ, timestamp, data string
		if err := result.Scan(&id, &runID, &iteration, &typ, &timestamp, &data); err != nil {
			return "", err
		}
		each(iteration, typ, timestamp, data)
	}
	return sum.Text(), errors.Join(result.Err(), result.Close())
}

// archiveRows gives the sum of an archive's events, as scanRows gives it.
func archiveRows(ctx context.Context, a *archive.Archive) (string, error) {
	sum := measure.NewRows()
	for r, err := range a.Records(ctx) {
		if err != nil {
			return "", err
		}
		if e, ok := r.(*provider.Event); ok {
			sum.Add(e.Iteration, e.Type, e.Timestamp, e.Data)
		}
	}
	return sum.Text(), nil
}

// readScan is the case that others of reading are compared with.
func readScan(ctx context.Context, s *measure.Stopwatch) error {
	path := filepath.Join(s.Dir, scanFile)
	var n int
	s.Start()
	if _, err := scanRows(ctx, path, func(_ int, _, _, data string) { n += len(data) }); err != nil {
		return err
	}
	s.Stop()
	var err error
	s.Sum, err = scanRows(ctx, path, nil)
	return err
}

// readArchive makes a case of what is done with an opened archive.
func readArchive(do func(context.Context, *archive.Archive) error) measure.Case {
	return func(ctx context.Context, s *measure.Stopwatch) error {
		path := filepath.Join(s.Dir, runFile)
		s.Start()
		a, err := archive.Open(path)
		if err != nil {
			return err
		}
		defer a.Close()
		if err := do(ctx, a); err != nil {
			return err
		}
		s.Stop()
		s.Sum, err = archiveRows(ctx, a)
		return err
	}
}

func eachRecord(ctx context.Context, a *archive.Archive) error {
	var n int
	for r, err := range a.Records(ctx) {
		if err != nil {
			return err
		}
		if e, ok := r.(*provider.Event); ok {
			n += len(e.Data)
		}
	}
	return nil
}

func digestOf(ctx context.Context, a *archive.Archive) error {
	_, _, err := digest.Of(ctx, a)
	return err
}

func exportLines(ctx context.Context, a *archive.Archive) error {
	return provider.Copy(ctx, jsonl.NewWriter(io.Discard), a)
}

func verifyFile(ctx context.Context, s *measure.Stopwatch) error {
	s.Start()
	r, err := verify.File(ctx, filepath.Join(s.Dir, runFile))
	s.Stop()
	if err == nil && !r.OK() {
		err = errors.New("the archive does not conform")
	}
	return err
}
