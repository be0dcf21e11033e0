// Package sample makes what is measured: events and calls of language models, the same on every machine.
package sample

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// seed is of every random number, so that all peers and all machines measure the same bytes.
const seed = 42

// text draws a sentence of n words.
func text(random *rand.Rand, n int) string {
	words := []string{"settled", "queue", "liquidity", "payment", "collateral", "deadline", "credit", "cost", "bank",
		"tick"}
	var s strings.Builder
	for i := range n {
		if i > 0 {
			s.WriteByte(' ')
		}
		s.WriteString(words[random.IntN(len(words))])
	}
	return s.String()
}

// Events makes n events of so many iterations, in their order: eight types, 100 to 400 bytes of JSON. Their means are
// those of the events that the goals were set with: 187 bytes of JSON, 304 of a line.
func Events(n, iterations int) []provider.Event {
	random := rand.New(rand.NewPCG(seed, seed))
	types := []string{"transaction_arrival", "settlement", "queue_release", "cost_accrual", "evaluation", "policy_change",
		"collateral_post", "credit_limit_hit"}
	events := make([]provider.Event, n)
	for i := range events {
		data := fmt.Appendf(nil, `{"tick":%d,"agent_id":"BANK_%c","tx_id":"%016x","amount":%d,"note":%q}`, i%100,
			'A'+rune(i%26),
			random.Uint64(), random.IntN(1e3), text(random, 4+random.IntN(22)))
		events[i] = provider.Event{
			Iteration: i * iterations / n, Type: types[random.IntN(len(types))], Data: data,
			Timestamp: fmt.Sprintf("2025-12-11T%02d:%02d:%02d.%06d", i/3600%24, i/60%60, i%60, i%1000000),
		}
	}
	return events
}

// Interactions makes n calls of a language model whose prompts of 8 to 30 KB share a system prompt (of eight) and
// sections of a history (of twenty-four), as those of an experiment that repeats itself do.
func Interactions(n, iterations int) []provider.Interaction {
	random := rand.New(rand.NewPCG(seed, seed+1))
	systems, sections := make([]string, 8), make([]string, 24)
	for i := range systems {
		systems[i] = text(random, 400)
	}
	for i := range sections {
		sections[i] = text(random, 150+random.IntN(100))
	}
	list := make([]provider.Interaction, n)
	for i := range list {
		parts := []string{}
		for range 5 + random.IntN(15) {
			parts = append(parts, sections[random.IntN(len(sections))])
		}
		parts = append(parts, text(random, 100))
		list[i] = provider.Interaction{
			Iteration: i * iterations / n, AgentID: fmt.Sprintf("BANK_%c", 'A'+rune(i%2)), Model: new("model"),
			SystemPrompt: new(systems[random.IntN(len(systems))]), UserPrompt: new(strings.Join(parts, "\n\n")),
			Response: new(text(random, 200)), PromptTokens: new(int64(len(parts) * 300)), CompletionTokens: new(int64(260)),
		}
	}
	return list
}

// A Run is what one recording of it puts into a sink.
type Run struct {
	ID           string // bench-1 if empty
	Iterations   int
	Events       []provider.Event
	Interactions []provider.Interaction
}

// Put records r, each event and call with its iteration.
func (r *Run) Put(ctx context.Context, s provider.Sink) error {
	start := &provider.Start{RunID: cmp.Or(r.ID, "bench-1"), Name: "bench", Type: "bench",
		Config: json.RawMessage(`{"seed":42}`), CreatedAt: "2025-12-11T00:00:00"}
	if err := s.Begin(ctx, start); err != nil {
		return err
	}
	events, calls := r.Events, r.Interactions
	for n := range r.Iterations {
		for len(events) > 0 && events[0].Iteration == n {
			if err := s.Event(ctx, &events[0]); err != nil {
				return err
			}
			events = events[1:]
		}
		for len(calls) > 0 && calls[0].Iteration == n {
			if err := s.Interaction(ctx, &calls[0]); err != nil {
				return err
			}
			calls = calls[1:]
		}
		if err := s.Iteration(ctx, &provider.Iteration{Number: n,
			Costs:    map[string]provider.Cents{"BANK_A": provider.Cents(100_000 - n), "BANK_B": provider.Cents(90_000 + n%7)},
			Policies: map[string]json.RawMessage{"BANK_A": fmt.Appendf(nil, `{"parameters":{"f":0.%03d}}`, n)}}); err != nil {
			return err
		}
	}
	return s.Finish(ctx, &provider.Result{Status: provider.StatusCompleted, Converged: new(true)})
}
