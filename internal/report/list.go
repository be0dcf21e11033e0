package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/evolution"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

// A list is the iterations in order, with what the parts of the page make of them.
type list struct {
	numbers []int
	its     []*iteration
	totals  []*provider.Cents
	agents  []string          // those of whom something is known, sorted
	keys    map[string]string // of agents in ids of the page
	decided bool              // some decision was recorded
	count   map[provider.Decision]int
	open    int // proposals without a decision
}

func (b *builder) list(numbers []int) *list {
	l := &list{numbers: numbers, keys: map[string]string{}, count: map[provider.Decision]int{}}
	agents := map[string]bool{}
	for _, n := range numbers {
		it := b.its[n]
		l.its = append(l.its, it)
		var sum *provider.Cents
		if it.record != nil {
			sum, _ = series.TotalOf(it.record) // absent, if it is past int64
		}
		l.totals = append(l.totals, sum)
		for _, agent := range it.agents() {
			agents[agent] = true
		}
		for _, s := range it.steps {
			l.decided = l.decided || s.Decision != ""
			l.count[s.Decision]++
			if s.Decision == "" && proposed(s) {
				l.open++
			}
		}
	}
	l.agents = slices.Sorted(maps.Keys(agents))
	for i, agent := range l.agents {
		l.keys[agent] = agentKey(agent, i)
	}
	for i := range numbers {
		b.run.Iterations = append(b.run.Iterations, b.iteration(l, i))
	}
	return l
}

// agents gives the agents of whom an iteration says something, sorted. Calls without an agent are of one without a
// name.
func (it *iteration) agents() []string {
	m := map[string]bool{}
	if it.record != nil {
		for agent := range it.record.Costs {
			m[agent] = true
		}
		for agent := range it.record.Policies {
			m[agent] = true
		}
		for agent := range it.record.AcceptedChanges {
			m[agent] = true
		}
	}
	for agent := range it.steps {
		m[agent] = true
	}
	for _, c := range it.calls {
		m[c.agent] = true
	}
	return slices.Sorted(maps.Keys(m))
}

// agentKey gives what stands for an agent in ids: its name, if that is short and of letters, digits and _.- alone, and
// is not like the others.
func agentKey(agent string, i int) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	plain := agent != "" && len(agent) <= 64 && strings.Trim(agent, letters+"0123456789_.-") == ""
	if _, err := strconv.Atoi(strings.TrimPrefix(agent, "a")); plain && (agent[0] != 'a' || err != nil) {
		return agent
	}
	return "a" + strconv.Itoa(i)
}

// proposed reports whether something was proposed.
func proposed(s evolution.Step) bool { return s.Proposed != nil || s.Concealed != nil }

// stateOf says what came of a proposal.
func stateOf(s evolution.Step) State {
	switch s.Decision {
	case provider.DecisionAccepted:
		return State{"yes", "accepted"}
	case provider.DecisionRejected:
		return State{"no", "rejected"}
	case provider.DecisionKept:
		return State{"same", "kept"}
	case provider.DecisionNone:
		return State{"ref", "no proposal"}
	}
	if proposed(s) {
		return State{"open", "undecided"}
	}
	return State{"none", ""}
}

// cost gives what an iteration cost an agent, nil if that is not known.
func (it *iteration) cost(agent string) *provider.Cents {
	if it.record == nil {
		return nil
	}
	if c, ok := it.record.Costs[agent]; ok {
		return &c
	}
	return nil
}

// held gives the commitment to a field of the record of an iteration, if it is withheld.
func (it *iteration) held(field string) string {
	if it.record != nil {
		if c, ok := it.record.Withheld(field); ok {
			return c.String()
		}
	}
	return ""
}

func (b *builder) iteration(l *list, i int) Iteration {
	it := l.its[i]
	v := Iteration{Number: l.numbers[i], Total: moneyOf(l.totals[i]), TotalHeld: it.held("costs_per_agent") != ""}
	number := strconv.Itoa(v.Number)
	for _, n := range b.run.Notes {
		if n.on("iterations", number) && (len(n.at) < 4 || n.at[2] != "costs_per_agent") {
			v.Notes = append(v.Notes, n)
		}
	}
	switch {
	case b.o.Outline:
		v.Events = "events"
	case it.events > 0:
		v.Events = plural(it.events, "event")
	}
	if it.record == nil {
		v.State = "not recorded to its end"
	}
	if i > 0 {
		v.Change = difference(l.totals[i-1], l.totals[i])
	}
	for _, agent := range it.agents() {
		v.Rows = append(v.Rows, b.row(l, i, agent))
	}
	return v
}

