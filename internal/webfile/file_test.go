package webfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestReadAt: whatever is read, in whatever order and by several at once, is what the server has, with every kind of
// what tells a version from another.
func TestReadAt(t *testing.T) {
	for _, c := range []struct {
		name, tag string
		modified  time.Time
	}{
		{"strong tag", strongTag, time.Unix(1e9, 0)},
		{"strong tag alone", strongTag, time.Time{}},
		{"time alone", "", time.Unix(1e9, 0)},
		{"weak tag and time", `W/"one"`, time.Unix(1e9, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, 300_001)
			s.tag, s.modified = c.tag, c.modified
			set, _ := files(t, Options{Block: 1 << 10, Ahead: 16 << 10, Cache: 64 << 10})
			f, err := set.Open(t.Context(), s.URL)
			if err != nil {
				t.Fatal(err)
			}
			if f.Size() != int64(len(s.data)) {
				t.Fatalf("got size %d, want %d", f.Size(), len(s.data))
			}
			var all sync.WaitGroup
			for reader := range 3 {
				all.Go(func() {
					random := rand.New(rand.NewPCG(uint64(reader), 3))
					b := make([]byte, 5000)
					for range 100 {
						at, n := random.IntN(len(s.data)+10), random.IntN(len(b))
						checkReadAt(t, f, s.data, b[:n], int64(at))
					}
				})
			}
			all.Wait()
			whole, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
			if err != nil || !bytes.Equal(whole, s.data) {
				t.Errorf("reading all: got %d bytes, %v, other than the server's %d", len(whole), err, len(s.data))
			}
			if set.cache.size > 64<<10 || set.cache.size < 32<<10 {
				t.Errorf("got %d bytes in the cache, want at most %d", set.cache.size, 64<<10)
			}
			for i, condition := range s.conditions {
				want := c.tag
				if want != strongTag {
					want = c.modified.UTC().Format(http.TimeFormat)
				}
				if i > 0 && condition != want {
					t.Errorf("request %d: got the condition %q, want %q", i, condition, want)
				}
			}
			if again, err := set.Open(t.Context(), s.URL); again != f || err != nil {
				t.Errorf("opened again: got another file, %v", err)
			}
		})
	}
}

func checkReadAt(t *testing.T, f *File, data, b []byte, at int64) {
	n, err := f.ReadAt(b, at)
	want := data[min(at, int64(len(data))):min(at+int64(len(b)), int64(len(data)))]
	if n != len(want) || !bytes.Equal(b[:n], want) || (err == io.EOF) != (n < len(b)) || err != nil && err != io.EOF {
		t.Errorf("%d bytes at %d: got %d, %v, want %d as the server has them", len(b), at, n, err, len(want))
	}
}

// TestReadAtNegative: there is nothing before the first byte.
func TestReadAtNegative(t *testing.T) {
	s := newServer(t, 10)
	set, _ := files(t, Options{})
	f, err := set.Open(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := f.ReadAt(make([]byte, 1), -1); n != 0 || err == nil {
		t.Errorf("got %d bytes, %v", n, err)
	}
}

// TestEmpty: a file without bytes has no part either, and servers say so in two ways.
func TestEmpty(t *testing.T) {
	s := newServer(t, 0)
	for _, code := range []int{http.StatusRequestedRangeNotSatisfiable, http.StatusOK} {
		s.instead = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			if code != http.StatusOK {
				w.Header().Set("Content-Range", "bytes */0")
			}
			w.Header().Set("Content-Length", "0")
			w.WriteHeader(code)
			return true
		}
		set, _ := files(t, Options{})
		f, err := set.Open(t.Context(), s.URL)
		if err != nil {
			t.Fatalf("%d: %v", code, err)
		}
		if n, err := f.ReadAt(make([]byte, 1), 0); f.Size() != 0 || n != 0 || err != io.EOF {
			t.Errorf("%d: got size %d, %d bytes, %v", code, f.Size(), n, err)
		}
	}
}

