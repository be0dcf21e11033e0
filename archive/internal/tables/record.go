package tables

import (
	"errors"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/provider"
)

// The functions below make records of rows. A row has the values of [Columns], each of the type that [Column.Check] wants; the key
// is its first value. JSON texts, blobs and commitments share memory with the row. What a row may hold beyond its types is for
// [provider.Record]'s Validate to say. An error is [sqlitefile.ErrDamaged]; the record is then as far as it could be read.

// A Row is the values of a row in the order of [Columns].
type Row = []btree.Value

// Select gives the statement that reads all rows of a table, to which a condition may be added.
func Select(table string) string {
	var names []string
	for _, c := range Columns[table] {
		names = append(names, c.Name)
	}
	return "SELECT " + strings.Join(names, ", ") + " FROM " + table + " "
}

// FromSQL converts the values that SQLite gives for the columns of a table. Blobs are shared.
func FromSQL[V any](table string, row Row, values []V) error {
	for i, x := range values {
		switch x := any(x).(type) {
		case nil:
			row[i] = btree.Value{}
		case int64:
			row[i] = btree.Value{Kind: btree.Integer, Int: x}
		case float64:
			row[i] = btree.Value{Kind: btree.Real, Float: x}
		case string:
			row[i] = btree.Value{Kind: btree.Text, Bytes: []byte(x)}
		case []byte:
			row[i] = btree.Value{Kind: btree.Blob, Bytes: x}
		default:
			return fmt.Errorf("%w: %s: a value of type %T", sqlitefile.ErrDamaged, Columns[table][i].Name, x)
		}
	}
	return nil
}

// text gives a text that may be absent.
func text(x btree.Value) *string {
	if x.Kind == btree.Null {
		return nil
	}
	return new(string(x.Bytes))
}

func integer(x btree.Value) *int64 {
	if x.Kind == btree.Null {
		return nil
	}
	return new(x.Int)
}

// iteration gives the number of an iteration.
func iteration(n int64) (int, error) {
	if n < 0 || n > provider.MaxIteration {
		return 0, fmt.Errorf("%w: iteration %d, want 0 to %d", sqlitefile.ErrDamaged, n, provider.MaxIteration)
	}
	return int(n), nil
}

// Experiment reads the row of the table experiment. The result is nil if there is none.
func Experiment(row Row) (*provider.Start, *provider.Result) {
	s := &provider.Start{
		RunID: string(row[1].Bytes), Name: string(row[2].Bytes), Type: string(row[3].Bytes),
		Config: row[4].Bytes, CreatedAt: string(row[5].Bytes), Salt: row[6].Bytes,
	}
	if row[7].Kind == btree.Null {
		return s, nil
	}
	r := &provider.Result{
		Status: provider.Status(row[7].Bytes), CompletedAt: string(row[8].Bytes), ConvergenceReason: text(row[10]),
		FinalCost: (*provider.Cents)(integer(row[11])), BestCost: (*provider.Cents)(integer(row[12])),
	}
	if row[9].Kind != btree.Null {
		r.Converged = new(row[9].Int != 0)
	}
	return s, r
}

// Event reads a row of the table event into e. The name of its type is not in the row.
func Event(row Row, e *provider.Event, name string) (err error) {
	e.Seq = row[0].Int
	e.Iteration, err = iteration(row[1].Int)
	e.Type, e.Timestamp, e.Data = name, string(row[3].Bytes), row[4].Bytes
	return err
}

// EventType gives the number of an event's type, a key of the table event_type.
func EventType(row Row) int64 { return row[2].Int }

// Prompts are the lists of sections of an interaction's prompts. One that is NULL is for no prompt.
type Prompts struct{ System, User btree.Value }

// Interaction reads a row of the table llm_interaction. The prompts stand in other rows.
func Interaction(row Row) (i *provider.Interaction, p Prompts, err error) {
	i = &provider.Interaction{
		AgentID: string(row[2].Bytes), Model: text(row[3]), Response: text(row[6]), ParsedPolicy: row[7].Bytes, ParsingError: text(row[8]),
		PromptTokens: integer(row[9]), CompletionTokens: integer(row[10]), Timestamp: string(row[12].Bytes), Extra: row[13].Bytes,
	}
	i.Seq = row[0].Int
	i.Iteration, err = iteration(row[1].Int)
	if row[11].Kind != btree.Null {
		i.LatencySeconds = new(row[11].Float)
	}
	return i, Prompts{row[4], row[5]}, err
}

// Iteration reads a row of the table iteration.
func Iteration(row Row) (*provider.Iteration, error) {
	i := &provider.Iteration{Timestamp: string(row[5].Bytes)}
	i.Seq = row[1].Int
	var errs [4]error
	i.Number, errs[0] = iteration(row[0].Int)
	i.Costs, errs[1] = provider.ParseCosts(row[2].Bytes)
	i.AcceptedChanges, errs[2] = provider.ParseAcceptedChanges(row[3].Bytes)
	i.Policies, errs[3] = provider.ParsePolicies(row[4].Bytes)
	if err := errors.Join(errs[:]...); err != nil {
		return i, fmt.Errorf("%w: iteration %d: %w", sqlitefile.ErrDamaged, row[0].Int, err)
	}
	return i, nil
}

// Note reads a row of the table note.
func Note(row Row) *provider.Note {
	n := &provider.Note{Kind: string(row[1].Bytes), Text: string(row[2].Bytes)}
	n.Seq = row[0].Int
	return n
}

// Attachment reads a row of the table attachment.
func Attachment(row Row) *provider.Attachment {
	a := &provider.Attachment{Name: string(row[1].Bytes), MediaType: string(row[2].Bytes), Data: row[3].Bytes}
	a.Seq = row[0].Int
	return a
}
