package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

func (b *builder) head(l *list) Head {
	h := Head{Kind: Text(b.start.Type), Name: Text(b.start.Name), ID: Text(b.start.RunID),
		Started: Text(b.start.CreatedAt), File: Text(b.o.File), Archive: b.o.Archive,
		Description: Text(stringIn(memberOf(b.start.Config, "description")))}
	if b.result != nil {
		h.Completed = Text(b.result.CompletedAt)
	}
	for _, m := range b.models {
		h.Models = append(h.Models, Text(m))
	}
	if b.calls > 0 {
		h.Calls = grouped(b.calls)
		if b.counted[0] == b.calls && b.counted[1] == b.calls {
			h.Calls += fmt.Sprintf(", with %s prompt and %s completion tokens", grouped(b.tokens[0]), grouped(b.tokens[1]))
		}
	}
	if b.records > 0 {
		h.Records = grouped(b.records)
		if !b.o.Outline {
			h.Records += ": " + b.countText()
		}
	}
	if b.run.Sink.Count() > 0 {
		h.Digest = b.run.Sink.Root().String()
	}
	h.Outcome, h.Reason, h.OutcomeEnd = b.outcome(l)
	h.Warnings = b.warnings()
	for _, a := range b.o.Annotations {
		if a.Kind == "invalidated" {
			h.Invalidated = append(h.Invalidated, Text(a.Text))
		}
	}
	for _, n := range b.run.Notes {
		switch {
		case len(n.at) == 0:
			h.Margin = append(h.Margin, n)
			continue
		case n.on("iterations", "*", "costs_per_agent"), n.on("iterations") && len(n.at) == 1:
			h.CostNotes = append(h.CostNotes, n)
		case n.on("records"):
			h.CallNotes = append(h.CallNotes, n)
		case n.on("final_cost"), n.on("best_cost"), n.on("converged"), n.on("convergence_reason"), n.on("status"),
			n.on("num_iterations"), n.on("completed_at"):
			h.EndNotes = append(h.EndNotes, n)
		}
		if n.Doubtful || len(n.at) == 1 {
			h.Margin = append(h.Margin, n)
		}
	}
	slices.SortStableFunc(h.Margin, func(x, y Note) int {
		switch {
		case x.Doubtful && !y.Doubtful:
			return -1
		case y.Doubtful && !x.Doubtful:
			return 1
		}
		return 0
	})
	if len(h.Margin) > maxMargin {
		h.Margin = h.Margin[:maxMargin]
	}
	return h
}

// maxMargin is how many notes stand beside the head; all of them are in their own part of the page.
const maxMargin = 8

func memberOf(object []byte, name string) (value []byte) {
	_ = jsontext.Members(object, func(n string, v []byte) error {
		if n == name {
			value = v
		}
		return nil
	})
	return value
}

func (b *builder) countText() string {
	var parts []string
	for _, k := range []struct {
		kind  provider.Kind
		thing string
	}{{provider.KindEvent, "event"}, {provider.KindInteraction, "call"}, {provider.KindIteration, "iteration"},
		{provider.KindNote, "note"}, {provider.KindAttachment, "attachment"}} {
		if n := b.counts[k.kind]; n > 0 {
			parts = append(parts, plural(n, k.thing))
		}
	}
	return strings.Join(parts, ", ")
}

// outcome says in a sentence how the run ended. The reason that the run gave comes from outside and stands between two
// parts of it.
func (b *builder) outcome(l *list) (before string, reason Text, after string) {
	ended := b.counts[provider.KindIteration]
	how := ""
	switch r := b.result; {
	case r == nil && b.o.Running:
		how = "Being recorded: " + plural(ended, "iteration") + " so far"
	case r == nil && len(l.numbers) == 0:
		how = "Cut short: it ends without an iteration and without a result"
	case r == nil:
		how = fmt.Sprintf("Cut short: it ends in iteration %d without a result", l.numbers[len(l.numbers)-1])
	case r.Status == provider.StatusFailed:
		how = "Failed after " + plural(ended, "iteration")
	case r.Status == provider.StatusInterrupted:
		how = "Interrupted after " + plural(ended, "iteration")
	case r.Converged != nil && *r.Converged:
		how = "Converged after " + plural(ended, "iteration")
	case r.Converged != nil:
		how = "Ended after " + plural(ended, "iteration") + " without converging"
	default:
		how = "Ended after " + plural(ended, "iteration")
	}
	if b.result != nil && b.result.ConvergenceReason != nil && *b.result.ConvergenceReason != "" {
		before, reason, after = how+" (", Text(*b.result.ConvergenceReason), ")"
	} else {
		before = how
	}
	after += "." + b.costSentence(l) + b.proposalSentence(l)
	if reason == "" {
		before, after = before+after, ""
	}
	return before, reason, after
}

