package tables

import (
	"errors"
	"fmt"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// The functions below make records of rows. A row has the values of [Columns], each of the type that [Column.Check]
// wants; the key is its first value. JSON texts, blobs and commitments share memory with the row. What a row may hold
// beyond its types is for [provider.Record]'s Validate to say. An error is [sqlitefile.ErrDamaged]; the record is then
// as far as it could be read.

// A Row is the values of a row in the order of [Columns].
type Row = []btree.Value

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

// Experiment reads the row of the table of the experiment. The result is nil if there is none.
func Experiment(row Row) (*provider.Start, *provider.Result) {
	s := &provider.Start{
		RunID: string(row[ExperimentRunID].Bytes), Name: string(row[ExperimentName].Bytes),
		Type:   string(row[ExperimentType].Bytes),
		Config: row[ExperimentConfig].Bytes, CreatedAt: string(row[ExperimentCreatedAt].Bytes),
		Salt: row[ExperimentSalt].Bytes,
	}
	if row[ExperimentStatus].Kind == btree.Null {
		return s, nil
	}
	r := &provider.Result{
		Status: provider.Status(row[ExperimentStatus].Bytes), CompletedAt: string(row[ExperimentCompletedAt].Bytes),
		ConvergenceReason: text(row[ExperimentConvergenceReason]),
		FinalCost:         (*provider.Cents)(integer(row[ExperimentFinalCost])),
		BestCost:          (*provider.Cents)(integer(row[ExperimentBestCost])),
	}
	if x := row[ExperimentConverged]; x.Kind != btree.Null {
		r.Converged = new(x.Int != 0)
	}
	return s, r
}

// Event reads a row of the table of events into e, but for its timestamp. The name of its type is not in the row.
func Event(row Row, e *provider.Event, name string) (err error) {
	e.Seq = row[EventSeq].Int
	e.Iteration, err = iteration(row[EventIteration].Int)
	e.Type, e.Data = name, row[EventData].Bytes
	return err
}

// Prompts are the lists of sections of an interaction's prompts. One that is NULL is for no prompt.
type Prompts struct{ System, User btree.Value }

// Interaction reads a row of the table of interactions. The prompts stand in other rows.
func Interaction(row Row) (i *provider.Interaction, p Prompts, err error) {
	i = &provider.Interaction{
		AgentID: string(row[InteractionAgentID].Bytes), Model: text(row[InteractionModel]),
		PromptTokens: integer(row[InteractionPromptTokens]), CompletionTokens: integer(row[InteractionCompletionTokens]),
		Timestamp: string(row[InteractionTimestamp].Bytes), Response: text(row[InteractionResponse]),
		ParsedPolicy: row[InteractionParsedPolicy].Bytes, ParsingError: text(row[InteractionParsingError]),
		Extra: row[InteractionExtra].Bytes,
	}
	i.Seq = row[InteractionSeq].Int
	i.Iteration, err = iteration(row[InteractionIteration].Int)
	if x := row[InteractionLatency]; x.Kind != btree.Null {
		i.LatencySeconds = new(x.Float)
	}
	return i, Prompts{row[InteractionSystemPrompt], row[InteractionUserPrompt]}, err
}

// A Span says where the records of an iteration lie, and how much they are.
type Span struct {
	First, Last          int64 // Seq of the first and the last
	Events, Interactions int64 // their number
	Bytes                int64 // of event data, prompts, responses and parsed policies, as they were recorded
}

// SpanOf reads from a row of the table of iterations where its records lie.
func SpanOf(row Row) Span {
	return Span{row[IterationFirstSeq].Int, row[IterationLastSeq].Int, row[IterationEvents].Int,
		row[IterationInteractions].Int,
		row[IterationBytes].Int}
}

// Iteration reads a row of the table of iterations. It is nil for an iteration that was not recorded itself.
func Iteration(row Row) (*provider.Iteration, error) {
	if row[IterationSeq].Kind == btree.Null {
		return nil, nil
	}
	i := &provider.Iteration{Timestamp: string(row[IterationTimestamp].Bytes)}
	i.Seq = row[IterationSeq].Int
	var errs [4]error
	i.Number, errs[0] = iteration(row[IterationNumber].Int)
	if x := row[IterationCosts]; x.Kind != btree.Null {
		i.Costs, errs[1] = provider.ParseCosts(x.Bytes)
	}
	if x := row[IterationAcceptedChanges]; x.Kind != btree.Null {
		i.AcceptedChanges, errs[2] = provider.ParseAcceptedChanges(x.Bytes)
	}
	if x := row[IterationPolicies]; x.Kind != btree.Null {
		i.Policies, errs[3] = provider.ParsePolicies(x.Bytes)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return i, fmt.Errorf("%w: iteration %d: %w", sqlitefile.ErrDamaged, row[IterationNumber].Int, err)
	}
	return i, nil
}

// IterationCost is Iteration for what an iteration cost. It is nil if an agent of what was accepted or of the policies,
// which are left out, has no cost, and if something is not as it should be.
func IterationCost(row Row) *provider.Iteration {
	number, err := iteration(row[IterationNumber].Int)
	if err != nil || row[IterationCosts].Kind == btree.Null {
		return nil
	}
	i := &provider.Iteration{Number: number, Timestamp: string(row[IterationTimestamp].Bytes)}
	i.Seq = row[IterationSeq].Int
	if i.Costs, err = provider.ParseCosts(row[IterationCosts].Bytes); err != nil {
		return nil
	}
	for _, column := range []int{IterationAcceptedChanges, IterationPolicies} {
		if row[column].Kind == btree.Null {
			continue
		}
		if jsontext.Check(row[column].Bytes) != nil {
			return nil
		}
		err := jsontext.Members(row[column].Bytes, func(agent string, _ []byte) error {
			if _, ok := i.Costs[agent]; !ok {
				return errNoCost
			}
			return nil
		})
		if err != nil {
			return nil
		}
	}
	return i
}

var errNoCost = errors.New("an agent has no cost")

// Note reads a row of the table of notes.
func Note(row Row) *provider.Note {
	n := &provider.Note{
		Kind: string(row[NoteKind].Bytes), Subject: string(row[NoteSubject].Bytes), Text: string(row[NoteText].Bytes),
	}
	n.Seq = row[NoteSeq].Int
	return n
}

// Attachment reads a row of the table of attachments.
func Attachment(row Row) *provider.Attachment {
	a := &provider.Attachment{
		Name: string(row[AttachmentName].Bytes), MediaType: string(row[AttachmentMediaType].Bytes),
		Data: row[AttachmentData].Bytes,
	}
	a.Seq = row[AttachmentSeq].Int
	return a
}
