package archive

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/providertest"
)

// record makes a sealed archive of records and gives its path.
func record(t testing.TB, path string, records []provider.Record, opts *WriterOptions) string {
	t.Helper()
	w, err := Create(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := providertest.Play(t.Context(), w, records); err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens an archive for the time of the test.
func open(t testing.TB, path string) *Archive {
	t.Helper()
	a, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func rootOf(t testing.TB, records []provider.Record) digest.Hash {
	t.Helper()
	var s digest.Sink
	if err := providertest.Play(t.Context(), &s, records); err != nil {
		t.Fatal(err)
	}
	return s.Root()
}

func TestSealed(t *testing.T) {
	dir := t.TempDir()
	path := record(t, filepath.Join(dir, "run.simexp"), providertest.Sample(), nil)
	a := open(t, path)
	if a.State() != Sealed {
		t.Errorf("got state %q, want %q", a.State(), Sealed)
	}
	if s, ok := a.Seal(); !ok || s.Root != rootOf(t, providertest.Sample()) || s.Records != int64(len(providertest.Sample())) {
		t.Errorf("got seal %+v, %v, want root %v of %d records", s, ok, rootOf(t, providertest.Sample()), len(providertest.Sample()))
	}
	providertest.Test(t, a, providertest.Sample())
	wantFiles(t, dir, "run.simexp")
	if r, err := Verify(t.Context(), path); err != nil || !r.OK() {
		t.Errorf("verify: got %v, %v, want nothing", r.Problems, err)
	}
}

func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got files %q, want %q", got, want)
	}
}

// TestUnsealedForms reads the same run from every form of a file that is not sealed.
func TestUnsealedForms(t *testing.T) {
	sample := providertest.Sample()
	cut := sample[:len(sample)-1] // without a result
	t.Run("closed", func(t *testing.T) {
		dir := t.TempDir()
		w, err := Create(filepath.Join(dir, "run.simexp"), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range cut {
			if err := provider.Put(t.Context(), w, r); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, dir, "run.simexp-live")
		a := open(t, w.LivePath())
		if a.State() != Unfinished {
			t.Errorf("got state %q, want %q", a.State(), Unfinished)
		}
		providertest.Test(t, a, cut)
	})
	t.Run("recording", func(t *testing.T) {
		w := startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), cut)
		a := open(t, w.LivePath())
		if a.State() != Recording {
			t.Errorf("got state %q, want %q", a.State(), Recording)
		}
		providertest.Test(t, a, cut)
	})
	t.Run("killed", func(t *testing.T) {
		w := startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), cut)
		killed := copyKilled(t, w.LivePath())
		a := open(t, killed)
		if a.State() != Unfinished {
			t.Errorf("got state %q, want %q", a.State(), Unfinished)
		}
		providertest.Test(t, a, cut)
		t.Run("resumed", func(t *testing.T) {
			w, err := Resume(t.Context(), killed, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			if w.Count() != int64(len(cut)) || w.RunID() != sample[0].(*provider.Start).RunID {
				t.Errorf("got %d records of run %q, want %d", w.Count(), w.RunID(), len(cut))
			}
			if err := provider.Put(t.Context(), w, sample[len(sample)-1]); err != nil {
				t.Fatal(err)
			}
			providertest.Test(t, open(t, w.Path()), sample)
			wantFiles(t, filepath.Dir(killed), "run.simexp")
		})
	})
	t.Run("sealed without a result", func(t *testing.T) {
		w := startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), cut)
		killed := copyKilled(t, w.LivePath())
		seal, err := SealLive(t.Context(), killed, nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := rootOf(t, cut); seal.Root != want {
			t.Errorf("got root %v, want %v", seal.Root, want)
		}
		a := open(t, strings.TrimSuffix(killed, LiveSuffix))
		providertest.Test(t, a, cut)
		if a.State() != Sealed {
			t.Errorf("got state %q, want %q", a.State(), Sealed)
		}
	})
}

// startRecording records some of a run and leaves the writer open until the end of the test.
func startRecording(t testing.TB, path string, records []provider.Record) *Writer {
	t.Helper()
	w, err := Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	for _, r := range records {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.flush(nil, nil); err != nil {
		t.Fatal(err)
	}
	return w
}

// copyKilled copies a live file and its log as a killed recorder would leave them, and gives the path of the copy.
func copyKilled(t testing.TB, live string) string {
	t.Helper()
	dir := t.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(live + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(live)+suffix), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, filepath.Base(live))
}

