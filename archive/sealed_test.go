package archive_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/archive/rewrite"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
)

// changedCopy gives the path of a sealed sample run in which another program has run a statement.
func changedCopy(t *testing.T, statement string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.simexp")
	w, err := record.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(providertest.Play(t.Context(), w, providertest.Sample()), w.Close()); err != nil {
		t.Fatal(err)
	}
	if statement == "" {
		return path
	}
	archivetest.Writable(t, path)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	result, err := db.Exec(statement)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s: changed %d rows, %v, want some", statement, n, err)
	}
	return path
}

// TestChecked: a run that is not the one that was sealed is given whole, and then named as such.
func TestChecked(t *testing.T) {
	records := providertest.Sample()
	for name, test := range map[string]struct{ statement, record string }{
		"as sealed": {"", ""},
		"event":     {`UPDATE z_event SET data = '"changed"' WHERE seq = (SELECT min(seq) FROM z_event WHERE data IS NOT NULL)`, ""},
		"rule": {`UPDATE z_event SET data = '{' WHERE seq = (SELECT min(seq) FROM z_event WHERE data IS NOT NULL)`,
			"event_data"},
		"count":   {`UPDATE z_experiment SET notes = notes + 1`, ""},
		"records": {`UPDATE z_experiment SET records = records + 1`, ""},
		"root":    {`UPDATE z_experiment SET digest = zeroblob(32)`, ""},
		"result":  {`UPDATE z_experiment SET convergence_reason = 'another'`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := archive.Open(changedCopy(t, test.statement))
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			for _, from := range []int64{0, 1} {
				n := from
				var last error
				for r, err := range a.Checked().RecordsFrom(t.Context(), from) {
					if err != nil {
						last = err
						continue
					}
					if last != nil {
						t.Errorf("record %d behind an error", n)
					}
					if r.RecordKind() != records[n].RecordKind() {
						t.Errorf("record %d: got %s, want %s", n, r.RecordKind(), records[n].RecordKind())
					}
					n++
				}
				if n != int64(len(records)) {
					t.Errorf("got %d records, want %d", n, len(records))
				}
				var e *archive.SealError
				if found := errors.As(last, &e) && errors.Is(last,
					archive.ErrDamaged); found != (test.statement != "" && from == 0) {
					t.Errorf("from record %d: got error %v", from, last)
				} else if !found {
					continue
				}
				var field *provider.FieldError
				if errors.As(last, &field) != (test.record != "") || test.record != "" && field.Field != test.record {
					t.Errorf("got %v, want the field %q named", last, test.record)
				}
				if test.record == "" && e.Got == e.Want {
					t.Errorf("got %+v twice", e.Got)
				}
			}
			var sink digest.Sink
			err = provider.Copy(t.Context(), &sink, a)
			if err == nil {
				err = archive.CheckSeal(a, &sink)
			}
			if (err != nil) != (test.statement != "") {
				t.Errorf("CheckSeal: got %v", err)
			}
		})
	}
}

// TestChecked_stops: what breaks off a reading hears nothing more, and an archive that is not sealed has nothing to be
// compared with.
func TestChecked_stops(t *testing.T) {
	a, err := archive.Open(changedCopy(t, `UPDATE z_experiment SET digest = zeroblob(32)`))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for _, err := range a.Checked().Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}

	w, err := record.Create(filepath.Join(t.TempDir(), "b.simexp"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Begin(t.Context(), providertest.Sample()[0].(*provider.Start)); err != nil {
		t.Fatal(err)
	}
	live, err := archive.Open(w.LivePath())
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	var sink digest.Sink
	if err := errors.Join(provider.Copy(t.Context(), &sink, live.Checked()), archive.CheckSeal(live, &sink)); err != nil {
		t.Errorf("live: got %v", err)
	}
}

// TestChecked_writers: what puts a copy in the place of an archive refuses a run that is not the one that was sealed.
func TestChecked_writers(t *testing.T) {
	path := changedCopy(t, `UPDATE z_event SET data = '"changed"' WHERE seq = (SELECT min(seq) FROM z_event WHERE data IS NOT NULL)`)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := rewrite.Annotate(t.Context(), path, []archive.Annotation{{Kind: "k", Text: "t"}}); !errors.Is(err,
		archive.ErrDamaged) {
		t.Errorf("annotate: got %v, want ErrDamaged", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
		t.Errorf("annotate: the file is not as it was, %v", err)
	}
}

// TestRaw: the bytes of a sealed archive are those of its file, and what every archive has is among them. A live file
// changes under whoever reads it.
func TestRaw(t *testing.T) {
	path := changedCopy(t, "")
	a, err := archive.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	raw, err := a.Raw()
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(raw)
	want, readErr := os.ReadFile(path)
	if err := errors.Join(err, readErr); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, %v, want the %d of the file", len(got), err, len(want))
	}
	texts := a.SchemaTexts()
	if !slices.Contains(texts, "experiment_events") {
		t.Errorf("got texts %q, want the name of a view among them", texts)
	}
	for _, text := range texts {
		if !bytes.Contains(got, []byte(text)) {
			t.Errorf("not in the file: %q", text)
		}
	}
	live := filepath.Join(t.TempDir(), "b.simexp")
	w, err := record.Create(live, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := provider.Put(t.Context(), w, providertest.Sample()[0]); err != nil {
		t.Fatal(err)
	}
	b, err := archive.Open(live + archive.LiveSuffix)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.Raw(); !errors.Is(err, archive.ErrNotSealed) {
		t.Errorf("a live file: got %v, want %v", err, archive.ErrNotSealed)
	}
}