// TestRequests: a few bytes are a few blocks, a whole file few requests, two that are read side by side too, and what was
// read is not asked for again.
func TestRequests(t *testing.T) {
	const block = 8 << 10
	s := newServer(t, 8<<20+5)
	set, _ := files(t, Options{})
	f, err := set.Open(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	for _, at := range []int64{0, 5_000_000, 7_000_000, 3_000_000, 5_000_050} {
		checkReadAt(t, f, s.data, b, at)
	}
	want := []string{"bytes=0-8191", "bytes=4997120-5005311", "bytes=6995968-7004159", "bytes=2998272-3006463"}
	if got := s.asked(); !slices.Equal(got, want) {
		t.Errorf("got requests %q, want %q", got, want)
	}
	if s.sent != 4*block {
		t.Errorf("got %d bytes, want %d", s.sent, 4*block)
	}
	// Two readers, one behind the other, each by pages.
	page := make([]byte, 4096)
	half := int64(len(s.data)) / 2 / 4096 * 4096
	for at := int64(0); at < half; at += 4096 {
		checkReadAt(t, f, s.data, page, at)
		checkReadAt(t, f, s.data, page, half+at)
	}
	if n := len(s.asked()); n > 80 {
		t.Errorf("reading all: got %d requests, want at most 80: %q", n, s.asked())
	}
	if s.sent > int64(len(s.data))+8*block {
		t.Errorf("reading all: got %d bytes for a file of %d", s.sent, len(s.data))
	}
	before := len(s.asked())
	for at := int64(0); at < half; at += 4096 {
		checkReadAt(t, f, s.data, page, at)
	}
	if n := len(s.asked()) - before; n != 0 {
		t.Errorf("reading again what the cache holds: got %d requests", n)
	}
	// One that wants much at once gets it at once.
	set, _ = files(t, Options{})
	if f, err = set.Open(t.Context(), s.URL); err != nil {
		t.Fatal(err)
	}
	before = len(s.asked())
	checkReadAt(t, f, s.data, make([]byte, 1<<20), 1<<20)
	if n := len(s.asked()) - before; n != 1 {
		t.Errorf("a mebibyte: got %d requests, want 1", n)
	}
}

// TestRequestsOnce: a stream does not ask again for what another one has got.
func TestRequestsOnce(t *testing.T) {
	s := newServer(t, 3<<20)
	set, _ := files(t, Options{})
	f, err := set.Open(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	checkReadAt(t, f, s.data, make([]byte, 1<<18), 3<<19+1e5)
	page := make([]byte, 4096)
	for at := int64(0); at < int64(len(s.data)); at += 4096 {
		checkReadAt(t, f, s.data, page, at)
	}
	if s.sent > int64(len(s.data))+4*8<<10 {
		t.Errorf("got %d bytes for a file of %d", s.sent, len(s.data))
	}
}

// TestRequestsGaps: whoever reads on and on, and passes over a little now and then, soon gets all at once.
func TestRequestsGaps(t *testing.T) {
	s := newServer(t, 4<<20)
	set, _ := files(t, Options{})
	f, err := set.Open(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	page := make([]byte, 4096)
	const block = 8 << 10
	for i := int64(0); i*block < int64(len(s.data)); i++ {
		if i < 64 || i%3 == 0 {
			checkReadAt(t, f, s.data, page, i*block)
		}
	}
	if n := len(s.asked()); n > 80 {
		t.Errorf("got %d requests", n)
	}
}

// TestRequestsBackwards: the pages of a long row lie in front of the page that leads to them.
func TestRequestsBackwards(t *testing.T) {
	s := newServer(t, 4<<20)
	set, _ := files(t, Options{})
	f, err := set.Open(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	const pages = 8 // of a row
	page := make([]byte, 4096)
	for row := int64(0); row < int64(len(s.data)); row += pages * 4096 {
		for k := range int64(pages) {
			checkReadAt(t, f, s.data, page, row+(k+pages-1)%pages*4096)
		}
	}
	if n := len(s.asked()); n > 80 || s.sent > int64(len(s.data))*11/10 {
		t.Errorf("got %d requests and %d bytes for a file of %d", n, s.sent, len(s.data))
	}
}

// A lie is what a server does from request begin on.
type lie struct {
	name  string
	begin int
	do    func(s *server, w http.ResponseWriter, r *http.Request)
	want  error
	times int // how often the request that fails is made; 0 means once
}

func status(code int) func(*server, http.ResponseWriter, *http.Request) {
	return func(_ *server, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// ranged answers with a Content-Range made of the first and last byte that was asked for and the size, and with those
// bytes.
func ranged(format func(first, last, size int) string) func(*server, http.ResponseWriter, *http.Request) {
	return func(s *server, w http.ResponseWriter, r *http.Request) {
		first, last := from(r)
		last = min(last, len(s.data)-1)
		part(w, s, format(first, last, len(s.data)), s.data[first:last+1])
	}
}

// endless sends bytes until nobody takes them any more.
func endless(w http.ResponseWriter) {
	b := make([]byte, 1<<16)
	for {
		if _, err := w.Write(b); err != nil {
			return
		}
	}
}

var lies = []lie{
	{"no ranges", 1, func(s *server, w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		s.serve(w, r)
	}, ErrNoParts, 0},
	{"no ranges, endless", 1, func(_ *server, w http.ResponseWriter, _ *http.Request) { endless(w) }, ErrNoParts, 0},
	{"no ranges any more", 2, func(s *server, w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		s.serve(w, r)
	}, ErrNoParts, 0},
	{"neither tag nor time", 1, func(s *server, w http.ResponseWriter, r *http.Request) {
		s.tag = ""
		ranged(func(a, b, n int) string { return fmt.Sprintf("bytes %d-%d/%d", a, b, n) })(s, w, r)
	}, ErrNoParts, 0},
	{"a weak tag alone", 1, func(s *server, w http.ResponseWriter, r *http.Request) {
		s.tag = `W/"one"`
		ranged(func(a, b, n int) string { return fmt.Sprintf("bytes %d-%d/%d", a, b, n) })(s, w, r)
	}, ErrNoParts, 0},
	{"compressed", 1, func(s *server, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		s.serve(w, r)
	}, ErrNoParts, 0},
	{"another tag", 2, func(s *server, w http.ResponseWriter, r *http.Request) {
		s.tag = `"two"`
		s.serve(w, r)
	}, ErrChanged, 0},
	{"another tag, If-Range not heard", 2, func(s *server, w http.ResponseWriter, r *http.Request) {
		s.tag = `"two"`
		r.Header.Del("If-Range")
		s.serve(w, r)
	}, ErrChanged, 0},
	{"no tag any more", 2, func(s *server, w http.ResponseWriter, r *http.Request) {
		s.tag = ""
		r.Header.Del("If-Range")
		s.serve(w, r)
	}, ErrChanged, 0},
	{"a tag that has become weak", 2, func(s *server, w http.ResponseWriter, r *http.Request) {
		s.tag = "W/" + s.tag
		r.Header.Del("If-Range")
		s.serve(w, r)
	}, ErrChanged, 0},
	{"longer", 2, ranged(func(a, b, n int) string { return fmt.Sprintf("bytes %d-%d/%d", a, b, n+1) }), ErrChanged, 0},
	{"shorter", 2, func(_ *server, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Range", "bytes */10")
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
	}, ErrChanged, 0},
	{"precondition", 2, status(http.StatusPreconditionFailed), ErrChanged, 0},
	{"a byte later", 2, ranged(func(a, b, n int) string { return fmt.Sprintf("bytes %d-%d/%d", a+1, b, n) }), ErrAnswer, 0},
	{"a byte less", 2, ranged(func(a, b, n int) string { return fmt.Sprintf("bytes %d-%d/%d", a, b-1, n) }), ErrAnswer, 0},
	{"a byte more", 2, ranged(func(a, b, n int) string { return fmt.Sprintf("bytes %d-%d/%d", a, b+1, n) }), ErrAnswer, 0},
	{"the first part again", 2, ranged(func(_, _, n int) string { return fmt.Sprintf("bytes 0-1023/%d", n) }), ErrAnswer, 0},
	{"a later first part", 1, ranged(func(_, b, n int) string { return fmt.Sprintf("bytes 1-%d/%d", b, n) }), ErrAnswer, 0},
	{"unknown length", 1, ranged(func(a, b, _ int) string { return fmt.Sprintf("bytes %d-%d/*", a, b) }), ErrAnswer, 0},
	{"no range", 1, ranged(func(_, _, _ int) string { return "" }), ErrAnswer, 0},
	{"a huge length", 1, ranged(func(a, b, _ int) string {
		return fmt.Sprintf("bytes %d-%d/99999999999999999999", a, b)
	}), ErrAnswer, 0},
	{"two parts", 2, func(s *server, w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Range", "bytes=0-1,5-9")
		s.serve(w, r)
	}, ErrAnswer, 0},
	{"endless", 2, func(s *server, w http.ResponseWriter, r *http.Request) {
		first, last := from(r)
		w.Header().Set("ETag", s.tag)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(s.data)))
		w.WriteHeader(http.StatusPartialContent)
		endless(w)
	}, ErrAnswer, 0},
	{"cut short", 2, func(s *server, w http.ResponseWriter, r *http.Request) {
		first, last := from(r)
		w.Header().Set("ETag", s.tag)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(s.data)))
		w.Header().Set("Content-Length", fmt.Sprint(last-first+1))
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(s.data[first:last])
	}, io.ErrUnexpectedEOF, 4},
	{"ended early", 2, func(s *server, w http.ResponseWriter, r *http.Request) {
		first, last := from(r)
		w.Header().Set("ETag", s.tag)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(s.data)))
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(s.data[first:last])
		_ = http.NewResponseController(w).Flush() // and so without its length
	}, io.ErrUnexpectedEOF, 4},
	{"missing", 1, status(http.StatusNotFound), fs.ErrNotExist, 0},
	{"gone", 2, status(http.StatusGone), fs.ErrNotExist, 0},
	{"forbidden", 1, status(http.StatusForbidden), fs.ErrPermission, 0},
	{"unauthorized", 1, status(http.StatusUnauthorized), fs.ErrPermission, 0},
	{"busy", 1, status(http.StatusServiceUnavailable), &StatusError{Code: 503}, 4},
	{"too often", 2, status(http.StatusTooManyRequests), &StatusError{Code: 429}, 4},
	{"teapot", 1, status(http.StatusTeapot), &StatusError{Code: 418}, 0},
	{"round in circles", 1, func(s *server, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, s.URL+"/again?token=s3cret", http.StatusFound)
	}, ErrRedirects, 10},
	{"to a file", 1, func(_ *server, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	}, ErrAnswer, 0},
	{"to no address", 1, location("/%zz?token=s3cret"), ErrAnswer, 0},
	{"to no address of a server", 2, location("//guest:s3/cret@h/?token=s3cret"), ErrAnswer, 0},
	{"to no port", 1, location("http://guest:65536/s3cret@h/?token=s3cret"), ErrAnswer, 0},
	{"to no server", 1, location("http:/x?token=s3cret"), ErrAnswer, 0},
}

