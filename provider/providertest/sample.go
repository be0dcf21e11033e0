package providertest

import (
	"encoding/json"
	"fmt"

	"github.com/simexp/exparchive/provider"
)

// Agents of the run that [Sample] gives.
const (
	AgentA = "BANK_A"
	AgentB = "BANK_B"
)

// Sample gives a fixed run that touches every kind of record and every event type that experiments are known to record,
// as a well-behaved experiment would: two agents, iterations 0, 1 and 3 (2 was not recorded), proposals that are
// accepted, rejected, invalid and missing, notes, an attachment, a result. Each call gives new records.
func Sample() []provider.Record {
	var run []provider.Record
	clock := 0
	add := func(records ...provider.Record) { run = append(run, records...) }
	now := func() string {
		clock++
		return fmt.Sprintf("2025-12-15T08:%02d:%02d.%06d", 49+clock/60, clock%60, clock*1001)
	}
	event := func(iteration int, kind, data string) {
		add(&provider.Event{Iteration: iteration, Type: kind, Timestamp: now(), Data: json.RawMessage(data)})
	}
	call := func(iteration int, agent, response string, parsed string, parsingError *string) {
		i := &provider.Interaction{
			Iteration: iteration, AgentID: agent, Model: new("anthropic:claude-sonnet-4-5"),
			SystemPrompt: new("You are an expert in payment systems.\nAnswer with one JSON policy."),
			UserPrompt: new(fmt.Sprintf("ITERATION %d\n\n# Your costs\n\tliquidity: 5000\n[bold]Improve them.[/bold]",
				iteration+1)),
			Response:         &response,
			ParsingError:     parsingError,
			PromptTokens:     new(int64(1200 + iteration)),
			CompletionTokens: new(int64(300)),
			LatencySeconds:   new(8.25),
			Timestamp:        now(),
		}
		if parsed != "" {
			i.ParsedPolicy = json.RawMessage(parsed)
		}
		add(i)
	}
	policy := func(id, fraction string) string {
		return fmt.Sprintf(`{"version": "2.0", "policy_id": %q, "parameters": {"initial_liquidity_fraction": %s}, "payment_tree": {"type": "action", "action": "Release"}}`, id, fraction)
	}
	policies := func(a, b string) map[string]json.RawMessage {
		return map[string]json.RawMessage{AgentA: json.RawMessage(policy("a", a)), AgentB: json.RawMessage(policy("b", b))}
	}

	add(&provider.Start{
		RunID: "exp1-20251215-084901-866d63", Name: "exp1", Type: "generic", CreatedAt: "2025-12-15T08:49:01.000000",
		Config: json.RawMessage(`{"name": "exp1", "description": "2-Period Deterministic Nash Equilibrium", "master_seed": 42, "evaluation": {"mode": "deterministic", "ticks": 2}, "optimized_agents": ["BANK_A", "BANK_B"]}`),
	})
	add(&provider.Attachment{Name: "configs/exp1.yaml", MediaType: "application/yaml",
		Data: []byte("experiment:\n  name: exp1\n")})
	event(0, "experiment_start", `{"experiment_name": "exp1", "description": "2-Period Deterministic Nash Equilibrium", "model": "anthropic:claude-sonnet-4-5", "max_iterations": 25, "num_samples": 3}`)
	event(0, "policy_init", `{"agent_id": "BANK_A", "policy": `+policy("a", "0.5")+`}`)
	event(0, "policy_init", `{"agent_id": "BANK_B", "policy": `+policy("b", "0.5")+`}`)
	event(0, "context_simulation_complete", `{"iteration": 1, "iteration_seed": 3735928559, "total_cost": 10000, "per_agent_costs": {"BANK_A": 5000, "BANK_B": 5000}, "num_events": 42, "num_samples_per_agent": 3}`)
	event(0, "simulation_run", `{"simulation_id": "exp1-sim-001-eval", "purpose": "eval", "seed": 42, "ticks": 2, "total_cost": 10000, "per_agent_costs": {"BANK_A": 5000, "BANK_B": 5000}, "num_events": 12}`)
	event(0, "bootstrap_evaluation", `{"seed_results": [{"seed": 3735928559, "cost": 9900, "settled": 3, "total": 3, "settlement_rate": 1.0, "baseline_cost": 10000, "delta": 100}, {"seed": 7, "cost": 10100, "settled": 2, "total": 3, "settlement_rate": 0.6667}], "mean_cost": 10000, "std_cost": 100}`)
	event(0, "iteration_start", `{"iteration": 1, "total_cost": 10000}`)
	event(0, "evaluation", `{"total_cost": 10000, "per_agent_costs": {"BANK_A": 5000, "BANK_B": 5000}}`)
	add(&provider.Iteration{Number: 0, Timestamp: now(),
		Costs:           map[string]provider.Cents{AgentA: 5000, AgentB: 5000},
		AcceptedChanges: map[string]bool{AgentA: true, AgentB: false},
		Policies:        policies("0.5", "0.5"),
	})
	call(0, AgentA, policy("a", "0.4"), policy("a", "0.4"), nil)
	event(0, "llm_call", `{"agent_id": "BANK_A", "model": "anthropic:claude-sonnet-4-5", "prompt_tokens": 1200, "completion_tokens": 300, "latency_seconds": 8.25, "context_summary": {"current_cost": 5000, "iterations_seen": 1}}`)
	event(0, "policy_change", `{"agent_id": "BANK_A", "old_policy": `+policy("a", "0.5")+`, "new_policy": `+policy("a",
		"0.4")+`, "old_cost": 5000, "new_cost": 4000, "accepted": true}`)
	call(0, AgentB, "```json\n"+policy("b", "0.9")+"\n```", policy("b", "0.9"), nil)
	event(0, "policy_rejected", `{"agent_id": "BANK_B", "proposed_policy": `+policy("b",
		"0.9")+`, "validation_errors": [], "rejection_reason": "cost_not_improved", "old_cost": 5000, "new_cost": 9000}`)
	event(0, "iteration_metrics", `{"iteration": 1, "total_cost": 10000, "per_agent_costs": {"BANK_A": 5000, "BANK_B": 5000}, "per_agent_liquidity": {"BANK_A": 0.5, "BANK_B": 0.5}}`)
	event(0, "llm_stats", `{"iteration": 1, "total_calls": 2, "successful_calls": 2, "failed_calls": 0, "total_prompt_tokens": 2400, "total_completion_tokens": 600}`)

	event(1, "iteration_start", `{"iteration": 2, "total_cost": 9000}`)
	event(1, "monte_carlo_evaluation", `{"seed_results": [{"seed": 1, "cost": 9000, "settled": 3, "total": 3, "settlement_rate": 1.0}], "mean_cost": 9000, "std_cost": 0}`)
	event(1, "evaluation", `{"total_cost": 9000, "per_agent_costs": {"BANK_A": 4000, "BANK_B": 5000}}`)
	call(1, AgentA, "I cannot answer that.", "", new("no JSON object found in the response"))
	event(1, "validation_error", `{"agent_id": "BANK_A", "attempt": 0, "policy": "I cannot answer that.", "errors": ["no JSON object"], "category": "parse", "was_fixed": false, "fix_attempt_count": 3}`)
	event(1, "policy_rejected", `{"agent_id": "BANK_A", "proposed_policy": null, "validation_errors": ["initial_liquidity_fraction: must be at most 1", "unknown action \"Hold\""], "rejection_reason": "validation_failed"}`)
	event(1, "llm_error", `{"agent_id": "BANK_B", "error": "429 Too Many Requests", "error_type": "RateLimitError"}`)
	call(1, AgentB, policy("b", "0.2"), policy("b", "0.2"), nil)
	event(1, "policy_evaluation", `{"agent_id": "BANK_B", "evaluation_mode": "bootstrap", "proposed_policy": `+policy("b",
		"0.2")+`, "old_cost": 5000, "new_cost": 2000, "context_simulation_cost": 5000, "accepted": true, "acceptance_reason": "mean delta 3000, CI95 above 0", "delta_sum": 9000, "num_samples": 3, "sample_details": [{"index": 0, "seed": 7, "old_cost": 5000, "new_cost": 2000, "delta": 3000}], "settlement_rate": 1.0, "avg_delay": 0.5, "cost_breakdown": {"delay_cost": 0, "overdraft_cost": 0, "deadline_penalty": 0, "eod_penalty": 0}}`)
	add(&provider.Iteration{Number: 1, Timestamp: now(),
		Costs:           map[string]provider.Cents{AgentA: 4000, AgentB: 5000},
		AcceptedChanges: map[string]bool{AgentA: false, AgentB: true},
		Policies:        policies("0.4", "0.5"),
	})
	event(1, "checkpoint_written", `{"path": "checkpoints/1.json", "bytes": 4096}`)
	add(&provider.Note{Kind: "doubtful", Subject: "/iterations/2",
		Text: "iteration 2 was not recorded: the machine was restarted"})

	event(3, "evaluation", `{"total_cost": 2000, "per_agent_costs": {"BANK_A": 0, "BANK_B": 2000}}`)
	add(&provider.Iteration{Number: 3, Timestamp: now(),
		Costs:           map[string]provider.Cents{AgentA: 0, AgentB: 2000},
		AcceptedChanges: map[string]bool{},
		Policies:        policies("0.0", "0.2"),
	})
	event(3, "experiment_end", `{"final_cost": 2000, "best_cost": 2000, "converged": true, "convergence_reason": "policy_stability", "duration_seconds": 61.5}`)
	event(3, "experiment_summary", `{"num_iterations": 3, "converged": true, "convergence_reason": "policy_stability", "final_cost": 2000, "best_cost": 2000, "total_llm_calls": 4, "total_tokens": 6005}`)
	add(&provider.Note{Kind: "derived", Text: "accepted_changes: from the policies of consecutive iterations"})
	add(&provider.Result{
		CompletedAt: "2025-12-15T09:05:00.123456", Status: provider.StatusCompleted, Converged: new(true),
		ConvergenceReason: new("policy_stability"), FinalCost: new(provider.Cents(2000)), BestCost: new(provider.Cents(2000)),
	})
	return run
}
