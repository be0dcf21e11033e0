package liquidity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/simexp/exparchive/provider"
)

// Type is the type of experiment that the runs of this package record.
const Type = "liquidity"

// DefaultSeed is the seed of the runs that the documentation shows. With it exp1 and exp3 have every kind of answer
// that the stand-in can give.
const DefaultSeed uint64 = 556

// Options say how an experiment is played.
type Options struct {
	Seed    uint64        // of the stand-in's mistakes and of the resampled days; the payments of a scenario are fixed
	MaxIter int           // most iterations; 0 means the scenario's own limit
	RunID   string        // empty means one that is derived from the name of the experiment, Seed and MaxIter
	Skip    int64         // leading records that the sink is not given because it has them from a run that was cut short
	Pause   time.Duration // real time between two records, for watching
}

var (
	// ErrOptions means that the options of a run cannot be.
	ErrOptions = errors.New("invalid options")
	// ErrSkip means that the run has fewer records than should be skipped.
	ErrSkip = errors.New("too many records to skip")
)

// Play plays the reference experiment name into sink, from Begin to Finish. The same name and options give the same
// records. An unknown name is [ErrUnknown].
//
// When ctx is cancelled, Play ends the run with a [provider.Result] of status interrupted and returns the cause. It
// does so between two records; the sink is given a context that is not cancelled. After an error of the sink, which
// Play returns, the sink is not called again.
//
// A run whose recording was cut short goes on by playing it again with Skip set to the number of records that the
// sink has: the sink is then given the records after those, without Begin.
func Play(ctx context.Context, name string, o Options, sink provider.Sink) error {
	s, err := Load(name)
	if err != nil {
		return err
	}
	if o.MaxIter < 0 || o.Skip < 0 || o.Pause < 0 {
		return fmt.Errorf("%w: a limit of iterations, number of records or pause is negative", ErrOptions)
	}
	if o.MaxIter > 0 {
		s.MaxIter = o.MaxIter
	}
	if o.RunID == "" {
		o.RunID = s.runID(o.Seed)
	}
	r := &run{
		recorder: recorder{ctx: ctx, sink: sink, pause: o.Pause, skip: o.Skip, clock: start},
		s:        s,
		seed:     o.Seed,
		id:       o.RunID,
	}
	r.play()
	return r.end()
}

// A run is the state of a run.
type run struct {
	recorder
	s     *Scenario
	seed  uint64
	id    string
	banks []*bank

	n           int // iteration
	before      []Fraction
	stable      int // iterations in a row in which no policy changed
	simulations int
	calls       llmStats
	final, best provider.Cents
	evaluated   bool // at least one iteration is
}

// An iteration is what one iteration works with.
type iteration struct {
	shares   []Fraction
	seed     uint64
	days     []Day // what the scenario's own day came to
	protocol []Entry
	samples  []sample
	estimate estimate
	costs    []provider.Cents
	policies map[string]json.RawMessage
	accepted map[string]bool
	// What the history says of each bank's proposal.
	outcomes []string
}

func (r *run) play() {
	r.begin()
	converged := false
	for r.n = 0; r.n < r.s.MaxIter && r.err == nil; r.n++ {
		it := r.evaluate()
		if converged = r.stable >= r.s.Stable; !converged {
			for i := range r.banks {
				r.improve(it, i)
			}
		}
		r.closeIteration(it, converged)
		if converged {
			break
		}
	}
	if !converged {
		r.n = max(0, r.n-1)
	}
	r.conclude(converged)
}

func (r *run) begin() {
	s := r.s
	for range s.Banks {
		share := One / 2
		p := newPolicy("default", json.Number(share.String()))
		r.banks = append(r.banks, &bank{share: share, reach: Reach, policy: encode(p), id: p.ID})
	}
	r.put(&provider.Start{
		RunID: r.id, Name: s.Name, Type: Type, CreatedAt: r.time(),
		Config: encode(config{
			Name: s.Name, Description: s.Description, Path: "payments.csv", Seed: r.seed,
			Evaluation:  evalConf{s.Mode, s.Ticks, s.Samples},
			Convergence: convConf{s.MaxIter, "0", s.Stable},
			Agents:      s.Banks,
			Prices:      prices{s.Pool, s.LiquidityBps, number(delayTenths, 1), overdueFactor, overduePenalty, unsettledFee},
		}),
	})
	r.put(&provider.Attachment{
		Name: "payments.csv", MediaType: "text/csv", Data: []byte(formatPayments(s.Payments, s.Banks)),
	})
	r.event(0, "experiment_start", experimentStart{s.Name, s.Description, Model, s.MaxIter, s.Samples})
}