func location(text string) func(*server, http.ResponseWriter, *http.Request) {
	return func(_ *server, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", text)
		w.WriteHeader(http.StatusFound)
	}
}

// TestLies: what a server gives in the place of what it was asked for is an error of its class, after the requests that
// are worth it, and what was read before is right.
func TestLies(t *testing.T) {
	for _, c := range lies {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, 100_000)
			s.instead = func(n int, w http.ResponseWriter, r *http.Request) bool {
				if n < c.begin {
					return false
				}
				c.do(s, w, r)
				return true
			}
			set, waited := files(t, Options{Block: 1 << 10})
			f, err := set.Open(t.Context(), strings.Replace(s.URL, "http://", "http://guest:s3cret@", 1)+"/x?sig=s3cret")
			if c.begin > 1 {
				if err != nil {
					t.Fatal(err)
				}
				checkReadAt(t, f, s.data, make([]byte, 1024), 0)
				_, err = f.ReadAt(make([]byte, 10), 50_000)
				checkReadAt(t, f, s.data, make([]byte, 1024), 0) // which the cache holds
			}
			var want *StatusError
			if errors.As(c.want, &want) {
				var got *StatusError
				if !errors.As(err, &got) || got.Code != want.Code {
					t.Errorf("got %v, want %v", err, want)
				}
			} else if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			noSecret(t, c.name, err)
			times := max(c.times, 1)
			if got := len(s.asked()) - c.begin + 1; got != times {
				t.Errorf("got %d requests, want %d", got, times)
			}
			if wantWaits := []time.Duration{5e8, 10e8, 20e8}; times == 4 && !slices.Equal(*waited, wantWaits) {
				t.Errorf("got waits %v, want %v", *waited, wantWaits)
			}
			if s.instead = nil; c.begin > 1 {
				_, err2 := f.ReadAt(make([]byte, 10), 70_000)
				for _, class := range []error{ErrNoParts, ErrChanged, ErrAnswer} {
					if errors.Is(c.want, class) && !errors.Is(err2, class) {
						t.Errorf("the server has come to its senses: got %v, want %v as before", err2, class)
					}
				}
			}
		})
	}
}

