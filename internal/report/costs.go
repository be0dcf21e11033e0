package report

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/decimal"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

// A track is a number that is followed over the iterations: a column, or a parameter of policies.
type track struct {
	name   string
	money  bool
	agents map[string]*values // under the empty name those of the iteration as a whole
}

// values are JSON numbers by the number of their iteration.
type values struct{ force, proposed map[int]json.RawMessage }

func (t *track) of(agent string) *values {
	v := t.agents[agent]
	if v == nil {
		v = &values{map[int]json.RawMessage{}, map[int]json.RawMessage{}}
		t.agents[agent] = v
	}
	return v
}

// readColumns reads the columns that were asked for.
func (b *builder) readColumns(ctx context.Context, p provider.Provider) ([]track, error) {
	if len(b.o.Columns) == 0 {
		return nil, nil
	}
	run, err := series.Of(ctx, p, b.o.Columns)
	if err != nil {
		return nil, err
	}
	var tracks []track
	for i, c := range b.o.Columns {
		if !run.Has(i) && c.Default == nil {
			return nil, series.Unknown(ctx, p, c)
		}
		t := track{name: c.Heading(), money: c.Money(), agents: map[string]*values{}}
		for _, row := range run.Rows {
			v := row.Values[i]
			if v == nil {
				continue
			}
			if _, err := decimal.Parse(string(v)); err != nil {
				return nil, fmt.Errorf("column %s: iteration %d has %.80s, want a number", c.Name, row.Iteration, v)
			}
			t.of(row.Agent).force[row.Iteration] = slices.Clone(v)
		}
		tracks = append(tracks, t)
	}
	return tracks, nil
}

const (
	maxParameters = 6
	maxPointers   = 2000 // into policies, that are looked at
)

// parameters gives the numbers in policies that change most.
func (l *list) parameters() []track {
	tracks := map[string]*track{}
	var order []string
	collect := func(policy json.RawMessage, agent string, n int, proposal bool) {
		numbersIn(policy, "", 0, func(pointer string, value []byte) {
			t := tracks[pointer]
			if t == nil {
				if len(tracks) == maxPointers {
					return
				}
				t = &track{name: pointer, agents: map[string]*values{}}
				tracks[pointer] = t
				order = append(order, pointer)
			}
			if v := t.of(agent); proposal {
				v.proposed[n] = value
			} else {
				v.force[n] = value
			}
		})
	}
	for i, it := range l.its {
		for _, agent := range l.agents {
			s := it.steps[agent]
			collect(s.Policy, agent, l.numbers[i], false)
			collect(s.Proposed, agent, l.numbers[i], true)
		}
	}
	changes := map[string]int{}
	for pointer, t := range tracks {
		for _, v := range t.agents {
			var before json.RawMessage
			for _, n := range l.numbers {
				now, next := v.force[n], v.proposed[n]
				if now != nil && before != nil && string(now) != string(before) {
					changes[pointer]++
				}
				if now != nil && next != nil && string(now) != string(next) {
					changes[pointer]++
				}
				if now != nil {
					before = now
				}
			}
		}
	}
	slices.SortStableFunc(order, func(x, y string) int {
		return cmp.Or(-cmp.Compare(changes[x], changes[y]), cmp.Compare(x, y))
	})
	var chosen []track
	for _, pointer := range order {
		if changes[pointer] > 0 && len(chosen) < maxParameters {
			chosen = append(chosen, *tracks[pointer])
		}
	}
	return chosen
}

// numbersIn calls f with each number in a JSON value and the pointer to it.
func numbersIn(value []byte, at string, depth int, f func(pointer string, value []byte)) {
	if len(value) == 0 || depth > maxNested {
		return
	}
	switch c := value[0]; {
	case c == '-' || '0' <= c && c <= '9':
		if _, err := decimal.Parse(string(value)); err == nil {
			f(at, value)
		}
	case c == '{':
		_ = jsontext.Members(value, func(name string, v []byte) error {
			numbersIn(v, at+"/"+jsontext.EscapePointer(name), depth+1, f)
			return nil
		})
	case c == '[':
		var list []json.RawMessage
		if json.Unmarshal(value, &list) == nil {
			for i, v := range list {
				numbersIn(v, at+"/"+strconv.Itoa(i), depth+1, f)
			}
		}
	}
}

// likeScales is up to how many times as much an agent may cost as another to be drawn to one scale with it.
const likeScales = 10

// logFrom is from what ratio of the largest to the smallest cost on a scale is logarithmic.
const logFrom = 200

