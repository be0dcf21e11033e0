package record_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/provider"
)

// What only the whole run shows is checked of each record, also behind those that an earlier recorder took. What is
// refused leaves nothing behind: the same record without its fault is taken.
func TestWriter_wholeRun(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "run.simexp")
	w, err := record.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	salted := &provider.Start{RunID: "r", Name: "n", Type: "t", Salt: make([]byte, provider.SaltSize)}
	bad := *salted
	bad.Redaction = withheld("config")
	if err := w.Begin(ctx, &bad); !errors.Is(err, provider.ErrInvalid) {
		t.Errorf("config withheld beside the salt: got %v, want ErrInvalid", err)
	}
	if err := w.Begin(ctx, salted); err != nil {
		t.Fatal(err)
	}
	if err := w.Begin(ctx, &provider.Start{RunID: "r", Name: "n", Type: "t"}); !errors.Is(err, provider.ErrOrder) {
		t.Errorf("begun again: got %v, want ErrOrder", err)
	}
	if err := w.Attachment(ctx, &provider.Attachment{Name: "a"}); err != nil {
		t.Fatal(err)
	}
	count := int64(2)
	check := func(when, name string) {
		t.Helper()
		for _, name := range []string{"a", "A", "a/b"} {
			var clash *provider.NameClashError
			if err := w.Attachment(ctx, &provider.Attachment{Name: name}); !errors.As(err, &clash) || clash.Other != "a" {
				t.Errorf("%s: attachment %q: got %v, want a clash with \"a\"", when, name, err)
			}
		}
		for _, r := range []provider.Record{
			&provider.Event{Type: "t", Meta: withheldMeta("event_data")},
			&provider.Interaction{Meta: withheldMeta("response")},
			&provider.Iteration{Number: 1, Meta: withheldMeta("costs_per_agent")},
			&provider.Note{Kind: "k", Meta: withheldMeta("text")},
			&provider.Note{Kind: "k", Text: "x", Meta: provider.Meta{Redaction: &provider.Redaction{FieldKeys: map[string]provider.Key{"text": {}}}}},
			&provider.Attachment{Name: name, Meta: withheldMeta("data")},
			&provider.Result{Status: "completed", Meta: withheldMeta("convergence_reason")},
		} {
			if err := provider.Put(ctx, w, r); !errors.Is(err, provider.ErrInvalid) {
				t.Errorf("%s: %s that is withheld or has a key beside the salt: got %v, want ErrInvalid", when, r.RecordKind(), err)
			}
		}
		if w.Count() != count {
			t.Errorf("%s: got %d records, want %d", when, w.Count(), count)
		}
		if err := w.Attachment(ctx, &provider.Attachment{Name: name}); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		count++
	}
	check("recorded", "b")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w, err = record.Resume(ctx, path+"-live", nil); err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	check("resumed", "c")
	if err := w.Finish(ctx, &provider.Result{Status: "completed"}); err != nil {
		t.Fatal(err)
	}
	if report, err := verify.File(ctx, path); err != nil || !report.OK() || report.Records != count+1 {
		t.Errorf("got %d records, problems %v, %v, want %d and none", report.Records, report.Problems, err, count+1)
	}
}

// A live file whose records break a rule of the whole run is not recorded on into.
func TestResume_wholeRun(t *testing.T) {
	path := changedRecording(t, "UPDATE z_experiment SET salt = zeroblob(32)",
		&provider.Note{Kind: "k", Meta: withheldMeta("text")})
	if w, err := record.Resume(t.Context(), path+"-live", nil); !errors.Is(err, provider.ErrInvalid) {
		if err == nil {
			w.Close()
		}
		t.Errorf("got %v, want ErrInvalid", err)
	}
}

// changedRecording records some notes, changes the live file by a statement, and gives the name of the archive that is
// to be.
func changedRecording(t *testing.T, statement string, notes ...*provider.Note) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.simexp")
	w, err := record.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = w.Begin(t.Context(), &provider.Start{RunID: "r", Name: "n", Type: "t"})
	for _, n := range notes {
		err = errors.Join(err, w.Note(t.Context(), n))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	db := archivetest.OpenSQL(t, path+"-live", "mode=rw")
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func withheld(field string) *provider.Redaction {
	return &provider.Redaction{Withheld: map[string]provider.Commitment{field: {}}}
}

func withheldMeta(field string) provider.Meta { return provider.Meta{Redaction: withheld(field)} }

// A seal in a live file, which a sealing that was interrupted may leave, does not count: the recording goes on.
func TestResume_sealLeft(t *testing.T) {
	path := changedRecording(t, `UPDATE z_experiment SET digest = zeroblob(32), records = 9, events = 9, interactions = 0,
		iterations = 0, notes = 0, attachments = 0`)
	w, err := record.Resume(t.Context(), path+"-live", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Finish(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if report, err := verify.File(t.Context(), path); err != nil || !report.OK() || report.Records != 1 {
		t.Errorf("got %d records, problems %v, %v, want 1 and none", report.Records, report.Problems, err)
	}
}

// TestOptions_annotations: annotations that no archive may have are refused before anything is made or changed.
func TestOptions_annotations(t *testing.T) {
	ctx := t.Context()
	for _, bad := range []archive.Annotation{{Text: "no kind"}, {Kind: "k", Text: "\xff"}, {Kind: "k", Name: "a\x00"}} {
		opts := &record.Options{Annotations: []archive.Annotation{{Kind: "doi", Text: "10.1000/182"}, bad}}
		dir := t.TempDir()
		path := filepath.Join(dir, "run.simexp")
		if w, err := record.Create(path, opts); !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("create with %q: error %v, want ErrInvalid", bad, err)
			if err == nil {
				w.Close()
			}
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
			t.Errorf("create with %q: left %v, %v", bad, files, err)
		}
		w, err := record.Create(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Begin(ctx, &provider.Start{RunID: "r", Name: "n", Type: "t"}), w.Close()); err != nil {
			t.Fatal(err)
		}
		if w, err := record.Resume(ctx, w.LivePath(), opts); !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("resume with %q: error %v, want ErrInvalid", bad, err)
			if err == nil {
				w.Close()
			}
		}
		if _, err := record.Seal(ctx, w.LivePath(), opts); !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("seal with %q: error %v, want ErrInvalid", bad, err)
		}
		if _, err := record.Seal(ctx, w.LivePath(), nil); err != nil {
			t.Errorf("sealed without %q: %v", bad, err)
		}
	}
}
