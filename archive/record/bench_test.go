package record

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// benchEvents makes n events of 100 to 600 bytes, always the same.
func benchEvents(n int) []provider.Event {
	random := rand.New(rand.NewPCG(42, 42))
	types := []string{"arrival", "settlement", "queue", "cost", "evaluation", "policy_change", "collateral", "credit"}
	events := make([]provider.Event, n)
	for i := range events {
		events[i] = provider.Event{
			Iteration: i / 2000, Type: types[random.IntN(len(types))],
			Timestamp: fmt.Sprintf("2025-12-11T14:%02d:%02d.%06d", i/60%60, i%60, i%1000000),
			Data: fmt.Appendf(nil, `{"tick":%d,"agent_id":"BANK_%c","tx_id":"%016x","amount":%d,"note":%q}`, i%100,
				'A'+rune(i%26), random.Uint64(),
				random.IntN(1e6), strings.Repeat("settled in full ", random.IntN(28))),
		}
	}
	return events
}

// BenchmarkWrite compares recording, which checks, hashes and commits every few thousand events to disk, with a loop
// over one prepared INSERT in a single transaction that does none of it.
func BenchmarkWrite(b *testing.B) {
	events := benchEvents(100_000)
	b.Run("archive", func(b *testing.B) {
		for b.Loop() {
			w, err := Create(filepath.Join(b.TempDir(), "run.simexp"), nil)
			if err != nil {
				b.Fatal(err)
			}
			if err := w.Begin(b.Context(), &provider.Start{RunID: "r", Name: "n", Type: "t"}); err != nil {
				b.Fatal(err)
			}
			for i := range events {
				if err := w.Event(b.Context(), &events[i]); err != nil {
					b.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(events)), "ns/event")
	})
	b.Run("row-by-row", func(b *testing.B) {
		for b.Loop() {
			db := archivetest.OpenSQL(b, filepath.Join(b.TempDir(), "x.db"), "mode=rwc", "_journal_mode=OFF", "_synchronous=OFF")
			tx, err := db.Begin()
			if err != nil {
				b.Fatal(err)
			}
			if _, err := tx.Exec("CREATE TABLE e (id INTEGER PRIMARY KEY, run_id TEXT, iteration INTEGER, type TEXT, data TEXT, ts TEXT)"); err != nil {
				b.Fatal(err)
			}
			stmt, err := tx.Prepare("INSERT INTO e (run_id, iteration, type, data, ts) VALUES (?, ?, ?, ?, ?)")
			if err != nil {
				b.Fatal(err)
			}
			for i := range events {
				e := &events[i]
				if _, err := stmt.Exec("r", e.Iteration, e.Type, string(e.Data), e.Timestamp); err != nil {
					b.Fatal(err)
				}
			}
			if err := tx.Commit(); err != nil {
				b.Fatal(err)
			}
			db.Close()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(events)), "ns/event")
	})
}

func benchArchive(b *testing.B, n int) string {
	b.Helper()
	events := benchEvents(n)
	w, err := Create(filepath.Join(b.TempDir(), "run.simexp"), &Options{Bulk: true})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	if err := w.Begin(b.Context(), &provider.Start{RunID: "r", Name: "n", Type: "t"}); err != nil {
		b.Fatal(err)
	}
	for i := range events {
		if err := w.Event(b.Context(), &events[i]); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Finish(b.Context(), nil); err != nil {
		b.Fatal(err)
	}
	return w.Path()
}

// BenchmarkRead compares reading all events as records, and with hashing, with a database/sql loop that scans the same
// columns into strings.
func BenchmarkRead(b *testing.B) {
	const n = 200_000
	path := benchArchive(b, n)
	a := archivetest.Open(b, path)
	perEvent := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/event")
	}
	b.Run("records", func(b *testing.B) {
		for b.Loop() {
			for _, err := range a.Records(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		perEvent(b)
	})
	b.Run("digest", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := digest.Of(context.Background(), a); err != nil {
				b.Fatal(err)
			}
		}
		perEvent(b)
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if r, err := verify.File(b.Context(), path); err != nil || !r.OK() {
				b.Fatal(r, err)
			}
		}
		perEvent(b)
	})
	b.Run("scan", func(b *testing.B) {
		db := archivetest.OpenSQL(b, path, "mode=ro")
		defer db.Close()
		for b.Loop() {
			rows, err := db.Query("SELECT e.seq, e.iteration, t.name, e.timestamp, e.data FROM z_event e JOIN z_event_type t ON t.id = e.type ORDER BY seq")
			if err != nil {
				b.Fatal(err)
			}
			for rows.Next() {
				var seq, iteration int64
				var typ, timestamp, data string
				if err := rows.Scan(&seq, &iteration, &typ, &timestamp, &data); err != nil {
					b.Fatal(err)
				}
			}
			if err := errors2(rows.Err(), rows.Close()); err != nil {
				b.Fatal(err)
			}
		}
		perEvent(b)
	})
	b.Run("one-iteration", func(b *testing.B) {
		i := 0
		for b.Loop() {
			i = (i + 37) % (n / 2000)
			for _, err := range a.IterationRecords(b.Context(), i) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func errors2(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
