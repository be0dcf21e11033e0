package castro

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// eventsKept is how many events of a day the web sandbox stored.
const eventsKept = 200

// A webFile is a JSON export of a result: an object whose member "days" holds a day an iteration, from 0.
type webFile struct {
	name string // of the file, without its extension
	id   string // name, if unnamed
	text []byte
	days []webDay
	rest json.RawMessage // the other members

	unnamed bool // the export holds no id of the run
}

// A webDay is one day of an export.
type webDay struct {
	number int
	text   json.RawMessage
}

// openWeb reads the export at path.
func openWeb(path string, limit int64) (*webFile, error) {
	text, err := fileerr.ReadAtMost(path, limit)
	if errors.Is(err, fileerr.ErrLonger) {
		err = fmt.Errorf("JSON %w", err)
	}
	if err != nil {
		return nil, err
	}
	return readWeb(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), text)
}

// exportHead is how many bytes of a file IsExport reads at most.
const exportHead = 1 << 20

// IsExport reports whether the file at path begins like a JSON export of the web sandbox: with an object, a member of
// which is a list named days. What follows may be broken, and what cannot be read is no export.
func IsExport(path string) bool {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() { // opening a pipe could wait for ever
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return BeginsExport(io.LimitReader(f, exportHead))
}

// BeginsExport is [IsExport] for what is read from somewhere, as far as that goes.
func BeginsExport(from io.Reader) bool {
	r := bufio.NewReader(from)
	if mark, _ := r.Peek(3); string(mark) == "\ufeff" {
		r.Discard(3)
	}
	d := json.NewDecoder(r)
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return false
		}
		if name == "days" {
			t, err := d.Token()
			return err == nil && t == json.Delim('[')
		}
		if err := d.Decode(new(json.RawMessage)); err != nil {
			return false
		}
	}
	return false
}