// TestRetryAfter: a busy server that says how long it wants to be left alone is, within bounds.
func TestRetryAfter(t *testing.T) {
	const date = "Sun, 29 Nov 2026 23:59:58 GMT"
	for _, c := range []struct {
		code  int
		after string
		want  time.Duration
	}{
		{http.StatusTooManyRequests, "3", 3 * time.Second},
		{http.StatusServiceUnavailable, "3", 3 * time.Second},
		{http.StatusServiceUnavailable, "Mon, 30 Nov 2026 00:00:02 GMT", 4 * time.Second},
		{http.StatusServiceUnavailable, "Monday, 30-Nov-26 00:00:02 GMT", 4 * time.Second},
		{http.StatusServiceUnavailable, "3600", mostWait},
		{http.StatusServiceUnavailable, "99999999999999999999", mostWait},
		{http.StatusServiceUnavailable, "Mon, 30 Nov 9999 00:00:02 GMT", mostWait},
		{http.StatusServiceUnavailable, "0", firstWait},
		{http.StatusServiceUnavailable, date, firstWait},
		{http.StatusServiceUnavailable, "Sun, 29 Nov 1026 23:59:58 GMT", firstWait},
		{http.StatusServiceUnavailable, "-3", firstWait},
		{http.StatusServiceUnavailable, "soon", firstWait},
		{http.StatusServiceUnavailable, "", firstWait},
		{http.StatusBadGateway, "3", firstWait},
	} {
		s := newServer(t, 100)
		s.instead = func(n int, w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Date", date)
			w.Header().Set("Retry-After", c.after)
			if n == 1 {
				w.WriteHeader(c.code)
			}
			return n == 1
		}
		set, waited := files(t, Options{})
		if _, err := set.Open(t.Context(), s.URL); err != nil || !slices.Equal(*waited, []time.Duration{c.want}) {
			t.Errorf("%d, Retry-After %q: got waits %v, %v, want %v", c.code, c.after, *waited, err, c.want)
		}
	}
	now := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	h := http.Header{"Retry-After": {"Mon, 30 Nov 2026 00:00:02 GMT"}}
	if got := retryAfter(h, now); got != 2*time.Second {
		t.Errorf("without a date: got %v, want 2 s", got)
	}
}

