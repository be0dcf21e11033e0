package papercmd

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/decimal"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/internal/tabular"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

// A key is one of the things that tell groups of runs apart.
type key struct {
	name string // as --group-by has it
	of   func(outcome) tabular.Cell

	column  series.Column // of the configuration
	found   bool          // a run has it
	unknown error         // of the first run
}

// groupKeys reads the values of --group-by.
func groupKeys(texts []string) (keys []key, err error) {
	for _, by := range texts {
		if slices.ContainsFunc(keys, func(k key) bool { return k.name == by }) {
			return nil, cli.Usagef("--group-by %s is there twice", by)
		}
		k := key{name: by}
		switch pointer, ok := strings.CutPrefix(by, "config:"); {
		case by == "experiment":
			k.of, k.found = func(x outcome) tabular.Cell { return text(x.Name) }, true
		case by == "type":
			k.of, k.found = func(x outcome) tabular.Cell { return text(x.Type) }, true
		case ok:
			p, err := series.ParsePointer(pointer)
			if err != nil {
				return nil, cli.Usagef("--group-by: %w", err)
			}
			k.column = series.Column{Name: by, Source: series.SourceConfig, Pointer: p}
			k.of = func(x outcome) tabular.Cell {
				if len(x.Config) == 0 {
					return tabular.Cell{}
				}
				return keyCell(p.In(x.Config, ""))
			}
		default:
			return nil, cli.Usagef("--group-by %q, want experiment, type or config:/POINTER", by)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// keyCell is a value that tells groups apart. A text that people could take for a number or another value of JSON stands
// in quotes.
func keyCell(v series.Value) tabular.Cell {
	c := tabular.Cell{Value: v}
	if text, err := jsontext.Unquote(v); len(v) > 0 && v[0] == '"' && err == nil && json.Valid([]byte(text)) {
		c.Text = string(v)
	}
	return c
}

// sameness is the same text for the same values: numbers, however they are written, and others but for spacing.
func sameness(v series.Value) string {
	if x := numeric(v); x != nil {
		return x.RatString()
	}
	var b bytes.Buffer
	if json.Compact(&b, v) != nil {
		return string(v) // which is absent
	}
	return b.String()
}

// seeKeys takes note of the keys that a run has.
func seeKeys(ctx context.Context, keys []key, p provider.Provider, run *series.Run) error {
	for i := range keys {
		k := &keys[i]
		if k.found = k.found || k.of(outcome{Run: run}).Value != nil; !k.found && k.unknown == nil {
			k.unknown = series.Unknown(ctx, p, k.column)
		}
	}
	return ctx.Err()
}

// missingKeys reports a key that no run has.
func missingKeys(keys []key) error {
	for _, k := range keys {
		if !k.found {
			return fmt.Errorf("--group-by: %w", k.unknown)
		}
	}
	return nil
}

// A group is the runs that have the same keys.
type group struct {
	keys []tabular.Cell
	runs []outcome
}

// groupsOf puts runs together, in the order of their keys.
func groupsOf(all []outcome, keys []key) (groups []*group) {
	by := map[string]*group{}
	for _, x := range all {
		var cells []tabular.Cell
		var id []string
		for _, k := range keys {
			c := k.of(x)
			cells, id = append(cells, c), append(id, sameness(c.Value))
		}
		g := by[strings.Join(id, "\x00")] // which no JSON text has
		if g == nil {
			g = &group{keys: cells}
			by[strings.Join(id, "\x00")] = g
			groups = append(groups, g)
		}
		g.runs = append(g.runs, x)
	}
	slices.SortStableFunc(groups, func(a, b *group) int {
		for i := range keys {
			x, y := a.keys[i], b.keys[i]
			if order := cmp.Or(compareCells(x, y), strings.Compare(string(x.Value), string(y.Value))); order != 0 {
				return order
			}
		}
		return 0
	})
	return groups
}

// A tally counts iterations of runs, and how many converged.
type tally struct {
	converged, known int // of so many it was recorded whether they did
	sum              int // of iterations
	least, greatest  int
	runs             int
}

func tallyOf(all []outcome) tally {
	t := tally{runs: len(all)}
	for i, x := range all {
		if c := converged(x.Run); c != nil {
			t.known++
			if *c {
				t.converged++
			}
		}
		n := x.Iterations
		t.sum += n
		if i == 0 {
			t.least = n
		}
		t.least, t.greatest = min(t.least, n), max(t.greatest, n)
	}
	return t
}

// mean gives the mean number of iterations.
func (t tally) mean(places int) string {
	return decimal.Format(big.NewRat(int64(t.sum), int64(t.runs)), places)
}

// rate gives how many of the runs converged, in percent of those of which it is known.
func (t tally) rate(places int) tabular.Cell {
	if t.known == 0 {
		return tabular.Cell{}
	}
	rate := decimal.Format(big.NewRat(100*int64(t.converged), int64(t.known)), places)
	return tabular.Cell{Value: []byte(rate), Text: rate + " %"}
}

// groupTable has a row for each group of runs.
func (o *runOptions) groupTable(all []outcome, keys []key, compared bool) *tabular.Table {
	t := &tabular.Table{}
	for _, k := range keys {
		t.Columns = append(t.Columns, tabular.Column{Name: k.name, Given: true})
	}
	t.Columns = append(t.Columns, groupColumns...)
	t.Columns[len(t.Columns)-3].Title = "mean " + o.cost + " cost (derived)"
	if compared {
		t.Columns = append(t.Columns, tabular.Column{Name: "change_percent", Title: "change", Number: true})
	}
	groups := groupsOf(all, keys)
	for _, g := range groups {
		var costs []*provider.Cents
		for _, x := range g.runs {
			costs = append(costs, x.cost)
		}
		n, s := tallyOf(g.runs), series.SpreadOf(costs)
		row := append(slices.Clone(g.keys), number(n.runs), number(n.converged), number(n.known), n.rate(o.places),
			tabular.Cell{Value: []byte(n.mean(o.places))}, number(n.least), number(n.greatest),
			number(s.N), money(s.Mean), money(s.Least), money(s.Most))
		if compared {
			row = append(row, percent(series.Change(s.Mean, baseOf(g.runs), o.places)))
		}
		t.Rows = append(t.Rows, row)
	}
	eachColumn(o.parsed, all, func(i int, agent string) {
		for _, what := range []string{" mean", " min", " max", " n"} {
			h := head(o.parsed[i], agent)
			if h.Name += what; h.Title != "" {
				h.Title += what
			}
			h.Derived = h.Derived && what != " n"
			t.Columns = append(t.Columns, h)
		}
		for k, g := range groups {
			var cells []tabular.Cell
			for _, x := range g.runs {
				cells = append(cells, x.last[i][agent])
			}
			mean, least, most, n := numbersOf(cells, o.columnPlaces)
			if o.parsed[i].Money() && mean.Value != nil {
				mean.Text = series.Dollars(mean.Value)
			}
			t.Rows[k] = append(t.Rows[k], mean, least, most, number(n))
		}
	})
	return t
}

// groupColumns follow the keys of a group.
var groupColumns = []tabular.Column{
	{Name: "num_runs", Title: "runs", Number: true}, {Name: "num_converged", Title: "converged", Number: true},
	{Name: "num_known", Title: "of", Number: true}, {Name: "converged_percent", Title: "rate", Number: true},
	{Name: "mean_iterations", Title: "mean iterations", Number: true},
	{Name: "min_iterations", Title: "least", Number: true},
	{Name: "max_iterations", Title: "greatest", Number: true}, {Name: "num_costs", Title: "costs", Number: true},
	{Name: "mean_cost_cents", Number: true}, {Name: "min_cost_cents", Title: "least cost", Number: true},
	{Name: "max_cost_cents", Title: "greatest cost", Number: true},
}

// baseOf gives the cost of the run with which all of a group are compared; nil if they are compared with several.
func baseOf(all []outcome) *provider.Cents {
	for _, x := range all {
		if x.Base != all[0].Base {
			return nil
		}
	}
	return all[0].base
}
