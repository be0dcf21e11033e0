package viewer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/report"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// many gives a run of some iterations with events of a frequent and of a rare type, and calls between them.
func many(iterations, each int) []provider.Record {
	records := []provider.Record{&provider.Start{RunID: "many", Name: "many", Type: "test"}}
	n := 0
	for it := range iterations {
		for range each {
			e := &provider.Event{Iteration: it, Type: "often", Data: json.RawMessage(fmt.Sprintf(`{"n":%d,"word":"w%d"}`, n, n%7))}
			if n%97 == 5 {
				e.Type = "seldom"
			}
			records = append(records, e)
			n++
		}
		records = append(records,
			&provider.Interaction{Iteration: it, AgentID: "A", UserPrompt: new(fmt.Sprintf("first line\nprompt of %d", it)),
				Response: new("the answer"), ParsedPolicy: json.RawMessage(`{"f":1}`)},
			&provider.Interaction{Iteration: it, AgentID: "B", UserPrompt: new("first line\nfor B")},
			&provider.Iteration{Number: it, Costs: map[string]provider.Cents{"A": provider.Cents(it * 100), "B": 5}})
	}
	return append(records, &provider.Result{Status: provider.StatusCompleted})
}

// wantedEvents gives the Seq of the events that a query is to find, from the records themselves.
func wantedEvents(records []provider.Record, q eventQuery) (seqs []int64) {
	for i, r := range records {
		e, ok := r.(*provider.Event)
		if ok && (q.Type == "" || e.Type == q.Type) && (q.Iteration == nil || e.Iteration == *q.Iteration) &&
			bytes.Contains(e.Data, []byte(q.Text)) {
			seqs = append(seqs, int64(i))
		}
	}
	return seqs
}

// Going through the pages of events forth, and back again, gives each event that is wanted once, in its order; of a sealed
// archive, of a recording and of lines.
func TestEvents(t *testing.T) {
	records := many(12, 300)
	folder := t.TempDir()
	sealed := recorded(t, filepath.Join(folder, "many.simexp"), records)
	v := of(t, sealed, lines(t, filepath.Join(folder, "many.jsonl"), records))
	all, err := v.catalog.list(t.Context())
	if err != nil || len(all.Entries) != 2 {
		t.Fatal(all, err)
	}
	seen := regexp.MustCompile(`href="record/([0-9]+)"`)
	link := func(text, rel string) string {
		m := regexp.MustCompile(`<a rel="` + rel + `" href="([^"]*)"`).FindStringSubmatch(text)
		if m == nil {
			return ""
		}
		return html.UnescapeString(m[1])
	}
	for _, e := range all.Entries {
		base := "run/" + e.ID + "/"
		for _, q := range []eventQuery{{}, {Type: "seldom"}, {Type: "often"}, {Iteration: new(7)}, {Text: `"w3"`},
			{Type: "seldom", Iteration: new(11)}, {Type: "never"}, {Text: `"n":3599`}, {Iteration: new(99)}} {
			want := wantedEvents(records, q)
			var got, back []int64
			var text string
			for at := q.address(); at != ""; at = link(text, "next") {
				text = page(t, v, base+at)
				n := 0
				for _, m := range seen.FindAllStringSubmatch(text, -1) {
					seq, _ := strconv.ParseInt(m[1], 10, 64)
					got = append(got, seq)
					n++
				}
				if n > mostEvents {
					t.Fatalf("%s: %s: %d events on a page", e.Name, at, n)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %+v: got %d events, want %d: %v", e.Name, q, len(got), len(want), got)
			}
			for { // from the last page back
				var some []int64
				for _, m := range seen.FindAllStringSubmatch(text, -1) {
					seq, _ := strconv.ParseInt(m[1], 10, 64)
					some = append(some, seq)
				}
				back = append(some, back...)
				at := link(text, "prev")
				if at == "" {
					break
				}
				text = page(t, v, base+at)
			}
			if !slices.Equal(back, want) {
				t.Errorf("%s: %+v: back: got %d events, want %d", e.Name, q, len(back), len(want))
			}
		}
	}
}

// lines writes a run as lines of JSON.
func lines(t *testing.T, path string, records []provider.Record) string {
	t.Helper()
	var b bytes.Buffer
	if err := provider.Copy(t.Context(), jsonl.NewWriter(&b), live(records)); err != nil {
		t.Fatal(err)
	}
	return write(t, path, b.Bytes())
}

// A search that is tired says from where it goes on, forth and back, and loses nothing.
func TestTired(t *testing.T) {
	records := many(4, 500)
	a, err := archive.Open(recorded(t, filepath.Join(t.TempDir(), "many.simexp"), records))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	run := &openRun{Provider: a, archive: a}
	want := wantedEvents(records, eventQuery{Type: "seldom"})
	tiring := func() *search[int64] {
		s := &search[int64]{run: run, want: provider.Selection{Events: []string{"seldom"}}, most: 8, // more than a window has
			take: func(r provider.Record) (int64, bool) { return r.RecordMeta().Seq, true }}
		s.looked = mostLooked - 1 // tired behind one window
		return s
	}
	var forth, back []int64
	last := int64(len(records)) - 1
	steps := 0
	for from := int64(1); from > 0; steps++ {
		list, next, err := tiring().forward(t.Context(), from, last)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			forth = append(forth, f.Seq)
		}
		from = next
	}
	for before := last + 1; before > 0; steps++ {
		list, next, err := tiring().backward(t.Context(), before)
		if err != nil {
			t.Fatal(err)
		}
		var some []int64
		for _, f := range list {
			some = append(some, f.Of)
		}
		back = append(some, back...)
		before = next
	}
	if !slices.Equal(forth, want) || !slices.Equal(back, want) || steps < 6 {
		t.Errorf("got %v and %v in %d steps, want %v", forth, back, steps, want)
	}
	// In one go, over the borders of all windows.
	all := func() *search[int64] {
		return &search[int64]{run: run, want: provider.Selection{All: true}, most: len(records),
			take: func(r provider.Record) (int64, bool) { return r.RecordMeta().Seq, true }}
	}
	want = wantedEvents(records, eventQuery{})
	for name, look := range map[string]func() ([]found[int64], int64, error){
		"forth": func() ([]found[int64], int64, error) { return all().forward(t.Context(), 0, last) },
		"back":  func() ([]found[int64], int64, error) { return all().backward(t.Context(), last+1) },
	} {
		list, next, err := look()
		var got []int64
		for _, f := range list {
			got = append(got, f.Seq)
		}
		if !slices.Equal(got, want) || next != 0 || err != nil {
			t.Errorf("%s: got %d events and more from %d, %v, want %d", name, len(got), next, err, len(want))
		}
	}
}

