package castro

import (
	"fmt"
	"slices"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// A role is what a table means to us. Two tables of one name have different roles when their columns differ.
type role int

const (
	scriptConfig role = iota
	scriptPolicies
	scriptCalls
	scriptRuns
	scriptMetrics
	scriptErrors
	gameSessions
	gamePolicies
	gameCalls
	gameDiffs
	gameContext
	castroRuns
	castroEvents
	coreRuns
	coreIterations
	coreEvents
	coreEvaluations
	coreSimulations
	coreSimulationEvents
	coreRegisters
	unifiedRuns
	unifiedIterations
	unifiedEvents
	webDays
	webPrompts
	roles // their number
)

// signatures tell the roles by the table's name and the columns that it must have. A table may have more: versions of a
// generation differ by columns that were added.
var signatures = [roles]struct {
	table   string
	columns string
	key     string // column that holds the id of the run; empty where the row does not name its run
	parent  role   // table of the runs that key refers to
	notKept string // columns that identify rows, for which the order of the records stands
}{
	scriptConfig: {"experiment_config", "experiment_id experiment_name created_at", "experiment_id", scriptConfig,
		""},
	scriptPolicies: {"policy_iterations", "experiment_id iteration_number agent_id policy_json created_at created_by",
		"experiment_id", scriptConfig, ""},
	scriptCalls: {"llm_interactions", "experiment_id iteration_number prompt_text response_text created_at",
		"experiment_id", scriptConfig, ""},
	scriptRuns: {"simulation_runs", "experiment_id iteration_number seed total_cost bank_a_cost bank_b_cost created_at",
		"experiment_id", scriptConfig, ""},
	scriptMetrics: {"iteration_metrics", "experiment_id iteration_number total_cost_mean converged created_at",
		"experiment_id", scriptConfig, ""},
	scriptErrors: {"validation_errors", "experiment_id iteration_number agent_id attempt_number created_at",
		"experiment_id", scriptConfig, ""},
	gameSessions: {"game_sessions", "game_id started_at status", "game_id", gameSessions, ""},
	gamePolicies: {"policy_iterations", "game_id agent_id iteration_number old_policy_json new_policy_json old_cost new_cost was_accepted", "game_id", gameSessions, ""},
	gameCalls: {"llm_interaction_log", "game_id agent_id iteration_number system_prompt user_prompt raw_response",
		"game_id", gameSessions, ""},
	gameDiffs:   {"policy_diffs", "game_id agent_id iteration_number", "game_id", gameSessions, ""},
	gameContext: {"iteration_context", "game_id agent_id iteration_number", "game_id", gameSessions, ""},
	castroRuns:  {"experiment_runs", "run_id experiment_name started_at status", "run_id", castroRuns, ""},
	castroEvents: {"experiment_events", "run_id event_type iteration timestamp details", "run_id", castroRuns,
		"event_id"},
	coreRuns: {"experiments", "run_id experiment_name experiment_type config created_at", "run_id", coreRuns,
		""},
	coreIterations: {"experiment_iterations", "run_id iteration costs_per_agent policies timestamp", "run_id",
		coreRuns, ""},
	coreEvents: {"experiment_events", "run_id iteration event_type event_data timestamp", "run_id", coreRuns,
		"id"},
	coreEvaluations:      {"policy_evaluations", "run_id iteration agent_id accepted timestamp", "run_id", coreRuns, ""},
	coreSimulations:      {"simulations", "simulation_id experiment_run_id", "", coreRuns, ""},
	coreSimulationEvents: {"simulation_events", "simulation_id tick event_type", "", coreRuns, ""},
	coreRegisters: {"agent_state_registers", "simulation_id tick agent_id register_key register_value", "",
		coreRuns, ""},
	unifiedRuns: {"experiments", "experiment_id experiment_name experiment_type config created_at",
		"experiment_id", unifiedRuns, ""},
	unifiedIterations: {"experiment_iterations", "experiment_id iteration costs_per_agent policies timestamp",
		"experiment_id", unifiedRuns, ""},
	unifiedEvents: {"experiment_events", "experiment_id iteration event_type event_data timestamp", "experiment_id",
		unifiedRuns, "id"},
	webDays:    {"days", "day policies per_agent_costs", "", webDays, ""},
	webPrompts: {"optimization_prompts", "day_num agent_id block_id", "", webDays, ""},
}

// tables are those of one database that have a role.
type tables [roles]*table

// detect finds the tables with a role in the schema main. Others are not imported. The rows of each may take maxRows
// bytes.
func detect(db *duckdb.DB, maxRows int64) tables {
	var found tables
	shared := newPool(db, maxRows)
	for _, t := range db.Tables() {
		if !strings.EqualFold(t.Schema(), "main") {
			continue
		}
		have := newTable(t, shared)
		for r := range roles {
			s := signatures[r]
			if strings.EqualFold(t.Name(), s.table) && found[r] == nil && have.has(strings.Fields(s.columns)...) {
				have.role, have.maxRows = r, maxRows
				found[r] = have
				break
			}
		}
	}
	// The tables of simulations stand in files of other programs too; without runs that they belong to they are not ours.
	if found[coreRuns] == nil {
		found[coreSimulations], found[coreSimulationEvents], found[coreRegisters] = nil, nil, nil
	}
	if found[coreSimulations] == nil {
		found[coreSimulationEvents], found[coreRegisters] = nil, nil
	}
	if found[webDays] == nil {
		found[webPrompts] = nil
	}
	for r := range roles {
		if parent := signatures[r].parent; found[parent] == nil {
			found[r] = nil // rows of runs that are not there
		}
	}
	return found
}

// A generation is a kind of database, with the version where the columns tell it.
type generation string

const (
	generationGame    generation = "game G"
	generationCastro  generation = "castro C"
	generationUnified generation = "unified U"
	generationWeb     generation = "web W"
)

// script tells the version of the script generation.
func (t *tables) script() generation {
	switch {
	case t[scriptConfig].has("master_seed"):
		return "script S5"
	case t[scriptPolicies] != nil && t[scriptPolicies].has("was_accepted"):
		return "script S4"
	case t[scriptErrors] != nil:
		return "script S3"
	case t[scriptPolicies] != nil && t[scriptPolicies].has("changes_from_previous"):
		return "script S2"
	}
	return "script S1"
}

// core tells the version of the core generation; runs of experiment type "castro" are of version 0 whatever tables a
// later program added.
func (t *tables) core(experimentType string) generation {
	switch {
	case experimentType == "castro":
		return "core K0"
	case t[coreSimulations] != nil:
		return "core K4"
	case t[coreEvaluations] != nil && t[coreEvaluations].has("agent_stats"):
		return "core K3"
	case t[coreEvaluations] != nil:
		return "core K2"
	}
	return "core K1"
}

// explain says in plain words what files of a generation are.
func (g generation) explain() string {
	kind, _, _ := strings.Cut(string(g), " ")
	return map[string]string{
		"script":  "written by the first experiment script of December 2025: one experiment, iterations counted from 1, one call of the language model an iteration for both banks, no record of how the run ended",
		"game":    "written by the game library of December 2025: policies, costs and decisions of each iteration, no prompts; the experiment's name stands for a run id, and a later run of that name replaced the one before",
		"castro":  "castro.db of December 2025: the runs of all experiments and their calls of the language model; costs and decisions are in the game database of the experiment, if it lies beside it",
		"core":    "written by the core runner from December 2025 on: any number of runs, iterations counted from 0",
		"unified": "written by a branch of December 2025 that was never merged: the core tables by other names",
		"web":     "results of the web sandbox of 2026: a day is an iteration",
	}[kind]
}

// noneOfOurs gives the error for a database without a table that has a role.
func noneOfOurs(db *duckdb.DB, path string) error {
	var names []string
	for _, t := range db.Tables() {
		name := t.Name()
		if t.Schema() != "main" {
			name = t.Schema() + "." + name
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		if db.Info().LogApplied {
			return ErrNoTables
		}
		return fmt.Errorf("%w; if the process that wrote it was killed, all that it recorded is in a file %s.wal, which must lie beside it", ErrNoTables, path)
	}
	const most = 12
	more := ""
	if n := len(names); n > most {
		names, more = names[:most], fmt.Sprintf(" and %d more", n-most)
	}
	return fmt.Errorf("%w; its tables are %s%s", ErrForeign, strings.Join(names, ", "), more)
}

// columnList splits a list of the table above.
func columnList(s string) []string { return slices.Collect(strings.FieldsSeq(s)) }
