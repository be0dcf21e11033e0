package viewer

import (
	"context"
	"html"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/internal/liquidity"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// of gives a viewer of files and folders.
func of(t *testing.T, paths ...string) *Viewer {
	t.Helper()
	v := New(t.Context(), Options{Title: "runs", Version: "test", Sources: func(context.Context) iter.Seq2[Source, error] {
		return func(yield func(Source, error) bool) {
			for _, path := range paths {
				for file, err := range runs.Files(path, false) {
					if !yield(Source{file, file}, err) {
						return
					}
				}
			}
		}
	}})
	t.Cleanup(v.Close)
	return v
}

// played records a reference experiment, with as many iterations as it may take, and gives the path of the archive.
func played(t *testing.T, path, name, id string) string {
	t.Helper()
	w, err := record.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := liquidity.Play(t.Context(), name, liquidity.Options{Seed: liquidity.DefaultSeed, RunID: id}, w); err != nil {
		t.Fatal(err)
	}
	return path
}

// recorded records a run into an archive.
func recorded(t *testing.T, path string, records []provider.Record) string {
	t.Helper()
	w, err := record.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := providertest.Play(t.Context(), w, records); err != nil {
		t.Fatal(err)
	}
	return path
}

// get asks for a page below the token.
func get(t *testing.T, v *Viewer, path string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(v, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8080"+v.Path()+path, nil))
}

func ask(v http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	v.ServeHTTP(w, r)
	return w
}

// page is get of a page that is there.
func page(t *testing.T, v *Viewer, path string) string {
	t.Helper()
	w := get(t, v, path)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: got status %d: %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

// onlyRun gives the path of the pages of the only run of a viewer, below the token.
func onlyRun(t *testing.T, v *Viewer) string {
	t.Helper()
	all, err := v.catalog.list(t.Context())
	if err != nil || len(all.Entries) != 1 {
		t.Fatalf("got %d runs, %v %v, want 1", len(all.Entries), err, all.Troubles)
	}
	return "run/" + all.Entries[0].ID + "/"
}

// Nothing is told to whoever does not come from a page of the viewer or with its address, and nothing can be done.
func TestGuard(t *testing.T) {
	v := of(t, played(t, filepath.Join(t.TempDir(), "a.simexp"), "exp1", "secret-run"))
	run := v.Path() + onlyRun(t, v)
	other := New(t.Context(), Options{Sources: v.options.Sources})
	defer other.Close()
	if v.token == other.token || len(v.token) < 20 {
		t.Errorf("got tokens %s and %s, want two of at least 120 bits", v.token, other.token)
	}
	for _, c := range []struct {
		name, method, host, path string
		header                   [2]string
		want                     int
	}{
		{"the page", "GET", "127.0.0.1:8080", run, [2]string{}, 200},
		{"its head", "HEAD", "127.0.0.1:8080", run, [2]string{}, 200},
		{"behind a forwarding", "GET", "localhost:9", run, [2]string{}, 200},
		{"without a port", "GET", "127.0.0.1", run, [2]string{}, 200},
		{"IPv6", "GET", "[::1]:80", run, [2]string{}, 200},
		{"a page of its own", "GET", "127.0.0.1:8080", run, [2]string{"Origin", "http://127.0.0.1:8080"}, 200},
		{"typed", "GET", "127.0.0.1:8080", run, [2]string{"Sec-Fetch-Site", "none"}, 200},
		{"no token", "GET", "127.0.0.1:8080", "/", [2]string{}, 404},
		{"no token, a page", "GET", "127.0.0.1:8080", strings.TrimPrefix(run, "/"+v.token), [2]string{}, 404},
		{"a wrong token", "GET", "127.0.0.1:8080", strings.Replace(run, v.token, other.token, 1), [2]string{}, 404},
		{"half a token", "GET", "127.0.0.1:8080", "/" + v.token[:10] + "/", [2]string{}, 404},
		{"the token alone", "GET", "127.0.0.1:8080", "/" + v.token, [2]string{}, 404},
		{"more than the token", "GET", "127.0.0.1:8080", "/" + v.token + "x/", [2]string{}, 404},
		{"another Host", "GET", "evil.example:8080", run, [2]string{}, 421},
		{"a Host like ours", "GET", "127.0.0.1.evil.example", run, [2]string{}, 421},
		{"no Host", "GET", "", run, [2]string{}, 421},
		{"this machine's other addresses", "GET", "192.168.0.1:8080", run, [2]string{}, 421},
		{"another Origin", "GET", "127.0.0.1:8080", run, [2]string{"Origin", "https://evil.example"}, 403},
		{"another port", "GET", "127.0.0.1:8080", run, [2]string{"Origin", "http://127.0.0.1:8081"}, 403},
		{"an Origin that is none", "GET", "127.0.0.1:8080", run, [2]string{"Origin", "null"}, 403},
		{"a picture in another site", "GET", "127.0.0.1:8080", run, [2]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a script at another port", "GET", "127.0.0.1:8080", run, [2]string{"Sec-Fetch-Site", "same-site"}, 403},
		{"POST", "POST", "127.0.0.1:8080", run, [2]string{}, 405},
		{"DELETE", "DELETE", "127.0.0.1:8080", run, [2]string{}, 405},
		{"OPTIONS", "OPTIONS", "127.0.0.1:8080", run, [2]string{}, 405},
		{"another method", "PROPFIND", "127.0.0.1:8080", run, [2]string{}, 405},
	} {
		r := httptest.NewRequest(c.method, "http://x"+c.path, nil)
		r.Host = c.host
		if c.header[0] != "" {
			r.Header.Set(c.header[0], c.header[1])
		}
		w := ask(v, r)
		if w.Code != c.want {
			t.Errorf("%s: got status %d, want %d", c.name, w.Code, c.want)
		}
		if text := w.Body.String(); w.Code != 200 && (strings.Contains(text, "secret-run") || strings.Contains(text, v.token)) {
			t.Errorf("%s: it tells too much: %s", c.name, text)
		}
		if c.method == "HEAD" && w.Body.Len() > 0 {
			t.Errorf("%s: got %d bytes", c.name, w.Body.Len())
		}
		h := w.Header()
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
			"Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin"} {
			if h.Get(name) != want {
				t.Errorf("%s: got %s %q, want %q", c.name, name, h.Get(name), want)
			}
		}
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "connect-src 'self'", "base-uri 'none'",
			"require-trusted-types-for 'script'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: got policy %q, want %s in it", c.name, csp, want)
			}
		}
	}
	// A link of another site that somebody follows is no harm: the other site sees nothing of the page.
	r := httptest.NewRequest("GET", "http://127.0.0.1:8080"+run, nil)
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate",
		"Sec-Fetch-Dest": "document"} {
		r.Header.Set(name, value)
	}
	if w := ask(v, r); w.Code != 200 || w.Header().Get("Cross-Origin-Opener-Policy") != "same-origin" {
		t.Errorf("a link: got status %d and %v", w.Code, w.Header())
	}
	r.Header.Set("Sec-Fetch-Dest", "iframe")
	if w := ask(v, r); w.Code != 403 {
		t.Errorf("a frame: got status %d, want 403", w.Code)
	}
}

