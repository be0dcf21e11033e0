package papercmd

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/simexp/exparchive/internal/chart"
	"github.com/simexp/exparchive/internal/decimal"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

// linesOf makes a line for each agent; value gives nil where there is a gap. What is of the iteration as a whole is "all".
// Rejected proposals are crosses on it.
func linesOf(run *series.Run, value func(r series.Row) *big.Rat) (lines []chart.Line, crosses []chart.Point) {
	agents := map[string]bool{}
	for _, r := range run.Rows {
		if value(r) != nil {
			agents[r.Agent] = true
		}
	}
	names := slices.Sorted(maps.Keys(agents))
	place := map[string]int{}
	for _, a := range names {
		place[a] = len(lines)
		line := chart.Line{Name: a, Style: len(lines)}
		if agents[""] {
			line.Style--
		}
		if a == "" {
			line.Name, line.Style = "all", chart.Total
		}
		lines = append(lines, line)
	}
	for rows := range run.ByIteration() {
		for i := range lines {
			lines[i].Points = append(lines[i].Points, chart.Point{X: rows[0].Iteration})
		}
		for _, r := range rows {
			i, ok := place[r.Agent]
			if !ok {
				continue
			}
			last := &lines[i].Points[len(lines[i].Points)-1]
			last.Y = value(r)
			if r.Accepted != nil && !*r.Accepted && last.Y != nil {
				crosses = append(crosses, *last)
			}
		}
	}
	return lines, crosses
}

func dollars(c *provider.Cents) *big.Rat {
	if c == nil {
		return nil
	}
	return big.NewRat(int64(*c), 100)
}

func costPanel(run *series.Run, title string) (chart.Panel, error) {
	p := chart.Panel{Title: title, X: "iteration", Y: "cost ($)", CrossName: "rejected", FromZero: true}
	p.Lines, p.Crosses = linesOf(run, func(r series.Row) *big.Rat {
		if r.Agent == "" {
			return nil
		}
		return dollars(r.Cost)
	})
	if len(p.Lines) < 2 {
		return p, nil
	}
	total := chart.Line{Name: "total", Style: chart.Total}
	for rows := range run.ByIteration() {
		sum, err := series.Total(rows)
		if err != nil {
			return p, err
		}
		total.Points = append(total.Points, chart.Point{X: rows[0].Iteration, Y: dollars(sum)})
	}
	p.Lines = append(p.Lines, total)
	return p, nil
}

// axisName names the axis of a column, and says what of it was not recorded.
func axisName(run *series.Run, i int) string {
	c := run.Columns[i]
	name := c.Heading()
	if c.Money() {
		name += " ($)"
	}
	if c.Derived() {
		name += ", computed"
	}
	if slices.ContainsFunc(run.Rows, func(r series.Row) bool { return r.Defaulted != nil && r.Defaulted[i] }) {
		if c.Default != nil {
			return name + fmt.Sprintf(", %s where not recorded", c.Default)
		}
		name += ", with defaults"
	}
	return name
}

func columnPanels(run *series.Run, title string) (list []chart.Panel) {
	for i, c := range run.Columns {
		p := chart.Panel{Title: title, X: "iteration", Y: axisName(run, i), CrossName: "rejected"}
		p.Lines, p.Crosses = linesOf(run, func(r series.Row) *big.Rat {
			if n, ok := cents(c, r.Values[i]); ok {
				return dollars(&n)
			}
			n, err := decimal.Parse(string(r.Values[i]))
			if err != nil {
				return nil // not a number
			}
			return n
		})
		list = append(list, p)
	}
	return list
}

// acceptancePanels has a panel for each agent, since lines of several would lie on each other.
func acceptancePanels(run *series.Run, title string) (list []chart.Panel) {
	lines, _ := linesOf(run, func(r series.Row) *big.Rat {
		switch {
		case r.Accepted == nil:
			return nil
		case *r.Accepted:
			return big.NewRat(1, 1)
		}
		return new(big.Rat)
	})
	for _, l := range lines {
		accepted, proposed := chart.Line{Name: "accepted", Style: 0}, chart.Line{Name: "proposed", Style: 1}
		var a, p int64
		for _, at := range l.Points {
			if at.Y == nil { // none was proposed, or it was not recorded
				accepted.Points, proposed.Points = append(accepted.Points, at), append(proposed.Points, at)
				continue
			}
			p++
			a += int64(at.Y.Sign())
			accepted.Points = append(accepted.Points, chart.Point{X: at.X, Y: big.NewRat(a, 1)})
			proposed.Points = append(proposed.Points, chart.Point{X: at.X, Y: big.NewRat(p, 1)})
		}
		list = append(list, chart.Panel{Title: title + ": " + l.Name, X: "iteration", Y: "changes of policy",
			Lines: []chart.Line{accepted, proposed}, FromZero: true, Whole: true})
	}
	if list == nil {
		list = []chart.Panel{{Title: title, X: "iteration", Y: "changes of policy", FromZero: true, Whole: true}}
	}
	return list
}

func spreadPanels(run *series.Run, title string) (list []chart.Panel) {
	for i := range run.Columns {
		p := chart.Panel{Title: title, X: "iteration", Y: axisName(run, i)}
		p.Lines, _ = linesOf(run, func(r series.Row) *big.Rat { _, mean, _ := spreadOf(r.Values[i]); return mean })
		for n, l := range p.Lines {
			b := chart.Band{Name: l.Name + ", least to greatest", Style: l.Style}
			p.Lines[n].Name += ", mean"
			for _, r := range run.Rows {
				if r.Agent == l.Name || r.Agent == "" && l.Style == chart.Total {
					low, _, high := spreadOf(r.Values[i])
					b.Spans = append(b.Spans, chart.Span{X: r.Iteration, Low: low, High: high})
				}
			}
			p.Bands = append(p.Bands, b)
		}
		list = append(list, p)
	}
	return list
}

// spreadOf gives the least, mean and greatest of an array of numbers; nil if it is anything else or empty.
func spreadOf(v series.Value) (low, mean, high *big.Rat) {
	var texts []json.RawMessage
	if json.Unmarshal(v, &texts) != nil || len(texts) == 0 {
		return nil, nil, nil
	}
	sum := new(big.Rat)
	for _, text := range texts {
		n, err := decimal.Parse(string(text))
		if err != nil {
			return nil, nil, nil
		}
		sum.Add(sum, n)
		if low == nil || n.Cmp(low) < 0 {
			low = n
		}
		if high == nil || n.Cmp(high) > 0 {
			high = n
		}
	}
	return low, sum.Quo(sum, big.NewRat(int64(len(texts)), 1)), high
}
