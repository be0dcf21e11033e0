package webfile

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// A server serves one file as Go's own file server does, but for what its fields say.
type server struct {
	*httptest.Server
	data     []byte
	tag      string
	modified time.Time
	// instead answers request n, from 1, in the place of the file server, and reports whether it has
	instead func(n int, w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex // of what follows
	requests []string   // what was asked for: the header Range, or "all"
	sent     int64      // bytes of bodies

	conditions []string // If-Range or If-Unmodified-Since of each request
}

const strongTag = `"one"`

func newServer(t *testing.T, size int) *server {
	t.Helper()
	s := &server{data: make([]byte, size), tag: strongTag, modified: time.Unix(1e9, 0)}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range s.data {
		s.data[i] = byte(random.Uint32())
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP implements [http.Handler].
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asked := r.Header.Get("Range")
	if asked == "" {
		asked = "all"
	}
	s.mu.Lock()
	s.requests = append(s.requests, asked)
	s.conditions = append(s.conditions, r.Header.Get("If-Range")+r.Header.Get("If-Unmodified-Since"))
	n := len(s.requests)
	s.mu.Unlock()
	w = &counter{w, s}
	if s.instead != nil && s.instead(n, w, r) {
		return
	}
	s.serve(w, r)
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	if s.tag != "" {
		w.Header().Set("ETag", s.tag)
	}
	http.ServeContent(w, r, "", s.modified, bytes.NewReader(s.data))
}

func (s *server) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

// A counter counts the bytes of bodies.
type counter struct {
	http.ResponseWriter
	s *server
}

func (c *counter) Write(b []byte) (int, error) {
	c.s.mu.Lock()
	c.s.sent += int64(len(b)) // before the client has them
	c.s.mu.Unlock()
	return c.ResponseWriter.Write(b)
}

func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// files gives a set of files that does not wait, and how long it would have waited.
func files(t *testing.T, o Options) (*Files, *[]time.Duration) {
	t.Helper()
	waited := &[]time.Duration{}
	o.Wait = func(ctx context.Context, d time.Duration) error {
		*waited = append(*waited, d)
		return ctx.Err()
	}
	f := New(&o)
	t.Cleanup(f.Close)
	return f, waited
}

// part answers with a part of the file by hand.
func part(w http.ResponseWriter, s *server, contentRange string, body []byte) bool {
	w.Header().Set("ETag", s.tag)
	w.Header().Set("Content-Range", contentRange)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(http.StatusPartialContent)
	_, _ = w.Write(body)
	return true
}

// from gives the first byte that a request asks for.
func from(r *http.Request) (first, last int) {
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &first, &last); err != nil {
		return -1, -1
	}
	return first, last
}

func noSecret(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "guest")) {
		t.Errorf("%s: the error tells the secret: %v", what, err)
	}
}