// The address that a browser is started with leads to the first page once.
func TestOnce(t *testing.T) {
	v := of(t)
	address := v.Once("http://127.0.0.1:8080" + v.Path())
	if strings.Contains(address, v.token) || !strings.HasPrefix(address, "http://127.0.0.1:8080/open/") {
		t.Errorf("got address %s", address)
	}
	first := ask(v, httptest.NewRequest("GET", address, nil))
	if first.Code != http.StatusFound || first.Header().Get("Location") != v.Path() {
		t.Errorf("got status %d to %q, want 302 to %q", first.Code, first.Header().Get("Location"), v.Path())
	}
	if second := ask(v, httptest.NewRequest("GET", address, nil)); second.Code != http.StatusNotFound {
		t.Errorf("the second time: got status %d, want 404", second.Code)
	}
	if w := ask(v, httptest.NewRequest("GET", "http://127.0.0.1:8080/open/", nil)); w.Code != http.StatusNotFound {
		t.Errorf("without a secret: got status %d, want 404", w.Code)
	}
}

// No address leads to a file, only to what the viewer has found itself.
func TestPaths(t *testing.T) {
	folder := t.TempDir()
	v := of(t, played(t, filepath.Join(folder, "a.simexp"), "exp1", "a"))
	hidden := played(t, filepath.Join(folder, "hidden.simexp"), "exp1", "hidden")
	run := onlyRun(t, v)
	for _, path := range []string{
		"run/../../" + hidden, "run/" + hidden + "/", "run/%2e%2e%2f/", "run/..%2f..%2fhidden.simexp/", "run/" + idOf(hidden, "hidden") + "/",
		"../" + hidden, "run//", "run/x/events", "%00", run + "file/-1", run + "file/../../viewer.css", run + "record/", run + "record/x",
		run + "record/99999999", run + "record/99999999999999999999", run + "file/3", run + "data/call/1", "templates/list.html",
		"viewer.go", run + "data/events?from=-1", run + "events?from=x", run + "events?iteration=-1", run + "?it=9999", run + "?from=x",
		"compare?run=1", "compare?run=1&run=2", "?sort=nothing", "?from=-3", "?sort=tokens",
	} {
		w := get(t, v, path)
		if text := w.Body.String(); w.Code < 300 || w.Code >= 500 || strings.Contains(text, "hidden.simexp") && !strings.Contains(path, "hidden") {
			t.Errorf("%s: got status %d: %.300s", path, w.Code, text)
		}
	}
}