func (b *builder) row(l *list, i int, agent string) Row {
	it, s := l.its[i], l.its[i].steps[agent]
	r := Row{ID: fmt.Sprintf("i%d/%s", l.numbers[i], l.keys[agent]), Agent: Text(agent), Cost: moneyOf(it.cost(agent)),
		Held: it.cost(agent) == nil && it.held("costs_per_agent") != "", State: stateOf(s)}
	if i > 0 {
		r.Change = difference(l.its[i-1].cost(agent), it.cost(agent))
	}
	var calls []call
	var seqs []string
	for _, c := range it.calls {
		if c.agent == agent {
			calls = append(calls, c)
			seqs = append(seqs, strconv.FormatInt(c.seq, 10))
		}
	}
	r.Calls = strings.Join(seqs, " ")
	for _, n := range b.run.Notes {
		if n.on("iterations", strconv.Itoa(l.numbers[i]), "costs_per_agent", agent) {
			r.Notes = append(r.Notes, n)
		}
	}
	r.Why = why(l, s, it.prior[agent], it.trials[agent], calls)
	r.Body = body(l, s, it, agent, calls)
	return r
}

// maxShown is how many changed values a row names.
const maxShown = 2

// why says what changed, how it was tried, and why it came out as it did.
func why(l *list, s evolution.Step, prior json.RawMessage, t *trial, calls []call) (list []Why) {
	var old, new []byte
	switch {
	case s.Proposed != nil && s.Against != nil:
		old, new = s.Against, s.Proposed
	case !l.decided && s.Policy != nil && prior != nil:
		old, new = prior, s.Policy
	}
	if new != nil && s.Decision != provider.DecisionKept {
		changes, names := leaves(old, new)
		list = append(list, changes[:min(len(changes), maxShown)]...)
		if more := len(changes) - maxShown; more > 0 {
			list = append(list, Why{Words: fmt.Sprintf("%d more", more)})
		}
		if len(changes) == 0 && names {
			list = append(list, Why{Words: "only names changed"})
		}
	}
	if s.Concealed != nil {
		list = append(list, Why{Words: "proposal withheld"})
	}
	if t != nil && t.old != nil && t.new != nil && s.Decision != provider.DecisionNone {
		text := money(*t.old) + " → " + money(*t.new)
		if r := relative(*t.old, *t.new); r != "" {
			text += " (" + r + ")"
		}
		list = append(list, Why{Words: text})
	}
	reason := ""
	switch {
	case t != nil && len(t.specific) > 0:
		reason = t.specific[0]
	case s.Decision == provider.DecisionNone && lastFailure(calls) != "":
		reason = lastFailure(calls)
	case t != nil && s.Decision != provider.DecisionAccepted:
		reason = t.reason
	}
	if reason != "" {
		list = append(list, Why{Text: Text(shortened(reason, maxReason))})
	}
	return list
}

// maxReason is how many characters of a reason a row has.
const maxReason = 200

// shortened gives the beginning of a text.
func shortened(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}

// lastFailure gives the last parsing error of calls.
func lastFailure(calls []call) string {
	for _, c := range slices.Backward(calls) {
		if c.failure != nil {
			return *c.failure
		}
	}
	return ""
}

// named are members of policies whose values are names: that they change says nothing.
var named = []string{"policy_id", "node_id", "version"}

// leaves gives the values that differ between two policies, by the last part of the path to them; names says that
// those which only name something differ too.
func leaves(old, new []byte) (list []Why, names bool) {
	_ = jsontext.Compare(old, new, func(path jsontext.Path, a, b []byte, inner bool) (bool, error) {
		if inner || a != nil && b != nil && jsontext.SameSpelling(a, b) {
			return true, nil
		}
		name := "policy"
		if len(path) > 0 {
			name = path[len(path)-1].Name
			if last := path[len(path)-1]; last.Index >= 0 {
				name = fmt.Sprintf("[%d]", last.Index)
			}
		}
		if slices.Contains(named, name) {
			names = true
			return true, nil
		}
		list = append(list, Why{Name: Text(name), Old: brief(a), New: brief(b), Concerns: true})
		return true, nil
	})
	return list, names
}