func (b *builder) costs(l *list, tracks []track) Costs {
	c := Costs{Decided: l.decided}
	if tracks == nil {
		tracks = l.parameters()
	}
	for i, t := range tracks {
		c.Parameters = append(c.Parameters, Parameter{ID: fmt.Sprintf("p%d", i), Name: Text(t.name)})
	}
	p := painter{list: l, x: xAxis{l.numbers}, tracks: tracks, read: map[string]map[string][]string{}}
	agents := slices.DeleteFunc(slices.Clone(l.agents), func(a string) bool { return a == "" })
	if len(agents) > maxAgents {
		c.LeftOut = fmt.Sprintf("The charts show the first %d of %d agents.", maxAgents, len(agents))
		agents = agents[:maxAgents]
	}
	p.scales(agents, &c)
	c.Total = p.total(agents)
	for i, agent := range agents {
		c.Agents = append(c.Agents, p.agent(i, agent))
	}
	b.run.data.read = p.read
	return c
}

// A painter makes panels.
type painter struct {
	list   *list
	x      xAxis
	tracks []track
	sum    costScale
	each   map[string]costScale // of agents
	read   map[string]map[string][]string
}

// A costScale is the range of costs of a chart.
type costScale struct {
	most, least provider.Cents // what there is
	any, log    bool
}

func (s *costScale) add(c *provider.Cents) {
	if c == nil {
		return
	}
	if !s.any || *c > s.most {
		s.most = *c
	}
	if !s.any || *c < s.least {
		s.least = *c
	}
	s.any = true
}

// settle decides how the costs of some lines are drawn.
func settle(lines [][]*provider.Cents) (s costScale) {
	var small provider.Cents
	for _, line := range lines {
		for _, c := range line {
			s.add(c)
			if c != nil && *c > 0 && (small == 0 || *c < small) {
				small = *c
			}
		}
	}
	s.log = s.least >= 0 && small > 0 && s.most/small >= logFrom
	return s
}

func (l *list) line(agent string) (line []*provider.Cents) {
	for _, it := range l.its {
		line = append(line, it.cost(agent))
	}
	return line
}

func (p *painter) scales(agents []string, c *Costs) {
	p.sum = settle([][]*provider.Cents{p.list.totals})
	p.each = map[string]costScale{}
	var lines [][]*provider.Cents
	var most, least provider.Cents
	first := true
	for _, agent := range agents {
		line := p.list.line(agent)
		s := settle([][]*provider.Cents{line})
		p.each[agent] = s
		if lines = append(lines, line); !s.any {
			continue
		}
		if first || s.most > most {
			most = s.most
		}
		if first || s.most < least {
			least = s.most
		}
		first = false
	}
	if first {
		return
	}
	if least > 0 && most/least < likeScales {
		one := settle(lines)
		for _, agent := range agents {
			p.each[agent] = one
		}
		c.Legend = append(c.Legend, "All agents on one scale")
	} else if len(agents) > 1 {
		c.Legend = append(c.Legend, "Each agent on a scale of its own")
	}
	log := p.sum.log
	for _, s := range p.each {
		log = log || s.log
	}
	if log {
		c.Legend = append(c.Legend, "Logarithmic scales where the largest cost is over 200 times the smallest")
	}
}

// scale gives the scale of costs between two heights.
func (s costScale) scale(top, bottom int) scale {
	low, high := min(s.least, 0), max(s.most, 0)
	if s.log {
		small := s.least
		if small <= 0 {
			small = 1
		}
		return scale{low: centsRat(small), high: centsRat(s.most), top: top, bottom: bottom, log: true}
	}
	if low == high {
		high = low + 1
	}
	return scale{low: centsRat(low), high: centsRat(high), top: top, bottom: bottom}
}

func (p *painter) total(agents []string) Panel {
	v := Panel{ID: "t"}
	p.read["t"] = map[string][]string{}
	below := p.below("", "t")
	strip := p.list.decided && len(agents) > 0
	v.Cost = p.cost("t", "Total cost", p.list.totals, p.sum, func(int) (string, string) { return "none", "" },
		!strip && len(below) == 0)
	v.Below = below
	if strip {
		v.Strip = p.strip(agents)
	}
	return v
}

func (p *painter) agent(i int, agent string) Panel {
	id := fmt.Sprintf("a%d", i)
	v := Panel{ID: id, Agent: Text(agent), Key: p.list.keys[agent]}
	p.read[id] = map[string][]string{}
	v.Below = p.below(agent, id)
	v.Cost = p.cost(id, "Cost of "+Text(agent).String(), p.list.line(agent), p.each[agent], func(i int) (string, string) {
		s := stateOf(p.list.its[i].steps[agent])
		return s.Class, s.Word
	}, len(v.Below) == 0)
	return v
}

