package outfile

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestSame(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, size := range []int{0, 1, 64<<10 - 1, 64 << 10, 64<<10 + 1, 200 << 10} {
		text := bytes.Repeat([]byte("x"), size)
		a, b := write("a", text), write("b", text)
		if same, err := Same(a, b); !same || err != nil {
			t.Errorf("%d bytes and the same: got %t, %v", size, same, err)
		}
		for _, at := range []int{0, size / 2, size - 1} {
			if size == 0 {
				break
			}
			other := bytes.Clone(text)
			other[at] = 'y'
			if same, err := Same(a, write("b", other)); same || err != nil {
				t.Errorf("%d bytes and another at %d: got %t, %v", size, at, same, err)
			}
		}
		if same, err := Same(write("b", append(text, 'x')), a); same || err != nil {
			t.Errorf("%d bytes and one more: got %t, %v", size, same, err)
		}
	}
	if same, err := Same(write("a", nil), folder); same || err != nil {
		t.Errorf("a folder: got %t, %v, want neither", same, err)
	}
	if same, err := Same(filepath.Join(folder, "none"), write("a", nil)); same || !os.IsNotExist(err) {
		t.Errorf("a missing file: got %t, %v, want that it is missing", same, err)
	}
}
