//go:build !windows

package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/disktest"
	"github.com/simexp/exparchive/provider"
)

// spillSome records records[:from] and then lets the disk fail, for the rest too, so that it is spilled. The recorder
// is closed.
func spillSome(t testing.TB, records []provider.Record, from int) (live string, text []byte) {
	t.Helper()
	d := newDisk(t)
	d.Forget()
	w, err := Create(filepath.Join(t.TempDir(), "run.simexp"), diskOptions(d, false))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, r := range records[:from] {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Sync(); err != nil {
		t.Fatal(err)
	}
	log := w.LivePath() + "-wal"
	d.Fail(func(c disktest.Call) disktest.Failure {
		if c.Kind == disktest.Write && c.Path == log {
			return disktest.Failure{Code: disktest.Full}
		}
		return disktest.Failure{}
	})
	refused := false
	for i, r := range records[from:] {
		put := provider.Put(t.Context(), w, r)
		if refused = refused || r.RecordKind() != provider.KindEvent; refused && put == nil {
			t.Fatalf("record %d: got no error from a full disk", from+i)
		}
		if refused && r.RecordKind() != provider.KindEvent && !strings.Contains(put.Error(), w.LivePath()+spillSuffix) {
			t.Fatalf("record %d: the error does not name the spill: %v", from+i, put)
		}
	}
	d.Fail(nil)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err = os.ReadFile(w.LivePath() + spillSuffix); err != nil {
		t.Fatal(err)
	}
	return w.LivePath(), text
}

// TestSpill: what a full disk does not take is in the spill, those records too that come after the failure, and
// resuming takes it in, once.
func TestSpill(t *testing.T) {
	records := faultRun(60, 11)
	live, text := spillSome(t, records, 20)
	if n := bytes.Count(text, []byte("\n")); n != 41 {
		t.Errorf("got a spill of %d lines, want 41", n)
	}
	if a := archivetest.Open(t, live); countRecords(t, a) != 20 {
		t.Errorf("got %d records in the live file, want 20", countRecords(t, a))
	}
	if _, err := Create(strings.TrimSuffix(live, archive.LiveSuffix), nil); !errors.Is(err, archive.ErrExists) {
		t.Errorf("create: got %v, want %v", err, archive.ErrExists)
	}
	// The run has its result: it cannot be resumed, only sealed. The first opening has taken the spill in; should it
	// come back, nothing happens twice.
	for range 2 {
		if _, err := Resume(t.Context(), live, nil); !errors.Is(err, ErrFinished) {
			t.Fatalf("resume: got %v, want %v", err, ErrFinished)
		}
		if a := archivetest.Open(t, live); countRecords(t, a) != 60 {
			t.Errorf("got %d records after resuming, want 60", countRecords(t, a))
		}
		if _, err := os.Stat(live + spillSuffix); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the spill: got %v, want %v", err, os.ErrNotExist)
		}
		if err := os.WriteFile(live+spillSuffix, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	seal, err := Seal(t.Context(), live, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := prefixRoots(records)[60]; seal.Root != want {
		t.Errorf("got digest %v, want %v", seal.Root, want)
	}
	archivetest.WantFiles(t, filepath.Dir(live), "run.simexp")
}

// TestSpillCut cuts a spill at many places, the ends of its lines among them, as a kill while it is written can: what
// is whole of it is taken in.
func TestSpillCut(t *testing.T) {
	live, text := spillSome(t, faultRun(24, 12), 12)
	for n := 0; n < len(text); n++ {
		if n%(len(text)/50) != 0 && bytes.IndexByte(text[max(0, n-2):min(len(text), n+2)], '\n') < 0 {
			continue
		}
		if err := os.WriteFile(live+spillSuffix, text[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := readSpill(live)
		if err != nil {
			t.Fatalf("the first %d of %d bytes: %v", n, len(text), err)
		}
		got, want := 0, max(0, bytes.Count(text[:n], []byte("\n"))-1)
		if s != nil {
			got = len(s.records)
		}
		if got != want {
			t.Fatalf("the first %d of %d bytes: got %d records, want %d", n, len(text), got, want)
		}
	}
}

// TestSpillRefused: a spill that is damaged or belongs elsewhere is refused by name, and stays.
func TestSpillRefused(t *testing.T) {
	records := faultRun(24, 13)
	live, text := spillSome(t, records, 12)
	if err := os.Remove(live + spillSuffix); err != nil {
		t.Fatal(err)
	}
	// The live file has one record more, as if the commit that failed were on disk all the same.
	w, err := Resume(t.Context(), live, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(provider.Put(t.Context(), w, records[12]), w.Close()); err != nil {
		t.Fatal(err)
	}
	forked := slices.Clone(records)
	forked[12] = &provider.Note{Kind: "x", Text: "another"}
	other := faultRun(24, 14)
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"changed": {bytes.Replace(text, []byte(`{"i":`), []byte(`{"j":`), 1), "has hash"},
		"line missing": {slices.Concat(text[:bytes.IndexByte(text, '\n')+1],
			text[bytes.Index(text, []byte("\n{\"seq\":13"))+1:]), "record 13, want 12"},
		"zero bytes": {bytes.Replace(text, []byte(`{"i":`), []byte("{\x00i\":"), 1),
			"zero bytes, and whole lines behind it"},
		"no JSON":         {append(bytes.Clone(text), "x\n"...), "line 14"},
		"newer":           {bytes.Replace(text, []byte(`{"spill":1`), []byte(`{"spill":2`), 1), archive.ErrNewer.Error()},
		"another record":  {second(spillSome(t, forked, 12)), "record 12 is not the one in"},
		"another's":       {second(spillSome(t, other, 12)), "another recording"},
		"of a later time": {second(spillSome(t, records, 18)), "ends before record 13"},
	} {
		if err := os.WriteFile(live+spillSuffix, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		w, err := Resume(t.Context(), live, nil)
		if err == nil {
			w.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), live+spillSuffix) {
			t.Errorf("%s: got %v, want %q and the name of the spill", name, err, c.want)
		}
		if got, err := os.ReadFile(live + spillSuffix); err != nil || !bytes.Equal(got, c.text) {
			t.Errorf("%s: the spill was changed: %v", name, err)
		}
	}
}

func second[A, B any](_ A, b B) B { return b }

// TestCancelledRecord: a record whose context is done is recorded whole, and the recording goes on.
func TestCancelledRecord(t *testing.T) {
	w := startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), faultRun(20, 16)[:5])
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Interaction(ctx, &provider.Interaction{Response: new("paid for"), UserPrompt: new("prompt")}); err != nil {
		t.Errorf("got %v, want no error", err)
	}
	if a := archivetest.Open(t, w.LivePath()); countRecords(t, a) != 6 {
		t.Errorf("got %d records, want 6", countRecords(t, a))
	}
}

// FuzzSpill feeds lines to the reader of spills.
func FuzzSpill(f *testing.F) {
	_, text := spillSome(f, faultRun(16, 17), 8)
	f.Add(text)
	f.Add([]byte(fmt.Sprintf("{\"spill\":1,\"run_id\":\"r\",\"first\":%d,\"root\":\"\"}\n", int64(1)<<62)))
	f.Fuzz(func(t *testing.T, text []byte) {
		live := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(live+spillSuffix, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := readSpill(live); err == nil && s != nil && len(s.records) != len(s.hashes) {
			t.Errorf("got %d records and %d hashes", len(s.records), len(s.hashes))
		}
	})
}