// The pages say what is wrong with a file, and the program goes on.
func TestErrors(t *testing.T) {
	folder := t.TempDir()
	path := played(t, filepath.Join(folder, "a.simexp"), "exp1", "a")
	v := of(t, folder)
	run := onlyRun(t, v)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	os.Chmod(path, 0o644)
	tell := func(name string, want int, words string) {
		t.Helper()
		for _, below := range []string{"", "events", "record/3", "search?q=bank", "data/call/9", "data/search?q=bank"} {
			w := get(t, v, run+below)
			if text := w.Body.String(); w.Code != want || !strings.Contains(text, words) || strings.Contains(text, "goroutine") {
				t.Errorf("%s: %s: got status %d, want %d with %q: %s", name, below, w.Code, want, words, text)
			}
		}
	}
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	tell("cut", http.StatusUnprocessableEntity, "damaged")
	if text := page(t, v, ""); !strings.Contains(text, "cannot be read") || !strings.Contains(text, "a.simexp") {
		t.Errorf("the list does not tell of a file that cannot be read: %s", text)
	}
	if err := os.WriteFile(path, []byte("no run"), 0o644); err != nil {
		t.Fatal(err)
	}
	tell("another file", http.StatusUnprocessableEntity, "a.simexp")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	tell("gone", http.StatusNotFound, "gone")
	if text := page(t, v, ""); !strings.Contains(text, "There are no runs here") {
		t.Errorf("got %s, want a list without runs", text)
	}
	if err := os.WriteFile(path, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	page(t, v, run)
	// What is no fault of a file is told as ours, without how it came to be.
	v.options.Sources = func(context.Context) iter.Seq2[Source, error] { panic("a slip") }
	w := get(t, v, "?q=x")
	if text := w.Body.String(); w.Code != http.StatusInternalServerError || !strings.Contains(text, "a slip") ||
		strings.Contains(text, "goroutine") {
		t.Errorf("got status %d: %s", w.Code, text)
	}
}

// A run that is not the one that was sealed is shown with a warning.
func TestChanged(t *testing.T) {
	path := played(t, filepath.Join(t.TempDir(), "a.simexp"), "exp1", "a")
	v := of(t, path)
	run := onlyRun(t, v)
	settled := func() string {
		t.Helper()
		page(t, v, run)
		c, err := v.checks.of(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		<-c.done
		return page(t, v, run)
	}
	const fine, changed = "is the one in the seal", "not the run that was sealed"
	if text := settled(); !strings.Contains(text, fine) || strings.Contains(text, changed) {
		t.Errorf("as sealed: got %.3000s", text)
	}
	change(t, path)
	if text := settled(); !strings.Contains(text, changed) || strings.Contains(text, fine) {
		t.Errorf("changed: got %.3000s", text)
	}
	// A header that another program wrote is told of the file in the list too.
	change(t, path)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[27]++ // the change counter
	data[95]++ // for which the version of SQLite is valid
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if text := settled(); !strings.Contains(text, "Another program has written") || strings.Contains(text, changed) {
		t.Errorf("written to: got %.3000s", text)
	}
	if text := page(t, v, "?q=a"); !strings.Contains(text, "written to since it was sealed") {
		t.Errorf("the list does not warn: %s", text)
	}
}

func TestList(t *testing.T) {
	folder := t.TempDir()
	played(t, filepath.Join(folder, "one.simexp"), "exp1", "run-a")
	played(t, filepath.Join(folder, "two.simexp"), "exp3", "run-b")
	recorded(t, filepath.Join(folder, "three.simexp"), providertest.Sample())
	v := of(t, folder)
	order := func(query string) (names []string) {
		t.Helper()
		for _, m := range regexp.MustCompile(`" aria-label="Compare ([^"]*)"></td>`).FindAllStringSubmatch(page(t, v, query), -1) {
			names = append(names, m[1])
		}
		return names
	}
	sample := providertest.Sample()[0].(*provider.Start).RunID
	for query, want := range map[string]string{
		"?sort=run_id":                    strings.Join([]string{sample, "run-a", "run-b"}, " "),
		"?sort=-run_id":                   strings.Join([]string{"run-b", "run-a", sample}, " "),
		"?q=EXP3":                         "run-b",
		"?q=two.simexp":                   "run-b",
		"?experiment=exp1&type=liquidity": "run-a",
		"?status=failed":                  "",
		"?q=run-&sort=num_iterations":     "run-b run-a",
		"?sort=file&from=1":               sample + " run-b",
	} {
		if got := strings.Join(order(query), " "); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	// One run is shown at once; a second one makes a list of it.
	one := of(t, filepath.Join(folder, "one.simexp"))
	if w := get(t, one, ""); w.Code != http.StatusFound || w.Header().Get("Location") != one.Path()+onlyRun(t, one) {
		t.Errorf("got status %d to %s", w.Code, w.Header().Get("Location"))
	}
}

// Of a file on disk a live file beside it, or the same name twice, is no second run.
func TestListOnce(t *testing.T) {
	path := played(t, filepath.Join(t.TempDir(), "a.simexp"), "exp1", "a")
	all := eachOnce([]entry{{ID: "1", path: "x.simexp-live"}, {ID: "1", path: "x.simexp"}, {ID: "2", path: "y"}, {ID: "1", path: "x.simexp"}})
	if len(all) != 2 || all[0].path != "x.simexp" || all[1].ID != "2" {
		t.Errorf("got %v", all)
	}
	onlyRun(t, of(t, path, path))
}

func live(records []provider.Record) *provider.Live { return providertest.Live(records) }

func write(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// between gives what stands between two texts.
func between(text, begin, end string) (string, bool) {
	_, rest, ok := strings.Cut(text, begin)
	part, _, ok2 := strings.Cut(rest, end)
	return html.UnescapeString(part), ok && ok2
}

// waitFor waits until something is so, as long as that takes.
func waitFor(so func() bool) {
	for !so() {
		time.Sleep(5 * time.Millisecond)
	}
}

func portOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

// change changes a letter in an event of a sealed archive, or changes it back.
func change(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(string(data), `otal_cost":`)
	if at < 0 {
		t.Fatal("no event data to change")
	}
	data[at-1] ^= 1
	os.Chmod(path, 0o644)
	write(t, path, data)
}