// What the script of the page asks for: calls with those before them, events by number, hits.
func TestData(t *testing.T) {
	records := many(5, 250)
	folder := t.TempDir()
	v := of(t, recorded(t, filepath.Join(folder, "many.simexp"), records), lines(t, filepath.Join(folder, "many.jsonl"), records))
	all, err := v.catalog.list(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all.Entries {
		base := "run/" + e.ID + "/data/"
		type text struct {
			Text string `json:"t"`
		}
		type call struct {
			Iteration int   `json:"i"`
			Seq       int64 `json:"q"`
			User      *text `json:"u"`
		}
		var pair struct{ C, B *call }
		second := int64(253 + 251) // the call of A in iteration 1
		decode(t, page(t, v, fmt.Sprintf("%scall/%d", base, second)), &pair)
		if pair.C == nil || pair.B == nil || pair.C.User.Text != "first line\nprompt of 1" || pair.B.User.Text != "first line\nprompt of 0" {
			t.Errorf("%s: got %+v before %+v", e.Name, pair.B, pair.C)
		}
		pair.B = nil
		decode(t, page(t, v, fmt.Sprintf("%scall/%d", base, 250+1)), &pair)
		if pair.B != nil || pair.C.User.Text != "first line\nprompt of 0" {
			t.Errorf("%s: the first call: got %+v before %+v", e.Name, pair.B, pair.C)
		}
		type answer struct {
			List []struct {
				Seq int64 `json:"q"`
			}
			All int64
		}
		for ask, q := range map[string]eventQuery{"type=often": {Type: "often"}, "type=seldom": {Type: "seldom"}, "it=3": {Iteration: new(3)},
			"it=9": {Iteration: new(9)}} {
			want := wantedEvents(records, q)
			var got []int64
			var a answer
			for {
				a = answer{}
				decode(t, page(t, v, fmt.Sprintf("%sevents?%s&from=%d", base, ask, len(got))), &a)
				for _, x := range a.List {
					got = append(got, x.Seq)
				}
				if int64(len(got)) >= a.All || len(a.List) == 0 {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s: got %d events, want %d", e.Name, ask, len(got), len(want))
			}
			// A number in the middle, asked for without those before it.
			if half := len(want) / 2; half > 0 {
				fresh := of(t, e.path)
				decode(t, page(t, fresh, fmt.Sprintf("%sevents?%s&from=%d", onlyRun(t, fresh)+"data/", ask, half)), &a)
				if len(a.List) == 0 || a.List[0].Seq != want[half] {
					t.Errorf("%s: %s from %d: got %+v, want record %d first", e.Name, ask, half, a, want[half])
				}
			}
		}
		var hits []dataHit
		decode(t, page(t, v, base+"search?q=First+LINE"), &hits)
		if len(hits) != 1 || hits[0].Count != 10 || hits[0].Line != 0 || hits[0].Part != "u" || *hits[0].Call != 251 {
			t.Errorf("%s: got %+v, want one hit in ten prompts", e.Name, hits)
		}
		decode(t, page(t, v, base+"search?q=prompt+of+3"), &hits)
		if len(hits) != 1 || hits[0].Line != 1 || *hits[0].Iteration != 3 {
			t.Errorf("%s: got %+v, want the second line of the prompt of 3", e.Name, hits)
		}
		decode(t, page(t, v, base+"search?q=%22n%22:777,"), &hits)
		if len(hits) != 1 || hits[0].Event == nil || records[*hits[0].Event].(*provider.Event).Iteration != 3 {
			t.Errorf("%s: got %+v, want event 777", e.Name, hits)
		}
	}
}

// The search goes through all records, some at a time.
func TestSearch(t *testing.T) {
	records := many(3, 200)
	v := of(t, recorded(t, filepath.Join(t.TempDir(), "many.simexp"), records))
	base := onlyRun(t, v)
	var seqs []string
	next := regexp.MustCompile(`<a rel="next" href="([^"]*)"`)
	pages := 0
	for at := "search?q=" + `%22w3`; at != ""; pages++ {
		text := page(t, v, base+at)
		for _, m := range regexp.MustCompile(`<li><a href="record/([0-9]+)"`).FindAllStringSubmatch(text, -1) {
			seqs = append(seqs, m[1])
		}
		at = ""
		if m := next.FindStringSubmatch(text); m != nil {
			at = html.UnescapeString(m[1])
		}
	}
	var want []string
	for _, seq := range wantedEvents(records, eventQuery{Text: `"w3`}) {
		want = append(want, strconv.FormatInt(seq, 10))
	}
	if !slices.Equal(seqs, want) || pages != 2 {
		t.Errorf("got %d hits on %d pages, want %d on 2: %v", len(seqs), pages, len(want), seqs)
	}
	for query, words := range map[string]string{"x": "at least two", "": "at least two", "no+such+text": "Nothing found",
		"PROMPT+of+2": "<mark><bdi>prompt of 2</bdi></mark>"} {
		if text := page(t, v, base+"search?q="+query); !strings.Contains(text, words) {
			t.Errorf("%s: got %s, want %q", query, text, words)
		}
	}
}

// Letters that have another length in the other case move no mark to a wrong place.
func TestHit(t *testing.T) {
	for _, c := range []struct{ text, want, before, it string }{
		{"abc DEF ghi", "def", "abc ", "DEF"},
		{"İİİ def", "def", "İİİ ", "def"},
		{"İ DEF", "def", "İ DEF", ""},
		{"äöü Äx", "äx", "äöü ", "Äx"},
	} {
		h, ok := hitIn(c.text, c.want)
		if !ok || h.Before != c.before || h.It != c.it || h.Before+h.It+h.After != c.text {
			t.Errorf("%q in %q: got %+v", c.want, c.text, h)
		}
	}
	long := strings.Repeat("wörd ", 60) + "here" + strings.Repeat("ö", 200)
	h, ok := hitIn(long, "here")
	if !ok || !strings.HasPrefix(h.Before, "wörd wörd") || len(h.Before) > around || !utf8.ValidString(h.Before+h.After) || len(h.After) < around {
		t.Errorf("got %+v", h)
	}
	if _, ok := hitIn("abc", "x"); ok {
		t.Error("found what is not there")
	}
}

func decode(t *testing.T, text string, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), to); err != nil {
		t.Fatalf("%v: %.300s", err, text)
	}
}

