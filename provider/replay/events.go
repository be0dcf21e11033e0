package replay

import (
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// A rendering says how events of one type are printed.
type rendering struct {
	section func(o *Options) bool                              // whether its lines are asked for
	note    bool                                               // whether the summary needs it in any case
	print   func(p *Printer, e *provider.Event, data *payload) // notes and prints
}

// renderings has the event types that experiments are known to record. A type that is not here is printed as it is.
var renderings map[string]rendering

func init() { // a literal would be an initialisation loop
	iterations := func(o *Options) bool { return o.Iterations }
	bootstrap := func(o *Options) bool { return o.Bootstrap }
	llm := func(o *Options) bool { return o.LLM }
	policy := func(o *Options) bool { return o.Policy }
	rejections := func(o *Options) bool { return o.Rejections }
	metrics := func(o *Options) bool { return o.Metrics }
	always := func(*Options) bool { return true }
	renderings = map[string]rendering{
		"experiment_start":            {always, true, (*Printer).experimentStart},
		"iteration_start":             {iterations, false, (*Printer).iterationStart},
		"evaluation":                  {iterations, true, (*Printer).evaluation},
		"simulation_run":              {bootstrap, false, (*Printer).simulationRun},
		"context_simulation_complete": {bootstrap, false, (*Printer).contextSimulation},
		"bootstrap_evaluation":        {bootstrap, false, (*Printer).samples},
		"monte_carlo_evaluation":      {bootstrap, false, (*Printer).samples},
		"llm_call":                    {llm, false, (*Printer).llmCall},
		"llm_interaction":             {llm, true, (*Printer).llmInteraction},
		"llm_error":                   {llm, true, (*Printer).llmError},
		"policy_init":                 {policy, true, (*Printer).policyInit},
		"policy_change":               {policy, true, (*Printer).policyChange},
		"policy_evaluation":           {policy, true, (*Printer).policyEvaluation},
		"policy_rejected":             {rejections, true, (*Printer).policyRejected},
		"validation_error":            {rejections, false, (*Printer).validationError},
		"iteration_metrics":           {metrics, false, (*Printer).iterationMetrics},
		"llm_stats":                   {metrics, false, (*Printer).llmStats},
		"experiment_end":              {metrics, false, (*Printer).experimentEnd},
		"experiment_summary":          {metrics, false, (*Printer).experimentSummary},
	}
}

// ofWholeRun tells whether events of this type stand outside the iterations, whatever iteration they were recorded
// under.
func ofWholeRun(eventType string) bool {
	return eventType == "experiment_start" || eventType == "experiment_end" || eventType == "experiment_summary"
}

// wants tells whether an event is looked into.
func (p *Printer) wants(e *provider.Event) bool {
	r, known := renderings[e.Type]
	if p.o.Audit {
		return e.Type == "llm_interaction" || e.Type == "llm_error"
	}
	if known && (r.note || ofWholeRun(e.Type)) {
		return r.note || r.section(&p.o)
	}
	return p.o.within(e.Iteration) && p.chosen() && (p.o.Verbose || known && r.section(&p.o))
}

func (p *Printer) event(e *provider.Event) {
	r, known := renderings[e.Type]
	data, isObject := parsePayload(e.Data)
	if known && isObject && ofWholeRun(e.Type) && !p.o.Audit {
		if r.section(&p.o) && p.chosen() {
			p.aboutRun(e, func() { r.print(p, e, data) })
		}
		return
	}
	p.enter(e.Iteration)
	p.hidden = p.o.Agents != nil && !(isObject && p.wantsAgent(data.peekAgent()))
	switch {
	case known && isObject:
		r.print(p, e, data)
	case p.o.Audit:
	case p.o.Verbose || known && r.section(&p.o):
		text := escape(e.Type)
		if e.Data != nil {
			text += " " + clip(compact(e.Data), 2000)
		} else if data := withheld(e, "event_data"); data != "" {
			text += " " + data
		}
		p.detail(true, text)
	}
}

// detail prints a line of a section in the block, if the section was asked for.
func (p *Printer) detail(section bool, text string) {
	if p.shows(section) {
		p.line(2, text)
	}
}

// shows tells whether the lines of a section are to be printed here.
func (p *Printer) shows(section bool) bool {
	return section && p.block.shown && !p.o.Audit && p.chosen()
}

// words puts the parts that are not empty behind each other.
func words(sep string, parts ...string) string {
	var have []string
	for _, s := range parts {
		if s != "" {
			have = append(have, s)
		}
	}
	return strings.Join(have, sep)
}

// labelled gives "label text", or "" without a text.
func labelled(label, text string) string {
	if text == "" {
		return ""
	}
	return label + " " + text
}

// counted gives "text label", or "" without a text.
func counted(text, label string) string {
	if text == "" {
		return ""
	}
	return text + " " + label
}

// total takes total_cost and per_agent_costs: "total $100.00 (BANK_A $50.00, BANK_B $50.00)".
func (d *payload) total() string {
	s := labelled("total", d.money("total_cost"))
	if each := d.take("per_agent_costs"); each != nil {
		s = words(" ", s, "("+costsByAgent(each)+")")
	}
	return s
}

// Events of the whole run.

func (p *Printer) experimentStart(_ *provider.Event, d *payload) {
	name := d.text("experiment_name")
	for _, pair := range [][2]string{
		{"Starting", name}, {"Description", d.text("description")}, {"Model", d.text("model")},
		{"Iterations", labelled("at most", d.text("max_iterations"))}, {"Samples", d.text("num_samples")},
		{"Also", strings.TrimSpace(d.rest())},
	} {
		if pair[1] != "" {
			p.aside(pair[0], pair[1])
		}
	}
}

func (p *Printer) experimentEnd(_ *provider.Event, d *payload) {
	d.take("duration_seconds") // not the same in a run that is played again
	p.runLine("Experiment end", words("; ", labelled("iterations", d.text("num_iterations")),
		labelled("final cost", d.money("final_cost")), labelled("best cost", d.money("best_cost")), d.convergence())+d.rest())
}

func (p *Printer) experimentSummary(_ *provider.Event, d *payload) {
	d.take("duration_seconds")
	p.runLine("Experiment summary", words("; ", labelled("iterations", d.text("num_iterations")),
		labelled("final cost", d.money("final_cost")), labelled("best cost", d.money("best_cost")), d.convergence(),
		labelled("calls", d.text("total_llm_calls")), labelled("tokens", d.text("total_tokens")))+d.rest())
}

func (d *payload) convergence() string {
	reason := d.text("convergence_reason")
	converged := d.boolean("converged")
	if converged == nil {
		return labelled("reason", reason)
	}
	if reason != "" {
		reason = " (" + reason + ")"
	}
	return "converged " + yesNo(converged) + reason
}

// runLine prints a line of its own about the whole run.
func (p *Printer) runLine(what, text string) {
	p.leave()
	p.blank()
	p.line(0, p.style(bold, what)+": "+dash(strings.TrimSpace(text)))
}

// Iterations.

func (p *Printer) iterationStart(_ *provider.Event, d *payload) {
	p.detail(p.o.Iterations, "start: "+dash(strings.TrimSpace(d.total()+d.rest())))
}

func (p *Printer) evaluation(_ *provider.Event, d *payload) {
	for i, name := range d.names {
		switch name {
		case "total_cost":
			p.block.total = d.values[i]
		case "per_agent_costs":
			if each, ok := parsePayload(d.values[i]); ok {
				for j, id := range each.names {
					if v := each.values[j]; !jsontext.IsNull(v) {
						p.block.agent(id).cost = v
					}
				}
			}
		}
	}
	p.detail(p.o.Iterations, "evaluation: "+dash(strings.TrimSpace(d.total()+d.rest())))
}

// Simulations and samples.

func (p *Printer) simulationRun(_ *provider.Event, d *payload) {
	name := d.text("simulation_id")
	if purpose := d.text("purpose"); purpose != "" {
		name = words(" ", name, "("+purpose+")")
	}
	p.detail(p.o.Bootstrap, words(" ", "simulation", name)+": "+
		dash(strings.TrimSpace(words(", ", labelled("seed", seed(d.take("seed"))),
			counted(d.text("ticks"), "ticks"), counted(d.text("num_events"), "events"), d.total())+d.rest())))
}

func (p *Printer) contextSimulation(_ *provider.Event, d *payload) {
	p.detail(p.o.Bootstrap, "context simulation: "+dash(strings.TrimSpace(words(", ",
		labelled("seed", seed(d.take("iteration_seed"))),
		counted(d.text("num_events"), "events"), counted(d.text("num_samples_per_agent"), "samples per agent"),
		d.total())+d.rest())))
}

func (p *Printer) samples(e *provider.Event, d *payload) {
	if !p.shows(p.o.Bootstrap) {
		return
	}
	p.line(2, strings.ReplaceAll(e.Type, "_", " "))
	rows := [][]string{{"seed", "cost", "settled", "rate", "baseline", "delta", "", ""}}
	best := 0
	var least provider.Cents
	for _, element := range d.list("seed_results") {
		s, ok := parsePayload(element)
		if !ok {
			rows = append(rows, []string{plain(element), "", "", "", "", "", "", ""})
			continue
		}
		cost := s.take("cost")
		if c, err := provider.ParseCents(string(cost)); err == nil && (best == 0 || c < least) {
			best, least = len(rows), c
		}
		settled := words("/", s.text("settled"), s.text("total"))
		rows = append(rows, []string{
			dash(seed(s.take("seed"))), dash(money(cost)), settled, share(s.take("settlement_rate")),
			s.money("baseline_cost"), s.money("delta"), "", strings.TrimSpace(s.rest()),
		})
	}
	if best > 0 && len(rows) > 2 {
		rows[best][6] = "best"
	}
	if len(rows) > 1 {
		p.table(4, "lrrrrrll", rows)
	}
	mean := labelled("mean", d.money("mean_cost"))
	if std := d.money("std_cost"); std != "" {
		mean = words(" ", mean, "(std "+std+")")
	}
	if text := strings.TrimSpace(mean + d.rest()); text != "" {
		p.line(4, text)
	}
}

// Metrics.

func (p *Printer) iterationMetrics(_ *provider.Event, d *payload) {
	liquidity := ""
	if v := d.take("per_agent_liquidity"); v != nil {
		if each, ok := parsePayload(v); ok {
			var parts []string
			for i, name := range each.names {
				parts = append(parts, escape(name)+" "+plain(each.values[i]))
			}
			liquidity = "liquidity " + strings.Join(parts, ", ")
		} else {
			liquidity = "liquidity " + plain(v)
		}
	}
	p.detail(p.o.Metrics, "metrics: "+dash(strings.TrimSpace(words("; ", d.total(), liquidity)+d.rest())))
}

func (p *Printer) llmStats(_ *provider.Event, d *payload) {
	p.detail(p.o.Metrics, "calls: "+dash(strings.TrimSpace(words(", ", d.text("total_calls"),
		counted(d.text("successful_calls"), "successful"),
		counted(d.text("failed_calls"), "failed"), d.tokens("total_prompt_tokens", "total_completion_tokens"))+d.rest())))
}

// tokens takes two counts: "1200 + 300 tokens".
func (d *payload) tokens(prompt, completion string) string {
	return tokens(d.text(prompt), d.text(completion))
}

func tokens(prompt, completion string) string {
	if prompt == "" && completion == "" {
		return ""
	}
	return dash(prompt) + " + " + dash(completion) + " tokens"
}
