package papercmd

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/simexp/exparchive/internal/chart"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

// An agentGroup is some agents of a run that share a panel, in which each has the style of its place.
type agentGroup struct {
	agents []string // sorted
	title  string   // of their panels
}

// agentGroups divides the agents of a run into groups of at most as many as there are styles, of about the same size.
func agentGroups(run *series.Run, title string) (list []agentGroup) {
	found := map[string]bool{}
	for _, r := range run.Rows {
		if r.Agent != "" {
			found[r.Agent] = true
		}
	}
	agents := slices.Sorted(maps.Keys(found))
	n := (len(agents) + chart.Styles - 1) / chart.Styles
	if n < 2 {
		return []agentGroup{{agents, title}}
	}
	for i := range n {
		from, to := i*len(agents)/n, (i+1)*len(agents)/n
		list = append(list, agentGroup{agents[from:to], fmt.Sprintf("%s, agents %d–%d of %d", title, from+1, to,
			len(agents))})
	}
	return list
}

// linesOf makes a line for each agent of a group that has a value; value gives nil where there is a gap. What is of the
// iteration as a whole is "all". Rejected proposals are crosses on the lines.
func linesOf(run *series.Run, g agentGroup, value func(r series.Row) (*big.Rat, error)) (lines []chart.Line,
	crosses []chart.Point, err error) {
	points := map[string][]chart.Point{}
	some := map[string]bool{}
	for rows := range run.ByIteration() {
		for _, agent := range append([]string{""}, g.agents...) {
			at := chart.Point{X: rows[0].Iteration}
			if i := slices.IndexFunc(rows, func(r series.Row) bool { return r.Agent == agent }); i >= 0 {
				if at.Y, err = value(rows[i]); err != nil {
					return nil, nil, err
				}
				if rows[i].Decision == provider.DecisionRejected && at.Y != nil {
					crosses = append(crosses, at)
				}
			}
			points[agent] = append(points[agent], at)
			some[agent] = some[agent] || at.Y != nil
		}
	}
	if some[""] {
		lines = append(lines, chart.Line{Name: "all", Style: chart.Total, Points: points[""]})
	}
	for i, agent := range g.agents {
		if some[agent] {
			lines = append(lines, chart.Line{Name: agent, Style: i, Points: points[agent]})
		}
	}
	return lines, crosses, nil
}

func dollars(c *provider.Cents) *big.Rat {
	if c == nil {
		return nil
	}
	return big.NewRat(int64(*c), 100)
}

// Scales of panels; that of a column is the number of the column.
const (
	scaleOfCosts  = -1
	scaleOfTotals = -2
	scaleOfCounts = -3
)

// scaled gives the panels of all groups, and of all runs, the same axes, and leaves out those that show nothing if
// others do.
func scaled(panels []chart.Panel, scale int) []chart.Panel {
	empty := func(p chart.Panel) bool { return len(p.Lines) == 0 }
	if len(panels) > 1 && slices.ContainsFunc(panels, func(p chart.Panel) bool { return !empty(p) }) {
		panels = slices.DeleteFunc(panels, empty)
	}
	for i := range panels {
		panels[i].Scale = scale
	}
	return panels
}