// TestRandomRuns: random runs come back as they were recorded, by way of every form, with the same digest.
func TestRandomRuns(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		records := providertest.Random(rt)
		kept, err := providertest.Kept(records)
		if err != nil {
			rt.Fatal(err)
		}
		n++
		path := filepath.Join(dir, fmt.Sprintf("%d.simexp", n))
		w, err := Create(path, &WriterOptions{Bulk: n%2 == 0})
		if err != nil {
			rt.Fatal(err)
		}
		defer w.Close()
		if err := providertest.Play(t.Context(), w, records); err != nil {
			rt.Fatal(err)
		}
		a, err := Open(path, nil)
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
		if s1, s2 := sum(rt, path), sum(rt, again); s1 != s2 {
			rt.Errorf("recorded again by way of JSON lines: got SHA-256 %x, want %x", s2, s1)
		}
		os.Remove(path)
		os.Remove(again)
	})
}

func sum(t interface{ Fatal(...any) }, path string) [32]byte {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

// TestSameBytes: how records came to the file does not show in it.
func TestSameBytes(t *testing.T) {
	sample := manyRecords(3000)
	dir := t.TempDir()
	want := sum(t, record(t, filepath.Join(dir, "at-once.simexp"), sample, nil))
	for name, path := range map[string]string{
		"bulk":    record(t, filepath.Join(dir, "bulk.simexp"), sample, &WriterOptions{Bulk: true}),
		"resumed": recordInPieces(t, filepath.Join(dir, "resumed.simexp"), sample, 700),
		"flushed": recordFlushing(t, filepath.Join(dir, "flushed.simexp"), sample),
	} {
		if got := sum(t, path); got != want {
			t.Errorf("%s: got SHA-256 %x, want %x", name, got, want)
		}
	}
	other := slices.Clone(sample)
	other[100] = &provider.Event{Type: "another", Iteration: 1}
	if sum(t, record(t, filepath.Join(dir, "other.simexp"), other, nil)) == want {
		t.Error("another run has the same bytes")
	}
}

// manyRecords gives a run of at least n events with interactions whose prompts share sections.
func manyRecords(n int) []provider.Record {
	rules := strings.Repeat("A rule that stands in every prompt. ", 20) + "\n\n"
	records := []provider.Record{&provider.Start{RunID: "many", Name: "many", Type: "test", CreatedAt: "2025-01-01T00:00:00"}}
	for i := 0; len(records) < n; i++ {
		for j := range 50 {
			records = append(records, &provider.Event{Iteration: i, Type: fmt.Sprintf("type %d", j%7), Timestamp: "2025-01-01T00:00:01",
				Data: fmt.Appendf(nil, `{"n": %d, "text": %q}`, j, strings.Repeat("x", j))})
		}
		prompt := rules + strings.Repeat(fmt.Sprintf("What happened in iteration %d. ", i), 10) + "\n\n" + rules
		records = append(records,
			&provider.Interaction{Iteration: i, AgentID: "A", SystemPrompt: &rules, UserPrompt: &prompt, Response: new("{}")},
			&provider.Iteration{Number: i, Costs: map[string]provider.Cents{"A": provider.Cents(i), "B": 9007199254740993}})
	}
	return append(records, &provider.Result{Status: provider.StatusCompleted})
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
	for _, r := range manyRecords(10)[:3] {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		a, err := Open(w.LivePath(), nil)
		if err != nil {
			t.Fatal(err)
		}
		n, err := a.RecordCount(t.Context())
		a.Close()
		if err != nil {
			t.Fatal(err)
		}
		if n == 3 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %d records in the file after 30 s, want 3", n)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestOddPaths: a file name is only a name.
func TestOddPaths(t *testing.T) {
	names := []string{"a b.simexp", "x?mode=rwc&a=#%41.simexp", "%2e%2e.simexp", "ünï ☃.simexp", "file:x.simexp", "-.simexp", "a'b\"c;.simexp", ":memory:.simexp"}
	if runtime.GOOS == "windows" {
		names = []string{"a b.simexp", "#%41&a=b.simexp", "ünï ☃.simexp", "-.simexp"}
	}
	for _, name := range names {
		dir := t.TempDir()
		t.Chdir(dir) // and relative at that
		record(t, name, providertest.Sample(), nil)
		wantFiles(t, dir, name)
		a, err := Open(name, nil)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if n, err := a.RecordCount(t.Context()); err != nil || n != int64(len(providertest.Sample())) {
			t.Errorf("%q: got %d records, %v", name, n, err)
		}
		a.Close()
		w := startRecording(t, "live "+name, providertest.Sample()[:5])
		if a, err := Open(w.LivePath(), nil); err != nil {
			t.Errorf("%q: live: %v", name, err)
		} else {
			a.Close()
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		wantFiles(t, dir, slices.Sorted(slices.Values([]string{name, "live " + name + "-live"}))...)
		t.Chdir(os.TempDir())
	}
}

// TestReadingChangesNothing opens each form of file and compares the folder before and after: bytes, times and names.
func TestReadingChangesNothing(t *testing.T) {
	sample := providertest.Sample()
	sealed := filepath.Dir(record(t, filepath.Join(t.TempDir(), "run.simexp"), sample, nil))
	killed := filepath.Dir(copyKilled(t, startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), sample[:20]).LivePath()))
	for name, dir := range map[string]string{"sealed": sealed, "killed": killed} {
		for _, mode := range []fs.FileMode{0o755, 0o555} {
			if err := os.Chmod(dir, mode); err != nil {
				t.Fatal(err)
			}
			before := look(t, dir)
			for _, path := range glob(t, dir) {
				a := open(t, path)
				for range a.Records(t.Context()) {
				}
				for range a.IterationRecords(t.Context(), 0) {
				}
				if _, err := a.Experiment(t.Context()); err != nil {
					t.Error(err)
				}
				if _, err := Verify(t.Context(), path); err != nil {
					t.Error(err)
				}
				err := a.Query(t.Context(), "SELECT * FROM experiment_events", func([]string) error { return nil }, func([]any) error { return nil })
				if err != nil {
					t.Error(err)
				}
				a.Close()
			}
			if after := look(t, dir); after != before {
				t.Errorf("%s, folder %v: got\n%swant\n%s", name, mode, after, before)
			}
		}
		os.Chmod(dir, 0o755)
	}
}

func glob(t *testing.T, dir string) []string {
	t.Helper()
	d, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	paths, err := d.files()
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	return paths
}

// look describes a folder's files to the byte and the nanosecond.
func look(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(dir, func(path string, info fs.FileInfo, err error) error {
		if err != nil {
			return err
		}
		fmt.Fprintln(&b, path, info.Mode(), info.ModTime().UnixNano())
		if info.Mode().IsRegular() {
			fmt.Fprintf(&b, "  %d %x\n", info.Size(), sum(t, path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// numberedAs gives a copy of r with its position in the run.
func numberedAs(r provider.Record, seq int) provider.Record {
	r = r.Clone()
	r.RecordMeta().Seq = int64(seq)
	return r
}

// TestReadWhileRecording: readers see a growing, always complete run, and the recorder goes on while one holds a cursor.
func TestReadWhileRecording(t *testing.T) {
	records := manyRecords(4000)
	w := startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), records[:100])
	slow := open(t, w.LivePath())
	seen := 0
	for r, err := range slow.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if diff := providertest.Diff(r, numberedAs(records[seen], seen)); diff != "" {
			t.Fatalf("record %d: %s", seen, diff)
		}
		if seen++; seen == 10 { // with the cursor in the middle, record much more
			for _, r := range records[100 : len(records)-1] {
				if err := provider.Put(t.Context(), w, r); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if seen != 100 {
		t.Errorf("the reader that began at 100 records saw %d", seen)
	}
	if n, err := slow.RecordCount(t.Context()); err != nil || n != int64(len(records)-1) {
		t.Errorf("later the same reader counts %d records, %v, want %d", n, err, len(records)-1)
	}
	for r, err := range slow.RecordsFrom(t.Context(), 2000) { // event types that came after opening
		if err != nil {
			t.Fatal(err)
		}
		if diff := providertest.Diff(r, numberedAs(records[2000], 2000)); diff != "" {
			t.Error(diff)
		}
		break
	}
	slow.Close()
	if err := w.Finish(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	path := record(t, filepath.Join(dir, "run.simexp"), providertest.Sample(), nil)
	if _, err := Create(path, nil); !errors.Is(err, ErrExists) {
		t.Errorf("over an archive: got %v, want %v", err, ErrExists)
	}
	w := startRecording(t, filepath.Join(dir, "live.simexp"), providertest.Sample()[:5])
	for _, force := range []bool{false, true} {
		if _, err := Create(w.Path(), &WriterOptions{Force: force}); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
			t.Errorf("beside a recorder, force %v: got %v, want %v and this process", force, err, ErrBusy)
		}
	}
	if _, err := Resume(t.Context(), w.LivePath(), nil); !errors.Is(err, ErrBusy) {
		t.Errorf("resume beside a recorder: got %v, want %v", err, ErrBusy)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(w.Path(), nil); !errors.Is(err, ErrExists) {
		t.Errorf("over an unfinished recording: got %v, want %v", err, ErrExists)
	}
	if _, err := Create(filepath.Join(dir, "none", "run.simexp"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in no folder: got %v, want %v", err, fs.ErrNotExist)
	}
	wantFiles(t, dir, "live.simexp-live", "run.simexp")
	// With force, and over what a process left that was killed before its run began.
	record(t, path, manyRecords(10), &WriterOptions{Force: true})
	record(t, w.Path(), manyRecords(10), &WriterOptions{Force: true})
	if err := os.WriteFile(filepath.Join(dir, "new.simexp-live"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	record(t, filepath.Join(dir, "new.simexp"), manyRecords(10), nil)
	wantFiles(t, dir, "live.simexp", "new.simexp", "run.simexp")
	if a := open(t, path); a.types[1] != "type 0" {
		t.Errorf("got event types %v of the replaced archive", a.types)
	}
}

// TestSealDoesNotReplace: an archive that appears while another is recorded under the same name is not overwritten.
func TestSealDoesNotReplace(t *testing.T) {
	dir := t.TempDir()
	w := startRecording(t, filepath.Join(dir, "run.simexp"), providertest.Sample()[:5])
	if err := os.WriteFile(w.Path(), []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(t.Context(), nil); !errors.Is(err, ErrExists) {
		t.Fatalf("got %v, want %v", err, ErrExists)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(w.Path()); err != nil || string(b) != "precious" {
		t.Errorf("got %q, %v", b, err)
	}
	wantFiles(t, dir, "run.simexp", "run.simexp-live")
	os.Remove(w.Path())
	if _, err := SealLive(t.Context(), w.LivePath(), nil); err != nil {
		t.Error(err)
	}
	wantFiles(t, dir, "run.simexp")
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
	if n, err := open(t, w.Path()).RecordCount(ctx); err != nil || n != 3 {
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
			return os.Rename(record(t, filepath.Join(t.TempDir(), "o.simexp"), providertest.Sample(), nil), p)
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

func TestNew(t *testing.T) {
	b, err := os.ReadFile(record(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample(), nil))
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(bytes.NewReader(b), int64(len(b)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	providertest.Test(t, a, providertest.Sample())
}

// failing is a file that cannot be read from some byte on.
type failing struct {
	io.ReaderAt
	from int64
}

func (f failing) ReadAt(b []byte, off int64) (int, error) {
	if off+int64(len(b)) > f.from {
		return 0, errors.New("medium error")
	}
	return f.ReaderAt.ReadAt(b, off)
}

// TestReadErrors: a medium that fails is an error, never fewer records.
func TestReadErrors(t *testing.T) {
	records := manyRecords(3000)
	b, err := os.ReadFile(record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil))
	if err != nil {
		t.Fatal(err)
	}
	for from := int64(0); from < int64(len(b)); from += int64(len(b)/40) + 1 {
		a, err := New(failing{bytes.NewReader(b), from}, int64(len(b)), nil)
		if err == nil {
			if _, _, err = digest.Of(t.Context(), a); err == nil { // the pages that it needs were all there
				var report Report
				if report, err = a.Verify(t.Context()); !report.OK() {
					err = errors.New("problems")
				}
			}
			a.Close()
		}
		if err == nil {
			t.Errorf("a medium that fails from byte %d on: got no error", from)
		}
	}
}
