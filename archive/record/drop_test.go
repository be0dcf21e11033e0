package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/jsonl"
)

// openRun has one finished iteration and one that is open, from record 4 on, with a salt, a note and an attachment in
// it.
func openRun() []provider.Record {
	call := func(response string) *provider.Interaction {
		return &provider.Interaction{Iteration: 1, AgentID: "A", UserPrompt: new(strings.Repeat("prompt ", 2000)),
			Response: &response}
	}
	return []provider.Record{
		&provider.Start{RunID: "r", Name: "x", Type: "y", Salt: []byte(strings.Repeat("s", provider.SaltSize))},
		&provider.Event{Iteration: 0, Type: "evaluation", Data: []byte(`{"cost": 1}`)},
		&provider.Iteration{Number: 0, Costs: map[string]provider.Cents{"A": 5}},
		&provider.Note{Kind: "k", Subject: "/final_cost", Text: "before"},
		&provider.Event{Iteration: 1, Type: "only here", Data: []byte(`{"cost": 2}`)},
		call("one"),
		&provider.Attachment{Name: "a.txt", Data: []byte("stays")},
		&provider.Note{Kind: "k", Subject: "/iterations/1", Text: "stays"},
		call("two"),
		&provider.Event{Iteration: 1, Type: "evaluation"},
	}
}

// leave records a run and leaves its live file behind.
func leave(t *testing.T, path string, records []provider.Record, opts *Options) string {
	t.Helper()
	w, err := Create(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.LivePath()
}

// rootOf gives the digest of what is in an archive or a live file, and the records.
func rootOf(t *testing.T, path string) (digest.Hash, []provider.Record) {
	t.Helper()
	a, err := archive.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var records []provider.Record
	for r, err := range a.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return rootOfRecords(t, records), records
}

func rootOfRecords(t *testing.T, records []provider.Record) digest.Hash {
	t.Helper()
	var tree digest.Tree
	var leaf digest.Leaf
	for _, r := range records {
		tree.Add(leaf.Hash(r))
	}
	if err := leaf.Err(); err != nil {
		t.Fatal(err)
	}
	return tree.Root()
}

// kept gives the records that stay of openRun, and those that go.
func keptOf(records []provider.Record) (kept, gone []provider.Record) {
	return slices.Concat(records[:4], records[6:8]), slices.Concat(records[4:6], records[8:])
}

// TestDropOpen: what is dropped stays as an attachment whose lines record it again; the rest is as if it had been
// recorded without it.
func TestDropOpen(t *testing.T) {
	for _, exclusive := range []bool{false, true} {
		t.Run(fmt.Sprintf("exclusive %v", exclusive), func(t *testing.T) {
			records := openRun()
			kept, gone := keptOf(records)
			live := leave(t, filepath.Join(t.TempDir(), "run.simexp"), records, &Options{
				Exclusive: exclusive, Annotations: []archive.Annotation{{Kind: "doi", Text: "10.1000/182"}}})
			open, err := DropOpenIteration(t.Context(), live, &Options{Exclusive: exclusive})
			if err != nil {
				t.Fatal(err)
			}
			if open.Number != 1 || open.First != 4 || open.Events != 2 || open.Interactions != 2 {
				t.Errorf("got %+v, iteration %d, want 2 events and 2 calls of iteration 1 from record 4 on", open, open.Number)
			}
			_, got := rootOf(t, live)
			if len(got) != len(kept)+2 || rootOfRecords(t, got[:len(kept)]) != rootOfRecords(t, kept) {
				t.Fatalf("got %d records, want %d that stay, an attachment and a note", len(got), len(kept))
			}
			dropped, ok := got[len(kept)].(*provider.Attachment)
			if !ok || dropped.Name != "dropped/4.jsonl" {
				t.Fatalf("got %+v, want the attachment dropped/4.jsonl", got[len(kept)])
			}
			var want []byte
			for _, r := range gone {
				line, err := jsonl.Line(r)
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, line...)
			}
			if string(dropped.Data) != string(want) {
				t.Errorf("got %.200q, want %.200q", dropped.Data, want)
			}
			if n, ok := got[len(kept)+1].(*provider.Note); !ok || n.Kind != "dropped" ||
				!strings.Contains(n.Text, "from record 4 on, 4 records were dropped") {
				t.Errorf("got %+v, want a note", got[len(kept)+1])
			}
			a, err := archive.Open(live)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			if notes, err := a.Annotations(t.Context()); err != nil || len(notes) != 1 || notes[0].Kind != "doi" {
				t.Errorf("got annotations %v, %v, want the one", notes, err)
			}

			// The live file is the one that records those would have made.
			same := leave(t, filepath.Join(t.TempDir(), "run.simexp"), got,
				&Options{Annotations: []archive.Annotation{{Kind: "doi", Text: "10.1000/182"}}})
			if _, err := Seal(t.Context(), live, nil); err != nil {
				t.Fatal(err)
			}
			if _, err := Seal(t.Context(), same, nil); err != nil {
				t.Fatal(err)
			}
			one, _ := os.ReadFile(strings.TrimSuffix(live, archive.LiveSuffix))
			two, _ := os.ReadFile(strings.TrimSuffix(same, archive.LiveSuffix))
			if len(one) == 0 || string(one) != string(two) {
				t.Errorf("got another archive, of %d bytes, than of the records that are there, %d", len(one), len(two))
			}
		})
	}
}

