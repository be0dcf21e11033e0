// Package castro opens the databases of the original project, SimCash and its Castro experiments, where they lie: every
// generation of file that it ever wrote, read-only, without migration and without DuckDB. [Open] recognises the file,
// [Database.Runs] lists its runs and [Database.Run] gives one as a [provider.Provider].
//
// # Generations
//
//	script   S1 to S5   experiment_config, policy_iterations, llm_interactions, simulation_runs, iteration_metrics, …
//	game     G          game_sessions, policy_iterations (by game), llm_interaction_log, policy_diffs, iteration_context
//	castro   C          experiment_runs, experiment_events (with details): the file castro.db, for all experiments
//	core     K0 to K4   experiments, experiment_iterations, experiment_events, policy_evaluations, simulations, …
//	unified  U          the core tables with experiment_id in place of run_id, from a branch that was never merged
//	web      W          days, optimization_prompts; also the JSON exports of results, which have "days"
//
// A table is recognised by its name and its columns, never by its name alone: the same name has stood for different
// tables, and one file may hold tables of several generations, since a later program opened what an earlier one had
// made. Columns are read by name; one that a later version added is kept too.
//
// # Where a record comes from
//
// MAPPING.md beside this file says it table by table.
//
// A row of a call to a language model becomes a [provider.Interaction]; members of its payload, or columns, that have
// no field there go to Extra. Other rows become events: policy_init (initial policies), policy_change, simulation_run,
// evaluation, validation_error, policy_evaluation, policy_diff, iteration_context, simulation, simulation_event,
// agent_state_register, day, optimization_prompt; events of the core tables keep type and payload as they are.
// Timestamps of the SQL type become ISO 8601 text as Python's isoformat gives it, without a zone, since none was
// recorded.
//
// Every column of an imported table goes into a record. What remains of the row of a run or of an iteration is in a
// note of kind "recorded", as JSON. Only the columns that [Description.NotKept] lists are left out: identifiers of
// rows, for which the order of the records stands. A value that was derived, such as the acceptance of a policy, and
// one that is doubtful, such as a cost halved between two banks, is named by a note of kind "derived" or "doubtful". A
// run has a [provider.Result] only if the file shows that the run came to an end.
//
// A value that cannot be kept as recorded, such as half a cent or a NaN in JSON, is a [CellError], and with it the run
// cannot be read, unless [Options.Lenient] leaves such values out: each is then named by a note of kind "left out", and
// its text is kept as an attachment.
//
// # Where this differs from the original's own replay
//
// The original numbered the iterations of a database by position, so that runs counted from 1 were shifted; let the
// payload of an event override its envelope; showed core runs as never accepting anything, because the column was
// written before the decision; had no final cost of a core run; sorted events of equal time at random; and read a
// database whose process had been killed as empty unless its log lay beside it, silently. Here iterations are looked up
// by number, the envelope stands apart, acceptance comes from policy_evaluations or from comparing each proposal with
// the policy that followed, events keep the order in which they were written, and a database without tables is an error
// that says what may be missing.
package castro
