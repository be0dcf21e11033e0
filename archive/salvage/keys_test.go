package salvage_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/archive/salvage"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// What is left of a copy of a salted run is brought out, and breaks no rule, whichever of its keys are lost.
func TestWrite_keysLost(t *testing.T) {
	run := providertest.Sample()
	run[0].(*provider.Start).Salt = make([]byte, provider.SaltSize)
	copied := providertest.Redact(run, func(_ provider.Record, field string) bool { return field == "response" })
	for name, damage := range map[string]string{
		"start": "DELETE FROM z_experiment", "a key": "DELETE FROM z_redaction WHERE id = 2 * 256 + 4",
		"that the salt is withheld": "DELETE FROM z_redaction WHERE id = 6",
		"all keys":                  "DELETE FROM z_redaction WHERE key IS NOT NULL",
		"all":                       "DELETE FROM z_redaction",
	} {
		t.Run(name, func(t *testing.T) {
			path, out := filepath.Join(t.TempDir(), "a.simexp"), filepath.Join(t.TempDir(), "b.simexp")
			write(t, path, func(w *record.Writer) error { return providertest.Play(t.Context(), w, copied) })
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(damage); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			s, err := salvage.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			write(t, out, func(w *record.Writer) error { return s.Write(t.Context(), w, salvage.Options{KeepChanged: true}) })
			report, err := verify.File(t.Context(), out)
			if err != nil || !report.OK() || report.Records < int64(len(copied))-1 {
				t.Errorf("got %d records, problems %v, %v, want about %d and none", report.Records, report.Problems, err,
					len(copied))
			}
		})
	}
}

func write(t *testing.T, path string, fill func(*record.Writer) error) {
	t.Helper()
	w, err := record.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := fill(w); err != nil {
		t.Fatal(err)
	}
}