// attachmentNames gives the names of the attachments of a run, in its order.
func attachmentNames(t *testing.T, path string) (names []string) {
	t.Helper()
	_, records := rootOf(t, path)
	for _, r := range records {
		if a, ok := r.(*provider.Attachment); ok {
			names = append(names, a.Name)
		}
	}
	return names
}

// TestDropOpen_parts: many dropped records are several attachments, in their order.
func TestDropOpen_parts(t *testing.T) {
	before := maxDropped
	maxDropped = 15_000 // a call
	t.Cleanup(func() { maxDropped = before })
	live := leave(t, filepath.Join(t.TempDir(), "run.simexp"), openRun(), nil)
	if _, err := DropOpenIteration(t.Context(), live, nil); err != nil {
		t.Fatal(err)
	}
	names := attachmentNames(t, live)
	if want := []string{"a.txt", "dropped/4.jsonl", "dropped/8.jsonl"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	a, err := archive.Open(live)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var answers []string
	for i, err := range OpenInteractions(t.Context(), a) {
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, *i.Response)
	}
	if !slices.Equal(answers, []string{"one", "two"}) {
		t.Errorf("got answers %q, want both", answers)
	}
}

// TestDropOpen_again: what is dropped again may begin where a part of what was dropped before did.
func TestDropOpen_again(t *testing.T) {
	before := maxDropped
	maxDropped = 100 // two events
	t.Cleanup(func() { maxDropped = before })
	event := &provider.Event{Type: "e"}
	live := leave(t, filepath.Join(t.TempDir(), "run.simexp"),
		[]provider.Record{&provider.Start{RunID: "r", Name: "n", Type: "t"}, event, event, event, event, event, event}, nil)
	for range 2 {
		if _, err := DropOpenIteration(t.Context(), live, nil); err != nil {
			t.Fatal(err)
		}
		w, err := Resume(t.Context(), live, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := w.Event(t.Context(), event); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	names := attachmentNames(t, live)
	want := []string{"dropped/1.jsonl", "dropped/3.jsonl", "dropped/5.jsonl", "dropped/5.2.jsonl"}
	if !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}

// TestDropOpen_faults: whatever fails, and though nothing works from then on, as for a process that is killed there,
// the recording is the old one or the new one, and dropping it again ends well and leaves nothing behind.
func TestDropOpen_faults(t *testing.T) {
	records := openRun()
	kept, _ := keptOf(records)
	whole := rootOfRecords(t, records)
	fault := errors.New("fault")
	old, anew := 0, 0
	for k := 0; ; k++ {
		folder := t.TempDir()
		live := leave(t, filepath.Join(folder, "run.simexp"), records, nil)
		calls, last, names := 0, "", []string(nil)
		fails := func(what string) error {
			if calls++; calls > k {
				return fault
			}
			last, names = what, append(names, what)
			return nil
		}
		sys := *sqlitefile.RealSystem
		sys.Sync = func(path string) error {
			return errors.Join(fails("sync "+filepath.Base(path)), sqlitefile.RealSystem.Sync(path))
		}
		sys.SyncDir = func(path string) error {
			return errors.Join(fails("sync folder"),
				sqlitefile.RealSystem.SyncDir(path))
		}
		sys.Rename = func(from, to string) error {
			if err := fails("rename to " + filepath.Base(to)); err != nil {
				return err
			}
			return sqlitefile.RealSystem.Rename(from, to)
		}
		sys.Remove = func(path string) error {
			if _, err := os.Lstat(path); err != nil {
				return err
			}
			if err := fails("remove " + filepath.Base(path)); err != nil {
				return err
			}
			return sqlitefile.RealSystem.Remove(path)
		}
		sys.Patch = func(path string, data []byte, offset int64) error {
			if err := fails("patch"); err != nil {
				return err
			}
			return sqlitefile.RealSystem.Patch(path, data, offset)
		}
		sys.Create = func(path string, perm os.FileMode) error {
			if err := fails("create"); err != nil {
				return err
			}
			return sqlitefile.RealSystem.Create(path, perm)
		}
		_, err := DropOpenIteration(t.Context(), live, &Options{system: &sys})
		if calls <= k {
			if err != nil {
				t.Fatalf("nothing failed, but %v", err)
			}
			// The new one is on disk before it has the name, and the name before the caller hears of it.
			i := slices.Index(names, "rename to run.simexp-live")
			if i < 0 || !slices.Contains(names[:i], "sync run.simexp-drop-live") || !slices.Contains(names[i:], "sync folder") {
				t.Errorf("got calls %q", names)
			}
			break
		}
		if err == nil {
			t.Errorf("call %d, behind %q, failed: got no error", k, last)
		}
		root, got := rootOf(t, live)
		w, err := Resume(t.Context(), live, nil)
		if err != nil || w.Close() != nil {
			t.Fatalf("call %d, behind %q: resume: %v", k, last, err)
		}
		alone := func() {
			t.Helper()
			if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
				t.Errorf("call %d, behind %q: got %v, %v, want the live file alone", k, last, entries, err)
			}
		}
		alone()
		if root != whole {
			anew++
		} else {
			old++
			if open, err := DropOpenIteration(t.Context(), live, nil); err != nil || open == nil {
				t.Fatalf("call %d, behind %q: again: got %v, %v", k, last, open, err)
			}
			_, got = rootOf(t, live)
			alone()
		}
		if len(got) != len(kept)+2 || rootOfRecords(t, got[:len(kept)]) != rootOfRecords(t, kept) {
			t.Fatalf("call %d, behind %q: got %d records, want the new recording", k, last, len(got))
		}
	}
	if old < 5 || anew < 1 {
		t.Errorf("got the old recording %d times and the new one %d times, want both", old, anew)
	}
}

// TestDropOpen_refused: a recording that goes on or is finished is left alone, and one that is being read too.
func TestDropOpen_refused(t *testing.T) {
	folder := t.TempDir()
	w := startRecording(t, filepath.Join(folder, "a.simexp"), openRun())
	if _, err := DropOpenIteration(t.Context(), w.LivePath(), nil); !errors.Is(err, archive.ErrBusy) {
		t.Errorf("recorded into: got %v, want %v", err, archive.ErrBusy)
	}
	if err := w.result(&provider.Result{Status: "completed"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := DropOpenIteration(t.Context(), w.LivePath(), nil); !errors.Is(err, ErrFinished) {
		t.Errorf("finished: got %v, want %v", err, ErrFinished)
	}
	live := leave(t, filepath.Join(folder, "b.simexp"), openRun()[:4], nil)
	if open, err := DropOpenIteration(t.Context(), live, nil); open != nil || err != nil {
		t.Errorf("nothing open: got %+v, %v", open, err)
	}
}
