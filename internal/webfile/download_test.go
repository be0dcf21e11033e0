package webfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// download downloads what s has, and compares it.
func download(t *testing.T, s *server) error {
	t.Helper()
	set, _ := files(t, Options{})
	to, err := os.Create(filepath.Join(t.TempDir(), "copy"))
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if err := set.Download(t.Context(), s.URL+"?k=s3cret", to); err != nil {
		noSecret(t, "download", err)
		return err
	}
	got, err := os.ReadFile(to.Name())
	if err != nil || !bytes.Equal(got, s.data) {
		t.Errorf("got %d bytes, %v, other than the server's %d", len(got), err, len(s.data))
	}
	return nil
}

func TestDownload(t *testing.T) {
	for _, size := range []int{0, 1, 300_000} {
		if err := download(t, newServer(t, size)); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	// The first time the connection breaks, behind more bytes than there are in the end.
	s := newServer(t, 300_000)
	s.instead = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 1 {
			w.Header().Set("Content-Length", "1000000")
			_, _ = w.Write(make([]byte, 900_000))
			panic(http.ErrAbortHandler)
		}
		return false
	}
	if err := download(t, s); err != nil || len(s.asked()) != 2 {
		t.Errorf("got %v after %d requests", err, len(s.asked()))
	}
}

func TestDownloadLies(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(s *server, w http.ResponseWriter, r *http.Request)
		want error
		n    int
	}{
		{"endless", func(_ *server, w http.ResponseWriter, _ *http.Request) { endless(w) }, ErrAnswer, 1},
		{"compressed", func(s *server, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Content-Length", "3")
			_, _ = io.WriteString(w, "zip")
		}, ErrAnswer, 1},
		{"a part", func(s *server, w http.ResponseWriter, _ *http.Request) {
			part(w, s, fmt.Sprintf("bytes 0-9/%d", len(s.data)), s.data[:10])
		}, &StatusError{Code: http.StatusPartialContent}, 1},
		{"missing", func(_ *server, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, fs.ErrNotExist, 1},
		{"short", func(s *server, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = w.Write(s.data[:9])
		}, io.ErrUnexpectedEOF, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, 100)
			s.instead = func(_ int, w http.ResponseWriter, r *http.Request) bool {
				c.do(s, w, r)
				return true
			}
			err := download(t, s)
			var status *StatusError
			if want := (*StatusError)(nil); errors.As(c.want, &want) {
				if !errors.As(err, &status) || status.Code != want.Code {
					t.Errorf("got %v, want %v", err, c.want)
				}
			} else if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if n := len(s.asked()); n != c.n {
				t.Errorf("got %d requests, want %d", n, c.n)
			}
		})
	}
}

// TestDownloadDisk: that the disk is full is no reason to ask the server again.
func TestDownloadDisk(t *testing.T) {
	s := newServer(t, 100)
	path := filepath.Join(t.TempDir(), "copy")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	to, err := os.Open(path) // for reading
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	set, _ := files(t, Options{})
	if err := set.Download(t.Context(), s.URL, to); err == nil || len(s.asked()) != 1 {
		t.Errorf("got %v after %d requests", err, len(s.asked()))
	}
}
