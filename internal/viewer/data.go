package viewer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/simexp/exparchive/internal/report"
	"github.com/simexp/exparchive/provider"
)

// What follows answers what the script of the page of a run asks for; see package report.

// dataCall gives a call of a language model and that of the same agent before it.
func (v *Viewer) dataCall(w http.ResponseWriter, r *http.Request, run *openRun) error {
	rec, err := run.record(r)
	if err != nil {
		return err
	}
	c, ok := rec.(*provider.Interaction)
	if !ok {
		return fmt.Errorf("%w: record %d is no call", errNotThere, rec.RecordMeta().Seq)
	}
	before, err := run.callBefore(r.Context(), c)
	if err != nil {
		return run.error(err)
	}
	send(w, r, http.StatusOK, jsonType, report.CallJSON(c, before))
	return nil
}

const jsonType = "application/json; charset=utf-8"

// callBefore gives the call of the same agent before c, nil if there is none or it is too far away.
func (run *openRun) callBefore(ctx context.Context, c *provider.Interaction) (*provider.Interaction, error) {
	agent := c.AgentID
	s := &search[struct{}]{run: run, want: provider.Selection{Calls: true}, most: 1,
		take: func(rec provider.Record) (struct{}, bool) {
			return struct{}{}, rec.(*provider.Interaction).AgentID == agent
		}}
	found, _, err := s.backward(ctx, c.Seq)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	for rec, err := range run.recordsFrom(ctx, found[0].Seq) {
		if err != nil {
			return nil, err
		}
		before, _ := rec.(*provider.Interaction)
		return before, nil
	}
	return nil, nil
}

// dataEvents gives events of a type or of an iteration, from one number on.
func (v *Viewer) dataEvents(w http.ResponseWriter, r *http.Request, run *openRun) error {
	q := r.URL.Query()
	from, err := wholeNumber(q.Get("from"))
	if err != nil {
		return err
	}
	var want provider.Selection
	all := int64(-1)
	switch it, typ := q.Get("it"), q.Get("type"); {
	case it != "":
		n, err := wholeNumber(it)
		if err != nil {
			return err
		}
		want.All, want.Span = true, &provider.Span{First: n, Last: n}
	default:
		want.Events = []string{typ}
		if run.far() { // where counting takes reading
			break
		}
		counts, err := v.counts.of(r.Context(), run)
		if err != nil {
			return run.error(err)
		}
		all = counts[typ]
	}
	key := runKey(run) + "\x00" + q.Get("it") + "\x00" + q.Get("type")
	list, behind, err := v.eventsFrom(r.Context(), run, key, want, from)
	if err != nil {
		return run.error(err)
	}
	if all < 0 { // nobody has counted them
		all = int64(from+len(list)) + behind
	}
	send(w, r, http.StatusOK, jsonType, report.EventsJSON(list, all))
	return nil
}

// eventsFrom gives some of the events that are wanted from one number on, and 1 if there are more behind them.
func (v *Viewer) eventsFrom(
	ctx context.Context, run *openRun, key string, want provider.Selection, from int,
) (list []provider.Event, behind int64, err error) {
	place := v.places.before(key, from)
	skip, size := from-place.number, 0
	want.First = place.seq
	for rec, err := range provider.Select(ctx, run.Provider, want) {
		if err != nil {
			return nil, 0, err
		}
		e := rec.(*provider.Event)
		if skip > 0 {
			skip--
			continue
		}
		if len(list) == mostEvents || size > mostEventBytes {
			v.places.add(key, eventPlace{from + len(list), e.Seq})
			return list, 1, nil
		}
		size += len(e.Data)
		list = append(list, *e.Clone().(*provider.Event)) // which keeps none of its neighbours
	}
	return list, 0, nil
}

// mostEventBytes is how much data of events one answer has, about.
const mostEventBytes = 4 << 20

// An eventPlace says which record the event of a number is, among events of a kind.
type eventPlace struct {
	number int
	seq    int64
}

// places knows some of the places where tables of events go on, so that they need not be counted again.
type places struct {
	mu    sync.Mutex
	known map[string][]eventPlace // ascending
	n     int
}

// mostPlaces is how many places are known.
const mostPlaces = 10_000

// before gives the last known place that is not behind a number.
func (p *places) before(key string, number int) (at eventPlace) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.known[key] {
		if x.number <= number {
			at = x
		}
	}
	return at
}

func (p *places) add(key string, at eventPlace) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil || p.n >= mostPlaces {
		p.known, p.n = map[string][]eventPlace{}, 0
	}
	list := p.known[key]
	i, found := slices.BinarySearchFunc(list, at.number, func(x eventPlace, n int) int { return x.number - n })
	if !found {
		p.known[key] = slices.Insert(list, i, at)
		p.n++
	}
}

// runKey names a run in a file that has not changed.
func runKey(run *openRun) string {
	return run.entry.path + "\x00" + run.Summary.RunID + "\x00" + run.mark
}

// A dataHit is a hit as the script of the page shows it.
type dataHit struct {
	Where     string `json:"w"`
	Text      string `json:"t"`
	Count     int    `json:"n"`
	Iteration *int   `json:"i,omitempty"`
	Call      *int64 `json:"q,omitempty"`
	Event     *int64 `json:"e,omitempty"`
	Part      string `json:"k,omitempty"`
	Line      int    `json:"l"`
}

// dataSearch gives the lines of prompts and answers, and the data of events, that have a text.
func (v *Viewer) dataSearch(w http.ResponseWriter, r *http.Request, run *openRun) error {
	query := strings.ToLower(r.URL.Query().Get("q"))
	hits := []*dataHit{}
	if len(query) >= leastQuery {
		var err error
		if hits, err = dataHits(r.Context(), run, query); err != nil {
			return run.error(err)
		}
	}
	text, err := json.Marshal(hits)
	if err != nil {
		return err
	}
	send(w, r, http.StatusOK, jsonType, text)
	return nil
}

func dataHits(ctx context.Context, run *openRun, query string) ([]*dataHit, error) {
	hits := []*dataHit{}
	seen := map[string]*dataHit{} // by part and line
	var records, size int64
	for rec, err := range run.recordsFrom(ctx, 0) {
		if err != nil {
			return nil, err
		}
		if records++; len(hits) > mostHits || records > mostSearched || size > mostSearchBytes {
			break
		}
		switch x := rec.(type) {
		case *provider.Event:
			size += int64(len(x.Data))
			if text, ok := lineAround(string(x.Data), query); ok {
				hits = append(hits, &dataHit{Where: whereIs(x, ""), Text: text, Count: 1, Iteration: &x.Iteration, Event: &x.Seq})
			}
		case *provider.Interaction:
			for _, part := range []struct {
				key, name string
				text      *string
			}{{"s", "system prompt", x.SystemPrompt}, {"u", "user prompt", x.UserPrompt}, {"r", "answer", x.Response}} {
				if part.text == nil {
					continue
				}
				size += int64(len(*part.text))
				n := 0
				for line := range strings.SplitSeq(*part.text, "\n") {
					n++
					text, ok := lineAround(line, query)
					if !ok {
						continue
					}
					if h := seen[part.key+line]; h != nil {
						h.Count++
						continue
					}
					if len(hits) > mostHits {
						break
					}
					h := &dataHit{Where: fmt.Sprintf("iteration %d, %s", x.Iteration, part.name), Text: text, Count: 1,
						Iteration: &x.Iteration, Call: &x.Seq, Part: part.key, Line: n - 1}
					hits, seen[part.key+strings.Clone(line)] = append(hits, h), h
				}
			}
		}
	}
	return hits, nil
}