// The first page of a run with many events, and that of its events, read a small part of the file.
func TestReadsLittle(t *testing.T) {
	records := []provider.Record{&provider.Start{RunID: "r", Name: "n", Type: "t"}}
	filler := strings.Repeat("a word ", 60)
	for n := range 400 {
		for range 25 {
			records = append(records, &provider.Event{Iteration: n, Type: "tick", Data: json.RawMessage(`{"text":"` + filler + `"}`)})
		}
		records = append(records, &provider.Interaction{Iteration: n, AgentID: "A", UserPrompt: new(fmt.Sprint(n, filler))},
			&provider.Iteration{Number: n, Costs: map[string]provider.Cents{"A": 5}})
	}
	text, err := os.ReadFile(recorded(t, filepath.Join(t.TempDir(), "run.simexp"), append(records,
		&provider.Result{Status: provider.StatusCompleted})))
	if err != nil {
		t.Fatal(err)
	}
	read := func(part func(*archive.Archive) error) int64 {
		t.Helper()
		r := &countingReader{ReaderAt: bytes.NewReader(text)}
		a, err := archive.New(r, int64(len(text)))
		if err == nil {
			err = part(a)
		}
		if err != nil {
			t.Fatal(err)
		}
		a.Close()
		return r.n
	}
	whole := read(func(a *archive.Archive) error {
		for _, err := range a.Records(t.Context()) {
			if err != nil {
				return err
			}
		}
		return nil
	})
	first := read(func(a *archive.Archive) error {
		p := partial{Archive: a, span: provider.Span{First: 0, Last: mostIterations - 1}}
		page, err := report.Read(t.Context(), p, report.Options{Outline: true, Partly: true})
		if err == nil && (len(page.Iterations) != 400 || page.Iterations[3].Rows[0].Calls == "" || page.Iterations[300].Rows[0].Calls != "") {
			t.Errorf("got %d iterations, with calls %+v and %+v", len(page.Iterations), page.Iterations[3], page.Iterations[300])
		}
		return err
	})
	events := read(func(a *archive.Archive) error {
		s := &search[int64]{run: &openRun{Provider: a, archive: a}, want: provider.Selection{All: true}, most: mostEvents,
			take: func(r provider.Record) (int64, bool) { return r.RecordMeta().Seq, true }}
		list, next, err := s.forward(t.Context(), 5000, 10_000)
		if err == nil && (len(list) != mostEvents || next == 0) {
			t.Errorf("got %d events", len(list))
		}
		return err
	})
	if first > whole/3 || events > whole/5 || whole < int64(len(text)) {
		t.Errorf("the first page reads %d bytes, a page of events %d, all records %d", first, events, whole)
	}
}

