package liquidity

import (
	"encoding/json"

	"github.com/simexp/exparchive/provider"
)

// The types of this file are the payloads of events and the configuration, with the keys of the original project.
// Amounts are integer cents.

type config struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Path        string   `json:"scenario_path"`
	Seed        uint64   `json:"master_seed"`
	Evaluation  evalConf `json:"evaluation"`
	Convergence convConf `json:"convergence"`
	Agents      []string `json:"optimized_agents"`
	Prices      prices   `json:"cost_rates"`
}

type evalConf struct {
	Mode    Mode `json:"mode"`
	Ticks   int  `json:"ticks"`
	Samples int  `json:"num_samples"`
}

type convConf struct {
	MaxIter   int         `json:"max_iterations"`
	Threshold json.Number `json:"stability_threshold"`
	Window    int         `json:"stability_window"`
}

type prices struct {
	Pool      provider.Cents `json:"liquidity_pool_cents"`
	Liquidity int64          `json:"liquidity_bps_per_tick"`
	Delay     json.Number    `json:"delay_per_tick"`
	Factor    int            `json:"overdue_delay_multiplier"`
	Overdue   provider.Cents `json:"deadline_penalty"`
	Unsettled provider.Cents `json:"eod_penalty"`
}

type experimentStart struct {
	Name        string `json:"experiment_name"`
	Description string `json:"description"`
	Model       string `json:"model"`
	MaxIter     int    `json:"max_iterations"`
	Samples     int    `json:"num_samples"`
}

type amounts map[string]provider.Cents // by bank

type simulationRun struct {
	ID      string         `json:"simulation_id"`
	Purpose string         `json:"purpose"`
	Seed    uint64         `json:"seed"`
	Ticks   int            `json:"ticks"`
	Total   provider.Cents `json:"total_cost"`
	Costs   amounts        `json:"per_agent_costs"`
	Events  int            `json:"num_events"`
}

type contextComplete struct {
	Seed    uint64         `json:"iteration_seed"`
	Total   provider.Cents `json:"total_cost"`
	Costs   amounts        `json:"per_agent_costs"`
	Events  int            `json:"num_events"`
	Samples int            `json:"num_samples_per_agent"`
}

type bootstrapEvaluation struct {
	Results []seedResult   `json:"seed_results"`
	Mean    provider.Cents `json:"mean_cost"`
	Std     provider.Cents `json:"std_cost"`
}

type seedResult struct {
	Seed     uint64          `json:"seed"`
	Cost     provider.Cents  `json:"cost"`
	Settled  int             `json:"settled"`
	Total    int             `json:"total"`
	Rate     json.Number     `json:"settlement_rate"`
	Baseline *provider.Cents `json:"baseline_cost,omitempty"` // of the policies before, on the same day
	Delta    *provider.Cents `json:"delta,omitempty"`
}

type iterationStart struct {
	Total provider.Cents `json:"total_cost"`
}

type evaluation struct {
	Total provider.Cents `json:"total_cost"`
	Costs amounts        `json:"per_agent_costs"`
}

type llmError struct {
	Agent string `json:"agent_id"`
	Error string `json:"error"`
	Type  string `json:"error_type"`
}

type llmCall struct {
	Agent      string      `json:"agent_id"`
	Model      string      `json:"model"`
	Prompt     int64       `json:"prompt_tokens"`
	Completion int64       `json:"completion_tokens"`
	Latency    json.Number `json:"latency_seconds"`
	Context    callContext `json:"context_summary"`
}

type callContext struct {
	Share Fraction       `json:"current_fraction"`
	Cost  provider.Cents `json:"current_cost"`
	Delay provider.Cents `json:"delay_cost"`
}

type policyEvaluation struct {
	Agent     string           `json:"agent_id"`
	Mode      Mode             `json:"evaluation_mode"`
	Policy    json.RawMessage  `json:"proposed_policy"`
	Old       provider.Cents   `json:"old_cost"`
	New       provider.Cents   `json:"new_cost"`
	Context   provider.Cents   `json:"context_simulation_cost"`
	Accepted  bool             `json:"accepted"`
	Reason    string           `json:"acceptance_reason"`
	DeltaSum  int64            `json:"delta_sum"`
	Samples   int              `json:"num_samples"`
	Details   []sampleDetail   `json:"sample_details,omitempty"`
	Seed      uint64           `json:"scenario_seed"`
	Rate      json.Number      `json:"settlement_rate"`
	Wait      json.Number      `json:"avg_delay"`
	Breakdown costBreakdown    `json:"cost_breakdown"`
	Deviation *int64           `json:"cost_std_dev,omitempty"`
	Interval  *[2]int64        `json:"confidence_interval_95,omitempty"`
	Agents    map[string]stats `json:"agent_stats"`
}

type sampleDetail struct {
	Index int            `json:"index"`
	Seed  uint64         `json:"seed"`
	Old   provider.Cents `json:"old_cost"`
	New   provider.Cents `json:"new_cost"`
	Delta provider.Cents `json:"delta"`
}

type costBreakdown struct {
	Liquidity provider.Cents `json:"liquidity_cost"`
	Delay     provider.Cents `json:"delay_cost"`
	Overdue   provider.Cents `json:"deadline_penalty"`
	Unsettled provider.Cents `json:"eod_penalty"`
}

type stats struct {
	Cost      provider.Cents `json:"cost"`
	Rate      json.Number    `json:"settlement_rate"`
	Wait      json.Number    `json:"avg_delay"`
	Breakdown costBreakdown  `json:"cost_breakdown"`
	Deviation *int64         `json:"std_dev,omitempty"`
	Low       *int64         `json:"ci_95_lower,omitempty"`
	High      *int64         `json:"ci_95_upper,omitempty"`
}

type policyChange struct {
	Agent    string          `json:"agent_id"`
	Old      json.RawMessage `json:"old_policy"`
	New      json.RawMessage `json:"new_policy"`
	OldCost  provider.Cents  `json:"old_cost"`
	NewCost  provider.Cents  `json:"new_cost"`
	Accepted bool            `json:"accepted"`
}

type policyRejected struct {
	Agent   string          `json:"agent_id"`
	Policy  json.RawMessage `json:"proposed_policy,omitempty"`
	Errors  []string        `json:"validation_errors"`
	Reason  string          `json:"rejection_reason"` // validation_failed or cost_not_improved
	OldCost *provider.Cents `json:"old_cost,omitempty"`
	NewCost *provider.Cents `json:"new_cost,omitempty"`
}

type iterationMetrics struct {
	Total     provider.Cents      `json:"total_cost"`
	Costs     amounts             `json:"per_agent_costs"`
	Liquidity map[string]Fraction `json:"per_agent_liquidity"`
}

type llmStats struct {
	Calls      int   `json:"total_calls"`
	Succeeded  int   `json:"successful_calls"`
	Failed     int   `json:"failed_calls"`
	Prompt     int64 `json:"total_prompt_tokens"`
	Completion int64 `json:"total_completion_tokens"`
}

type experimentEnd struct {
	Final      provider.Cents `json:"final_cost"`
	Best       provider.Cents `json:"best_cost"`
	Converged  bool           `json:"converged"`
	Reason     string         `json:"convergence_reason"`
	Iterations int            `json:"num_iterations"`
}

type experimentSummary struct {
	Iterations int            `json:"num_iterations"`
	Converged  bool           `json:"converged"`
	Reason     string         `json:"convergence_reason"`
	Final      provider.Cents `json:"final_cost"`
	Best       provider.Cents `json:"best_cost"`
	Calls      int            `json:"total_llm_calls"`
	Tokens     int64          `json:"total_tokens"`
}
