package record

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/providertest/randomrun"
)

func TestSealed(t *testing.T) {
	dir := t.TempDir()
	path := recordRun(t, filepath.Join(dir, "run.simexp"), providertest.Sample(), nil)
	a := archivetest.Open(t, path)
	if a.State() != archive.Sealed {
		t.Errorf("got state %q, want %q", a.State(), archive.Sealed)
	}
	if s, ok := a.Seal(); !ok || s.Root != archivetest.RootOf(t, providertest.Sample()) ||
		s.Records != int64(len(providertest.Sample())) {
		t.Errorf("got seal %+v, %v, want root %v of %d records", s, ok, archivetest.RootOf(t, providertest.Sample()),
			len(providertest.Sample()))
	}
	providertest.Test(t, a, providertest.Sample())
	archivetest.WantFiles(t, dir, "run.simexp")
	if r, err := verify.File(t.Context(), path); err != nil || !r.OK() {
		t.Errorf("verify: got %v, %v, want nothing", r.Problems, err)
	}
}

// TestRandomRuns: random runs come back as they were recorded, by way of every form, with the same digest.
func TestRandomRuns(t *testing.T) {
	randomrun.Checks(t, longtest.Count(15, 100)) // each records two archives
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		records := randomrun.Draw(rt)
		kept, err := providertest.Kept(records)
		if err != nil {
			rt.Fatal(err)
		}
		n++
		path := filepath.Join(dir, fmt.Sprintf("%d.simexp", n))
		w, err := Create(path, &Options{Bulk: n%2 == 0})
		if err != nil {
			rt.Fatal(err)
		}
		defer w.Close()
		if err := providertest.Play(t.Context(), w, records); err != nil {
			rt.Fatal(err)
		}
		a, err := archive.Open(path)
		if err != nil {
			rt.Fatal(err)
		}
		defer a.Close()
		if err := providertest.Check(t.Context(), a, kept); err != nil {
			rt.Fatalf("archive: %v", err)
		}
		// Through the line protocol and into a second archive: the same run, and the same bytes.
		var lines bytes.Buffer
		if err := provider.Copy(t.Context(), jsonl.NewWriter(&lines), a); err != nil {
			rt.Fatal(err)
		}
		again := filepath.Join(dir, fmt.Sprintf("%d-again.simexp", n))
		w2, err := Create(again, nil)
		if err != nil {
			rt.Fatal(err)
		}
		defer w2.Close()
		finished := false
		for r, err := range jsonl.NewReader(&lines, nil).Records(t.Context()) {
			if err != nil {
				rt.Fatal(err)
			}
			if err := provider.Put(t.Context(), w2, r); err != nil {
				rt.Fatal(err)
			}
			finished = r.RecordKind() == provider.KindResult
		}
		if !finished {
			if err := w2.Finish(t.Context(), nil); err != nil {
				rt.Fatal(err)
			}
		}
		if s1, s2 := archivetest.Sum(rt, path), archivetest.Sum(rt, again); s1 != s2 {
			rt.Errorf("recorded again by way of JSON lines: got SHA-256 %x, want %x", s2, s1)
		}
		os.Remove(path)
		os.Remove(again)
	})
}

// TestSameBytes: how records came to the file does not show in it.
func TestSameBytes(t *testing.T) {
	sample := archivetest.ManyRecords(3000)
	dir := t.TempDir()
	want := archivetest.Sum(t, recordRun(t, filepath.Join(dir, "at-once.simexp"), sample, nil))
	for name, path := range map[string]string{
		"bulk":    recordRun(t, filepath.Join(dir, "bulk.simexp"), sample, &Options{Bulk: true}),
		"resumed": recordInPieces(t, filepath.Join(dir, "resumed.simexp"), sample, 700),
		"flushed": recordFlushing(t, filepath.Join(dir, "flushed.simexp"), sample),
	} {
		if got := archivetest.Sum(t, path); got != want {
			t.Errorf("%s: got SHA-256 %x, want %x", name, got, want)
		}
	}
	other := slices.Clone(sample)
	other[100] = &provider.Event{Type: "another", Iteration: 1}
	if archivetest.Sum(t, recordRun(t, filepath.Join(dir, "other.simexp"), other, nil)) == want {
		t.Error("another run has the same bytes")
	}
}

