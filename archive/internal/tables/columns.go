package tables

import (
	"errors"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// A Column of a table as its schema declares it.
type Column struct {
	Name     string
	Kind     btree.Type
	Nullable bool
}

// errType means that a value has not the type of its column.
var errType = errors.New("wrong type")

// Check reports that a value has not the type of the column as [errType]. A whole number where a real belongs, which SQLite stores
// as an integer, becomes a real. That a text is UTF-8 is not checked.
func (c *Column) Check(x *btree.Value) error {
	if x.Kind == btree.Integer && c.Kind == btree.Real {
		x.Kind, x.Float = btree.Real, float64(x.Int)
	}
	if x.Kind == c.Kind || x.Kind == btree.Null && c.Nullable {
		return nil
	}
	return fmt.Errorf("%s: %w: %v, want %v", c.Name, errType, x.Kind, c.Kind)
}

// Columns are the columns of each table; the first is the primary key.
var Columns = map[string][]Column{
	"experiment": columnList("id i", "run_id t", "experiment_name t", "experiment_type t", "config t?", "created_at t?", "salt b?", "status t?",
		"completed_at t?", "converged i?", "convergence_reason t?", "final_cost i?", "best_cost i?"),
	"iteration":      columnList("number i", "seq i", "costs_per_agent t", "accepted_changes t", "policies t", "timestamp t?"),
	"iteration_span": columnList("iteration i", "first_seq i", "last_seq i", "events i", "interactions i", "bytes i"),
	"event_type":     columnList("id i", "name t"),
	"event":          columnList("seq i", "iteration i", "type i", "timestamp t?", "data t?"),
	"section":        columnList("id i", "sha256 b", "body t"),
	"llm_interaction": columnList("seq i", "iteration i", "agent_id t?", "model t?", "system_prompt t?", "user_prompt t?", "response t?", "parsed_policy t?",
		"parsing_error t?", "prompt_tokens i?", "completion_tokens i?", "latency_seconds r?", "timestamp t?", "extra t?"),
	"note":                    columnList("seq i", "kind t", "text t"),
	"attachment":              columnList("seq i", "name t", "media_type t?", "data b"),
	sqlitefile.RedactionTable: columnList("seq i", "field t", "commitment b?", "key b?"),
	"annotation":              columnList("id i", "kind t", "name t?", "text t", "sha256 b"),
	"leaf_block":              columnList("first_seq i", "root b", "leaves b"),
	"seal":                    columnList("id i", "root b", "records i", "events i", "interactions i", "iterations i", "notes i", "attachments i"),
}

func columnList(list ...string) (all []Column) {
	kinds := map[byte]btree.Type{'i': btree.Integer, 'r': btree.Real, 't': btree.Text, 'b': btree.Blob}
	for _, c := range list {
		name, kind, _ := strings.Cut(c, " ")
		all = append(all, Column{name, kinds[kind[0]], strings.HasSuffix(kind, "?")})
	}
	return all
}

// MaxEventTypes is how many rows the table event_type may have. It bounds what a stranger's table can ask for.
const MaxEventTypes = 1 << 16
