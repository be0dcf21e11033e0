// Package randomrun draws random runs for property tests. It stands apart from package providertest, since what it
// draws them with, package rapid, makes tables of all of Unicode when a program begins, as tests do a thousand times.
package randomrun

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// Draw draws a valid run: any number of agents with odd names, iterations with gaps in any order, costs past 2^53,
// empty maps, JSON that is deep, spaced over several lines or strangely spelt, control characters and NUL in prompts,
// thousands of events in some runs, and no result in some. Some runs have a salt, and some are redacted. The JSON texts
// are in the form in which they are kept.
func Draw(t *rapid.T) []provider.Record {
	g := &generator{T: t, iterations: map[int]bool{}}
	for range rapid.IntRange(0, 4).Draw(t, "agents") {
		g.agents = append(g.agents, g.name("agent"))
	}
	start := &provider.Start{
		RunID: g.name("run_id"), Name: g.name("experiment_name"), Type: g.name("experiment_type"),
		Config: g.optionalJSON("config"), CreatedAt: g.timestamp(),
	}
	if rapid.IntRange(0, 3).Draw(t, "salted") == 0 {
		start.Salt = rapid.SliceOfN(rapid.Byte(), provider.SaltSize, provider.SaltSize).Draw(t, "salt")
	}
	run := []provider.Record{start}
	number := rapid.SampledFrom([]int{0, 1, 7, provider.MaxIteration - 40}).Draw(t, "first iteration")
	for range rapid.IntRange(0, 12).Draw(t, "records") {
		number += rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2, 5}).Draw(t, "step")
		number = min(number, provider.MaxIteration)
		run = append(run, g.record(number)...)
	}
	if rapid.IntRange(0, 3).Draw(t, "cut short") > 0 {
		run = append(run, g.result())
	}
	if rapid.IntRange(0, 5).Draw(t, "redacted") == 0 {
		run = providertest.Redact(run, func(_ provider.Record,
			field string) bool {
			return rapid.Bool().Draw(t, "withhold "+field)
		})
	}
	return run
}

// JSON draws the text of a JSON value as it is kept: not null, no white space around it, valid.
func JSON(t *rapid.T) json.RawMessage { return (&generator{T: t}).json("json") }

// Text draws a text that is hard to store and to print: control characters, NUL, bidi controls, quotes, line ends.
func Text(t *rapid.T) string { return (&generator{T: t}).text("text") }

type generator struct {
	*rapid.T
	agents      []string
	iterations  map[int]bool
	attachments provider.AttachmentNames
}

func (g *generator) record(number int) []provider.Record {
	switch rapid.IntRange(0, 20).Draw(g.T, "kind") {
	case 0:
		return []provider.Record{&provider.Note{Kind: g.name("kind"), Subject: g.subject(), Text: "!" + g.text("text")}}
	case 1:
		a := &provider.Attachment{
			Name: rapid.StringMatching(`[aBé]{1,3}(/[A-Za-z ]{1,4}){0,2}`).Draw(g.T, "name"), MediaType: g.maybe("media type"),
			Data: rapid.SliceOf(rapid.Byte()).Draw(g.T, "data"),
		}
		if provider.CheckPortable(a.Name) != nil || g.attachments.Add(a.Name) != nil {
			return nil
		}
		return []provider.Record{a}
	case 2, 3, 4, 5, 6:
		if g.iterations[number] {
			return nil
		}
		g.iterations[number] = true
		return []provider.Record{g.iteration(number)}
	case 7, 8, 9, 10, 11:
		return []provider.Record{g.interaction(number)}
	case 12:
		if rapid.IntRange(0, 9).Draw(g.T, "many") > 0 {
			return nil
		}
		events := make([]provider.Record, rapid.IntRange(1000, 3000).Draw(g.T, "how many"))
		kind := g.name("event_type")
		for i := range events {
			events[i] = &provider.Event{Iteration: number, Type: kind, Timestamp: fmt.Sprint(i),
				Data: fmt.Appendf(nil, `{"tick": %d}`, i)}
		}
		return events
	}
	return []provider.Record{&provider.Event{
		Iteration: number, Type: g.eventType(), Timestamp: g.timestamp(), Data: g.eventData(),
	}}
}

// eventTypes are those that experiments are known to record.
var eventTypes = []string{
	"experiment_start", "iteration_start", "bootstrap_evaluation", "monte_carlo_evaluation", "llm_call", "llm_interaction",
	"policy_change", "policy_rejected", "experiment_end", "evaluation", "simulation_run", "context_simulation_complete",
	"llm_error", "iteration_metrics", "llm_stats", "experiment_summary", "policy_init", "validation_error",
	"policy_evaluation",
}