// cost draws a line of costs, with the sign of what was decided at each.
func (p *painter) cost(id, name string, line []*provider.Cents, s costScale, state func(i int) (class, word string),
	axis bool) Chart {
	const top, bottom = 80, 960
	c := Chart{Height: 104, X: p.x.step()}
	d := drawing{many: len(line) > maxTitled}
	sc := s.scale(top, bottom)
	read := make([]string, len(line))
	along := ""
	var own costScale
	first, last, open := -1, -1, false
	p.gaps(&d, top, bottom, func(i int) bool { return line[i] == nil && p.list.its[i].held("costs_per_agent") != "" })
	for i, v := range line {
		if v == nil {
			open = false
			read[i] = "–"
			if p.list.its[i].held("costs_per_agent") != "" {
				read[i] = "withheld"
			}
			continue
		}
		own.add(v)
		read[i] = money(*v)
		verb := "L"
		if !open || !p.x.follows(i) {
			verb = "M"
		}
		along += verb + tenths(p.x.at(i)) + " " + tenths(sc.at(centsRat(*v)))
		if open, last = true, i; first < 0 {
			first = i
		}
	}
	p.read[id]["c"] = read
	if first < 0 {
		word := "not recorded"
		if slices.Contains(read, "withheld") {
			word = "withheld"
		}
		c.Label = name + ": " + word
		d.text("", (plotLeft+plotRight)/2, (top+bottom)/2, "middle", word)
		if axis {
			p.x.draw(&d, 1000)
			c.Height = 118
		}
		c.Marks = template.HTML(d.String())
		return c
	}
	high, low := sc.at(centsRat(own.most)), sc.at(centsRat(own.least))
	d.path("ax", fmt.Sprintf("M44 %sV%s", tenths(high), tenths(low)))
	p.ends(&d, high, low, short(own.most), short(own.least))
	d.path("ln", along)
	for i, v := range line {
		if v != nil {
			class, word := state(i)
			about := fmt.Sprintf("iteration %d: %s", p.list.numbers[i], money(*v))
			if word != "" {
				about += ", " + word
			}
			d.mark(class, p.x.at(i), sc.at(centsRat(*v)), about)
		}
	}
	d.marks()
	d.text("v", p.x.at(last)+80, sc.at(centsRat(*line[last]))+40, "", short(*line[last]))
	c.Label = fmt.Sprintf("%s from %s to %s over %s, lowest %s, highest %s", name, money(*line[first]),
		money(*line[last]), plural(len(line), "iteration"), money(own.least), money(own.most))
	if axis {
		p.x.draw(&d, 1000)
		c.Height = 118
	}
	c.Marks = template.HTML(d.String())
	return c
}

// ends writes the two values at the ends of the axis line, once if they are the same or too near.
func (p *painter) ends(d *drawing, high, low int, most, least string) {
	d.text("", 410, high+40, "end", most)
	if low-high >= 110 {
		d.text("", 410, low+40, "end", least)
	}
}

// gaps draws a band where values are withheld.
func (p *painter) gaps(d *drawing, top, bottom int, withheld func(i int) bool) {
	for i := 0; i < len(p.list.numbers); i++ {
		if !withheld(i) {
			continue
		}
		from := i
		for i+1 < len(p.list.numbers) && withheld(i+1) {
			i++
		}
		fmt.Fprintf(d, `<rect class="gap" x="%s" y="%s" width="%s" height="%s">%s</rect>`, tenths(p.x.at(from)-30),
			tenths(top), tenths(p.x.at(i)-p.x.at(from)+60), tenths(bottom-top), title("withheld"))
	}
}

// strip draws what was decided about each agent in each iteration.
func (p *painter) strip(agents []string) *Chart {
	d := drawing{many: len(p.list.numbers) > maxTitled}
	names := shortNames(agents)
	for row, agent := range agents {
		y := 90 + row*160
		d.text("s", 450, y+40, "end", names[row])
		for i := range p.list.numbers {
			s := stateOf(p.list.its[i].steps[agent])
			word := cmp.Or(s.Word, "nothing proposed")
			d.mark(s.Class, p.x.at(i), y, fmt.Sprintf("iteration %d, %s: %s", p.list.numbers[i], agent, word))
		}
	}
	d.marks()
	bottom := 90 + len(agents)*160 - 30
	p.x.draw(&d, bottom)
	return &Chart{Height: bottom/10 + 16, X: p.x.step(), Marks: template.HTML(d.String()),
		Label: "Decisions by agent and iteration"}
}

// shortNames gives names of at most seven characters. Beginnings alone, or ends alone, are often the same.
func shortNames(names []string) []string {
	const most, part = 7, 3
	short := make([]string, len(names))
	for i, name := range names {
		r := []rune(Text(name).String())
		if short[i] = string(r); len(r) > most {
			short[i] = string(r[:part]) + "…" + string(r[len(r)-part:])
		}
	}
	return short
}

