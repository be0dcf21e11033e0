package replay

import (
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// failed marks an entry of the trail as a call that failed.
func (b *block) failed(i *provider.Interaction) { i.Seq = failedCall }

const failedCall = -1

// audit prints the calls of language models of one iteration, agents in ascending order, each agent's calls as
// recorded.
func (p *Printer) audit(b *block) {
	if len(b.audit) == 0 {
		return
	}
	slices.SortStableFunc(b.audit, func(x, y *provider.Interaction) int { return strings.Compare(x.AgentID, y.AgentID) })
	p.blank()
	p.line(0, p.style(bold, "AUDIT: Iteration "+strconv.Itoa(b.number)))
	for _, i := range b.audit {
		p.calls++
		p.blank()
		p.line(0, p.style(bold, "Agent "+agentName(i.AgentID)))
		if i.Seq == failedCall {
			p.line(2, "Call "+p.style(red, "failed")+": "+*i.ParsingError)
			continue
		}
		p.auditCall(i)
	}
}

func (p *Printer) auditCall(i *provider.Interaction) {
	model := "-"
	if i.Model != nil {
		model = dash(escape(*i.Model))
	}
	p.line(2, "Model    "+model)
	p.line(2, "Tokens   "+dash(callTokens(i)))
	p.line(2, "Latency  "+dash(latency(i.LatencySeconds, 2)))
	p.body("System prompt", i.SystemPrompt, withheld(i, "system_prompt"))
	p.body("User prompt", i.UserPrompt, withheld(i, "user_prompt"))
	p.body("Response", i.Response, withheld(i, "response"))
	if extra := withheld(i, "extra"); i.Extra != nil || extra != "" {
		p.body("Extra", new(string(i.Extra)), extra)
	}
	parsed, fault := withheld(i, "parsed_policy"), withheld(i, "parsing_error")
	switch {
	case fault != "":
		p.line(2, "Proposal "+p.style(red, "none")+": "+fault)
	case i.ParsingError != nil && *i.ParsingError != "":
		p.line(2, "Proposal "+p.style(red, "none")+": "+escape(*i.ParsingError))
	case parsed != "":
		p.line(2, "Proposal "+parsed)
	case i.ParsedPolicy != nil:
		p.line(2, "Proposal "+parametersOf(i.ParsedPolicy))
	default:
		p.line(2, "Proposal not recorded, and no error either")
	}
}

// body prints a long text whole, each line behind a bar, or that it was withheld.
func (p *Printer) body(title string, text *string, withheld string) {
	switch {
	case withheld != "":
		p.line(2, p.style(dim, title)+": "+withheld)
		return
	case text == nil:
		p.line(2, p.style(dim, title)+": not recorded")
		return
	case *text == "":
		p.line(2, p.style(dim, title)+": empty")
		return
	}
	p.line(2, p.style(dim, title))
	for line := range strings.SplitSeq(*text, "\n") {
		if line == "" {
			p.line(2, "|")
			continue
		}
		p.line(2, "| "+escapeBut(line, '\t'))
	}
}

// auditEnd says so if there was nothing to print.
func (p *Printer) auditEnd() {
	if p.calls > 0 {
		return
	}
	where := ""
	switch o := &p.o; {
	case o.Start != nil && o.End != nil:
		where = " in iterations " + strconv.Itoa(*o.Start) + " to " + strconv.Itoa(*o.End)
	case o.Start != nil:
		where = " from iteration " + strconv.Itoa(*o.Start) + " on"
	case o.End != nil:
		where = " up to iteration " + strconv.Itoa(*o.End)
	}
	switch {
	case p.o.Records != nil:
		where += " in the records chosen"
	case p.o.Agents != nil:
		where = " for " + escape(strings.Join(p.o.Agents, ", ")) + where
	}
	p.blank()
	p.line(0, "No call of a language model was recorded"+where+".")
}

// appendName starts or continues an object with a member's name.
func appendName(dst []byte, name string) []byte {
	if dst == nil {
		dst = append(dst, '{')
	} else {
		dst = append(dst, ',')
	}
	return append(jsontext.AppendString(dst, name), ':')
}
