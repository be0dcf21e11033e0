package liquidity

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
)

func play(t *testing.T, name string, o Options) *provider.Live {
	t.Helper()
	live := new(provider.Live)
	if err := Play(t.Context(), name, o, live); err != nil {
		t.Fatal(err)
	}
	return live
}

func records(t *testing.T, p provider.Provider) (list []provider.Record) {
	t.Helper()
	for r, err := range p.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

func rootOf(t *testing.T, p provider.Provider) digest.Hash {
	t.Helper()
	root, _, err := digest.Of(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// Whatever mistakes the stand-in makes, a search ends in the equilibrium.
func TestEveryRunEndsInEquilibrium(t *testing.T) {
	for name, want := range map[string]map[string]provider.Cents{
		"exp1": {"BANK_A": 0, "BANK_B": 2000},
		"exp3": {"BANK_A": 1998, "BANK_B": 1998},
	} {
		for seed := range uint64(100) {
			live := play(t, name, Options{Seed: seed})
			e, _ := live.Experiment(t.Context())
			if e.Status() != provider.StatusCompleted || !*e.Result.Converged ||
				*e.Result.ConvergenceReason != "policy_stability" {
				t.Errorf("%s, seed %d: got result %+v, want convergence", name, seed, *e.Result)
				continue
			}
			numbers, _ := live.Iterations(t.Context())
			last, _ := live.IterationAt(t.Context(), numbers[len(numbers)-1])
			if !maps.Equal(last.Costs, want) {
				t.Errorf("%s, seed %d: got costs %v, want %v", name, seed, last.Costs, want)
			}
			if total := want["BANK_A"] + want["BANK_B"]; *e.Result.FinalCost != total || *e.Result.BestCost != total {
				t.Errorf("%s, seed %d: got final cost %v and best %v, want %v", name, seed, *e.Result.FinalCost, *e.Result.BestCost,
					total)
			}
			shares := map[string]Fraction{"BANK_A": 0, "BANK_B": 200}
			if name == "exp3" {
				shares["BANK_A"] = 200
			}
			for agent, want := range shares {
				if got := share(t, last.Policies[agent]); got != want {
					t.Errorf("%s, seed %d: got share %v of %s, want %v", name, seed, got, agent, want)
				}
			}
		}
	}
}

func share(t *testing.T, text json.RawMessage) Fraction {
	t.Helper()
	var p policy
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	f, err := ParseFraction(p.Parameters.Share.String())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return f
}

// The random days of exp2 end between what language models found and what theory expects.
func TestExp2EndsInRange(t *testing.T) {
	for seed := range uint64(20) {
		live := play(t, "exp2", Options{Seed: seed})
		numbers, _ := live.Iterations(t.Context())
		first, _ := live.IterationAt(t.Context(), 0)
		if want := map[string]provider.Cents{"BANK_A": 49800, "BANK_B": 49800}; !maps.Equal(first.Costs, want) {
			t.Errorf("seed %d: got costs %v of the first iteration, want %v", seed, first.Costs, want)
		}
		last, _ := live.IterationAt(t.Context(), numbers[len(numbers)-1])
		for agent, policy := range last.Policies {
			if f := share(t, policy); f < 50 || f > 300 {
				t.Errorf("seed %d: got share %v of %s, want 0.05 to 0.3", seed, f, agent)
			}
		}
	}
}

// The same options give the same records; another seed gives others.
func TestDeterminism(t *testing.T) {
	for _, name := range Names() {
		first, again := play(t, name, Options{Seed: 5}), play(t, name, Options{Seed: 5})
		want := records(t, first)
		if err := providertest.Check(t.Context(), again, want); err != nil {
			t.Errorf("%s again: %v", name, err)
		}
		if a, b := rootOf(t, first), rootOf(t, play(t, name, Options{Seed: 6})); a == b {
			t.Errorf("%s: got digest %v with two seeds", name, a)
		}
	}
}

// testdata/*.golden hold the course of the runs with the default seed, for review.
func TestGolden(t *testing.T) {
	for _, name := range Names() {
		live := play(t, name, Options{Seed: DefaultSeed})
		e, _ := live.Experiment(t.Context())
		var b strings.Builder
		root, n, err := digest.Of(t.Context(), live)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "run      %s\nrecords  %d\ndigest   %v\n\n", e.RunID, n, root)
		fmt.Fprintf(&b, "iteration  bank    share   cost     proposal\n")
		numbers, _ := live.Iterations(t.Context())
		for _, n := range numbers {
			it, _ := live.IterationAt(t.Context(), n)
			for _, agent := range slices.Sorted(maps.Keys(it.Policies)) {
				what := "none"
				for i := range provider.Interactions(t.Context(), live, n) {
					switch accepted, known := it.AcceptedChanges[agent]; {
					case i.AgentID != agent:
					case i.ParsingError != nil:
						what = *i.ParsingError
					default:
						var p policy
						if err := json.Unmarshal(i.ParsedPolicy, &p); err != nil {
							t.Fatal(err)
						}
						what = fmt.Sprintf("%s (%s) accepted %t, known %t", p.Parameters.Share, p.Payment.Action, accepted, known)
					}
				}
				fmt.Fprintf(&b, "%-9d  %s  %-6v  %-7v  %s\n", n, agent, share(t, it.Policies[agent]), it.Costs[agent], what)
			}
		}
		fmt.Fprintf(&b, "\n%s: final %v, best %v\n", *e.Result.ConvergenceReason, *e.Result.FinalCost, *e.Result.BestCost)
		path := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if want = bytes.ReplaceAll(want, []byte("\r"), nil); b.String() != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, b.String(), want)
		}
	}
}