// TestPassing: what fails only now and then is asked for again, and then right.
func TestPassing(t *testing.T) {
	s := newServer(t, 100_000)
	s.instead = func(n int, w http.ResponseWriter, r *http.Request) bool {
		switch n % 4 {
		case 1:
			w.WriteHeader(http.StatusBadGateway)
		case 2:
			panic(http.ErrAbortHandler) // the connection breaks
		case 3:
			first, last := from(r)
			part(w, s, fmt.Sprintf("bytes %d-%d/%d", first, last, len(s.data)), s.data[first:last+1])
			panic(http.ErrAbortHandler)
		default:
			return false
		}
		return true
	}
	set, _ := files(t, Options{Block: 1 << 10})
	f, err := set.Open(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int64{0, 30_000, 60_000} {
		checkReadAt(t, f, s.data, make([]byte, 2000), at)
	}
}

// TestRefused: nobody is there, and asking again does not help.
func TestRefused(t *testing.T) {
	s := newServer(t, 10)
	s.Close()
	set, waited := files(t, Options{})
	if _, err := set.Open(t.Context(), s.URL+"/?k=s3cret"); err == nil || len(*waited) > 0 {
		t.Errorf("got %v after waits %v", err, *waited)
	} else if noSecret(t, "refused", err); strings.Contains(err.Error(), s.URL) {
		t.Errorf("the error names the address: %v", err)
	}
}

// TestRedirect: where a server sends on, the rest is asked for there, until that does not hold any more; no address is
// told to the other server.
func TestRedirect(t *testing.T) {
	s := newServer(t, 100_000)
	left, expired := 0, http.StatusForbidden
	s.instead = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Referer") != "" {
			t.Errorf("got Referer %q", r.Header.Get("Referer"))
		}
		switch {
		case r.URL.Path == "/start":
			left = 2
			http.Redirect(w, r, "/signed?sig=s3cret", http.StatusFound)
			return true
		case left == 0:
			expired = http.StatusForbidden + http.StatusBadRequest - expired // each in turn
			w.WriteHeader(expired)
			return true
		}
		left--
		return false
	}
	set, _ := files(t, Options{Block: 1 << 10})
	f, err := set.Open(t.Context(), s.URL+"/start?token=s3cret")
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(10_000); at < 60_000; at += 10_000 {
		checkReadAt(t, f, s.data, make([]byte, 100), at)
	}
	if n := len(s.asked()); n != 6+3+2 { // blocks, times that it was sent on, times that it had ended
		t.Errorf("got %d requests: %q", n, s.asked())
	}
	s.instead = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/start" {
			http.Redirect(w, r, "/signed?sig=s3cret", http.StatusFound)
		} else {
			w.WriteHeader(http.StatusForbidden)
		}
		return true
	}
	_, err = f.ReadAt(make([]byte, 10), 80_000)
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "/signed?...") {
		t.Errorf("got %v, want that it is forbidden, and where", err)
	}
	noSecret(t, "forbidden", err)
}