// byBank makes a map by bank.
func byBank[V any](s *Scenario, f func(i int) V) map[string]V {
	m := make(map[string]V, len(s.Banks))
	for i, name := range s.Banks {
		m[name] = f(i)
	}
	return m
}

func (r *run) amounts(of []provider.Cents) amounts {
	return byBank(r.s, func(i int) provider.Cents { return of[i] })
}

// evaluate finds what the policies in force cost.
func (r *run) evaluate() *iteration {
	s := r.s
	it := &iteration{seed: s.daySeed(r.seed, r.n), accepted: map[string]bool{}, outcomes: make([]string, len(s.Banks))}
	changed := false
	for i, b := range r.banks {
		it.shares = append(it.shares, b.share)
		changed = changed || r.before == nil || r.before[i] != b.share
	}
	if r.stable++; changed {
		r.stable = 0
	}
	it.policies = byBank(s, func(i int) json.RawMessage { return r.banks[i].policy })
	it.days = s.Settle(it.shares, func(e Entry) { it.protocol = append(it.protocol, e) })
	it.samples = s.samples(r.seed, r.n)
	it.estimate = estimateOn(it.samples, it.shares)
	it.costs = it.estimate.costs()
	total := sum(it.costs)

	context := make([]provider.Cents, len(s.Banks))
	for i, d := range it.days {
		context[i] = d.Total()
	}
	r.simulations++
	r.wait(180 * time.Millisecond)
	r.event(r.n, "simulation_run", simulationRun{
		ID: fmt.Sprintf("%s-sim-%03d-context", r.id, r.simulations), Purpose: "context", Seed: it.seed, Ticks: s.Ticks,
		Total: sum(context), Costs: r.amounts(context), Events: len(it.protocol),
	})
	r.event(r.n, "context_simulation_complete",
		contextComplete{it.seed, sum(context), r.amounts(context), len(it.protocol), s.Samples})
	if s.Mode == Bootstrap {
		r.wait(time.Duration(s.Samples) * 23 * time.Millisecond)
		r.event(r.n, "bootstrap_evaluation", r.bootstrap(it))
	}
	r.event(r.n, "iteration_start", iterationStart{total})
	r.event(r.n, "evaluation", evaluation{total, r.amounts(it.costs)})
	r.final = total
	if !r.evaluated || total < r.best {
		r.best = total
	}
	r.evaluated = true
	r.before = it.shares
	return it
}

// bootstrap describes the samples of an iteration, beside what the policies of the iteration before would have cost.
func (r *run) bootstrap(it *iteration) bootstrapEvaluation {
	var ev bootstrapEvaluation
	var baseline estimate
	if r.before != nil {
		baseline = estimateOn(it.samples, r.before)
	}
	var totals []int64
	for i, sample := range it.samples {
		result := seedResult{Seed: sample.seed, Cost: it.estimate.total(i)}
		for _, d := range it.estimate.days[i] {
			result.Settled += d.Settled
			result.Total += d.Due
		}
		result.Rate = ratio(int64(result.Settled), int64(result.Total), 4)
		if r.before != nil {
			result.Baseline = new(baseline.total(i))
			result.Delta = new(*result.Baseline - result.Cost)
		}
		totals = append(totals, int64(result.Cost))
		ev.Results = append(ev.Results, result)
	}
	st := describe(totals)
	ev.Mean, ev.Std = provider.Cents(st.mean), provider.Cents(st.deviation)
	return ev
}

// ratio gives a / b as a JSON number with a number of decimals, rounded. Where b is 0 there was nothing to do, and all
// of it is done.
func ratio(a, b int64, places int) json.Number {
	if b == 0 {
		a, b = 1, 1
	}
	for range places {
		a *= 10
	}
	return number(divideRound(a, b), places)
}