// Together the runs have every kind of record and every type of event that the original knew, and exp1 alone has every
// kind of answer.
func TestVariety(t *testing.T) {
	kinds, types, answers := map[provider.Kind]bool{}, map[string]bool{}, map[string]bool{}
	for _, name := range Names() {
		for _, r := range records(t, play(t, name, Options{Seed: DefaultSeed})) {
			kinds[r.RecordKind()] = true
			switch r := r.(type) {
			case *provider.Event:
				types[r.Type] = true
				if r.Type == "policy_rejected" && name == "exp1" {
					var p policyRejected
					if err := json.Unmarshal(r.Data, &p); err != nil {
						t.Fatal(err)
					}
					answers[p.Reason] = true
					for _, text := range p.Errors {
						answers[strings.Join(strings.Fields(text)[:1], " ")] = true
					}
				}
			case *provider.Interaction:
				if name == "exp1" {
					answers["fenced"] = answers["fenced"] || strings.HasPrefix(*r.Response, "```")
					answers["parsing error"] = answers["parsing error"] || r.ParsingError != nil
				}
			}
		}
	}
	for k := provider.KindStart; k <= provider.KindResult; k++ {
		if !kinds[k] {
			t.Errorf("got no record of kind %v", k)
		}
	}
	for _, want := range []string{
		"experiment_start", "simulation_run", "context_simulation_complete", "bootstrap_evaluation", "iteration_start",
		"evaluation",
		"llm_call", "llm_error", "policy_evaluation", "policy_change", "policy_rejected", "iteration_metrics", "llm_stats",
		"experiment_end", "experiment_summary",
	} {
		if !types[want] {
			t.Errorf("got no event %s", want)
		}
	}
	for _, want := range []string{
		"validation_failed", "cost_not_improved", "parameters.initial_liquidity_fraction", "payment_tree:", "the", "fenced",
		"parsing error",
	} {
		if !answers[want] {
			t.Errorf("got no answer with %q in exp1: %v", want, answers)
		}
	}
}

