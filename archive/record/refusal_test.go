package record

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/providertest"
)

// The writer goes on after a record that breaks a rule of the run, in whatever state it is; nothing of such a record
// stays.
func TestGoesOnAfterRefusal(t *testing.T) {
	key := map[string]provider.Key{"text": {1}}
	withheld := &provider.Redaction{Withheld: map[string]provider.Commitment{"salt": {1}}}
	for name, salt := range map[string]*provider.Start{
		"no salt":  {RunID: "r", Name: "n", Type: "t"},
		"salt":     {RunID: "r", Name: "n", Type: "t", Salt: make([]byte, provider.SaltSize)},
		"withheld": {RunID: "r", Name: "n", Type: "t", Meta: provider.Meta{Redaction: withheld}},
	} {
		note := func(n provider.Note, red *provider.Redaction) *provider.Note { n.Redaction = red; return &n }
		plain := note(provider.Note{Kind: "k", Text: "x"}, nil)
		keyed := note(provider.Note{Kind: "k", Text: "x"}, &provider.Redaction{FieldKeys: key})
		bad, good := keyed, plain
		if name == "withheld" {
			bad, good = plain, keyed
		}
		path := filepath.Join(t.TempDir(), "x.simexp")
		w, err := Create(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		put := func(r provider.Record, want error) {
			t.Helper()
			if err := provider.Put(t.Context(), w, r); !errors.Is(err, want) || (err == nil) != (want == nil) {
				t.Fatalf("%s: %T: got %v, want %v", name, r, err, want)
			}
		}
		put(good, provider.ErrOrder)
		put(salt, nil)
		refusals := func() {
			t.Helper()
			put(bad, provider.ErrInvalid)
			put(&provider.Start{RunID: "r", Name: "n", Type: "t"}, provider.ErrOrder)
			put(bad, provider.ErrInvalid)
			put(&provider.Event{Iteration: -1, Type: "e"}, provider.ErrInvalid)
			put(&provider.Result{Status: "running"}, provider.ErrInvalid)
			put(good, nil)
		}
		refusals()
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if w, err = Resume(t.Context(), w.LivePath(), nil); err != nil {
			t.Fatal(err)
		}
		refusals()
		put(&provider.Result{Status: "completed"}, nil)
		a := archivetest.Open(t, path)
		if n, err := a.RecordCount(t.Context()); n != 4 || err != nil {
			t.Errorf("%s: got %d records, %v, want 4", name, n, err)
		}
	}
}

// What jsonl.Record keeps of a line that the writer refuses is in the archive, which is sealed.
func TestRecordsRejectedLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.simexp")
	w, err := Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	lines := []string{
		`{"type":"experiment","run_id":"r","experiment_name":"n","experiment_type":"t","withheld":{"salt":"` +
			strings.Repeat("ab", 32) + `"}}`,
		`{"type":"note","kind":"k","text":"has no key"}`, "bad", `{"type":"result","status":"completed"}`, "late",
	}
	err = jsonl.Record(t.Context(), w, strings.NewReader(strings.Join(lines, "\n")), nil)
	if rejected := (*jsonl.RejectedError)(nil); !errors.As(err, &rejected) || rejected.Lines != 3 || rejected.Err != nil {
		t.Fatalf("got %v, want 3 rejected lines", err)
	}
	var kept []string
	for r, err := range archivetest.Open(t, path).Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if a, ok := r.(*provider.Attachment); ok {
			kept = append(kept, a.Name+" "+string(a.Data))
		}
	}
	if got, want := strings.Join(kept, "\n"), "rejected/2 "+lines[1]+"\nrejected/3 bad\nrejected/5 late"; got != want {
		t.Errorf("kept %s, want %s", got, want)
	}
}

// A recording of which nothing but the experiment was recorded does not stand in the way of the next one; any other
// does.
func TestCreateOverABeginning(t *testing.T) {
	sample := providertest.Sample()
	for n, free := range []bool{true, true, false} {
		path := filepath.Join(t.TempDir(), "x.simexp")
		w := startRecording(t, path, sample[:n])
		if n == 0 { // as if it had been killed
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(w.LivePath(), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		} else if second, err := Create(path, nil); !errors.Is(err, archive.ErrBusy) {
			second.Close()
			t.Errorf("%d records, being recorded: got %v, want %v", n, err, archive.ErrBusy)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := Create(path, nil)
		if free != (err == nil) || !free && !errors.Is(err, archive.ErrExists) {
			t.Errorf("%d records: got %v, want that it can be replaced: %v", n, err, free)
		}
		if err != nil {
			continue
		}
		if err := provider.Copy(context.Background(), again, providertest.Live(sample)); err != nil {
			t.Fatal(err)
		}
		providertest.Test(t, archivetest.Open(t, path), sample)
	}
}

// A folder where a file will be needed is found before anything is recorded, and stays.
func TestCreateFolderInTheWay(t *testing.T) {
	for _, suffix := range append([]string{""}, besides...) {
		for _, opts := range []*Options{nil, {Replace: true, Restart: true}} {
			path := filepath.Join(t.TempDir(), "x.simexp")
			if err := os.Mkdir(path+suffix, 0o777); err != nil {
				t.Fatal(err)
			}
			w, err := Create(path, opts)
			if err == nil {
				w.Close()
			}
			if err == nil || !strings.Contains(err.Error(), "is a folder") {
				t.Errorf("%q: got %v, want that it is a folder", suffix, err)
			}
			archivetest.WantFiles(t, filepath.Dir(path), "x.simexp"+suffix)
		}
	}
}
