package viewer

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/simexp/exparchive/internal/chart"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/diff"
	"github.com/simexp/exparchive/series"
)

// What the page of two runs shows of them.
const (
	mostDifferences = 200
	mostCompared    = 1000 // iterations
	mostOfValue     = 240  // characters of a value
	compareWithin   = 10 * time.Second
)

// usuallyIgnored is what differs between any two runs, and what their differences are shown without unless the address asks
// for another list.
var usuallyIgnored = []string{"run_id", "timestamp", "latency"}

// A comparePage is two runs side by side.
type comparePage struct {
	Runs        [2]comparedRun
	Facts       []comparedFact
	Iterations  []comparedIteration
	Left        int // iterations that are left out
	Chart       string
	Ignored     []ignored
	Differences []difference
	More        bool   // there are more differences
	Partly      string // why not all was compared, in words
	Same        bool   // there is no difference
	Command     string // that compares all
}

type comparedRun struct{ ID, Path, Name, File string }

// A comparedFact is what one column of the list says of both.
type comparedFact struct {
	Title   string
	Values  [2]string
	Differs bool
}

type comparedIteration struct {
	Number int
	Costs  [2]*provider.Cents
	Change string // from the first to the second, in percent
}

type ignored struct {
	Word string
	Is   bool
}

type difference struct {
	Where, Pointer string
	Sort           string
	A, B           string
	PathA, PathB   string // of the records
}

// compared opens the two runs that an address names, which the caller closes.
func (v *Viewer) compared(ctx context.Context, q url.Values) (two [2]*openRun, err error) {
	ids := q["run"]
	if len(ids) != 2 {
		return two, fmt.Errorf("%w: %d runs are marked, want 2 to compare", errAsked, len(ids))
	}
	for i, id := range ids {
		if two[i], err = v.openRun(ctx, id); err != nil {
			closeAll(two[:])
			return two, err
		}
	}
	return two, nil
}

func closeAll(list []*openRun) {
	for _, r := range list {
		if r != nil {
			r.close()
		}
	}
}

func (v *Viewer) comparePage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	two, err := v.compared(r.Context(), q)
	if err != nil {
		return err
	}
	defer closeAll(two[:])
	p := &comparePage{}
	var tables [2]*series.Run
	var summaries [2]runs.Summary
	for i, run := range two {
		err := error(nil)
		if summaries[i], err = runs.Summarize(r.Context(), run.now(), run.Provider); err == nil {
			tables[i], err = series.Read(r.Context(), run.Provider, series.Options{})
		}
		if err != nil {
			return run.error(err)
		}
		summaries[i].File = run.Name
		p.Runs[i] = comparedRun{run.ID, v.runPath(run.ID), summaries[i].RunID, run.Name}
	}
	p.facts(summaries)
	if err := p.iterations(tables); err != nil {
		return err
	}
	p.Chart = "compare.svg?" + url.Values{"run": q["run"]}.Encode()
	p.Command = fmt.Sprintf("exparchive diff %s %s", shellWord(two[0].Name), shellWord(two[1].Name))
	ignore := usuallyIgnored
	if words, ok := q["ignore"]; ok || q.Has("all") {
		ignore = words
	}
	if err := p.differences(r.Context(), v, two, ignore); err != nil {
		return err
	}
	v.write(w, r, http.StatusOK, "compare", frame{Title: "Two runs compared", Crumbs: v.home(), Content: p})
	return nil
}

// facts puts what the list says of the runs side by side, but what neither has.
func (p *comparePage) facts(two [2]runs.Summary) {
	for _, c := range runs.Columns {
		if c.Need&^runs.NeedCounts != 0 {
			continue
		}
		a, hasA := c.Text(two[0])
		b, hasB := c.Text(two[1])
		if hasA || hasB {
			p.Facts = append(p.Facts, comparedFact{c.Title(), [2]string{a, b}, a != b})
		}
	}
}

// iterations puts the totals of the runs side by side.
func (p *comparePage) iterations(two [2]*series.Run) error {
	at := map[int]*comparedIteration{}
	for i, run := range two {
		for rows := range run.ByIteration() {
			total, err := series.Total(rows)
			if err != nil {
				return err
			}
			x := at[rows[0].Iteration]
			if x == nil {
				x = &comparedIteration{Number: rows[0].Iteration}
				at[x.Number] = x
			}
			x.Costs[i] = total
		}
	}
	for _, x := range at {
		x.Change = series.Change(x.Costs[1], x.Costs[0], 1)
		p.Iterations = append(p.Iterations, *x)
	}
	slices.SortFunc(p.Iterations, func(a, b comparedIteration) int { return cmp.Compare(a.Number, b.Number) })
	if n := len(p.Iterations); n > mostCompared {
		p.Iterations, p.Left = p.Iterations[:mostCompared], n-mostCompared
	}
	return nil
}