// What the records of a run say about one another holds.
func TestConsistency(t *testing.T) {
	for _, name := range Names() {
		for seed := range uint64(10) {
			live := play(t, name, Options{Seed: seed})
			prompt, last := "", ""
			for i := range provider.AllInteractions(t.Context(), live) {
				if prompt == "" {
					prompt = *i.SystemPrompt
				}
				if *i.SystemPrompt != prompt {
					t.Fatalf("%s: got two system prompts", name)
				}
				if (i.ParsingError == nil) != (i.ParsedPolicy != nil) {
					t.Errorf("%s, iteration %d: got parsed policy %s and error %v", name, i.Iteration, i.ParsedPolicy, i.ParsingError)
				}
				if other := map[string]string{"BANK_A": "BANK_B", "BANK_B": "BANK_A"}[i.AgentID]; strings.Contains(*i.UserPrompt,
					other) {
					t.Errorf("%s, iteration %d: the prompt of %s names %s", name, i.Iteration, i.AgentID, other)
				}
			}
			for _, r := range records(t, live) {
				if e, ok := r.(*provider.Event); ok {
					if e.Timestamp <= last {
						t.Errorf("%s: got time %s after %s", name, e.Timestamp, last)
					}
					last = e.Timestamp
				}
			}
			numbers, _ := live.Iterations(t.Context())
			for k, n := range numbers {
				it, _ := live.IterationAt(t.Context(), n)
				if n != k {
					t.Errorf("%s: got iteration %d at position %d", name, n, k)
				}
				final := k == len(numbers)-1
				if want := len(it.Policies); !final && len(it.AcceptedChanges) != want {
					t.Errorf("%s, iteration %d: got %d acceptances, want %d", name, n, len(it.AcceptedChanges), want)
				}
				if final {
					if len(it.AcceptedChanges) != 0 {
						t.Errorf("%s: got acceptances %v in the last iteration, want none", name, it.AcceptedChanges)
					}
					break
				}
				next, _ := live.IterationAt(t.Context(), n+1)
				for agent, policy := range it.Policies {
					want := policy
					if it.AcceptedChanges[agent] {
						for i := range provider.Interactions(t.Context(), live, n) {
							if i.AgentID == agent {
								want = i.ParsedPolicy
							}
						}
					}
					if got := next.Policies[agent]; !bytes.Equal(got, want) {
						t.Errorf("%s, iteration %d: got policy %s of %s, want %s", name, n+1, got, agent, want)
					}
				}
			}
		}
	}
}

func TestMaxIter(t *testing.T) {
	live := play(t, "exp1", Options{MaxIter: 2})
	e, _ := live.Experiment(t.Context())
	if *e.Result.Converged || *e.Result.ConvergenceReason != "max_iterations" {
		t.Errorf("got result %+v, want max_iterations", *e.Result)
	}
	if numbers, _ := live.Iterations(t.Context()); !slices.Equal(numbers, []int{0, 1}) {
		t.Errorf("got iterations %v, want 0 and 1", numbers)
	}
	if !slices.ContainsFunc(e.Notes, func(n provider.Note) bool {
		return n.Kind == "doubtful" && n.Subject == "/iterations/1/accepted_changes"
	}) {
		t.Errorf("got notes %v, want one on the last changes", e.Notes)
	}
	for _, subject := range []string{"/final_cost", "/best_cost"} {
		if !slices.ContainsFunc(e.Notes, func(n provider.Note) bool { return n.Kind == "derived" && n.Subject == subject }) {
			t.Errorf("got notes %v, want one about %s", e.Notes, subject)
		}
	}
	full, _ := play(t, "exp1", Options{}).Experiment(t.Context())
	if e.RunID == full.RunID {
		t.Errorf("got run id %s with two limits", e.RunID)
	}
	named, _ := play(t, "exp1", Options{MaxIter: 1, RunID: "mine"}).Experiment(t.Context())
	if named.RunID != "mine" {
		t.Errorf("got run id %q, want mine", named.RunID)
	}
}

// A run that was cut short anywhere and goes on with Skip has the records of a run that was not.
func TestSkip(t *testing.T) {
	o := Options{Seed: 3}
	want := records(t, play(t, "exp1", o))
	for n := range len(want) + 1 {
		var live provider.Live
		if err := providertest.Play(t.Context(), &unfinished{Sink: &live}, want[:n]); err != nil {
			t.Fatal(err)
		}
		rest := o
		rest.Skip = int64(n)
		if err := Play(t.Context(), "exp1", rest, &live); err != nil {
			t.Fatalf("after %d records: %v", n, err)
		}
		if got := records(t, &live); len(got) != len(want) {
			t.Fatalf("after %d records: got %d in the end, want %d", n, len(got), len(want))
		}
		if n%50 == 0 {
			if err := providertest.Check(t.Context(), &live, want); err != nil {
				t.Errorf("after %d records: %v", n, err)
			}
		}
	}
	o.Skip = int64(len(want)) + 1
	if err := Play(t.Context(), "exp1", o, new(provider.Live)); !errors.Is(err, ErrSkip) {
		t.Errorf("got %v, want ErrSkip", err)
	}
}

