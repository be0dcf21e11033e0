package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// largeRun is a run whose rows do not fit what a copy holds of a table: events, prompts, iterations that are recorded
// in no order of their numbers, and one whose events came before and after others, attachments.
func largeRun() []provider.Record {
	records := []provider.Record{&provider.Start{RunID: "r", Name: "n", Type: "t", Salt: bytes.Repeat([]byte{7}, 32)}}
	text := func(i, size int) string { return strings.Repeat(fmt.Sprintf("%d ", i), size/4) }
	for i := range 60 {
		n := (i * 37) % 60
		for k := range 50 {
			records = append(records, &provider.Event{Iteration: n, Type: fmt.Sprint("type", k%5),
				Timestamp: fmt.Sprint(i), Data: json.RawMessage(`"` + text(k, 1500) + `"`)})
		}
		records = append(records,
			&provider.Event{Iteration: 3, Type: "x"},
			&provider.Interaction{Iteration: n, SystemPrompt: new(text(1, 4000)), LatencySeconds: new(float64(i) / 2),
				UserPrompt: new(text(i, 30_000) + "\n\n" + text(i/2, 3000)), Response: new(text(i, 20_000))},
			&provider.Iteration{Number: n, Costs: map[string]provider.Cents{"A": provider.Cents(i)},
				Policies: map[string]json.RawMessage{"A": json.RawMessage(`"` + text(i, 40_000) + `"`)}})
	}
	return append(records, &provider.Iteration{Number: 500},
		&provider.Attachment{Name: "a", Data: bytes.Repeat([]byte{1}, 3<<20)}, &provider.Attachment{Name: "b"},
		&provider.Result{Status: provider.StatusCompleted, Converged: new(true), ConvergenceReason: new("x")})
}

