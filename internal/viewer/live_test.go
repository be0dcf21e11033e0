package viewer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// A stream is the server-sent events that a page listens to.
type stream struct {
	body io.Closer
	in   *bufio.Reader
}

func listen(t *testing.T, ctx context.Context, address string) *stream {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || kind != "text/event-stream" {
		t.Fatalf("%s: got status %d and %s", address, answer.StatusCode, kind)
	}
	return &stream{answer.Body, bufio.NewReader(answer.Body)}
}

// next gives the name and the data of the next event, and the error of the connection.
func (s *stream) next() (name, data string, err error) {
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return "", "", err
		}
		switch line = strings.TrimSuffix(line, "\n"); {
		case line == "" && name != "":
			return name, data, nil
		case strings.HasPrefix(line, "event: "):
			name = line[len("event: "):]
		case strings.HasPrefix(line, "data: "):
			data = line[len("data: "):]
		}
	}
}

// A page of a run that is recorded is told when there is more, shows it, and stays the page of the archive that the run
// becomes; the recorder is in nobody's way.
func TestFollow(t *testing.T) {
	folder := t.TempDir()
	w, err := record.Create(filepath.Join(folder, "run.simexp"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	put := func(r provider.Record) {
		t.Helper()
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	records := many(3, 5)
	per := 5 + 3
	for _, r := range records[:1+per] {
		put(r)
	}
	v := of(t, folder)
	server := httptest.NewServer(v)
	defer server.Close()
	run := onlyRun(t, v)
	text := page(t, v, run)
	following, ok := between(text, `data-live="`, `"`)
	if !ok || !strings.Contains(text, "Being recorded") || !strings.Contains(text, `id="i0"`) || strings.Contains(text, `id="i1"`) {
		t.Fatalf("got %.3000s", text)
	}
	s := listen(t, t.Context(), server.URL+following)
	list := listen(t, t.Context(), server.URL+v.Path()+"live")
	if name, _, err := list.next(); name != "change" || err != nil {
		t.Errorf("the list: got event %q, %v", name, err)
	}
	for _, r := range records[1+per : 1+2*per] {
		put(r)
	}
	name, state, err := s.next()
	if name != "change" || state == "" || err != nil {
		t.Fatalf("got event %q %q, %v, want a change", name, state, err)
	}
	if text := page(t, v, run); !strings.Contains(text, `id="i1"`) {
		t.Errorf("the page has no iteration 1: %.3000s", text)
	}
	if text := page(t, v, run+"events?iteration=1"); strings.Count(text, `href="record/`) != 5 {
		t.Errorf("got %s, want five events of iteration 1", text)
	}
	for _, r := range records[1+2*per:] {
		put(r) // and so the archive
	}
	for {
		name, now, err := s.next()
		if name != "change" || err != nil {
			t.Fatalf("got event %q, %v, want a change", name, err)
		}
		if now != state {
			break
		}
	}
	text = page(t, v, run)
	if !strings.Contains(text, `id="i2"`) || strings.Contains(text, "Being recorded") || onlyRun(t, v) != run {
		t.Errorf("sealed: got %.3000s", text)
	}
	// Pages that end listening leave nothing behind, and those that listen are told when the viewer ends.
	ctx, cancel := context.WithCancel(t.Context())
	gone := listen(t, ctx, server.URL+following)
	waitFor(func() bool { return len(v.streams) == 3 })
	cancel()
	if _, _, err := gone.next(); err == nil {
		gone.next()
	}
	waitFor(func() bool { return len(v.streams) == 2 })
	v.Close()
	for name := ""; name != "end"; {
		var err error
		if name, _, err = s.next(); err != nil {
			t.Fatalf("got %v before the end", err)
		}
	}
	waitFor(func() bool { return len(v.streams) == 0 })
}

// There is a bound on pages that follow.
func TestManyStreams(t *testing.T) {
	w, err := record.Create(filepath.Join(t.TempDir(), "run.simexp"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := provider.Put(t.Context(), w, providertest.Sample()[0]); err != nil {
		t.Fatal(err)
	}
	v := of(t, w.LivePath())
	for range mostStreams {
		v.streams <- struct{}{}
	}
	if got := get(t, v, onlyRun(t, v)+"live"); got.Code != http.StatusServiceUnavailable {
		t.Errorf("got status %d, want 503", got.Code)
	}
	if got := get(t, v, "run/none/live"); got.Code != http.StatusNotFound {
		t.Errorf("no run: got status %d, want 404", got.Code)
	}
}

// The viewer ends with its context: streams too, and nothing of it goes on.
func TestServe(t *testing.T) {
	path := played(t, filepath.Join(t.TempDir(), "a.simexp"), "exp1", "a")
	before := runtime.NumGoroutine()
	v := of(t, path)
	l, address, err := v.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(address, "http://127.0.0.1:") || !strings.HasSuffix(address, v.Path()) {
		t.Errorf("got address %s", address)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- v.Serve(ctx, l) }()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil || answer.StatusCode != 200 || !strings.Contains(string(text), "exp1") {
		t.Errorf("got status %d, %v", answer.StatusCode, err)
	}
	s := listen(t, t.Context(), address+"live")
	cancel()
	for name := ""; name != "end"; {
		if name, _, err = s.next(); err != nil {
			t.Errorf("got %v before the end", err)
			break
		}
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if _, err := http.Get(address); err == nil {
		t.Error("it still answers")
	}
	s.body.Close()
	http.DefaultClient.CloseIdleConnections()
	waitFor(func() bool { return runtime.NumGoroutine() <= before+1 })
	// A port that is taken is an error, not another port.
	l, _, err = v.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if other, _, err := v.Listen(portOf(l)); err == nil {
		other.Close()
		t.Error("listens twice at one port")
	}
}

// What a page says of a recording is of the events that are in it, also when those of an open iteration were taken out
// that it knew, and as many are there again.
func TestDropped(t *testing.T) {
	folder := t.TempDir()
	w, err := record.Create(filepath.Join(folder, "run.simexp"), nil)
	if err != nil {
		t.Fatal(err)
	}
	v := of(t, folder)
	ends := func(records ...provider.Record) {
		t.Helper()
		for _, r := range records {
			if err := provider.Put(t.Context(), w, r); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	events := func(n, other int) (list []provider.Record) {
		for i := range n {
			e := &provider.Event{Iteration: 1, Type: "one"}
			if i%other == 0 {
				e.Type = "other"
			}
			list = append(list, e)
		}
		return list
	}
	check := func(ones, others string) {
		t.Helper()
		text := page(t, v, onlyRun(t, v)+"events")
		if !strings.Contains(text, "one ("+ones+")") || !strings.Contains(text, "other ("+others+")") {
			t.Errorf("want %s and %s events, got %.3000s", ones, others, text)
		}
	}
	ends(slices.Concat([]provider.Record{&provider.Start{RunID: "r", Name: "x", Type: "y"},
		&provider.Event{Type: "one"}, &provider.Iteration{Number: 0}}, events(300, 2))...)
	check("151", "150")
	from := "data/events?type=other&from=100"
	page(t, v, onlyRun(t, v)+"data/events?type=other")
	for _, again := range []int{40, 1200} {
		if _, err := record.DropOpenIteration(t.Context(), w.LivePath(), nil); err != nil {
			t.Fatal(err)
		}
		if w, err = record.Resume(t.Context(), w.LivePath(), nil); err != nil {
			t.Fatal(err)
		}
		ends(events(again, 4)...)
		check(fmt.Sprint(again/4*3+1), fmt.Sprint(again/4))
	}
	if text := page(t, of(t, folder), onlyRun(t, v)+from); text != page(t, v, onlyRun(t, v)+from) {
		t.Errorf("the table goes on elsewhere than in a new viewer: want %.300s", text)
	}
}