var errEnough = errors.New("enough")

// differences lists what differs, from the first difference on.
func (p *comparePage) differences(ctx context.Context, v *Viewer, two [2]*openRun, words []string) error {
	ignore, err := diff.ParseIgnore(words)
	if err != nil {
		return fmt.Errorf("%w: ignore: %w", errAsked, err)
	}
	for _, word := range append(slices.Clone(usuallyIgnored), "tokens", "spelling") {
		p.Ignored = append(p.Ignored, ignored{word, slices.Contains(words, word)})
	}
	limited, cancel := context.WithTimeout(ctx, compareWithin)
	defer cancel()
	_, err = diff.Compare(limited, two[0].Provider, two[1].Provider, &diff.Options{Ignore: ignore}, func(d diff.Difference) error {
		if len(p.Differences) == mostDifferences {
			p.More = true
			return errEnough
		}
		p.Differences = append(p.Differences, differenceOf(v, two, d))
		return nil
	})
	var of *diff.RunError
	switch {
	case err == nil:
		p.Same = len(p.Differences) == 0
	case errors.Is(err, errEnough):
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		p.Partly = fmt.Sprintf("The comparison was stopped after %d seconds: there may be more.", compareWithin/time.Second)
	case errors.As(err, &of):
		run := two[0]
		if of.B {
			run = two[1]
		}
		return run.error(of.Err)
	default:
		return err
	}
	return nil
}

func differenceOf(v *Viewer, two [2]*openRun, d diff.Difference) difference {
	x := difference{Pointer: d.Pointer, Sort: strings.ReplaceAll(string(d.Sort), "_", " ")}
	switch {
	case d.Iteration != nil && d.Agent != "":
		x.Where = fmt.Sprintf("iteration %d, %s, %s", *d.Iteration, d.Agent, d.Kind)
	case d.Iteration != nil:
		x.Where = fmt.Sprintf("iteration %d, %s", *d.Iteration, d.Kind)
	default:
		x.Where = d.Kind.String()
	}
	if d.Label != "" {
		x.Where += " " + d.Label
	}
	x.A, x.B = valueText(d.A, d.WithheldA), valueText(d.B, d.WithheldB)
	record := func(run *openRun, seq int64) string {
		if seq < 0 {
			return ""
		}
		return v.runPath(run.ID) + "record/" + strconv.FormatInt(seq, 10)
	}
	x.PathA, x.PathB = record(two[0], d.SeqA), record(two[1], d.SeqB)
	return x
}

// valueText gives a value that differs as people read it, or its beginning.
func valueText(x *diff.Value, withheld *provider.Commitment) string {
	switch {
	case withheld != nil:
		return "withheld"
	case x == nil:
		return ""
	case x.Cents != nil:
		return x.Cents.String()
	}
	text := string(x.JSON)
	switch {
	case x.Text != nil:
		text = *x.Text
	case x.JSON == nil:
		return fmt.Sprintf("%d bytes", len(x.Bytes))
	}
	some, more := clip(text, mostOfValue)
	if more > 0 {
		some += "…"
	}
	return strings.Clone(some)
}

// shellWord gives a name as a shell takes it.
func shellWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./\\:=+,@", r))
	}) && s[0] != '-' {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// compareChart draws what the iterations of two runs cost.
func (v *Viewer) compareChart(w http.ResponseWriter, r *http.Request) error {
	two, err := v.compared(r.Context(), r.URL.Query())
	if err != nil {
		return err
	}
	defer closeAll(two[:])
	panel := chart.Panel{X: "iteration", Y: "total cost ($)", FromZero: true}
	for i, run := range two {
		table, err := series.Read(r.Context(), run.Provider, series.Options{})
		if err != nil {
			return run.error(err)
		}
		line := chart.Line{Name: string(rune('A'+i)) + ": " + table.RunID, Style: i}
		for rows := range table.ByIteration() {
			total, err := series.Total(rows)
			if err != nil {
				return err
			}
			at := chart.Point{X: rows[0].Iteration}
			if total != nil {
				at.Y = big.NewRat(int64(*total), 100)
			}
			line.Points = append(line.Points, at)
		}
		panel.Lines = append(panel.Lines, line)
	}
	figure := chart.Figure{Title: "Total cost of two runs", Millimetres: 150, Panels: []chart.Panel{panel}}
	var svg bytes.Buffer
	if err := figure.Scene().WriteSVG(&svg); err != nil {
		return err
	}
	send(w, r, http.StatusOK, "image/svg+xml", svg.Bytes())
	return nil
}
