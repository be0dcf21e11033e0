package viewer

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// An eventQuery is what the address of the events of a run asks for.
type eventQuery struct {
	Type      string // empty for all
	Iteration *int   // nil for all
	Text      string // that the data have
	From      int64  // the first record that is looked at
	Before    int64  // the record behind the last that is looked at, if From is 0
}

// mostEvents is how many events a page has.
const mostEvents = 100

func parseEvents(q url.Values) (x eventQuery, err error) {
	x.Type, x.Text = q.Get("type"), q.Get("q")
	if text := q.Get("iteration"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > provider.MaxIteration {
			return x, fmt.Errorf("%w: iteration=%q, want its number", errAsked, text)
		}
		x.Iteration = &n
	}
	for name, to := range map[string]*int64{"from": &x.From, "before": &x.Before} {
		if text := q.Get(name); text != "" {
			if *to, err = strconv.ParseInt(text, 10, 64); err != nil || *to < 0 {
				return x, fmt.Errorf("%w: %s=%q, want the number of a record", errAsked, name, text)
			}
		}
	}
	return x, nil
}

// address gives the address that asks for it, below that of the events.
func (x eventQuery) address() string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("type", x.Type)
	set("q", x.Text)
	if x.Iteration != nil {
		set("iteration", strconv.Itoa(*x.Iteration))
	}
	if x.From > 0 {
		set("from", strconv.FormatInt(x.From, 10))
	}
	if x.Before > 0 {
		set("before", strconv.FormatInt(x.Before, 10))
	}
	return "events?" + q.Encode()
}

// An eventRow is an event in a table.
type eventRow struct {
	Iteration int
	Type      string
	Timestamp string
	Data      string // its beginning
	More      int    // bytes of the data that are left out
	Withheld  bool
}

// mostOfData is how many characters of an event's data a table shows.
const mostOfData = 240

func eventRowOf(e *provider.Event) eventRow {
	row := eventRow{Iteration: e.Iteration, Type: strings.Clone(e.Type), Timestamp: strings.Clone(e.Timestamp)}
	_, row.Withheld = e.Withheld("event_data")
	text, more := clip(string(e.Data[:min(len(e.Data), 4*mostOfData)]), mostOfData)
	row.Data, row.More = strings.Clone(text), more+max(len(e.Data)-4*mostOfData, 0)
	return row
}

// An eventsPage is a table of events.
type eventsPage struct {
	Base     string // path of the pages about the run
	Query    eventQuery
	Types    []typeCount
	Counted  bool
	Rows     []found[eventRow]
	First    string // addresses of other tables, empty where there is none
	Previous string
	Next     string
	Partly   string // why there may be more, in words
	From, To int64  // records that the page looked at
}

// A typeCount is how many events of a type there are.
type typeCount struct {
	Type    string
	Count   int64
	Address string
}

func (v *Viewer) eventsPage(w http.ResponseWriter, r *http.Request, run *openRun) error {
	asked, err := parseEvents(r.URL.Query())
	if err != nil {
		return err
	}
	p, err := v.events(r.Context(), run, asked)
	if err != nil {
		return run.error(err)
	}
	f := v.frameOf(run, "Events")
	f.Content = p
	v.write(w, r, http.StatusOK, "events", f)
	return nil
}

// events looks for the events that are asked for.
func (v *Viewer) events(ctx context.Context, run *openRun, asked eventQuery) (*eventsPage, error) {
	p := &eventsPage{Base: v.runPath(run.ID), Query: asked}
	var err error
	if p.Types, err = v.eventTypes(ctx, run); err != nil {
		return nil, err
	}
	s := &search[eventRow]{run: run, most: mostEvents, take: func(rec provider.Record) (eventRow, bool) {
		e := rec.(*provider.Event)
		if asked.Text != "" && !bytes.Contains(e.Data, []byte(asked.Text)) {
			return eventRow{}, false
		}
		return eventRowOf(e), true
	}}
	if asked.Type != "" {
		s.want.Events = []string{asked.Type}
	} else {
		s.want.All = true
	}
	if n := asked.Iteration; n != nil {
		s.want.Span = &provider.Span{First: *n, Last: *n}
	}
	last, err := run.lastSeq(ctx)
	if err != nil {
		return nil, err
	}
	other := func(from, before int64) string {
		x := asked
		x.From, x.Before = from, before
		return x.address()
	}
	if asked.Before > 0 && asked.From == 0 {
		rows, next, err := s.backward(ctx, min(asked.Before, last+1))
		if err != nil {
			return nil, err
		}
		p.Rows = rows
		if next > 0 {
			p.Previous = other(0, next)
			p.partly(s.tired() && len(rows) < mostEvents)
		}
		p.Next = other(min(asked.Before, last), 0)
	} else {
		rows, next, err := s.forward(ctx, asked.From, last)
		if err != nil {
			return nil, err
		}
		p.Rows = rows
		if next > 0 {
			p.Next = other(next, 0)
			p.partly(s.tired() && len(rows) < mostEvents)
		}
		if asked.From > 1 {
			p.Previous = other(0, asked.From)
		}
	}
	if asked.From > 0 || asked.Before > 0 {
		p.First = other(0, 0)
	}
	return p, nil
}

func (p *eventsPage) partly(tired bool) {
	if tired {
		p.Partly = "So far among the records that were looked through: there may be more further on."
	}
}

// eventTypes gives the types of events of a run with how many there are of each, the most frequent first; of a run on the
// web, where counting takes reading them, they are by name and their number is -1.
func (v *Viewer) eventTypes(ctx context.Context, run *openRun) ([]typeCount, error) {
	var types []typeCount
	if run.far() {
		names, err := run.archive.EventTypeNames(ctx)
		for _, name := range names {
			types = append(types, typeCount{name, -1, eventQuery{Type: name}.address()})
		}
		return types, err
	}
	counts, err := v.counts.of(ctx, run)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		types = append(types, typeCount{name, counts[name], eventQuery{Type: name}.address()})
	}
	slices.SortStableFunc(types, func(a, b typeCount) int { return cmp.Compare(b.Count, a.Count) })
	return types, nil
}