// below draws the tracks of an agent, or those of the iterations as a whole.
func (p *painter) below(agent, id string) (charts []Chart) {
	for i, t := range p.tracks {
		v := t.agents[agent]
		if v == nil {
			continue
		}
		charts = append(charts, p.track(fmt.Sprintf("p%d", i), id, t, agent, v))
	}
	return charts
}

// track draws what was in force as steps, and each proposal as a sign at its value.
func (p *painter) track(parameter, id string, t track, agent string, v *values) Chart {
	const top, bottom = 80, 440
	c := Chart{Parameter: parameter, Name: Text(nameOf(t.name)), Height: 66, X: p.x.step()}
	d := drawing{many: len(p.list.numbers) > maxTitled}
	var low, high *big.Rat
	number := func(text json.RawMessage) *big.Rat {
		if text == nil {
			return nil
		}
		x, err := decimal.Parse(string(text))
		if err != nil {
			return nil
		}
		return x
	}
	for _, of := range t.agents {
		for _, m := range []map[int]json.RawMessage{of.force, of.proposed} {
			for _, text := range m {
				x := number(text)
				if x == nil {
					continue
				}
				if low == nil || x.Cmp(low) < 0 {
					low = x
				}
				if high == nil || x.Cmp(high) > 0 {
					high = x
				}
			}
		}
	}
	if low == nil {
		return c
	}
	sc := scale{low: low, high: high, top: top, bottom: bottom}
	along, wk := "", ""
	read := make([]string, len(p.list.numbers))
	var ownLow, ownHigh, last *big.Rat
	lastAt := 0
	lowText, highText, lastText := "", "", ""
	see := func(x *big.Rat, text string) {
		if ownLow == nil || x.Cmp(ownLow) < 0 {
			ownLow, lowText = x, text
		}
		if ownHigh == nil || x.Cmp(ownHigh) > 0 {
			ownHigh, highText = x, text
		}
	}
	show := func(text json.RawMessage) string {
		if n, err := provider.ParseCents(string(text)); t.money && err == nil {
			return money(n)
		}
		return strings.Replace(shortened(string(text), 12), "-", minus, 1)
	}
	var signs []func()
	open := false
	for i, n := range p.list.numbers {
		now, next := number(v.force[n]), number(v.proposed[n])
		x := p.x.at(i)
		if now == nil {
			open = false
		} else {
			y := sc.at(now)
			see(now, show(v.force[n]))
			if open && p.x.follows(i) {
				along += "H" + tenths(x) + "V" + tenths(y)
			} else {
				along += "M" + tenths(x) + " " + tenths(y)
			}
			open, last, lastAt, lastText = true, now, x, show(v.force[n])
			read[i] = lastText
			if next == nil && len(v.proposed) == 0 {
				signs = append(signs, func() { d.mark("none", x, y, fmt.Sprintf("iteration %d: %s", n, show(v.force[n]))) })
			}
		}
		if next != nil {
			y := sc.at(next)
			see(next, show(v.proposed[n]))
			if now != nil && sc.at(now) != y {
				wk += "M" + tenths(x) + " " + tenths(sc.at(now)) + "V" + tenths(y)
			}
			s := stateOf(p.list.its[i].steps[agent])
			about := fmt.Sprintf("iteration %d: %s proposed", n, show(v.proposed[n]))
			if now != nil {
				about = fmt.Sprintf("iteration %d: %s in force, %s proposed", n, show(v.force[n]), show(v.proposed[n]))
			}
			signs = append(signs, func() { d.mark(s.Class, x, y, strings.TrimSuffix(about+", "+s.Word, ", ")) })
		}
	}
	p.read[id][parameter] = read
	if ownLow == nil {
		return c
	}
	yHigh, yLow := sc.at(ownHigh), sc.at(ownLow)
	d.path("ax", fmt.Sprintf("M44 %sV%s", tenths(yHigh), tenths(yLow)))
	p.ends(&d, yHigh, yLow, highText, lowText)
	d.path("wk", wk)
	d.path("ln", along)
	for _, sign := range signs {
		sign()
	}
	d.marks()
	if last != nil {
		d.text("v", lastAt+80, sc.at(last)+40, "", lastText)
	}
	p.x.draw(&d, 500)
	whose := ""
	if agent != "" {
		whose = " of " + Text(agent).String()
	}
	c.Label = fmt.Sprintf("%s%s over the iterations, from %s to %s", Text(t.name), whose, lowText, highText)
	c.Marks = template.HTML(d.String())
	return c
}

// nameOf gives the last part of a pointer, and any other name as it is.
func nameOf(name string) string {
	if strings.HasPrefix(name, "/") {
		return jsontext.UnescapePointer(name[strings.LastIndexByte(name, '/')+1:])
	}
	return name
}