// improve asks the model for a better policy of bank i and judges what it proposes.
func (r *run) improve(it *iteration, i int) {
	b := r.banks[i]
	answer, err := r.call(it, i)
	if r.err != nil {
		return
	}
	name := r.s.Banks[i]
	it.accepted[name] = false
	if err != nil || len(answer.faults) > 0 {
		rejected := policyRejected{Agent: name, Policy: answer.policy, Errors: answer.faults, Reason: "validation_failed"}
		if err != nil {
			rejected.Errors = []string{err.Error()}
		}
		it.outcomes[i] = fmt.Sprintf("The proposal was refused: %s.", rejected.Errors[0])
		r.event(r.n, "policy_rejected", rejected)
		return
	}
	if answer.share == b.share {
		it.outcomes[i] = "The proposal kept the share."
		return
	}
	proposed := append([]Fraction(nil), it.shares...)
	proposed[i] = answer.share
	estimate := estimateOn(it.samples, proposed)
	v := judge(r.s.Mode, i, it.estimate, estimate)
	r.wait(time.Duration(len(it.samples)) * 23 * time.Millisecond)
	r.event(r.n, "policy_evaluation", r.assessment(it, i, answer, proposed, estimate, v))
	if v.accepted {
		it.accepted[name] = true
		it.outcomes[i] = fmt.Sprintf("The proposal of %v was accepted: %v instead of %v.", answer.share, v.new, v.old)
		r.event(r.n, "policy_change", policyChange{name, b.policy, answer.policy, v.old, v.new, true})
		b.share, b.policy, b.id, b.reach = answer.share, answer.policy, answer.id, Reach
		return
	}
	it.outcomes[i] = fmt.Sprintf("The proposal of %v was rejected: %v instead of %v.", answer.share, v.new, v.old)
	r.event(r.n, "policy_rejected", policyRejected{
		Agent: name, Policy: answer.policy, Errors: []string{}, Reason: "cost_not_improved", OldCost: &v.old, NewCost: &v.new,
	})
	if !b.erred { // an honest step that was too long
		b.reach = max(Percent, b.reach/2)
	}
}

// call lets the stand-in answer the prompt of bank i.
func (r *run) call(it *iteration, i int) (answer, error) {
	b, name, n := r.banks[i], r.s.Banks[i], r.n
	prompt := r.s.userPrompt(n, i, b, it.days[i], it.protocol)
	re := r.s.respond(r.s.derive(r.seed, placeCall, uint64(n), uint64(i)), n, i, b, it.shares)
	b.erred = re.mistake
	for range re.errors {
		r.wait(20 * time.Second)
		r.event(n, "llm_error", llmError{name, "the service is overloaded, try again in 20 s", "RateLimitError"})
		r.calls.Calls++
		r.calls.Failed++
	}
	r.wait(time.Duration(re.latency) * 250 * time.Millisecond)
	answer, err := parseResponse(re.text)
	in, out := words(systemPrompt)+words(prompt), words(re.text)
	r.calls.Calls++
	r.calls.Succeeded++
	r.calls.Prompt += in
	r.calls.Completion += out
	r.event(n, "llm_call", llmCall{
		name, Model, in, out, number(int64(re.latency)*25, 2),
		callContext{b.share, it.costs[i], it.estimate.mean(i, func(d Day) provider.Cents { return d.Delay })},
	})
	record := &provider.Interaction{
		Iteration: n, AgentID: name, Model: new(Model), SystemPrompt: new(systemPrompt), UserPrompt: &prompt,
		Response:     &re.text,
		ParsedPolicy: answer.policy, PromptTokens: &in, CompletionTokens: &out,
		LatencySeconds: new(float64(re.latency) / 4), Timestamp: r.now(),
		Extra: encode(map[string]int{"attempt": re.errors + 1}),
	}
	if err != nil {
		record.ParsingError = new(err.Error())
	}
	r.put(record)
	return answer, err
}

