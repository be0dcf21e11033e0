package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/bench/internal/measure"
	"github.com/simexp/exparchive/bench/internal/sample"
	"github.com/simexp/exparchive/provider"
	_ "modernc.org/sqlite"
)

// open opens a database with SQLite, each pragma as name(value).
func open(path string, pragmas ...string) (*sql.DB, error) {
	name := "file:" + filepath.ToSlash(path) + "?"
	for _, p := range pragmas {
		name += "_pragma=" + p + "&"
	}
	db, err := sql.Open("sqlite", name)
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// writeRow makes a case that writes events with a prepared INSERT, a row a call, as programs of this kind do. If each
// is true every event is a transaction that is on disk when it returns; else one transaction has all and nothing is
// flushed. Calls have the context that the library's have too, which can be cancelled, unless plain is true: for each
// statement that could be cancelled the driver starts a goroutine, which takes as long as the statement.
func writeRow(each, plain bool) measure.Case {
	return func(ctx context.Context, s *measure.Stopwatch) error {
		if plain {
			ctx = context.WithoutCancel(ctx)
		}
		n := scaleOf(s.Events).events
		pragmas := []string{"journal_mode(OFF)", "synchronous(OFF)"}
		if each {
			n, pragmas = scaleOf(s.Events).durable, []string{"journal_mode(WAL)", "synchronous(FULL)"}
		}
		events := sample.Events(n, scaleOf(s.Events).iterations(n))
		path := filepath.Join(s.Dir, "rows.db")
		defer os.Remove(path)
		s.Start()
		db, err := open(path, pragmas...)
		if err != nil {
			return err
		}
		defer db.Close()
		if err := insert(ctx, db, events, each); err != nil {
			return err
		}
		if err := db.Close(); err != nil {
			return err
		}
		s.Stop()
		s.Bytes = size(path)
		s.Sum, err = scanRows(ctx, path, nil)
		return err
	}
}

func insert(ctx context.Context, db *sql.DB, events []provider.Event, each bool) error {
	const table = "CREATE TABLE e (id INTEGER PRIMARY KEY, run_id TEXT, iteration INTEGER, type TEXT, data TEXT, ts TEXT)"
	const row = "INSERT INTO e (run_id, iteration, type, data, ts) VALUES (?, ?, ?, ?, ?)"
	if _, err := db.ExecContext(ctx, table); err != nil {
		return err
	}
	var stmt *sql.Stmt
	var err error
	commit := func() error { return nil }
	if each {
		stmt, err = db.PrepareContext(ctx, row)
	} else {
		var tx *sql.Tx
		if tx, err = db.BeginTx(ctx, nil); err != nil {
			return err
		}
		defer tx.Rollback()
		commit = tx.Commit
		stmt, err = tx.PrepareContext(ctx, row)
	}
	if err != nil {
		return err
	}
	defer stmt.Close()
	for i := range events {
		e := &events[i]
		if _, err := stmt.ExecContext(ctx, "bench-1", e.Iteration, e.Type, string(e.Data), e.Timestamp); err != nil {
			return err
		}
	}
	return commit()
}

// How far writeArchive goes.
const (
	live   = iota // durable, and then left as a recording
	sealed        // durable, and sealed
	bulk          // a copy of what exists elsewhere, sealed
)

// writeArchive makes a case that records the same events with the library, checked and hashed.
func writeArchive(how int) measure.Case {
	return func(ctx context.Context, s *measure.Stopwatch) (err error) {
		n := scaleOf(s.Events).events
		r := &sample.Run{Iterations: scaleOf(s.Events).iterations(n), Events: sample.Events(n, scaleOf(s.Events).iterations(n))}
		path := filepath.Join(s.Dir, "written.simexp")
		s.Start()
		w, err := record.Create(path, &record.Options{Bulk: how == bulk, Replace: true, Restart: true})
		if err != nil {
			return err
		}
		defer w.Close()
		defer func() { err = discard(w, path, err) }()
		var sink provider.Sink = w
		if how == live {
			sink = unfinished{w}
		}
		if err := r.Put(ctx, sink); err != nil {
			return err
		}
		if how == live {
			if err := w.Sync(); err != nil {
				return err
			}
			s.Stop()
			path = w.LivePath()
		} else {
			s.Stop()
		}
		s.Bytes = size(path)
		a, err := archive.Open(path)
		if err != nil {
			return err
		}
		defer a.Close()
		s.Sum, err = archiveRows(ctx, a)
		return err
	}
}

// unfinished is a sink whose run does not end.
type unfinished struct{ *record.Writer }

func (unfinished) Finish(context.Context, *provider.Result) error { return nil }

func discard(w *record.Writer, path string, err error) error {
	if _, ok := w.Seal(); !ok {
		if failed := w.Discard(); err == nil {
			err = failed
		}
		return err
	}
	if failed := os.Remove(path); err == nil {
		err = failed
	}
	return err
}

// size gives the bytes of a file and of SQLite's log beside it.
func size(path string) (n int64) {
	for _, p := range []string{path, path + "-wal"} {
		if info, err := os.Stat(p); err == nil {
			n += info.Size()
		}
	}
	return n
}
