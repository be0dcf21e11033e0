package dataset

import "github.com/simexp/exparchive/internal/parquet"

// A Table is one of the tables of a dataset.
type Table struct {
	Name    string
	About   string // what it has a row for
	Columns []Column
}

// A Column is one of a table.
type Column struct {
	parquet.Column
	About string
}

// The tables, in the order in which their parts appear: that in runs, which comes last, says that all are there.
const (
	iterations = iota
	costs
	policies
	events
	interactions
	notes
	attachments
	runs
	tableCount
)

// Tables gives the tables.
func Tables() []Table { return tables[:] }

var tables = [tableCount]Table{
	iterations: {"iterations", "one row an iteration", columns(
		number("iteration", "its number, from 0"),
		id(),
		optional(text("timestamp", "when it ended")),
		withheld(),
	)},
	costs: {"costs", "one row an agent and iteration of which the cost is known", columns(
		number("iteration", "its number, from 0"),
		text("agent_id", "whose cost it is"),
		big("cost_cents", "the cost in whole cents"),
	)},
	policies: {"policies", "one row an agent and iteration of which a policy or a decision is known", columns(
		number("iteration", "its number, from 0"),
		text("agent_id", "whose policy it is"),
		json("policy", "the policy as JSON"),
		optional(flag("accepted", "whether the agent's change of policy was accepted")),
		withheld(),
	)},
	events: {"events", "one row an event", columns(
		id(),
		number("iteration", "number of the iteration in which it happened"),
		text("event_type", "such as evaluation"),
		distinct(json("event_data", "its data as JSON")),
		optional(text("timestamp", "when it happened")),
		withheld(),
	)},
	interactions: {"llm_interactions", "one row a call of a language model", columns(
		id(),
		number("iteration", "number of the iteration in which it happened"),
		optional(text("agent_id", "on whose behalf")),
		optional(text("model", "the model")),
		optional(text("system_prompt", "what the model was told")),
		optional(text("user_prompt", "what it was asked")),
		optional(text("response", "what it answered, as it was")),
		json("parsed_policy", "what the response proposed, as JSON"),
		optional(text("parsing_error", "why nothing could be read from it")),
		optional(big("prompt_tokens", "tokens of the prompt")),
		optional(big("completion_tokens", "tokens of the response")),
		optional(double("latency_seconds", "seconds that the call took")),
		optional(text("timestamp", "when it happened")),
		json("extra", "what else was kept of it, as JSON"),
		withheld(),
	)},
	notes: {"notes", "one row a note about the run", columns(
		id(),
		text("kind", "such as derived, doubtful"),
		optional(text("subject", "what it is about, as a JSON pointer into the run; NULL for the run as a whole")),
		optional(text("text", "the note")),
		withheld(),
	)},
	attachments: {"attachments", "one row a file that is attached to the run; what is in it stays in the run", columns(
		id(),
		text("name", "a relative path with slashes"),
		optional(text("media_type", "such as text/x-python")),
		optional(big("bytes", "its length")),
		optional(text("sha256", "SHA-256 of its bytes, in hexadecimal")),
		withheld(),
	)},
	runs: {"runs", "one row a run", columns(
		text("experiment_type", "such as castro"),
		text("status", "completed, failed, interrupted, or unfinished: there is no result, or not yet"),
		optional(text("created_at", "when it began")),
		optional(text("completed_at", "when it ended")),
		optional(flag("converged", "whether it converged")),
		optional(text("convergence_reason", "why")),
		optional(big("final_cost", "whole cents")),
		optional(big("best_cost", "whole cents")),
		big("num_iterations", "how many iterations were recorded"),
		big("records", "how many records the run has, of all kinds"),
		big("events", "how many of them are events"),
		big("llm_interactions", "how many are calls of language models"),
		big("notes", "how many are notes"),
		big("attachments", "how many are attached files"),
		json("config", "the configuration of the experiment as JSON"),
		text("digest", "the content hash of the run, computed from every record that is in the dataset"),
		flag("digest_sealed", "true: it is the one in the archive's seal; false: there was no seal to compare it with"),
		withheld(),
	)},
}

// columns puts those in front that all tables have.
func columns(own ...Column) []Column {
	return append([]Column{text("experiment_name", "name of the experiment"), text("run_id", "id of the run")}, own...)
}

func column(name string, t parquet.Type, about string) Column {
	return Column{parquet.Column{Name: name, Type: t}, about}
}

func text(name, about string) Column   { return column(name, parquet.String, about) }
func number(name, about string) Column { return column(name, parquet.Int32, about) }
func big(name, about string) Column    { return column(name, parquet.Int64, about) }
func double(name, about string) Column { return column(name, parquet.Double, about) }
func flag(name, about string) Column   { return column(name, parquet.Boolean, about) }
func json(name, about string) Column   { return optional(text(name, about)) }

func id() Column {
	return distinct(big("id", "position in the run, from 0: the order in which things happened"))
}

func withheld() Column {
	return optional(text("withheld",
		"names of the values that a redacted copy lacks, with blanks between them; they are NULL"))
}

func optional(c Column) Column {
	c.Optional = true
	return c
}

func distinct(c Column) Column {
	c.Distinct = true
	return c
}
