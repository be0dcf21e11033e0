package runs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSniff(t *testing.T) {
	duck := strings.Repeat("\x00", 8) + "DUCK" + strings.Repeat("\x00", 20)
	for _, test := range []struct {
		name, head string
		want       Kind
		err        string
	}{
		{"sqlite", "SQLite format 3\x00\x10\x00", SQLite, ""},
		{"duckdb", duck, DuckDB, ""},
		{"duckdb with a checksum like json", "{\"a\":1}\n" + duck[8:], DuckDB, ""},
		{"duckdb cut before its name ends", duck[:11], 0, "not an archive"},
		{"lines", `{"type":"experiment","run_id":"x"}` + "\n", Lines, ""},
		{"lines with blanks", "\n  { \"run_id\":\"x\", \"type\" : \"experiment\" }\n", Lines, ""},
		{"lines after a byte order mark", "\ufeff" + `{"type":"experiment"}`, Lines, ""},
		{"experiment only in the second line", "{\n\"type\":\"experiment\"}", JSON, ""},
		{"experiment in the configuration of an export", `{"config":{"type":"experiment"},"days":[]}`, JSON, ""},
		{"lines with such a configuration", `{"config":{"type":"experiment"},"type":"experiment"}`, Lines, ""},
		{"lines that are no JSON", `{"config":{"x":NaN},"type":"experiment"}`, Lines, ""},
		{"other json", `{"experiment_id":"x","days":[]}`, JSON, ""},
		{"json array", `[]`, 0, "not an archive"},
		{"pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\n", 0, "Git LFS pointer"},
		{"gzip", "\x1f\x8b\x08", 0, "gzip"},
		{"zip", "PK\x03\x04", 0, "zip"},
		{"zstd", "\x28\xb5\x2f\xfd", SQLite, ""},
		{"text", "hello", 0, "not an archive"},
		{"nothing", "", 0, "not an archive"},
	} {
		got, err := sniff([]byte(test.head))
		if err != nil && !errors.Is(err, ErrForeign) {
			t.Errorf("%s: got %v, want %v", test.name, err, ErrForeign)
		}
		if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: got %d, %v, want %d, error with %q", test.name, got, err, test.want, test.err)
		}
	}
}

// The kind does not depend on how much of a long first line fits into the head.
func TestSniffLongLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.jsonl")
	line := `{"config":{"text":"` + strings.Repeat("x",
		2*headSize) + `"},"run_id":"x","experiment_name":"a","experiment_type":"b","type":"experiment"}`
	if err := os.WriteFile(path, []byte(line), 0o666); err != nil {
		t.Fatal(err)
	}
	r, err := Open(t.Context(), path, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if e, err := r.Provider.Experiment(t.Context()); err != nil || e.RunID != "x" {
		t.Errorf("got run %q, %v, want x", e.RunID, err)
	}
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte("SQLite format 3\x00"))
	f.Add([]byte(`{"type":"experiment"}`))
	f.Fuzz(func(t *testing.T, head []byte) {
		kind, err := sniff(head)
		if (kind == Unknown) != (err != nil) {
			t.Errorf("got kind %d and error %v, want exactly one", kind, err)
		}
	})
}
