package webfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A slow server waits before the head of its answers, and sends a byte of their bodies now and then.
type slow struct {
	data        []byte
	head, pause time.Duration
	asked       int
}

// RoundTrip implements [http.RoundTripper].
func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked++
	if err := s.sleep(r, s.head); err != nil {
		return nil, err
	}
	h := http.Header{"Etag": {strongTag}}
	if r.Header.Get("Range") == "" {
		return &http.Response{StatusCode: http.StatusOK, Request: r, Header: h, ContentLength: int64(len(s.data)),
			Body: &slowBody{bytes.NewReader(s.data), s, r}}, nil
	}
	first, last := from(r)
	last = min(last, len(s.data)-1)
	h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(s.data)))
	return &http.Response{StatusCode: http.StatusPartialContent, Request: r, Header: h,
		Body: &slowBody{bytes.NewReader(s.data[first : last+1]), s, r}}, nil
}

func (s *slow) sleep(r *http.Request, d time.Duration) error {
	select {
	case <-r.Context().Done():
		return r.Context().Err()
	case <-time.After(d):
		return nil
	}
}

type slowBody struct {
	io.Reader
	s *slow
	r *http.Request
}

func (b *slowBody) Read(p []byte) (int, error) {
	if err := b.s.sleep(b.r, b.s.pause); err != nil {
		return 0, err
	}
	return b.Reader.Read(p[:min(len(p), 1)])
}

func (b *slowBody) Close() error { return nil }

// TestSlow: a server may take as long as it likes, as long as something comes; one of which nothing comes is asked as
// often as others that fail.
func TestSlow(t *testing.T) {
	for _, c := range []struct {
		head, pause time.Duration
		stalls      bool
	}{
		{49 * time.Second, 29 * time.Second, false},
		{51 * time.Second, 0, true},
		{0, 31 * time.Second, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &slow{data: bytes.Repeat([]byte{7}, 100), head: c.head, pause: c.pause}
			set := New(&Options{Transport: s, Block: 32})
			check := func(what string, err error) {
				if !c.stalls && err != nil || c.stalls && (!errors.Is(err, ErrStalled) ||
					!strings.HasSuffix(err.Error(), ", 4 times") || s.asked != 4) {
					t.Errorf("%s, %v and then a byte each %v: got %v after %d requests", what, c.head, c.pause, err, s.asked)
				}
				s.asked = 0
			}
			f, err := set.Open(t.Context(), "http://example.org/")
			check("open", err)
			if err == nil {
				checkReadAt(t, f, s.data, make([]byte, 100), 0)
			}
			to, err := os.Create(filepath.Join(t.TempDir(), "copy"))
			if err != nil {
				t.Fatal(err)
			}
			s.asked = 0
			check("download", set.Download(t.Context(), "http://example.org/", to))
			to.Close()
		})
	}
}
