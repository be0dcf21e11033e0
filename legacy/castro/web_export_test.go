package castro_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/legacy/castro"
	"github.com/simexp/exparchive/provider"
)

func TestIsExport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	for text, want := range map[string]bool{
		`{"experiment_id": "x", "days": [{"day": 0}]}`: true,
		"\ufeff{\"days\":[]}":                          true,
		`{"a": {"days": 3}, "b": [1], "days": [`:       true, // cut short, which is for the reader to say
		`{"days": 3}`:                                  false,
		`{"a": {"days": []}}`:                          false,
		`{"a": "days"}`:                                false,
		`[{"days": []}]`:                               false,
		`{"type":"experiment"}` + "\n":                 false,
		`{`:                                            false,
		``:                                             false,
		`hello`:                                        false,
		`{"a": "` + strings.Repeat("x", 2<<20) + `", "days": []}`: false, // too far away
	} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if got := castro.IsExport(path); got != want {
			t.Errorf("%.60q: got %t, want %t", text, got, want)
		}
	}
	if castro.IsExport(filepath.Dir(path)) || castro.IsExport(path+"x") {
		t.Error("a folder or a missing file is taken for an export")
	}
}

// TestExportWithoutID: where an export holds no id of its run, a note says what stands for it.
func TestExportWithoutID(t *testing.T) {
	for text, want := range map[string]bool{
		`{"days": [{"day": 0}]}`:                            true,
		`{"experiment_id": 7, "days": [{"day": 0}]}`:        true,
		`{"experiment_id": "stated", "days": [{"day": 0}]}`: false,
	} {
		path := filepath.Join(t.TempDir(), "stated.json")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		d, err := castro.Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		run, err := d.Run(t.Context(), "stated")
		if err != nil {
			t.Fatal(err)
		}
		e, err := run.Experiment(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		isSaid := slices.ContainsFunc(e.Notes, func(n provider.Note) bool { return n.Subject == "/run_id" })
		if isSaid != want {
			t.Errorf("%s: got notes %v, want one about the id: %t", text, e.Notes, want)
		}
	}
}