// TestRedirectUser: a server that sends on to an address of its own, which it gives without the user, goes on knowing
// who asks, and another one does not learn it.
func TestRedirectUser(t *testing.T) {
	s, other := newServer(t, 1000), newServer(t, 1000)
	s.instead = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		user, password, _ := r.BasicAuth()
		switch {
		case user != "guest" || password != "s3cret":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/start":
			http.Redirect(w, r, s.URL+"/there", http.StatusFound)
		case r.URL.Path == "/elsewhere":
			http.Redirect(w, r, other.URL, http.StatusFound)
		default:
			return false
		}
		return true
	}
	other.instead = func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		if user, _, ok := r.BasicAuth(); ok {
			t.Errorf("another server learns the user %s", user)
		}
		return false
	}
	set, _ := files(t, Options{})
	for _, path := range []string{"/start", "/elsewhere"} {
		if _, err := set.Open(t.Context(), strings.Replace(s.URL, "//", "//guest:s3cret@", 1)+path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestCancel: a command that is interrupted waits for no server.
func TestCancel(t *testing.T) {
	s := newServer(t, 100_000)
	ctx, cancel := context.WithCancel(t.Context())
	s.instead = func(n int, _ http.ResponseWriter, r *http.Request) bool {
		if n == 1 {
			return false
		}
		cancel()
		<-r.Context().Done()
		return true
	}
	set, _ := files(t, Options{Block: 1 << 10})
	f, err := set.Open(ctx, s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadAt(make([]byte, 10), 50_000); err != context.Canceled {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// TestTLS: over https as without, and a certificate that nobody vouches for is refused at once.
func TestTLS(t *testing.T) {
	s := newServer(t, 100_000)
	safe := httptest.NewUnstartedServer(s)
	safe.Config.ErrorLog = log.New(io.Discard, "", 0)
	safe.StartTLS()
	defer safe.Close()
	set, _ := files(t, Options{Transport: safe.Client().Transport})
	f, err := set.Open(t.Context(), safe.URL)
	if err != nil {
		t.Fatal(err)
	}
	checkReadAt(t, f, s.data, make([]byte, 1000), 50_000)
	set, waited := files(t, Options{})
	if _, err := set.Open(t.Context(), safe.URL); err == nil || len(*waited) > 0 {
		t.Errorf("a certificate of nobody: got %v after waits %v", err, *waited)
	}
}

// TestSecrets: what a server knows its guests by reaches it.
func TestSecrets(t *testing.T) {
	s := newServer(t, 1000)
	s.instead = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		user, password, _ := r.BasicAuth()
		if user == "guest" && password == "s3cret" && r.URL.Query().Get("token") == "s3cret" {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	set, _ := files(t, Options{})
	address := strings.Replace(s.URL, "http://", "http://guest:s3cret@", 1) + "/run.simexp?token=s3cret"
	name := set.Name(address)
	if want := s.URL + "/run.simexp?..."; name != want {
		t.Errorf("got name %s, want %s", name, want)
	}
	if _, err := set.Open(t.Context(), name); err != nil {
		t.Errorf("by its name: %v", err)
	}
	if other := set.Name(address + "2"); other != name+"#2" || set.Address(other) != address+"2" {
		t.Errorf("another one of that name: got %s for %s", other, set.Address(other))
	}
	if again := set.Name(address); again != name || set.Address(again) != address {
		t.Errorf("named again: got %s for %s", again, set.Address(again))
	}
}
