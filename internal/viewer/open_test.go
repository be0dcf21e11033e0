package viewer

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/simexp/exparchive/provider/providertest"
)

// unpacked gives a file of the tests of package castro.
func unpacked(t *testing.T, name, path string) string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "legacy", "castro", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, path, text)
}

// Runs of old databases and of lines are shown too. They are read once and kept, by several requests at a time, and read
// again when their file has changed.
func TestKept(t *testing.T) {
	folder := t.TempDir()
	unpacked(t, "k1.db.gz", filepath.Join(folder, "k1.db"))
	text := lines(t, filepath.Join(folder, "run.jsonl"), many(2, 3))
	lines(t, filepath.Join(folder, "sample.jsonl"), providertest.Sample())
	v := of(t, folder)
	all, err := v.catalog.list(t.Context())
	if err != nil || len(all.Entries) != 5 || len(all.Troubles) > 0 {
		t.Fatalf("got %d runs, %v, %v, want 5", len(all.Entries), all.Troubles, err)
	}
	for range 2 {
		var each sync.WaitGroup
		for _, e := range all.Entries {
			for _, below := range []string{"", "events", "record/0", "search?q=bank", "data/search?q=bank"} {
				each.Go(func() {
					if w := get(t, v, "run/"+e.ID+"/"+below); w.Code != 200 || strings.Contains(w.Body.String(), "data-live") {
						t.Errorf("%s %s: got status %d: %.300s", e.Name, below, w.Code, w.Body)
					}
				})
			}
		}
		each.Wait()
		if n := len(v.opener.kept); n != mostKept {
			t.Errorf("%d runs are kept, want %d", n, mostKept)
		}
	}
	of := func() entry {
		t.Helper()
		for _, e := range all.Entries {
			if e.path == text {
				return e
			}
		}
		t.Fatal("no run of lines")
		return entry{}
	}()
	lines(t, text, many(5, 3))
	if page := page(t, v, "run/"+of.ID+"/"); !strings.Contains(page, `id="i4"`) {
		t.Errorf("got the page of the file as it was: %.2000s", page)
	}
}

// What lies now under the name of an archive that was listed is not shown as the run of that one.
func TestReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.simexp")
	played(t, path, "exp1", "former")
	v := of(t, path)
	former := onlyRun(t, v)
	page(t, v, former)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	played(t, path, "exp2", "present")
	for _, below := range []string{"", "events", "record/1"} {
		if w := get(t, v, former+below); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "no such run") {
			t.Errorf("%s: got status %d: %.2000s", below, w.Code, w.Body)
		}
	}
	page(t, v, onlyRun(t, v))
}

// An archive on the web is shown like another one, of which the pages move a part.
func TestWeb(t *testing.T) {
	folder := t.TempDir()
	path := recorded(t, filepath.Join(folder, "run.simexp"), many(200, 300))
	var moved atomic.Int64
	files := http.FileServer(http.Dir(folder))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"one"`)
		files.ServeHTTP(countingWriter{w, &moved}, r)
	}))
	defer server.Close()
	v := of(t, server.URL+"/run.simexp")
	run := onlyRun(t, v)
	if text := page(t, v, run); !strings.Contains(text, "lies on the web") || strings.Contains(text, "data-live") ||
		!strings.Contains(text, `id="i49"`) || strings.Contains(text, `id="i50"`) {
		t.Errorf("got %.3000s", text)
	}
	page(t, v, run+"events?iteration=150")
	page(t, v, run+"?it=150")
	page(t, v, run+"record/30000")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := moved.Load(); n > info.Size()/2 || n < 1000 {
		t.Errorf("four pages moved %d bytes of a file of %d", n, info.Size())
	}
}

// A countingWriter counts the bytes that are sent.
type countingWriter struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (w countingWriter) Write(b []byte) (int, error) {
	w.n.Add(int64(len(b)))
	return w.ResponseWriter.Write(b)
}