// unfinished is a sink that does not hear that its source ends without a result.
type unfinished struct{ provider.Sink }

func (u *unfinished) Finish(ctx context.Context, r *provider.Result) error {
	if r == nil {
		return nil
	}
	return u.Sink.Finish(ctx, r)
}

// stopping cancels a context before record n, and counts.
type stopping struct {
	provider.Live
	n      int
	cancel context.CancelFunc
}

func (s *stopping) Event(ctx context.Context, e *provider.Event) error {
	if s.n--; s.n == 0 {
		s.cancel()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.Live.Event(ctx, e)
}

// A cancelled run ends with a result that says so, and is otherwise a prefix of the whole one.
func TestCancel(t *testing.T) {
	want := records(t, play(t, "exp3", Options{}))
	for n := 1; n < 60; n += 7 {
		ctx, cancel := context.WithCancel(t.Context())
		s := &stopping{n: n, cancel: cancel}
		if err := Play(ctx, "exp3", Options{}, s); !errors.Is(err, context.Canceled) {
			t.Errorf("after %d events: got %v, want context.Canceled", n, err)
		}
		cancel()
		got := records(t, &s.Live)
		result, ok := got[len(got)-1].(*provider.Result)
		if !ok || result.Status != provider.StatusInterrupted || result.FinalCost != nil || result.Converged != nil {
			t.Fatalf("after %d events: got last record %+v, want an interrupted result", n, got[len(got)-1])
		}
		for i, r := range got[:len(got)-1] {
			if d := providertest.Diff(r, want[i]); d != "" {
				t.Errorf("after %d events, record %d: %s", n, i, d)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var live provider.Live
	if err := Play(ctx, "exp3", Options{}, &live); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: got %v, want context.Canceled", err)
	}
	if n, _ := live.RecordCount(t.Context()); n != 0 {
		t.Errorf("cancelled before: got %d records, want none", n)
	}
}

// A pause ends when the run is cancelled.
func TestPauseIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &stopping{n: 1, cancel: cancel}
	if err := Play(ctx, "exp1", Options{Pause: time.Millisecond}, s); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	done := make(chan error, 1)
	ctx, cancel = context.WithCancel(t.Context())
	begun := &announcing{begun: make(chan struct{})}
	go func() { done <- Play(ctx, "exp1", Options{Pause: time.Hour}, begun) }()
	<-begun.begun
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

type announcing struct {
	provider.Live
	begun chan struct{}
}

func (a *announcing) Begin(ctx context.Context, s *provider.Start) error {
	defer close(a.begun)
	return a.Live.Begin(ctx, s)
}

var errFull = errors.New("disk full")

type full struct {
	stopping
	failed bool
}

func (f *full) Interaction(context.Context, *provider.Interaction) error {
	f.failed = true
	return errFull
}

func (f *full) Finish(ctx context.Context, r *provider.Result) error {
	if f.failed {
		panic("Finish after an error")
	}
	return f.Live.Finish(ctx, r)
}

// After an error of the sink nothing more is given to it.
func TestSinkFails(t *testing.T) {
	f := new(full)
	if err := Play(t.Context(), "exp1", Options{}, f); err != errFull {
		t.Errorf("got %v, want %v", err, errFull)
	}
}

func TestRefusals(t *testing.T) {
	if err := Play(t.Context(), "exp9", Options{}, new(provider.Live)); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v, want ErrUnknown", err)
	}
	for _, o := range []Options{{MaxIter: -1}, {Skip: -1}, {Pause: -1}} {
		if err := Play(t.Context(), "exp1", o, new(provider.Live)); !errors.Is(err, ErrOptions) {
			t.Errorf("%+v: got %v, want ErrOptions", o, err)
		}
	}
}

func BenchmarkPlay(b *testing.B) {
	for _, name := range Names() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := Play(b.Context(), name, Options{Seed: DefaultSeed}, new(digest.Sink)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