// countingReader counts the bytes that are read.
type countingReader struct {
	io.ReaderAt
	n int64
}

func (r *countingReader) ReadAt(p []byte, at int64) (int, error) {
	r.n += int64(len(p))
	return r.ReaderAt.ReadAt(p, at)
}

// A run with many events is shown at once, and as it is when all of it was read, which the page waits for.
func TestManyEvents(t *testing.T) {
	records := many(120, manyEvents/100)
	for i, r := range records {
		if it, ok := r.(*provider.Iteration); ok {
			it.AcceptedChanges = map[string]bool{"A": it.Number%2 == 0}
			records[i] = it
		}
	}
	v := of(t, recorded(t, filepath.Join(t.TempDir(), "many.simexp"), records))
	run := onlyRun(t, v)
	first := page(t, v, run)
	following, ok := between(first, `data-live="`, `"`)
	if !ok || strings.Contains(first, "Of 120 proposals") ||
		!strings.Contains(first, "Decisions are shown of the iterations that are listed") ||
		!strings.Contains(first, "being compared with its seal") || !strings.Contains(first, `id="i49"`) ||
		strings.Contains(first, `id="i50"`) || !strings.Contains(first, "often") {
		_, first, _ = strings.Cut(first, "<main>")
		t.Fatalf("got %.4000s", first)
	}
	e, _, err := v.catalog.find(t.Context(), strings.Split(run, "/")[1])
	if err != nil {
		t.Fatal(err)
	}
	waitFor(func() bool { return v.checks.over(e.path) && v.outlines.over(e.path) })
	watched, err := v.watchRun(requestFor(run))
	if err != nil {
		t.Fatal(err)
	}
	if state, err := watched.state(t.Context()); err != nil || strings.HasSuffix(following, state) {
		t.Errorf("got state %s, %v, which %s has", state, err, following)
	}
	later := page(t, v, run)
	if strings.Contains(later, "data-live") || strings.Contains(later, "Decisions are shown of") ||
		!strings.Contains(later, "is the one in the seal") || !strings.Contains(later, "Of 120 proposals") ||
		!strings.Contains(later, grouped(int64(len(wantedEvents(records, eventQuery{Type: "often"}))))) {
		_, later, _ = strings.Cut(later, "<main>")
		t.Errorf("got %.4000s", later)
	}
	if text := page(t, v, run+"?from=100"); !strings.Contains(text, `id="i119"`) || strings.Contains(text, `id="i99"`) {
		t.Errorf("got %.3000s", text)
	}
}

// requestFor is a request about a run.
func requestFor(run string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.SetPathValue("run", strings.Split(run, "/")[1])
	return r
}