// TestCopiedSameBytes: a copy has the bytes of a recording, also of what goes through the spool's file.
func TestCopiedSameBytes(t *testing.T) {
	dir := t.TempDir()
	want := archivetest.Sum(t, recordRun(t, filepath.Join(dir, "recorded.simexp"), largeRun(), nil))
	path := filepath.Join(dir, "copied.simexp")
	w, err := Create(path, &Options{Bulk: true})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, r := range largeRun() {
		if r.RecordKind() == provider.KindResult {
			archivetest.WantFiles(t, dir, "copied.simexp-live-lock", "copied.simexp-rows", "recorded.simexp")
		}
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	if got := archivetest.Sum(t, path); got != want {
		t.Errorf("got SHA-256 %x, want %x", got, want)
	}
	archivetest.WantFiles(t, dir, "copied.simexp", "recorded.simexp")
}

// TestCopiedCorpus: a copy of a good archive has its bytes. Its annotations are no part of the run.
func TestCopiedCorpus(t *testing.T) {
	dir := t.TempDir()
	good, err := filepath.Glob("../../testdata/corpus/good/*.gz")
	if err != nil || len(good) == 0 {
		t.Fatalf("got no corpus, %v", err)
	}
	for _, zipped := range good {
		path := archivetest.Write(t, archivetest.ReadGzip(t, zipped))
		a := archivetest.Open(t, path)
		annotations, err := a.Annotations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		again := filepath.Join(dir, strings.TrimSuffix(filepath.Base(zipped), ".gz"))
		w, err := Create(again, &Options{Bulk: true, Annotations: annotations})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if err := provider.Copy(t.Context(), w, a); err != nil {
			t.Fatalf("%s: %v", zipped, err)
		}
		if archivetest.Sum(t, again) != archivetest.Sum(t, path) {
			t.Errorf("%s: the copy has other bytes", zipped)
		}
	}
}

// TestCopiedLeavesNothing: a copy that does not come to its end leaves nothing behind, and what a killed one left goes
// with the next.
func TestCopiedLeavesNothing(t *testing.T) {
	records := largeRun()
	records = records[:len(records)-1]
	begin := func(t *testing.T, dir string) *Writer {
		w, err := Create(filepath.Join(dir, "run.simexp"), &Options{Bulk: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if err := provider.Put(t.Context(), w, r); err != nil {
				t.Fatal(err)
			}
		}
		return w
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, end := range map[string]func(w *Writer) error{
		"closed":    (*Writer).Close,
		"discarded": (*Writer).Discard,
		"cancelled": func(w *Writer) error {
			if err := w.Finish(cancelled, nil); !errors.Is(err, context.Canceled) {
				return fmt.Errorf("got %v, want %w", err, context.Canceled)
			}
			return w.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := end(begin(t, dir)); err != nil {
				t.Error(err)
			}
			archivetest.WantFiles(t, dir)
		})
	}
	t.Run("killed", func(t *testing.T) {
		dir := t.TempDir()
		for _, name := range []string{"run.simexp-rows", "run.simexp-sealing"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("left"), 0o444); err != nil {
				t.Fatal(err)
			}
		}
		if err := begin(t, dir).Finish(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		archivetest.WantFiles(t, dir, "run.simexp")
	})
}

// TestCopiedFaults: whichever call of the file system fails, there is an archive when Finish has returned without an
// error, and none else.
func TestCopiedFaults(t *testing.T) {
	broken := errors.New("broken")
	records := largeRun()
	for n := 0; ; n++ {
		dir := t.TempDir()
		left := n
		fails := func() error {
			if left--; left == -1 {
				return broken
			}
			return nil
		}
		disk := sqlitefile.RealSystem
		sys := *disk
		sys.Create = func(path string, perm os.FileMode) error {
			return unless(fails, func() error { return disk.Create(path, perm) })
		}
		sys.Overwrite = func(path string, data []byte, at int64) error {
			return unless(fails, func() error { return disk.Overwrite(path, data, at) })
		}
		sys.Sync = func(path string) error { return unless(fails, func() error { return disk.Sync(path) }) }
		sys.SyncDir = func(path string) error { return unless(fails, func() error { return disk.SyncDir(path) }) }
		sys.Rename = func(from, to string) error { return unless(fails, func() error { return disk.Rename(from, to) }) }
		sys.Link = func(from, to string) error { return unless(fails, func() error { return disk.Link(from, to) }) }
		path := filepath.Join(dir, "run.simexp")
		w, err := Create(path, &Options{Bulk: true, system: &sys})
		for i := 0; err == nil && i < len(records); i++ {
			err = provider.Put(t.Context(), w, records[i])
		}
		if left >= 0 {
			if err != nil {
				t.Fatal(err)
			}
			if n < 10 {
				t.Errorf("got %d calls, want more", n)
			}
			_ = w.Close()
			return
		}
		if err != nil && !errors.Is(err, broken) {
			t.Fatalf("call %d: got %v, want that it is broken", n, err)
		}
		if w != nil {
			_ = w.Close()
		}
		if _, there := os.Stat(path); err == nil && there != nil {
			t.Errorf("call %d: no error, and no archive", n)
		}
		for _, f := range archivetest.Names(t, dir) {
			if f != "run.simexp" {
				t.Errorf("call %d: %s is left", n, f)
			}
		}
		if err != nil && strings.Contains(err.Error(), "-live:") {
			t.Errorf("call %d: %v: there is no live file", n, err)
		}
	}
}

func unless(fails, do func() error) error {
	if err := fails(); err != nil {
		return err
	}
	return do()
}

// TestCheckedEvents: lines that are recorded by way of lent events are recorded as others are.
func TestCheckedEvents(t *testing.T) {
	dir := t.TempDir()
	var lines bytes.Buffer
	for _, r := range largeRun() {
		line, err := jsonl.Line(r)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(line)
	}
	want := archivetest.Sum(t, recordRun(t, filepath.Join(dir, "put.simexp"), largeRun(), nil))
	for name, sink := range map[string]func(w *Writer) provider.Sink{
		"lent":  func(w *Writer) provider.Sink { return w },
		"owned": func(w *Writer) provider.Sink { return struct{ provider.Sink }{w} },
	} {
		path := filepath.Join(dir, name+".simexp")
		w, err := Create(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if err := jsonl.Record(t.Context(), sink(w), bytes.NewReader(slices.Clone(lines.Bytes())), nil); err != nil {
			t.Fatal(err)
		}
		if archivetest.Sum(t, path) != want {
			t.Errorf("%s: the archive has other bytes", name)
		}
	}
}