// brief gives a value if it is short, else that there is one; "none" for an absent one.
func brief(value []byte) Text {
	const most = 40
	switch text := oneLine(value); {
	case value == nil:
		return "none"
	case len(text) <= most:
		return Text(text)
	case value[0] == '{':
		return "{…}"
	case value[0] == '[':
		return "[…]"
	default:
		return Text(shortened(text, most))
	}
}

func body(l *list, s evolution.Step, it *iteration, agent string, calls []call) (v Body) {
	switch {
	case s.Concealed != nil:
		v.Heading, v.Held = "Proposed policy", s.Concealed.String()
	case s.Proposed != nil && s.Against != nil:
		v.Heading, v.Policy = "Policy in force → proposed", differing(s.Against, s.Proposed)
	case s.Proposed != nil:
		v.Heading, v.Policy = "Proposed policy", tree(s.Proposed)
	case !l.decided && s.Policy != nil && it.prior[agent] != nil:
		v.Heading, v.Policy = "Policy before → now", differing(it.prior[agent], s.Policy)
	}
	switch {
	case s.Withheld != nil && v.Held == "":
		v.Heading, v.Held = "Policy in force", s.Withheld.String()
	case s.Policy != nil && v.Policy == nil:
		v.InForce = tree(s.Policy)
	}
	add := func(f Fact) { v.Decision = append(v.Decision, f) }
	state := stateOf(s)
	if state.Word != "" {
		add(Fact{Name: "Outcome", State: &state})
	}
	if c := it.held("accepted_changes"); c != "" {
		add(Fact{Name: "Decision", Held: c})
	}
	if t := it.trials[agent]; t != nil {
		for _, text := range t.specific {
			add(Fact{Name: "Problem", Value: Text(text)})
		}
		if t.reason != "" {
			add(Fact{Name: "Reason", Value: Text(t.reason)})
		}
		if t.old != nil && t.new != nil {
			add(Fact{Name: "On trial", Value: Text(money(*t.old) + " → " + money(*t.new))})
		}
		if t.samples != "" {
			add(Fact{Name: "Samples", Value: Text(t.samples)})
		}
	}
	for _, c := range calls {
		v.Called = append(v.Called, Facts{List: c.facts()})
	}
	return v
}

// facts gives what is known of a call, its texts aside.
func (c *call) facts() (list []Fact) {
	add := func(f Fact) { list = append(list, f) }
	if c.model != nil {
		add(Fact{Name: "Model", Value: Text(*c.model)})
	}
	var tokens []string
	if c.prompt != nil {
		tokens = append(tokens, grouped(*c.prompt)+" in")
	}
	if c.completion != nil {
		tokens = append(tokens, grouped(*c.completion)+" out")
	}
	if tokens != nil {
		add(Fact{Name: "Tokens", Value: Text(strings.Join(tokens, ", "))})
	}
	if c.latency != nil {
		add(Fact{Name: "Latency", Value: Text(strconv.FormatFloat(*c.latency, 'f', -1, 64) + " s")})
	}
	if c.time != "" {
		add(Fact{Name: "Time", Value: Text(c.time)})
	}
	if c.failure != nil {
		add(Fact{Name: "Problem", Value: Text(*c.failure)})
	}
	if c.held != nil {
		for _, field := range []string{"model", "parsing_error", "extra"} {
			if h, ok := c.held.Withheld[field]; ok {
				add(Fact{Name: strings.ReplaceAll(field, "_", " "), Held: h.String()})
			}
		}
	}
	_ = jsontext.Members(c.extra, func(name string, value []byte) error {
		if len(list) < maxExtra {
			text := oneLine(value)
			if s := stringIn(value); s != "" {
				text = s
			}
			add(Fact{Named: Text(name), Value: Text(shortened(text, maxReason))})
		}
		return nil
	})
	return append(list, Fact{Name: "Record", Value: Text(fmt.Sprint(c.seq))})
}

// maxExtra is how many facts of a call are shown.
const maxExtra = 24