func (g *generator) eventType() string {
	if rapid.Bool().Draw(g.T, "known type") {
		return rapid.SampledFrom(eventTypes).Draw(g.T, "event_type")
	}
	return g.name("event_type")
}

// eventData draws a payload: often an object with members that known events have, of any type.
func (g *generator) eventData() json.RawMessage {
	if rapid.Bool().Draw(g.T, "any payload") {
		return g.optionalJSON("event_data")
	}
	members := []string{
		"iteration", "event_type", "agent_id", "total_cost", "per_agent_costs", "old_policy", "new_policy", "proposed_policy",
		"accepted", "old_cost", "new_cost", "rejection_reason", "validation_errors", "seed_results", "mean_cost",
		"final_cost", "converged", "error", "latency_seconds", "raw_response", "seed", "policy",
	}
	dst := []byte{'{'}
	for i, m := range rapid.SliceOfNDistinct(rapid.SampledFrom(members), 0, 6, rapid.ID).Draw(g.T, "members") {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(jsontext.AppendString(dst, m), ':')
		dst = append(dst, g.json(m)...)
	}
	return append(dst, '}')
}

func (g *generator) interaction(number int) *provider.Interaction {
	i := &provider.Interaction{Iteration: number, Timestamp: g.timestamp(), ParsedPolicy: g.optionalJSON("parsed_policy")}
	if len(g.agents) > 0 {
		i.AgentID = rapid.SampledFrom(g.agents).Draw(g.T, "agent_id")
	}
	if rapid.Bool().Draw(g.T, "has model") {
		i.Model = new(withoutZeroes(g.text("model")))
	}
	for _, p := range []**string{&i.SystemPrompt, &i.UserPrompt, &i.Response, &i.ParsingError} {
		if rapid.Bool().Draw(g.T, "has text") {
			*p = new(g.text("text"))
		}
	}
	for _, p := range []**int64{&i.PromptTokens, &i.CompletionTokens} {
		if rapid.Bool().Draw(g.T, "has tokens") {
			*p = new(rapid.Int64Range(0, math.MaxInt64).Draw(g.T, "tokens"))
		}
	}
	if rapid.Bool().Draw(g.T, "has latency") {
		latency := rapid.OneOf(rapid.SampledFrom([]float64{0, 0.1, 8.25, 1e-7, 5e-324, 1e21, math.MaxFloat64}),
			rapid.Float64Range(0, 1e6)).Draw(g.T, "latency_seconds")
		i.LatencySeconds = new(math.Abs(latency))
	}
	if rapid.IntRange(0, 3).Draw(g.T, "has extra") == 0 {
		i.Extra = fmt.Appendf(nil, "{\"x\":%s}", g.json("extra"))
	}
	return i
}

func (g *generator) iteration(number int) *provider.Iteration {
	it := &provider.Iteration{
		Number: number, Timestamp: g.timestamp(), Costs: map[string]provider.Cents{},
		AcceptedChanges: map[string]bool{}, Policies: map[string]json.RawMessage{},
	}
	for _, agent := range g.agents {
		if rapid.IntRange(0, 5).Draw(g.T, "has cost") > 0 {
			it.Costs[agent] = Cents(g.T)
		}
		if rapid.Bool().Draw(g.T, "has acceptance") {
			it.AcceptedChanges[agent] = rapid.Bool().Draw(g.T, "accepted")
		}
		if rapid.Bool().Draw(g.T, "has policy") {
			it.Policies[agent] = g.json("policy")
		}
	}
	return it
}

func (g *generator) result() *provider.Result {
	r := &provider.Result{CompletedAt: g.timestamp(), Status: rapid.SampledFrom([]provider.Status{
		provider.StatusCompleted, provider.StatusFailed, provider.StatusInterrupted,
	}).Draw(g.T, "status")}
	if rapid.Bool().Draw(g.T, "has converged") {
		r.Converged = new(rapid.Bool().Draw(g.T, "converged"))
	}
	if rapid.Bool().Draw(g.T, "has reason") {
		r.ConvergenceReason = new(g.text("convergence_reason"))
	}
	for _, p := range []**provider.Cents{&r.FinalCost, &r.BestCost} {
		if rapid.Bool().Draw(g.T, "has cost") {
			*p = new(Cents(g.T))
		}
	}
	return r
}

// Cents draws an amount, often one that a float cannot hold.
func Cents(t *rapid.T) provider.Cents {
	return provider.Cents(rapid.OneOf(
		rapid.SampledFrom([]int64{0, 1, -1, 99, 100, 5000, 1<<53 + 1, -(1<<53 + 1), math.MaxInt64, math.MinInt64}),
		rapid.Int64(),
	).Draw(t, "cents"))
}

