package record

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// onNetwork makes recorders believe that they record to a network file system.
func onNetwork() *Options {
	return &Options{network: func(string) string { return "nfs4" }}
}

// startExclusive records the first records of a run exclusively.
func startExclusive(t *testing.T, path string, records []provider.Record) *Writer {
	t.Helper()
	w, err := Create(path, &Options{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	for _, r := range records {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// TestExclusive: a recorder on a network file system needs no shared memory, is read along by this package after
// every record that it acknowledges, and by no other SQLite; the archive has the bytes that any other recorder gives
// it.
func TestExclusive(t *testing.T) {
	records := storyRun()
	roots := prefixes(t, records)
	dir := t.TempDir()
	path := filepath.Join(dir, "run.simexp")
	w, err := Create(path, onNetwork())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { w.Close() }()
	if !w.Exclusive() || w.NetworkFileSystem() != "nfs4" {
		t.Errorf("got exclusive %v on %q, want an exclusive recorder on nfs4", w.Exclusive(), w.NetworkFileSystem())
	}
	main, err := os.ReadFile(w.LivePath())
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range records[:len(records)-1] {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
		if r.RecordKind() == provider.KindEvent {
			continue
		}
		a, err := archive.Open(w.LivePath())
		if err != nil {
			t.Fatalf("after record %d: %v", i, err)
		}
		root, n, err := digest.Of(t.Context(), a)
		if a.State() != archive.Recording || err != nil || n != int64(i)+1 || root != roots[n] {
			t.Errorf("got %s, %d records, %v, want %s and the %d that are acknowledged", a.State(), n, err, archive.Recording,
				i+1)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if now, err := os.ReadFile(w.LivePath()); err != nil || !bytes.Equal(now, main) {
		t.Errorf("the main file changed while it was recorded into (%v)", err)
	}
	if report, err := verify.File(t.Context(), w.LivePath()); err != nil || !report.OK() ||
		report.State != archive.Recording {
		t.Errorf("verify: got %v, %+v", err, report)
	}
	archivetest.WantFiles(t, dir, "run.simexp-live", "run.simexp-live-lock", "run.simexp-live-wal")
	db := archivetest.OpenSQL(t, w.LivePath(), "mode=ro")
	defer db.Close()
	var n int
	if err := db.QueryRow("SELECT count(*) FROM z_event").Scan(&n); err == nil ||
		!strings.Contains(err.Error(), "locked") {
		t.Errorf("SQLite reads along: got %d, %v, want that the file is locked", n, err)
	}
	db.Close()
	if err := provider.Put(t.Context(), w, records[len(records)-1]); err != nil {
		t.Fatal(err)
	}
	archivetest.WantFiles(t, dir, "run.simexp")
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(recordRun(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the archive of an exclusive recorder has %d bytes, and others than that of a shared one", len(got))
	}
}

// TestExclusiveControl: other recorders have a file of shared memory, by which readers tell the two apart, and SQLite
// reads along.
func TestExclusiveControl(t *testing.T) {
	w := startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), storyRun()[:30])
	if w.Exclusive() || w.NetworkFileSystem() != "" || !sqlitefile.SharesIndex(w.LivePath()) {
		t.Errorf("got exclusive %v on %q, want one with shared memory", w.Exclusive(), w.NetworkFileSystem())
	}
	db := archivetest.OpenSQL(t, w.LivePath(), "mode=ro")
	defer db.Close()
	var n int
	if err := db.QueryRow("SELECT count(*) FROM z_event").Scan(&n); err != nil || n == 0 {
		t.Errorf("SQLite: got %d events, %v", n, err)
	}
}

// TestExclusiveViewer: nor does it keep an exclusive recorder waiting.
func TestExclusiveViewer(t *testing.T) {
	recordBesideViewer(t, startExclusive(t, filepath.Join(t.TempDir(), "run.simexp"), storyRun()[:60]))
}

// TestExclusiveHandOver: recorders of both kinds go on with what the other left, closed or killed.
func TestExclusiveHandOver(t *testing.T) {
	records := storyRun()
	for _, first := range []bool{true, false} {
		for _, killed := range []bool{true, false} {
			t.Run(fmt.Sprintf("exclusive first %v, killed %v", first, killed), func(t *testing.T) {
				w, err := Create(filepath.Join(t.TempDir(), "run.simexp"), &Options{Exclusive: first})
				if err != nil {
					t.Fatal(err)
				}
				defer func() { w.Close() }()
				for _, r := range records[:60] { // the last one is an iteration
					if err := provider.Put(t.Context(), w, r); err != nil {
						t.Fatal(err)
					}
				}
				live := w.LivePath()
				if killed {
					live = archivetest.CopyKilled(t, live)
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				a := archivetest.Open(t, live)
				if a.State() != archive.Unfinished || countRecords(t, a) != 60 {
					t.Errorf("got %s with %d records, want %s with 60", a.State(), countRecords(t, a), archive.Unfinished)
				}
				if err := a.Close(); err != nil {
					t.Error(err)
				}
				if w, err = Resume(t.Context(), live, &Options{Exclusive: !first}); err != nil {
					t.Fatal(err)
				}
				for _, r := range records[60:] {
					if err := provider.Put(t.Context(), w, r); err != nil {
						t.Fatal(err)
					}
				}
				archivetest.WantFiles(t, filepath.Dir(live), "run.simexp")
				if n := prefixOf(t, w.Path(), prefixes(t, records)); n != int64(len(records)) {
					t.Errorf("got %d records, want %d", n, len(records))
				}
			})
		}
	}
}

// TestChangedWhileRead: whoever reads a live file without SQLite's locks while its recorder writes to the main file
// gets the records of the state that he opened, or ErrChanged; never others, and no word of damage.
func TestChangedWhileRead(t *testing.T) {
	records := archivetest.LongRun()
	records = records[:len(records)-1]
	for range 3000 { // more than a reader holds in memory
		records = append(records, &provider.Event{Type: "long", Data: []byte(`"` + strings.Repeat("z", 1000) + `"`)})
	}
	for name, change := range map[string]func(t *testing.T, w *Writer){
		"closed": func(t *testing.T, w *Writer) {
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		},
		"sealed": func(t *testing.T, w *Writer) {
			if err := w.Finish(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		},
		"closed and resumed": func(t *testing.T, w *Writer) {
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			again, err := Resume(t.Context(), w.LivePath(), nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { again.Close() })
			for range 2000 {
				if err := again.Event(t.Context(), &provider.Event{Type: "later",
					Data: []byte(`{"padding":"` + strings.Repeat("z", 500) + `"}`)}); err != nil {
					t.Fatal(err)
				}
			}
			if err := again.Note(t.Context(), &provider.Note{Kind: "x", Text: "y"}); err != nil {
				t.Fatal(err)
			}
			if err := emptyLog(again.conn); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := startExclusive(t, filepath.Join(t.TempDir(), "run.simexp"),
				append(slices.Clone(records), &provider.Note{Kind: "x", Text: "end"}))
			a := archivetest.Open(t, w.LivePath())
			_, want, err := digest.Of(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			n := int64(0)
			for r, err := range a.Records(t.Context()) {
				if errors.Is(err, archive.ErrChanged) {
					break
				}
				if err != nil {
					t.Fatalf("record %d: %v, want %v", n, err, archive.ErrChanged)
				}
				if n == 3 {
					change(t, w)
				}
				if e, ok := r.(*provider.Event); ok && e.Type == "later" {
					t.Fatalf("record %d is one that was not there when the file was opened", n)
				}
				n++
			}
			t.Logf("%d of %d records", n, want)
			if name == "closed and resumed" && n == want {
				t.Error("nothing had to be read any more: the run is too small for this test")
			}
			if n == want {
				return
			}
			// What is in memory may still be given.
			if e, err := a.Experiment(t.Context()); !errors.Is(err, archive.ErrChanged) && (err != nil || e.RunID != "long") {
				t.Errorf("got run %q, %v, want the run or %v", e.RunID, err, archive.ErrChanged)
			}
			if _, _, err := archivetest.Query(t.Context(), a, "SELECT * FROM experiment_events"); !errors.Is(err,
				archive.ErrChanged) {
				t.Errorf("query: got %v, want %v", err, archive.ErrChanged)
			}
		})
	}
}

func countRecords(t *testing.T, a *archive.Archive) int64 {
	t.Helper()
	_, n, err := digest.Of(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
