package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/simexp/exparchive/internal/parquet"
	"github.com/simexp/exparchive/provider"
)

// A row takes the cells of one row; after the last one, its EndRow.
type row struct{ *parquet.Writer }

// row begins a row of a table.
func (w *Writer) row(table int) row {
	r := row{w.parts[table].w}
	r.Text(w.start.Name)
	r.Text(w.start.RunID)
	return r
}

// name writes a text for which the empty one means absent.
func (r row) name(t string) {
	if t == "" {
		r.Null()
	} else {
		r.Text(t)
	}
}

func (r row) json(t []byte) {
	if t == nil {
		r.Null()
	} else {
		r.Bytes(t)
	}
}

// maybe writes a value or null.
func maybe[T any](r row, v *T, write func(T)) {
	if v == nil {
		r.Null()
	} else {
		write(*v)
	}
}

// end writes the names of what is withheld from the records that the row is of, by the line protocol, and ends it.
func (w *Writer) end(r row, records ...provider.Record) error {
	w.names = w.names[:0]
	for _, record := range records {
		if record.RecordMeta().Redaction == nil {
			continue
		}
		for f := range record.RecordKind().Committed() {
			if _, withheld := record.RecordMeta().Withheld(f.Name); withheld {
				w.names = append(w.names, f.Name)
			}
		}
	}
	return w.endWith(r, w.names)
}

func (w *Writer) endWith(r row, names []string) error {
	r.name(strings.Join(names, " "))
	return r.EndRow()
}

// Event implements [provider.Sink].
func (w *Writer) Event(ctx context.Context, e *provider.Event) error {
	id := w.digest.Count()
	if err := w.digest.Event(ctx, e); err != nil {
		return err
	}
	r := w.row(events)
	r.Int(id)
	r.Int(int64(e.Iteration))
	r.Text(e.Type)
	r.json(e.Data)
	r.name(e.Timestamp)
	return w.end(r, e)
}

// Interaction implements [provider.Sink].
func (w *Writer) Interaction(ctx context.Context, i *provider.Interaction) error {
	id := w.digest.Count()
	if err := w.digest.Interaction(ctx, i); err != nil {
		return err
	}
	r := w.row(interactions)
	r.Int(id)
	r.Int(int64(i.Iteration))
	r.name(i.AgentID)
	maybe(r, i.Model, r.Text)
	maybe(r, i.SystemPrompt, r.Text)
	maybe(r, i.UserPrompt, r.Text)
	maybe(r, i.Response, r.Text)
	r.json(i.ParsedPolicy)
	maybe(r, i.ParsingError, r.Text)
	maybe(r, i.PromptTokens, r.Int)
	maybe(r, i.CompletionTokens, r.Int)
	maybe(r, i.LatencySeconds, r.Double)
	r.name(i.Timestamp)
	r.json(i.Extra)
	return w.end(r, i)
}

// Iteration implements [provider.Sink].
func (w *Writer) Iteration(ctx context.Context, i *provider.Iteration) error {
	id := w.digest.Count()
	if err := w.digest.Iteration(ctx, i); err != nil {
		return err
	}
	r := w.row(iterations)
	r.Int(int64(i.Number))
	r.Int(id)
	r.name(i.Timestamp)
	if err := w.end(r, i); err != nil {
		return err
	}
	w.agents = w.agents[:0]
	for agent := range i.Costs {
		w.agents = append(w.agents, agent)
	}
	slices.Sort(w.agents)
	for _, agent := range w.agents {
		r := w.row(costs)
		r.Int(int64(i.Number))
		r.Text(agent)
		r.Int(int64(i.Costs[agent]))
		if err := r.EndRow(); err != nil {
			return err
		}
	}
	return w.policies(i)
}

// policies writes what the agents of an iteration tried, and what became of it.
func (w *Writer) policies(i *provider.Iteration) error {
	w.agents = w.agents[:0]
	for agent := range i.Policies {
		w.agents = append(w.agents, agent)
	}
	for agent := range i.AcceptedChanges {
		w.agents = append(w.agents, agent)
	}
	slices.Sort(w.agents)
	w.names = w.names[:0]
	for _, field := range []string{"accepted_changes", "policies"} {
		if _, withheld := i.Withheld(field); withheld {
			w.names = append(w.names, field)
		}
	}
	for _, agent := range slices.Compact(w.agents) {
		r := w.row(policies)
		r.Int(int64(i.Number))
		r.Text(agent)
		r.json(i.Policies[agent])
		if accepted, known := i.AcceptedChanges[agent]; known {
			r.Bool(accepted)
		} else {
			r.Null()
		}
		if err := w.endWith(r, w.names); err != nil {
			return err
		}
	}
	return nil
}

// Note implements [provider.Sink].
func (w *Writer) Note(ctx context.Context, n *provider.Note) error {
	id := w.digest.Count()
	if err := w.digest.Note(ctx, n); err != nil {
		return err
	}
	r := w.row(notes)
	r.Int(id)
	r.Text(n.Kind)
	r.name(n.Subject)
	r.name(n.Text) // which is never empty
	return w.end(r, n)
}

// Attachment implements [provider.Sink].
func (w *Writer) Attachment(ctx context.Context, a *provider.Attachment) error {
	id := w.digest.Count()
	if err := w.digest.Attachment(ctx, a); err != nil {
		return err
	}
	r := w.row(attachments)
	r.Int(id)
	r.Text(a.Name)
	r.name(a.MediaType)
	if _, withheld := a.Withheld("data"); withheld {
		r.Null()
		r.Null()
	} else {
		sum := sha256.Sum256(a.Data)
		r.Int(int64(len(a.Data)))
		r.Text(hex.EncodeToString(sum[:]))
	}
	return w.end(r, a)
}