// costPanels has what each agent cost and what all did, which is a panel of its own where there are several of agents.
func costPanels(run *series.Run, title string) (list []chart.Panel, err error) {
	empty := chart.Panel{Title: title, X: "iteration", Y: "cost ($)", CrossName: "rejected", FromZero: true}
	groups := agentGroups(run, title)
	for _, g := range groups {
		p := empty
		p.Title = g.title
		p.Lines, p.Crosses, err = linesOf(run, g, func(r series.Row) (*big.Rat, error) {
			if r.Agent == "" {
				return nil, nil
			}
			return dollars(r.Cost), nil
		})
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	list = scaled(list, scaleOfCosts)
	total := chart.Line{Name: "total", Style: chart.Total}
	for rows := range run.ByIteration() {
		sum, err := series.Total(rows)
		if err != nil {
			return nil, err
		}
		total.Points = append(total.Points, chart.Point{X: rows[0].Iteration, Y: dollars(sum)})
	}
	switch {
	case len(groups) > 1:
		p := empty
		p.Title, p.Lines, p.Scale = title+", all agents", []chart.Line{total}, scaleOfTotals
		list = slices.Insert(list, 0, p)
	case len(list[0].Lines) > 1:
		list[0].Lines = append(list[0].Lines, total)
	}
	return list, nil
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

// columnPanels has a panel for each column and group of agents.
func columnPanels(run *series.Run, title string) (list []chart.Panel, err error) {
	for i, c := range run.Columns {
		var panels []chart.Panel
		for _, g := range agentGroups(run, title) {
			p := chart.Panel{Title: g.title, X: "iteration", Y: axisName(run, i), CrossName: "rejected"}
			p.Lines, p.Crosses, err = linesOf(run, g, func(r series.Row) (*big.Rat,
				error) {
				return numberIn(c, r, r.Values[i])
			})
			if err != nil {
				return nil, err
			}
			panels = append(panels, p)
		}
		list = append(list, scaled(panels, 1+i)...)
	}
	return list, nil
}

// acceptancePanels has a panel for each agent, since lines of several would lie on each other.
func acceptancePanels(run *series.Run, title string) (list []chart.Panel, err error) {
	for _, g := range agentGroups(run, title) {
		lines, _, err := linesOf(run, g, func(r series.Row) (*big.Rat, error) {
			switch r.Decision {
			case provider.DecisionAccepted:
				return big.NewRat(1, 1), nil
			case provider.DecisionRejected:
				return new(big.Rat), nil
			}
			return nil, nil
		})
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			list = append(list, acceptancePanel(l, title+": "+l.Name))
		}
	}
	if list == nil {
		list = []chart.Panel{acceptancePanel(chart.Line{}, title)}
	}
	return list, nil
}

// acceptancePanel counts up, of a line that is one where a change was accepted and zero where it was rejected.
func acceptancePanel(l chart.Line, title string) chart.Panel {
	accepted, proposed := chart.Line{Name: "accepted", Style: 0}, chart.Line{Name: "proposed", Style: 1}
	var a, p int64
	for _, at := range l.Points {
		if at.Y == nil { // no change was proposed, or what came of it was not recorded
			accepted.Points, proposed.Points = append(accepted.Points, at), append(proposed.Points, at)
			continue
		}
		p++
		a += int64(at.Y.Sign())
		accepted.Points = append(accepted.Points, chart.Point{X: at.X, Y: big.NewRat(a, 1)})
		proposed.Points = append(proposed.Points, chart.Point{X: at.X, Y: big.NewRat(p, 1)})
	}
	panel := chart.Panel{Title: title, X: "iteration", Y: "changes of policy", FromZero: true, Whole: true,
		Scale: scaleOfCounts}
	if p > 0 {
		panel.Lines = []chart.Line{accepted, proposed}
	}
	return panel
}

// spreadPanels has a panel for each column of samples and group of agents: the band from the least to the greatest of
// the samples, and the line of their mean.
func spreadPanels(run *series.Run, title string) (list []chart.Panel, err error) {
	for i, c := range run.Columns {
		var panels []chart.Panel
		for _, g := range agentGroups(run, title) {
			p := chart.Panel{Title: g.title, X: "iteration", Y: axisName(run, i)}
			spans := map[string][]chart.Span{}
			p.Lines, _, err = linesOf(run, g, func(r series.Row) (*big.Rat, error) {
				s, err := spreadIn(c, r, r.Values[i])
				spans[r.Agent] = append(spans[r.Agent], chart.Span{X: r.Iteration, Low: s.low, High: s.high})
				return s.mean, err
			})
			if err != nil {
				return nil, err
			}
			for n, l := range p.Lines {
				agent := l.Name
				if l.Style == chart.Total {
					agent = ""
				}
				p.Lines[n].Name += ", mean"
				p.Bands = append(p.Bands, chart.Band{Name: l.Name + ", least to greatest", Style: l.Style, Spans: spans[agent]})
			}
			panels = append(panels, p)
		}
		list = append(list, scaled(panels, 1+i)...)
	}
	return list, nil
}
