package castro_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/legacy/castro"
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