func recordInPieces(t *testing.T, path string, records []provider.Record, size int) string {
	w, err := Create(path, nil)
	for i, r := range records {
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && i%size == 0 {
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if w, err = Resume(t.Context(), w.LivePath(), nil); err != nil {
				t.Fatal(err)
			}
			if w.Count() != int64(i) {
				t.Fatalf("resumed at record %d, want %d", w.Count(), i)
			}
		}
		err = provider.Put(t.Context(), w, r)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func recordFlushing(t *testing.T, path string, records []provider.Record) string {
	w, err := Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for i, r := range records {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
		if i%13 == 0 {
			w.flushLate()
		}
	}
	return path
}

// TestEventsAppear: an event that nothing follows is on disk after a moment.
func TestEventsAppear(t *testing.T) {
	w, err := Create(filepath.Join(t.TempDir(), "run.simexp"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, r := range archivetest.ManyRecords(10)[:3] {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	n := int64(0)
	if !archivetest.WaitUntil(t, func() bool {
		a, err := archive.Open(w.LivePath())
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		n = countRecords(t, a)
		return n == 3
	}) {
		t.Errorf("got %d records in the file, want 3", n)
	}
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	path := recordRun(t, filepath.Join(dir, "run.simexp"), providertest.Sample(), nil)
	if _, err := Create(path, nil); !errors.Is(err, archive.ErrExists) {
		t.Errorf("over an archive: got %v, want %v", err, archive.ErrExists)
	}
	w := startRecording(t, filepath.Join(dir, "live.simexp"), providertest.Sample()[:5])
	for _, force := range []bool{false, true} {
		if _, err := Create(w.Path(), &Options{Replace: force, Restart: force}); !errors.Is(err, archive.ErrBusy) ||
			!strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
			t.Errorf("beside a recorder, force %v: got %v, want %v and this process", force, err, archive.ErrBusy)
		}
	}
	if _, err := Resume(t.Context(), w.LivePath(), nil); !errors.Is(err, archive.ErrBusy) {
		t.Errorf("resume beside a recorder: got %v, want %v", err, archive.ErrBusy)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(w.Path(), nil); !errors.Is(err, archive.ErrExists) {
		t.Errorf("over an unfinished recording: got %v, want %v", err, archive.ErrExists)
	}
	if _, err := Create(filepath.Join(dir, "none", "run.simexp"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in no folder: got %v, want %v", err, fs.ErrNotExist)
	}
	// Each option is for one of the two.
	if _, err := Create(path, &Options{Restart: true}); !errors.Is(err, archive.ErrExists) {
		t.Errorf("over an archive, to restart: got %v, want %v", err, archive.ErrExists)
	}
	if _, err := Create(w.Path(), &Options{Replace: true}); !errors.Is(err, archive.ErrExists) {
		t.Errorf("over an unfinished recording, to replace: got %v, want %v", err, archive.ErrExists)
	}
	spill := w.LivePath() + spillSuffix
	if err := os.WriteFile(spill, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	archivetest.WantFiles(t, dir, "live.simexp-live", "live.simexp-live-spill", "run.simexp")
	recordRun(t, path, archivetest.ManyRecords(10), &Options{Replace: true})
	recordRun(t, w.Path(), archivetest.ManyRecords(10), &Options{Restart: true})
	// What a process left that was killed before its run began is nothing.
	if err := os.WriteFile(filepath.Join(dir, "new.simexp-live"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	recordRun(t, filepath.Join(dir, "new.simexp"), archivetest.ManyRecords(10), nil)
	archivetest.WantFiles(t, dir, "live.simexp", "new.simexp", "run.simexp")
	if got := archivetest.RootOf(t, archivetest.ManyRecords(10)); got != archivetest.RootOfFile(t, path) {
		t.Error("the replaced archive is still there")
	}
}

// TestSealedIsReadOnly: whatever writes a sealed archive leaves it read-only, and is not hindered by one that is there.
func TestSealedIsReadOnly(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.simexp")
	check := func(what string) {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm()&0o222 != 0 || info.Mode().Perm()&0o400 == 0 {
			t.Errorf("%s: got mode %v, %v, want a file to be read only", what, info.Mode(), err)
		}
	}
	recordRun(t, path, archivetest.ManyRecords(10), nil)
	check("recorded")
	recordRun(t, path, archivetest.ManyRecords(10), &Options{Replace: true})
	check("replaced")
	// Sealing that was cut short between the archive's name and the removal of the live file goes on.
	live := startRecording(t, filepath.Join(dir, "twice.simexp"), providertest.Sample()[:5])
	if err := live.Close(); err != nil {
		t.Fatal(err)
	}
	kept := archivetest.ReadFile(t, live.LivePath())
	if _, err := Seal(t.Context(), live.LivePath(), nil); err != nil {
		t.Fatal(err)
	}
	path = live.Path()
	check("sealed")
	if err := errors.Join(os.WriteFile(live.LivePath(), kept, 0o666), os.Chmod(path, 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := Seal(t.Context(), live.LivePath(), nil); err != nil {
		t.Fatal(err)
	}
	check("sealed again")
	archivetest.WantFiles(t, dir, "run.simexp", "twice.simexp")
	// Where one name of a file can be removed only by making it writable, by all its names, as on Windows.
	sys := *sqlitefile.RealSystem
	sys.Remove = func(name string) error {
		_ = os.Chmod(name, 0o644)
		return os.Remove(name)
	}
	path = filepath.Join(dir, "third.simexp")
	recordRun(t, path, archivetest.ManyRecords(10), &Options{system: &sys})
	check("where removing makes writable")
}

// TestSealDoesNotReplace: an archive that appears while another is recorded under the same name is not overwritten.
func TestSealDoesNotReplace(t *testing.T) {
	dir := t.TempDir()
	w := startRecording(t, filepath.Join(dir, "run.simexp"), providertest.Sample()[:5])
	if err := os.WriteFile(w.Path(), []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(t.Context(), nil); !errors.Is(err, archive.ErrExists) {
		t.Fatalf("got %v, want %v", err, archive.ErrExists)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(w.Path()); err != nil || string(b) != "precious" {
		t.Errorf("got %q, %v", b, err)
	}
	archivetest.WantFiles(t, dir, "run.simexp", "run.simexp-live")
	os.Remove(w.Path())
	if _, err := Seal(t.Context(), w.LivePath(), nil); err != nil {
		t.Error(err)
	}
	archivetest.WantFiles(t, dir, "run.simexp")
}

func TestWriterRefusesRecords(t *testing.T) {
	ctx := t.Context()
	w := startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), nil)
	if err := w.Event(ctx, &provider.Event{Type: "x"}); !errors.Is(err, provider.ErrOrder) {
		t.Errorf("before the start: got %v, want %v", err, provider.ErrOrder)
	}
	if err := w.Begin(ctx, &provider.Start{RunID: "r", Name: "n", Type: "t"}); err != nil {
		t.Fatal(err)
	}
	it := &provider.Iteration{Number: 3}
	if err := w.Iteration(ctx, it); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"second start":      w.Begin(ctx, &provider.Start{RunID: "r", Name: "n", Type: "t"}),
		"second iteration":  w.Iteration(ctx, it),
		"negative":          w.Event(ctx, &provider.Event{Type: "x", Iteration: -1}),
		"bad JSON":          w.Event(ctx, &provider.Event{Type: "x", Data: []byte(`{"a":NaN}`)}),
		"bad UTF-8":         w.Event(ctx, &provider.Event{Type: "x", Data: []byte("\"\xff\"")}),
		"no type":           w.Event(ctx, &provider.Event{}),
		"attachment abroad": w.Attachment(ctx, &provider.Attachment{Name: "../x"}),
	} {
		if !errors.Is(err, provider.ErrInvalid) && !errors.Is(err, provider.ErrOrder) {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
	// A refusal is not the end.
	if err := w.Finish(ctx, &provider.Result{Status: provider.StatusCompleted}); err != nil {
		t.Fatal(err)
	}
	if err := w.Event(ctx, &provider.Event{Type: "x"}); err == nil {
		t.Error("after the result: got no error")
	}
	if n, err := archivetest.Open(t, w.Path()).RecordCount(ctx); err != nil || n != 3 {
		t.Errorf("got %d records, %v, want 3", n, err)
	}
}

// TestLiveFileLost: a recorder whose file is gone stops acknowledging.
func TestLiveFileLost(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let go of open files")
	}
	for name, lose := range map[string]func(string) error{
		"removed": os.Remove,
		"replaced": func(p string) error {
			return os.Rename(recordRun(t, filepath.Join(t.TempDir(), "o.simexp"), providertest.Sample(), nil), p)
		},
	} {
		w := startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample()[:5])
		if err := lose(w.LivePath()); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the error sticks
			if err := w.Iteration(t.Context(), &provider.Iteration{Number: 77}); !errors.Is(err, ErrLost) {
				t.Errorf("%s: got %v, want %v", name, err, ErrLost)
			}
		}
	}
}