// assessment describes how a proposal was judged.
func (r *run) assessment(it *iteration, i int, a answer, shares []Fraction, e estimate, v verdict) policyEvaluation {
	ev := policyEvaluation{
		Agent: r.s.Banks[i], Mode: r.s.Mode, Policy: a.policy, Old: v.old, New: v.new,
		Context:  r.s.Costs(shares)[i],
		Accepted: v.accepted, Reason: v.reason, DeltaSum: v.saving.sum, Samples: len(it.samples), Seed: it.seed,
	}
	ev.Agents = byBank(r.s, func(j int) stats {
		due, settled, waited := e.counts(j)
		st := stats{
			Cost: e.mean(j, Day.Total), Rate: ratio(settled, due, 4), Wait: ratio(waited, max(due, 1), 3),
			Breakdown: costBreakdown{
				e.mean(j, func(d Day) provider.Cents { return d.Liquidity }),
				e.mean(j, func(d Day) provider.Cents { return d.Delay }),
				e.mean(j, func(d Day) provider.Cents { return d.Overdue }),
				e.mean(j, func(d Day) provider.Cents { return d.Unsettled }),
			},
		}
		if r.s.Mode == Bootstrap {
			costs := make([]int64, len(e.days))
			for k, days := range e.days {
				costs[k] = int64(days[j].Total())
			}
			d := describe(costs)
			st.Deviation, st.Low, st.High = &d.deviation, &d.low, &d.high
		}
		return st
	})
	own := ev.Agents[ev.Agent]
	ev.Rate, ev.Wait, ev.Breakdown = own.Rate, own.Wait, own.Breakdown
	if r.s.Mode == Bootstrap {
		ev.Deviation, ev.Interval = own.Deviation, &[2]int64{*own.Low, *own.High}
		for k, sample := range it.samples {
			after := e.days[k][i].Total()
			delta := provider.Cents(v.deltas[k])
			ev.Details = append(ev.Details, sampleDetail{k, sample.seed, after + delta, after, delta})
		}
	}
	return ev
}

// closeIteration records what is known at the end of an iteration.
func (r *run) closeIteration(it *iteration, converged bool) {
	if r.err != nil {
		return
	}
	for i, b := range r.banks {
		b.remember(r.n, it.shares[i], it.costs[i], it.outcomes[i])
	}
	r.event(r.n, "iteration_metrics", iterationMetrics{
		sum(it.costs), r.amounts(it.costs), byBank(r.s, func(i int) Fraction { return it.shares[i] }),
	})
	if !converged {
		r.event(r.n, "llm_stats", r.calls)
	}
	r.put(&provider.Iteration{
		Number: r.n, Costs: r.amounts(it.costs), AcceptedChanges: it.accepted, Policies: it.policies, Timestamp: r.now(),
	})
}

// conclude records how the search ended.
func (r *run) conclude(converged bool) {
	if r.err != nil {
		return
	}
	reason := "max_iterations"
	if converged {
		reason = "policy_stability"
	}
	r.event(r.n, "experiment_end", experimentEnd{r.final, r.best, converged, reason, r.n + 1})
	r.event(r.n, "experiment_summary", experimentSummary{
		r.n + 1, converged, reason, r.final, r.best, r.calls.Calls, r.calls.Prompt + r.calls.Completion,
	})
	r.note("derived", "/final_cost", "Final cost is the total of the last iteration.")
	r.note("derived", "/best_cost", "Best cost is the smallest total of an iteration.")
	if r.s.Mode == Bootstrap {
		r.note("derived", "/iterations", "Costs of an iteration are means over %d days resampled from the attached payments, rounded to cents.", r.s.Samples)
	}
	if !converged {
		r.note("doubtful", provider.Subject("iterations", strconv.Itoa(r.n), "accepted_changes"),
			"The run stopped at its limit of %d iterations; changes accepted in the last one are in no cost.", r.s.MaxIter)
	}
	r.note("synthetic", "", "Prompts are real, but the responses come from a deterministic stand-in; its latencies and the time stamps are simulated, and its tokens are words.")
	r.put(&provider.Result{
		CompletedAt: r.now(), Status: provider.StatusCompleted, Converged: &converged, ConvergenceReason: &reason,
		FinalCost: &r.final, BestCost: &r.best,
	})
}

// end closes a run that was cut short, and gives the error of the run.
func (r *run) end() error {
	if r.err == nil {
		if r.count < r.skip {
			return fmt.Errorf("%w: %d, but run %s has %d", ErrSkip, r.skip, r.id, r.count)
		}
		return nil
	}
	if failed := (*sinkError)(nil); errors.As(r.err, &failed) {
		return failed.error
	}
	err := fmt.Errorf("run %s stopped in iteration %d: %w", r.id, r.n, r.err)
	if r.count == 0 || r.count < r.skip {
		return err // the sink has no run that could end, or does not know this part of it
	}
	result := &provider.Result{
		CompletedAt: r.now(), Status: provider.StatusInterrupted,
		ConvergenceReason: new(fmt.Sprintf("stopped in iteration %d", r.n)),
	}
	if r.evaluated {
		result.BestCost = &r.best
	}
	return errors.Join(err, r.sink.Finish(context.WithoutCancel(r.ctx), result))
}