func (g *generator) timestamp() string {
	return rapid.SampledFrom([]string{"", "2025-12-15T08:49:01.123456", "2025-12-15 08:49:01", "2026-02-29T25:61:00Z",
		"später"}).Draw(g.T, "timestamp")
}

// subject draws a JSON pointer, or none.
func (g *generator) subject() string {
	var names []string
	for range rapid.IntRange(0, 3).Draw(g.T, "names") {
		names = append(names, rapid.SampledFrom([]string{"", "~", "/", "final_cost", "iterations", "3", "~1",
			withoutZeroes(g.text("name"))}).Draw(g.T, "name"))
	}
	return provider.Subject(names...)
}

func (g *generator) name(label string) string {
	if rapid.Bool().Draw(g.T, "plain name") {
		return rapid.StringMatching(`[A-Za-z][A-Za-z0-9_-]{0,12}`).Draw(g.T, label)
	}
	return "N" + withoutZeroes(g.text(label))
}

// withoutZeroes takes out what no name may have.
func withoutZeroes(s string) string { return strings.ReplaceAll(s, "\x00", "") }

func (g *generator) maybe(label string) string {
	if rapid.Bool().Draw(g.T, "present") {
		return g.name(label)
	}
	return ""
}

// fragments are pieces of text that went wrong somewhere once.
var fragments = []string{
	"a", "BANK", " ", "\n", "\r\n", "\r", "\t", "\x00", "\x1b[31m", "\x07", "\x7f", "\u0085", "\u200b", "\u200d", "\u202e",
	"\u2028",
	"\u2066", "\ufeff", "\ufffd", "\ufffe", "é", "e\u0301", "日本", "🏦", `"`, `\`, `\u0041`, `'`, "<b>&amp;", "[red]",
	"%s%n", "{", "}", "| ",
	"== Iteration 0", "--", ";DROP TABLE", "```json",
}

func (g *generator) text(label string) string {
	if rapid.IntRange(0, 5).Draw(g.T, "any text") == 0 {
		return strings.ToValidUTF8(rapid.StringN(0, 20, 80).Draw(g.T, label), "\ufffd")
	}
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(fragments), 0, 6).Draw(g.T, label), "")
}

func (g *generator) optionalJSON(label string) json.RawMessage {
	if rapid.IntRange(0, 4).Draw(g.T, "absent") == 0 {
		return nil
	}
	return g.json(label)
}

// json draws a value; a null is replaced, since it counts as absent.
func (g *generator) json(label string) json.RawMessage {
	if rapid.IntRange(0, 40).Draw(g.T, "deep") == 0 {
		n := rapid.IntRange(100, jsontext.MaxDepth-3).Draw(g.T, "depth")
		return json.RawMessage(strings.Repeat(`[{"":`, n/2) + "0" + strings.Repeat("}]", n/2))
	}
	text := g.value(nil, 3)
	if jsontext.IsNull(text) {
		return json.RawMessage(`{}`)
	}
	return text
}

var scalars = []string{
	"null", "true", "false", "0", "-0", "1", "0.5", "1.0", "1e3", "1E+400", "-1.50e-7", "9007199254740993",
	"9223372036854775808",
	"18446744073709551616", `""`, `"\u0041\/"`, `"\ud800"`, `"\ud83c\udfe6"`, `"\u0000"`, `"\\"`, `"\u202e"`, "\"\u2028\"",
	"\"\x7f\"",
}

func (g *generator) value(dst []byte, depth int) []byte {
	kind := rapid.IntRange(0, 9).Draw(g.T, "value")
	if depth == 0 || kind < 4 {
		return append(dst, rapid.SampledFrom(scalars).Draw(g.T, "scalar")...)
	}
	space := rapid.SampledFrom([]string{"", "", "", " ", "\t", "\n  ", "\r\n", "\r"}).Draw(g.T, "space")
	n := rapid.IntRange(0, 3).Draw(g.T, "members")
	switch {
	case kind < 5:
		return jsontext.AppendString(dst, g.text("string"))
	case kind < 7:
		dst = append(dst, '[')
		for i := range n {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = g.value(append(dst, space...), depth-1)
		}
		return append(append(dst, space...), ']')
	}
	dst = append(dst, '{')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, space...)
		if rapid.IntRange(0, 2).Draw(g.T, "member") == 0 {
			dst = append(dst, `"parameters"`...)
		} else {
			dst = jsontext.AppendString(dst, g.text("member")) // a name may come twice, as nothing forbids it
		}
		dst = append(append(dst, space...), ':')
		dst = g.value(append(dst, space...), depth-1)
	}
	return append(append(dst, space...), '}')
}
