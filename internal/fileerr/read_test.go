package fileerr

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestReadAtMost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("12345"), 0o666); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int64]error{0: ErrLonger, 4: ErrLonger, 5: nil, 6: nil} {
		text, err := ReadAtMost(path, limit)
		if !errors.Is(err, want) || err == nil && string(text) != "12345" || err != nil && text != nil {
			t.Errorf("at most %d bytes: got %q, %v, want %v", limit, text, err, want)
		}
	}
	if _, err := ReadAtMost(path+"x", 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that there is no such file", err)
	}
}
