package sqlitefile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestRealSystemFlushes: what is promised to be flushed is, after its bytes are written and before the file is closed,
// and an error of that is given.
func TestRealSystemFlushes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	var flushed []string // what was in the file
	var fails error
	defer func(f func(*os.File) error) { flush = f }(flush)
	flush = func(f *os.File) error {
		text, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<20))
		if err != nil { // which is open for writing only
			text, err = os.ReadFile(f.Name())
		}
		flushed = append(flushed, string(text))
		return errors.Join(err, f.Chmod(0o600), fails) // Chmod fails for a file that is closed
	}
	calls := []struct {
		name, want string
		call       func() error
	}{
		{"Write", "text", func() error { return RealSystem.Write(path, []byte("text")) }},
		{"Patch", "next", func() error { return RealSystem.Patch(path, []byte("n"), 0) }},
		{"Sync", "next", func() error { return RealSystem.Sync(path) }},
		{"SealFile", "next", func() error { return RealSystem.SealFile(path, 0o600) }},
	}
	for _, broken := range []error{nil, errors.New("no space left")} {
		for _, c := range calls {
			flushed, fails = nil, broken
			if err := os.Chmod(path, 0o600); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if err := c.call(); !errors.Is(err, broken) || err != nil && broken == nil {
				t.Errorf("%s: got %v, want %v", c.name, err, broken)
			}
			if len(flushed) != 1 || flushed[0] != c.want {
				t.Errorf("%s: flushed %q, want %q once", c.name, flushed, c.want)
			}
		}
	}
}
