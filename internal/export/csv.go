// Package export writes runs as tables.
package export

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/csv"
	"github.com/simexp/exparchive/provider"
)

// The tables, with their columns. Where a view of the archive has the same content its columns have the same names.
// Every row begins with the id of the run, so that tables of several runs can be put together. Where a record has
// fields that can be withheld the row ends with the names of those that are, by the line protocol and with blanks
// between them: their cells are empty.
var tables = []struct {
	name    string
	columns []string
}{
	{"experiment", []string{"run_id", "experiment_name", "experiment_type", "config", "created_at", "completed_at",
		"status",
		"converged", "convergence_reason", "final_cost", "best_cost", "withheld"}},
	{"events", []string{"run_id", "id", "iteration", "event_type", "event_data", "timestamp", "withheld"}},
	{"iterations", []string{"run_id", "iteration", "costs_per_agent", "accepted_changes", "policies", "timestamp",
		"withheld"}},
	{"costs", []string{"run_id", "iteration", "agent_id", "cost_cents"}},
	{"policies", []string{"run_id", "iteration", "agent_id", "policy"}},
	{"accepted", []string{"run_id", "iteration", "agent_id", "accepted"}},
	{"interactions", []string{"run_id", "id", "iteration", "agent_id", "model", "system_prompt", "user_prompt", "response",
		"parsed_policy", "parsing_error", "prompt_tokens", "completion_tokens", "latency_seconds", "timestamp", "extra",
		"withheld"}},
	{"notes", []string{"run_id", "id", "kind", "text", "subject", "withheld"}},
	{"attachments", []string{"run_id", "id", "name", "media_type", "data_base64", "withheld"}},
}

// Tables gives the names of the tables.
func Tables() []string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.name
	}
	return names
}

// ErrTable means that there is no table of that name.
var ErrTable = errors.New("no such table")

// A CSV is a [provider.Sink] that writes tables. Finish passes on what it buffers. The table experiment has one row,
// and agents stand in ascending order.
type CSV struct {
	order  provider.Order
	tables map[string]*csv.Writer
	start  provider.Start
	seq    int64 // of the next record
}

var _ provider.Sink = (*CSV)(nil)