func readWeb(name string, text []byte) (*webFile, error) {
	text = jsontext.Trim(bytes.TrimPrefix(text, []byte("\ufeff")))
	if err := jsontext.Check(text); err != nil {
		return nil, err
	}
	w := &webFile{name: name, text: text}
	var rest object
	var days json.RawMessage
	err := jsontext.Members(text, func(name string, value []byte) error {
		switch name {
		case "days":
			days = value
		case "experiment_id":
			if s, ok := stringOf(value); ok && s != "" {
				w.id = s
				return nil
			}
			fallthrough
		default:
			rest.add(name, value)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if w.id == "" {
		w.id, w.unnamed = name, true
	}
	w.rest = rest.json()
	if len(days) == 0 || days[0] != '[' {
		return nil, fmt.Errorf("%w: JSON without a list of days, which a result of the web sandbox has", ErrForeign)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(days, &list); err != nil {
		return nil, err
	}
	seen := map[int]bool{}
	for i, day := range list {
		if len(day) == 0 || day[0] != '{' {
			return nil, fmt.Errorf("%w: element %d of days is no object", ErrForeign, i)
		}
		number := member(day, "day")
		n, err := strconv.Atoi(string(number))
		if err != nil || n < 0 || n > provider.MaxIteration || number[0] == '-' {
			return nil, fmt.Errorf("%w: element %d of days has the number %s, want an integer from 0", ErrForeign, i,
				shorten(string(number)))
		}
		if seen[n] {
			return nil, fmt.Errorf("day %d stands twice in days", n)
		}
		seen[n] = true
		w.days = append(w.days, webDay{n, day})
	}
	return w, nil
}

func (w *webFile) status() string {
	s, _ := stringOf(member(w.text, "status"))
	return s
}

func (w *webFile) runs(context.Context) ([]RunInfo, error) {
	created, _ := stringOf(member(w.text, "created_at"))
	return []RunInfo{{ID: w.id, Name: w.name, Type: "web", Generation: string(generationWeb), Status: endOf(w.status()),
		CreatedAt: created}}, nil
}

func (w *webFile) build(b *builder, _ string) error {
	info, _ := w.runs(b.ctx)
	b.start = provider.Start{RunID: w.id, Name: w.name, Type: "web", Config: w.rest, CreatedAt: info[0].CreatedAt}
	if err := b.start.Validate(); err != nil {
		return err
	}
	if w.unnamed {
		b.note(noteDerived, "/run_id", "the run id is the name of the file; the export does not hold one")
	}
	b.note(noteDerived, "/experiment_name", "the experiment's name is that of the file; the export does not hold one")
	var days []webCosts
	missing := 0
	for _, d := range w.days {
		it := &provider.Iteration{Number: d.number, Costs: map[string]provider.Cents{},
			Policies: map[string]json.RawMessage{}}
		var rest object
		sum := webCosts{day: d.number, complete: true}
		place := fmt.Sprintf("day %d", d.number)
		err := jsontext.Members(d.text, func(name string, value []byte) error {
			switch name {
			case "day":
			case "policies":
				policies, err := provider.ParsePolicies(value)
				if err != nil {
					return fmt.Errorf("%s: policies: %w", place, err)
				}
				it.Policies = policies
			case "per_agent_costs":
				costs, err := provider.ParseCosts(value)
				if err != nil && !b.lenient {
					return fmt.Errorf("%s: per_agent_costs: %w", place, err)
				}
				if err != nil { // those that are whole cents stay
					sum.complete = false
					b.note(noteLeftOut, iterationSubject(d.number, "costs_per_agent"), "%s: per_agent_costs: %v", place, err)
					rest.add(name, value)
					costs = map[string]provider.Cents{}
					_ = jsontext.Members(value, func(agent string, cost []byte) error {
						if c := centsOf(cost); c != nil && provider.CheckName(agent) == nil {
							costs[agent] = *c
						}
						return nil
					})
				}
				it.Costs = costs
			default:
				if name == "total_cost" && !jsontext.IsNull(value) {
					sum.recorded, sum.total = true, centsOf(value)
				}
				rest.add(name, value)
			}
			return nil
		})
		if err != nil {
			return err
		}
		var list []json.RawMessage
		if events := member(d.text, "events"); events != nil {
			_ = json.Unmarshal(events, &list) // what is no list holds no events
		}
		if count := centsOf(member(d.text, "event_count")); count != nil && int64(*count) > int64(len(list)) {
			missing++
		}
		event := &provider.Event{Iteration: d.number, Type: "day", Data: rest.json()}
		for _, r := range []provider.Record{event, it} {
			if err := r.Validate(); err != nil {
				return fmt.Errorf("%s: %w", place, err)
			}
			b.records = append(b.records, r)
		}
		sum.costs = it.Costs
		days = append(days, sum)
	}
	totals := b.dayTotals(days)
	if missing > 0 {
		b.note(noteDoubtful, aboutIterations, "in %d of %d days the export holds fewer events than event_count says were counted", missing, len(w.days))
	}
	if quality, ok := stringOf(member(w.text, "quality")); ok && quality != "clean" {
		b.note(noteDoubtful, "/config/quality", "the export marks its quality as %q", quality)
	}
	result := &provider.Result{}
	result.CompletedAt, _ = stringOf(member(w.text, "completed_at"))
	if endOf(w.status()) != provider.StatusUnfinished {
		b.webResult(totals, result)
	}
	b.ended(w.status(), result)
	return b.err
}

// webCosts are what is recorded of the costs of a day.
type webCosts struct {
	day      int
	costs    map[string]provider.Cents
	complete bool            // no cost of an agent was left out
	recorded bool            // there is a total
	total    *provider.Cents // which is nil if it is not whole cents
}

// dayTotals gives the total costs of the days, and notes where one is not the sum over the agents.
func (b *builder) dayTotals(days []webCosts) (all totals) {
	agents := map[string]bool{}
	for _, d := range days {
		for agent := range d.costs {
			agents[agent] = true
		}
	}
	for _, d := range days {
		t := total{d.day, nil}
		switch {
		case d.recorded:
			t.cents = d.total
		case d.complete:
			t.cents = sumOf(d.costs, agents)
		}
		if sum := sumOf(d.costs, nil); d.complete && sum != nil && t.cents != nil && *sum != *t.cents {
			b.note(noteDoubtful, iterationSubject(d.day, "costs_per_agent"),
				"day %d: the costs of the agents add up to %d cents, total_cost is %d", d.day, int64(*sum), int64(*t.cents))
		}
		all = append(all, t)
	}
	return all
}

func (b *builder) webResult(days totals, result *provider.Result) {
	last, lowest := days.last(), days.lowest()
	result.FinalCost, result.BestCost = b.derive("final cost", "day", last), b.derive("best cost", "day", lowest)
	if result.FinalCost != nil {
		b.note(noteDerived, "/final_cost", "final cost: the total of the last day, %d", last.iteration)
	}
	if result.BestCost != nil {
		b.note(noteDerived, "/best_cost", "best cost: the lowest total, that of day %d", lowest.iteration)
	}
}

// webTables reads the table days of a database of the web sandbox, which holds one run and not its end.
type webTables struct {
	t    *tables
	path string
}

func (w *webTables) name() string {
	base := filepath.Base(w.path)
	if name := strings.TrimSuffix(base, filepath.Ext(base)); name != "" {
		return name
	}
	return base
}

func (w *webTables) runs(ctx context.Context) ([]RunInfo, error) {
	created, days := "", 0
	err := w.t[webDays].each(ctx, "", nil, func(r *row) error {
		days++
		if at := r.text("created_at"); created == "" || at < created {
			created = at
		}
		return nil
	})
	if err != nil || days == 0 {
		return nil, err
	}
	return []RunInfo{{ID: w.name(), Name: w.name(), Type: "web", Generation: string(generationWeb),
		Status: provider.StatusUnfinished, CreatedAt: created}}, nil
}

func (w *webTables) build(b *builder, id string) error {
	w = &webTables{b.tables(w.t), w.path}
	b.start = provider.Start{RunID: id, Name: id, Type: "web"}
	b.note(noteDerived, "/run_id", "the run id is the name of the file; the database does not hold one")
	b.note(noteDerived, "/experiment_name", "the experiment's name is that of the file; the database does not hold one")
	b.note(noteDoubtful, aboutStatus, "the database does not say whether the run came to its end")
	var all []placed
	var sums []webCosts
	days, cut := 0, 0
	err := w.t[webDays].each(b.ctx, "", nil, func(r *row) error {
		n, ok := b.iteration(r, "day")
		if !ok {
			return b.err
		}
		days++
		r.about = aboutIteration(n)
		time := b.str(r, "created_at")
		costs, complete := b.costs(r, n, "per_agent_costs")
		it := &provider.Iteration{Number: n, Costs: costs, Policies: b.policies(r, n), Timestamp: time}
		if total, ok := r.raw("total_cost").(int64); ok {
			sums = append(sums, webCosts{n, costs, complete, true, new(provider.Cents(total))})
		}
		var events []json.RawMessage
		if json.Unmarshal([]byte(r.text("events")), &events) == nil && len(events) == eventsKept {
			cut++
		}
		event := &provider.Event{Iteration: n, Type: "day", Timestamp: time, Data: b.payload(r)}
		for i, record := range []provider.Record{event, it} {
			if b.valid(r, record) {
				all = append(all, placed{record, n, "", 2 * i})
			}
		}
		return b.err
	})
	if err != nil {
		return err
	}
	b.dayTotals(sums)
	if cut > 0 {
		b.note(noteDoubtful, aboutIterations, "%d of %d days hold exactly %d events: the sandbox kept no more", cut, days,
			eventsKept)
	}
	err = w.t[webPrompts].each(b.ctx, "", nil, func(r *row) error {
		n, ok := b.iteration(r, "day_num")
		if !ok {
			return b.err
		}
		event := &provider.Event{Iteration: n, Type: "optimization_prompt", Data: b.payload(r)}
		if b.valid(r, event) {
			all = append(all, placed{event, n, "", 1})
		}
		return b.err
	})
	if err != nil {
		return err
	}
	inOrder(all)
	b.records = recordsOf(all)
	if created := slices.IndexFunc(all, func(p placed) bool {
		_,
			ok := p.record.(*provider.Event)
		return ok
	}); created >= 0 {
		b.start.CreatedAt = all[created].record.(*provider.Event).Timestamp
		b.note(noteDerived, "/created_at", "the start of the run is the time of its first day")
	}
	return errors.Join(b.err, b.start.Validate())
}
