package webfile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/internal/othertools"
)

// TestNginx: nginx is read in parts, whatever of its own ways it is told to, or refused in the class that fits.
func TestNginx(t *testing.T) {
	folder := t.TempDir()
	data := newServer(t, 300_000).data
	path := filepath.Join(folder, "run.simexp")
	write := func(b []byte, when time.Time) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	server := othertools.Nginx(t, folder, strings.ReplaceAll(`
		gzip on; gzip_types *; gzip_min_length 1;
		location /untagged/ { alias FOLDER/; etag off; }
		location /whole/ { alias FOLDER/; max_ranges 0; }
		location /sent/ { return 302 http://127.0.0.1:PORT/run.simexp; }
		location /round/ { return 302 /round/x; }
		location /slow/ { alias FOLDER/; limit_rate 200k; }
		location /nameless/ { alias FOLDER/; etag off; add_header Last-Modified ""; }
		`, "FOLDER", folder), "", "")
	for _, c := range []struct {
		at   string
		want error
	}{
		{"/run.simexp", nil}, {"/untagged/run.simexp", nil}, {"/sent/x", nil}, {"/slow/run.simexp", nil},
		{"/whole/run.simexp", ErrNoParts}, {"/nameless/run.simexp", ErrNoParts}, {"/round/x", ErrRedirects},
		{"/none", os.ErrNotExist},
	} {
		write(data, time.Unix(1e9, 0))
		set, _ := files(t, Options{Block: 4096})
		f, err := set.Open(t.Context(), server.Address+c.at)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.at, err, c.want)
		}
		if err != nil {
			continue
		}
		checkReadAt(t, f, data, make([]byte, 10_000), 100_000)
		for what, other := range map[string][]byte{
			"longer": append(bytes.Clone(data), 1), "as long": bytes.Repeat([]byte{1}, len(data)),
		} {
			write(data, time.Unix(1e9, 0))
			set, _ := files(t, Options{Block: 4096})
			if f, err = set.Open(t.Context(), server.Address+c.at); err != nil {
				t.Fatal(err)
			}
			write(other, time.Unix(2e9, 0))
			if _, err := f.ReadAt(make([]byte, 10), 200_000); !errors.Is(err, ErrChanged) {
				t.Errorf("%s, %s: got %v, want %v", c.at, what, err, ErrChanged)
			}
		}
		write(data, time.Unix(1e9, 0))
		set, _ = files(t, Options{Block: 4096})
		if f, err = set.Open(t.Context(), server.Address+c.at); err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
		if err != nil || !bytes.Equal(all, data) {
			t.Errorf("%s: got %d bytes, %v", c.at, len(all), err)
		}
	}
}

// TestPython: the server of Python's standard library knows no parts, and its files are downloaded.
func TestPython(t *testing.T) {
	folder := t.TempDir()
	data := newServer(t, 300_000).data
	if err := os.WriteFile(filepath.Join(folder, "run.simexp"), data, 0o666); err != nil {
		t.Fatal(err)
	}
	server := othertools.Python(t, folder)
	set, _ := files(t, Options{})
	if _, err := set.Open(t.Context(), server.Address+"/run.simexp"); !errors.Is(err, ErrNoParts) {
		t.Errorf("got %v, want %v", err, ErrNoParts)
	}
	to, err := os.Create(filepath.Join(t.TempDir(), "copy"))
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if err := set.Download(t.Context(), server.Address+"/run.simexp", to); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(to.Name()); err != nil || !bytes.Equal(got, data) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}
