package replay

import (
	"strconv"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// interaction notes and prints a call of a language model.
func (p *Printer) interaction(i *provider.Interaction) {
	p.enter(i.Iteration)
	p.hidden = p.hidden || !p.wantsAgent(i.AgentID)
	if p.o.Audit {
		if p.block.shown && p.chosen() {
			p.block.audit = append(p.block.audit, i)
		}
		return
	}
	a := p.block.agent(i.AgentID)
	a.propose(i.ParsedPolicy)
	parsed, fault := withheld(i, "parsed_policy"), withheld(i, "parsing_error")
	if i.ParsingError != nil {
		fault = escape(*i.ParsingError)
	}
	if parsed != "" {
		a.conceal(parsed)
	}
	if i.ParsingError != nil || fault != "" {
		a.fail(clip(fault, 100), p.shows(p.o.LLM))
	}
	if !p.shows(p.o.LLM) {
		return
	}
	text := words(" ", "call of", modelName(i.Model), "for", agentName(i.AgentID))
	text += ": " + dash(words(", ", callTokens(i), latency(i.LatencySeconds, 1)))
	switch {
	case i.ParsingError != nil || fault != "":
		text += "; " + p.style(yellow, "no proposal") + ": " + fault
	case parsed != "":
		text += "; proposal " + parsed
	case i.ParsedPolicy != nil:
		text += "; proposal " + parametersOf(i.ParsedPolicy)
	}
	p.line(2, text)
	if i.Extra != nil {
		p.line(4, "extra "+clip(compact(i.Extra), 400))
	} else if extra := withheld(i, "extra"); extra != "" {
		p.line(4, "extra "+extra)
	}
}

func modelName(model *string) string {
	if model == nil {
		return "a model"
	}
	return dash(escape(*model))
}

func callTokens(i *provider.Interaction) string {
	count := func(n *int64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatInt(*n, 10)
	}
	return tokens(count(i.PromptTokens), count(i.CompletionTokens))
}

// latency formats seconds with so many decimals, or gives "".
func latency(s *float64, decimals int) string {
	if s == nil {
		return ""
	}
	return strconv.FormatFloat(*s, 'f', decimals, 64) + "s"
}

// llmInteraction prints an event that some experiments record in place of an Interaction. The envelope stays the
// event's.
func (p *Printer) llmInteraction(e *provider.Event, d *payload) {
	str := func(names ...string) *string {
		v := d.take(names...)
		if v == nil {
			return nil
		}
		if s, ok := unquote(v); ok {
			return &s
		}
		return new(string(v))
	}
	count := func(name string) *int64 {
		v := d.take(name)
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil && n >= 0 {
			return &n
		}
		d.putBack(name, v)
		return nil
	}
	i := &provider.Interaction{
		Iteration: e.Iteration, AgentID: d.agent(), Model: str("model"), SystemPrompt: str("system_prompt"),
		UserPrompt: str("user_prompt"),
		Response:   str("raw_response", "response"), ParsedPolicy: d.take("parsed_policy"),
		ParsingError: str("parsing_error"),
		PromptTokens: count("prompt_tokens"), CompletionTokens: count("completion_tokens"),
	}
	if v := d.take("latency_seconds"); v != nil {
		if n, ok := number(v); ok && n >= 0 {
			i.LatencySeconds = &n
		} else {
			d.putBack("latency_seconds", v)
		}
	}
	var rest []byte
	for j, v := range d.values { // what is left, as an object
		if v != nil {
			rest = append(appendName(rest, d.names[j]), v...)
		}
	}
	if rest != nil {
		i.Extra = append(rest, '}')
	}
	p.interaction(i)
}

// putBack undoes take.
func (d *payload) putBack(name string, v []byte) {
	for i := range d.names {
		if d.names[i] == name && v != nil {
			d.values[i] = v
		}
	}
}

func (p *Printer) llmCall(_ *provider.Event, d *payload) {
	if !p.shows(p.o.LLM) {
		return
	}
	id := d.agent()
	text := words(" ", "call of", dash(d.text("model")), "for", agentName(id))
	text += ": " + dash(words(", ", d.tokens("prompt_tokens", "completion_tokens"), seconds(d.take("latency_seconds"))))
	if v := d.take("context_summary"); v != nil {
		if each, ok := parsePayload(v); ok {
			var parts []string
			for i, name := range each.names {
				value := plain(each.values[i])
				if strings.HasSuffix(name, "_cost") {
					value = money(each.values[i])
				}
				parts = append(parts, escape(name)+" "+value)
			}
			text += "; context: " + strings.Join(parts, ", ")
		} else {
			text += "; context: " + plain(v)
		}
	}
	p.line(2, text+d.rest())
}

func (p *Printer) llmError(e *provider.Event, d *payload) {
	id := d.agent()
	why := dash(words(": ", d.text("error_type"), d.text("error")))
	rest := d.rest()
	if p.o.Audit {
		if p.block.shown && p.chosen() {
			i := &provider.Interaction{Iteration: e.Iteration, AgentID: id, ParsingError: new(why + rest)}
			p.block.audit = append(p.block.audit, i)
			p.block.failed(i)
		}
		return
	}
	p.block.agent(id).fail(clip(why, 100), p.shows(p.o.LLM))
	p.detail(p.o.LLM, "call for "+agentName(id)+" "+p.style(red, "failed")+": "+why+rest)
}

// Policies.

func (p *Printer) policyInit(_ *provider.Event, d *payload) {
	id, policy := d.agent(), d.take("policy", "policy_json", "new_policy")
	if policy != nil {
		p.policies[id] = policy
	}
	if !p.shows(p.o.Policy) {
		return
	}
	text := "-"
	if policy != nil {
		text = parametersOf(policy)
	}
	p.line(2, agentName(id)+" starts with "+text+d.rest())
}

func (p *Printer) policyChange(_ *provider.Event, d *payload) {
	p.proposalEvent(d, "policy change", "new_policy")
}

func (p *Printer) policyEvaluation(_ *provider.Event, d *payload) {
	p.proposalEvent(d, "policy evaluation", "proposed_policy")
}

// proposalEvent notes and prints an event about a proposal and its evaluation.
func (p *Printer) proposalEvent(d *payload, what, member string) {
	id := d.agent()
	a := p.block.agent(id)
	old, proposal := d.take("old_policy"), d.take(member)
	a.propose(proposal)
	if old != nil {
		a.old = old
	}
	oldCost, newCost := d.take("old_cost"), d.take("new_cost")
	before := *a
	a.evaluation = costChange(oldCost, newCost)
	a.accepted = d.boolean("accepted")
	a.reason = reasonText(d.text("acceptance_reason", "reason"))
	if a.told = p.shows(p.o.Policy); !a.told {
		return
	}
	text := agentName(id) + " " + what
	if !before.told || before.reason != a.reason || before.evaluation != a.evaluation ||
		!sameBool(before.accepted, a.accepted) {
		text += p.eventVerdict(a, provider.Decide(a.accepted, true, p.repeats(&p.block, id), false))
	}
	p.line(2, text)
	p.proposalOnce(a, id, proposal)
	if delta := d.take("delta_sum"); delta != nil {
		p.line(4, "delta sum "+money(delta))
	}
	if mode := words(", ", d.text("evaluation_mode"), counted(d.text("num_samples"), "samples")); mode != "" {
		p.line(4, "mode "+mode)
	}
	if c := d.take("context_simulation_cost"); c != nil {
		p.line(4, "context simulation cost "+money(c))
	}
	if rest := strings.TrimSpace(d.rest()); rest != "" {
		p.line(4, rest)
	}
}

// eventVerdict is verdict for the line of the event that has the reason.
func (p *Printer) eventVerdict(a *agent, d provider.Decision) string {
	fresh := *a
	fresh.told = false
	if d == "" {
		return labelled(":", words(" ", a.reason, inBrackets(a.evaluation)))
	}
	return ": " + p.verdict(&fresh, d)
}

// proposalOnce prints the proposal of an event parameter by parameter, unless the block has it already.
func (p *Printer) proposalOnce(a *agent, id string, proposal []byte) {
	if proposal == nil || a.table && same(a.proposal, proposal) {
		return
	}
	a.table = true
	p.proposal(&p.block, id, proposal)
}

func sameBool(a, b *bool) bool { return a == b || a != nil && b != nil && *a == *b }

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

// reasons are the codes of decisions that read better in words.
var reasons = map[string]string{
	"cost_improved":     "cost improved",
	"cost_not_improved": "cost not improved",
	"validation_failed": "validation failed",
}

func reasonText(code string) string {
	if r, ok := reasons[code]; ok {
		return r
	}
	return code
}

func (p *Printer) policyRejected(_ *provider.Event, d *payload) {
	id := d.agent()
	a := p.block.agent(id)
	proposal := d.take("proposed_policy")
	a.propose(proposal)
	reason := reasonText(d.text("rejection_reason"))
	faults := d.list("validation_errors")
	evaluation := costChange(d.take("old_cost"), d.take("new_cost"))
	news := !a.told || a.evaluation != evaluation
	a.accepted, a.reason, a.evaluation = new(false), reason, evaluation
	if len(faults) > 0 {
		a.reason = words(": ", reason, clip(plain(faults[0]), 100))
		if len(faults) > 1 {
			a.reason += " (and " + strconv.Itoa(len(faults)-1) + " more)"
		}
	}
	if a.told = p.shows(p.o.Rejections); !a.told {
		return
	}
	word := p.style(red, "rejected")
	if a.proposal == nil && a.concealed == "" && a.failure != "" {
		word = p.style(yellow, "no proposal")
	}
	text := agentName(id) + " " + word + ": " + dash(reason)
	if news && evaluation != "" {
		text += " (" + evaluation + ")"
	}
	p.line(2, text)
	for _, fault := range faults {
		if text := plain(fault); !a.failureTold || text != a.failure {
			p.line(4, "- "+text)
		}
	}
	switch {
	case proposal == nil:
	case p.o.Policy:
		p.proposalOnce(a, id, proposal)
	default:
		p.line(4, "proposed "+describe(p.inForce(&p.block, id), proposal))
	}
	if rest := strings.TrimSpace(d.rest()); rest != "" {
		p.line(4, rest)
	}
}

func (p *Printer) validationError(_ *provider.Event, d *payload) {
	if !p.shows(p.o.Rejections) {
		return
	}
	id := d.agent()
	text := words(" ", agentName(id), labelled("attempt", d.text("attempt", "attempt_number")), p.style(red, "invalid"))
	if category := d.text("category", "error_category"); category != "" {
		text += " (" + category + ")"
	}
	if fixed := d.boolean("was_fixed"); fixed != nil {
		text += ": fixed " + yesNo(fixed)
	}
	if n := d.text("fix_attempt_count"); n != "" {
		text += ", fix attempts " + n
	}
	p.line(2, text)
	for _, fault := range d.list("errors", "error_messages") {
		p.line(4, "- "+plain(fault))
	}
	if policy := d.text("policy", "policy_json"); policy != "" {
		p.line(4, "answer "+policy)
	}
	if rest := strings.TrimSpace(d.rest()); rest != "" {
		p.line(4, rest)
	}
}