// NewCSV gives a sink that writes the tables named, with a head, to their writers. Raw leaves cells that look like
// formulas as they are.
func NewCSV(to map[string]io.Writer, raw bool) (*CSV, error) {
	s := &CSV{tables: map[string]*csv.Writer{}}
	known := Tables()
	for name := range to {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("%w: %q", ErrTable, name)
		}
	}
	for _, t := range tables {
		w := to[t.name]
		if w == nil {
			continue
		}
		out := csv.NewWriter(w)
		out.Raw = raw
		s.tables[t.name] = out
		for _, column := range t.columns {
			out.Text(column)
		}
		if err := out.End(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// A row writes the cells of one row; after the last one, end.
type row struct{ w *csv.Writer }

// row begins a row of a table; false means that the table is not wanted.
func (s *CSV) row(table string) (row, bool) {
	w := s.tables[table]
	if w == nil {
		return row{}, false
	}
	r := row{w}
	r.text(s.start.RunID)
	return r, true
}

func (r row) text(t string)  { r.w.Text(t) }
func (r row) number(n int64) { r.w.Text(strconv.FormatInt(n, 10)) }
func (r row) end() error     { return r.w.End() }

// endOf writes the names of what is withheld from the records that the row is of, and ends it.
func (r row) endOf(records ...provider.Record) error {
	var names []string
	for _, record := range records {
		for f := range record.RecordKind().Committed() {
			if _, withheld := record.RecordMeta().Withheld(f.Name); withheld {
				names = append(names, f.Name)
			}
		}
	}
	r.name(strings.Join(names, " "))
	return r.end()
}

// name writes a text for which the empty one means absent.
func (r row) name(t string) {
	if t == "" {
		r.w.Absent()
	} else {
		r.w.Text(t)
	}
}

func (r row) json(t json.RawMessage) { r.name(string(t)) }

// optional writes a value or an empty cell.
func optional[T any](r row, v *T, format func(T) string) {
	if v == nil {
		r.w.Absent()
	} else {
		r.w.Text(format(*v))
	}
}

func same(s string) string                  { return s }
func cents(c provider.Cents) string         { return strconv.FormatInt(int64(c), 10) }
func integer(n int64) string                { return strconv.FormatInt(n, 10) }
func seconds(f float64) string              { return strconv.FormatFloat(f, 'g', -1, 64) }
func (s *CSV) record(k provider.Kind) error { s.seq++; return s.order.Record(k) }

// Begin implements [provider.Sink].
func (s *CSV) Begin(_ context.Context, r *provider.Start) error {
	if err := s.order.Begin(); err != nil {
		return err
	}
	s.start, s.seq = *r, 1
	return nil
}

// Event implements [provider.Sink].
func (s *CSV) Event(_ context.Context, e *provider.Event) error {
	id := s.seq
	if err := s.record(provider.KindEvent); err != nil {
		return err
	}
	r, ok := s.row("events")
	if !ok {
		return nil
	}
	r.number(id)
	r.number(int64(e.Iteration))
	r.text(e.Type)
	r.json(e.Data)
	r.name(e.Timestamp)
	return r.endOf(e)
}

// Interaction implements [provider.Sink].
func (s *CSV) Interaction(_ context.Context, i *provider.Interaction) error {
	id := s.seq
	if err := s.record(provider.KindInteraction); err != nil {
		return err
	}
	r, ok := s.row("interactions")
	if !ok {
		return nil
	}
	r.number(id)
	r.number(int64(i.Iteration))
	r.name(i.AgentID)
	optional(r, i.Model, same)
	optional(r, i.SystemPrompt, same)
	optional(r, i.UserPrompt, same)
	optional(r, i.Response, same)
	r.json(i.ParsedPolicy)
	optional(r, i.ParsingError, same)
	optional(r, i.PromptTokens, integer)
	optional(r, i.CompletionTokens, integer)
	optional(r, i.LatencySeconds, seconds)
	r.name(i.Timestamp)
	r.json(i.Extra)
	return r.endOf(i)
}

// Iteration implements [provider.Sink].
func (s *CSV) Iteration(_ context.Context, i *provider.Iteration) error {
	if err := s.record(provider.KindIteration); err != nil {
		return err
	}
	if r, ok := s.row("iterations"); ok {
		r.number(int64(i.Number))
		for _, m := range []struct {
			field string
			text  json.RawMessage
		}{
			{"costs_per_agent", provider.AppendCosts(nil, i.Costs)},
			{"accepted_changes", provider.AppendAcceptedChanges(nil, i.AcceptedChanges)},
			{"policies", provider.AppendPolicies(nil, i.Policies)},
		} {
			if _, withheld := i.Withheld(m.field); withheld {
				m.text = nil // an empty map would say that there were none
			}
			r.json(m.text)
		}
		r.name(i.Timestamp)
		if err := r.endOf(i); err != nil {
			return err
		}
	}
	return errors.Join(
		agents(s, "costs", i.Number, i.Costs, cents),
		agents(s, "policies", i.Number, i.Policies, func(p json.RawMessage) string { return string(p) }),
		agents(s, "accepted", i.Number, i.AcceptedChanges, strconv.FormatBool),
	)
}

func agents[V any](s *CSV, table string, n int, values map[string]V, format func(V) string) error {
	for _, agent := range slices.Sorted(maps.Keys(values)) {
		r, ok := s.row(table)
		if !ok {
			return nil
		}
		r.number(int64(n))
		r.text(agent)
		r.text(format(values[agent]))
		if err := r.end(); err != nil {
			return err
		}
	}
	return nil
}

// Note implements [provider.Sink].
func (s *CSV) Note(_ context.Context, n *provider.Note) error {
	id := s.seq
	if err := s.record(provider.KindNote); err != nil {
		return err
	}
	r, ok := s.row("notes")
	if !ok {
		return nil
	}
	r.number(id)
	r.text(n.Kind)
	r.name(n.Text) // which is never empty
	r.name(n.Subject)
	return r.endOf(n)
}

// Attachment implements [provider.Sink].
func (s *CSV) Attachment(_ context.Context, a *provider.Attachment) error {
	id := s.seq
	if err := s.record(provider.KindAttachment); err != nil {
		return err
	}
	r, ok := s.row("attachments")
	if !ok {
		return nil
	}
	r.number(id)
	r.text(a.Name)
	r.name(a.MediaType)
	if _, withheld := a.Withheld("data"); withheld {
		r.w.Absent() // an empty text would say that the file is empty
	} else {
		r.text(base64.StdEncoding.EncodeToString(a.Data))
	}
	return r.endOf(a)
}

// Finish implements [provider.Sink]. A run without a result has the status unfinished.
func (s *CSV) Finish(_ context.Context, result *provider.Result) error {
	if err := s.order.Finish(); err != nil {
		return err
	}
	if r, ok := s.row("experiment"); ok {
		if result == nil {
			result = &provider.Result{Status: provider.StatusUnfinished}
		}
		r.text(s.start.Name)
		r.text(s.start.Type)
		r.json(s.start.Config)
		r.name(s.start.CreatedAt)
		r.name(result.CompletedAt)
		r.text(string(result.Status))
		optional(r, result.Converged, strconv.FormatBool)
		optional(r, result.ConvergenceReason, same)
		optional(r, result.FinalCost, cents)
		optional(r, result.BestCost, cents)
		if err := r.endOf(&s.start, result); err != nil {
			return err
		}
	}
	var errs []error
	for _, t := range tables {
		if w := s.tables[t.name]; w != nil {
			errs = append(errs, w.Flush())
		}
	}
	return errors.Join(errs...)
}