// costSentence says how the total cost changed, and which was the lowest.
func (b *builder) costSentence(l *list) string {
	first, last, lowest := -1, -1, -1
	for i, c := range l.totals {
		if c == nil {
			continue
		}
		if last = i; first < 0 {
			first = i
		}
		if lowest < 0 || *c < *l.totals[lowest] {
			lowest = i
		}
	}
	if first < 0 {
		return ""
	}
	from, to := *l.totals[first], *l.totals[last]
	text := ""
	switch r := relative(from, to); {
	case first == last:
		return " Total cost was " + money(from) + "."
	case from == to:
		text = " Total cost ended where it began, at " + money(to)
	default:
		verb := "rose"
		if to < from {
			verb = "fell"
		}
		text = fmt.Sprintf(" Total cost %s from %s to %s", verb, money(from), money(to))
		if r != "" {
			text += " (" + r + ")"
		}
	}
	if low := *l.totals[lowest]; low == to && lowest < last && from != to {
		text += fmt.Sprintf(", the lowest, first reached in iteration %d", l.numbers[lowest])
	} else if low == to && from != to {
		text += ", the lowest"
	} else if low < to {
		text += fmt.Sprintf("; the lowest was %s in iteration %d", money(low), l.numbers[lowest])
	}
	return text + "."
}

// proposalSentence says what came of proposals.
func (b *builder) proposalSentence(l *list) string {
	if !l.decided || b.o.Partly {
		return ""
	}
	a, r, k, n := l.count[provider.DecisionAccepted], l.count[provider.DecisionRejected],
		l.count[provider.DecisionKept], l.count[provider.DecisionNone]
	all := a + r + k + l.open
	if all == 0 && n == 0 {
		return ""
	}
	var parts []string
	if r > 0 {
		parts = append(parts, grouped(r)+" rejected")
	}
	if k > 0 {
		parts = append(parts, grouped(k)+" kept the policy as it was")
	}
	if l.open > 0 {
		parts = append(parts, grouped(l.open)+" undecided")
	}
	text := fmt.Sprintf(" Of %s %s accepted", plural(all, "proposal"), were(a))
	switch {
	case all == 0:
		text = " Nothing was proposed"
	case l.open == all && b.withheld["accepted_changes"] > 0:
		text = " What became of " + plural(all, "proposal") + " is withheld"
	case l.open == all:
		text = " What became of " + plural(all, "proposal") + " was not recorded"
	case len(parts) > 0:
		text += ", " + strings.Join(parts, ", ")
	}
	if n > 0 {
		text += fmt.Sprintf("; %s no usable answer", times2(n, "time there was", "times there was"))
	}
	return text + "."
}

func were(n int) string {
	if n == 1 {
		return "1 was"
	}
	return grouped(n) + " were"
}

func times2(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// warnings says what the page lacks: what is withheld, and what of the run is not there. What the page leaves out for
// its size is added when that is known.
func (b *builder) warnings() (list []string) {
	var parts []string
	var all int64
	for _, name := range sortedKeys(b.withheld) {
		all += b.withheld[name]
		parts = append(parts, fmt.Sprintf("%s %s", strings.ReplaceAll(name, "_", " "), grouped(b.withheld[name])))
	}
	if all > 0 {
		list = append(list, fmt.Sprintf("This copy of the run withholds %s (%s). Each is replaced by its commitment: "+
			"whoever has the value can prove that it is the one.", plural(all, "value"), strings.Join(parts, ", ")))
	}
	switch {
	case b.result != nil:
	case b.o.Running:
		list = append(list, "The run is still being recorded: this page shows what was on disk when it was made.")
	default:
		list = append(list, "The run has no result: its recording was cut short. What was recorded until then is here.")
	}
	return list
}
