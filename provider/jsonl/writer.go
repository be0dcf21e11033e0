package jsonl

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/provider"
)

// A Writer writes a run as lines, always the same bytes for the same run. It buffers, and passes on what it has with
// the experiment, each interaction, each iteration and at the end, so that a reader of a pipe sees them at once. After
// an error it gives the same error again.
type Writer struct {
	w     *bufio.Writer
	order provider.Order
	salt  provider.SaltRule
	line  []byte
	first bool // no member written to line yet
	err   error
	loan  *lend.Loan // nil if records are not lent
}

var _ provider.Sink = (*Writer)(nil)

// NewWriter gives a Writer to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: bufio.NewWriterSize(w, 64<<10)} }

// Borrows implements [lend.Borrower].
func (w *Writer) Borrows(loan *lend.Loan) any {
	w.loan = loan
	return w
}

// Begin implements [provider.Sink].
func (w *Writer) Begin(_ context.Context, s *provider.Start) error {
	return w.write(s, (*provider.Order).Begin, true)
}

// Event implements [provider.Sink].
func (w *Writer) Event(_ context.Context, e *provider.Event) error { return w.record(e, false) }

// Interaction implements [provider.Sink].
func (w *Writer) Interaction(_ context.Context, i *provider.Interaction) error {
	return w.record(i, true)
}

// Iteration implements [provider.Sink].
func (w *Writer) Iteration(_ context.Context, i *provider.Iteration) error { return w.record(i, true) }

// Note implements [provider.Sink].
func (w *Writer) Note(_ context.Context, n *provider.Note) error { return w.record(n, false) }

// Attachment implements [provider.Sink].
func (w *Writer) Attachment(_ context.Context, a *provider.Attachment) error {
	return w.record(a, false)
}

// Finish implements [provider.Sink]. Without a result it writes no line.
func (w *Writer) Finish(_ context.Context, r *provider.Result) error {
	if r != nil {
		return w.write(r, (*provider.Order).Finish, true)
	}
	if w.err == nil {
		w.err = w.order.Finish()
	}
	if w.err == nil {
		w.err = w.w.Flush()
	}
	return w.err
}

func (w *Writer) record(r provider.Record, flush bool) error {
	return w.write(r, func(o *provider.Order) error { return o.Record(r.RecordKind()) }, flush)
}

func (w *Writer) write(r provider.Record, inOrder func(*provider.Order) error, flush bool) error {
	if w.err != nil {
		return w.err
	}
	if w.err = inOrder(&w.order); w.err != nil {
		return w.err
	}
	if w.loan == nil || !w.loan.Checked {
		if w.err = r.Validate(); w.err != nil {
			return w.err
		}
	}
	if w.err = w.salt.Check(r); w.err != nil {
		return w.err
	}
	if cap(w.line) > 1<<20 { // do not hold on to what one huge line needed
		w.line = nil
	}
	w.line = append(w.line[:0], '{')
	w.first = true
	w.members(r)
	w.line = append(w.line, '}')
	if len(w.line) > MaxLine {
		w.err = fmt.Errorf("%s: %w: %d bytes, at most %d can be written", r.RecordKind(), ErrLineTooLong, len(w.line),
			MaxLine)
		return w.err
	}
	w.line = append(w.line, '\n')
	if _, w.err = w.w.Write(w.line); w.err == nil && flush {
		w.err = w.w.Flush()
	}
	return w.err
}

func (w *Writer) members(r provider.Record) {
	w.text("type", r.RecordKind().String())
	switch r := r.(type) {
	case *provider.Start:
		w.text("run_id", r.RunID)
		w.text("experiment_name", r.Name)
		w.text("experiment_type", r.Type)
		w.json("config", r.Config)
		w.name("created_at", r.CreatedAt)
		if r.Salt != nil {
			w.text("salt", hex.EncodeToString(r.Salt))
		}
	case *provider.Event:
		w.integer("iteration", int64(r.Iteration))
		w.text("event_type", r.Type)
		w.name("timestamp", r.Timestamp)
		w.json("event_data", r.Data)
	case *provider.Interaction:
		w.integer("iteration", int64(r.Iteration))
		w.name("agent_id", r.AgentID)
		w.optionalText("model", r.Model)
		w.optionalText("system_prompt", r.SystemPrompt)
		w.optionalText("user_prompt", r.UserPrompt)
		w.optionalText("response", r.Response)
		w.json("parsed_policy", r.ParsedPolicy)
		w.optionalText("parsing_error", r.ParsingError)
		w.optionalInteger("prompt_tokens", r.PromptTokens)
		w.optionalInteger("completion_tokens", r.CompletionTokens)
		if r.LatencySeconds != nil {
			w.member("latency_seconds")
			w.line = strconv.AppendFloat(w.line, *r.LatencySeconds, 'g', -1, 64)
		}
		w.name("timestamp", r.Timestamp)
		w.json("extra", r.Extra)
	case *provider.Iteration:
		w.integer("iteration", int64(r.Number))
		if has(r, "costs_per_agent") {
			w.member("costs_per_agent")
			w.line = provider.AppendCosts(w.line, r.Costs)
		}
		if has(r, "accepted_changes") {
			w.member("accepted_changes")
			w.line = provider.AppendAcceptedChanges(w.line, r.AcceptedChanges)
		}
		if has(r, "policies") {
			w.json("policies", provider.AppendPolicies(nil, r.Policies))
		}
		w.name("timestamp", r.Timestamp)
	case *provider.Note:
		w.text("kind", r.Kind)
		w.name("subject", r.Subject)
		w.name("text", r.Text)
	case *provider.Attachment:
		w.text("name", r.Name)
		w.name("media_type", r.MediaType)
		if has(r, "data") {
			w.member("data")
			w.line = append(w.line, '"')
			w.line = base64.StdEncoding.AppendEncode(w.line, r.Data)
			w.line = append(w.line, '"')
		}
	case *provider.Result:
		w.name("completed_at", r.CompletedAt)
		w.text("status", string(r.Status))
		if r.Converged != nil {
			w.member("converged")
			w.line = strconv.AppendBool(w.line, *r.Converged)
		}
		w.optionalText("convergence_reason", r.ConvergenceReason)
		w.optionalInteger("final_cost", (*int64)(r.FinalCost))
		w.optionalInteger("best_cost", (*int64)(r.BestCost))
	}
	w.redaction(r.RecordMeta().Redaction)
}

// has tells whether a field that is there even if empty was not withheld.
func has(r provider.Record, field string) bool {
	_, withheld := r.RecordMeta().Withheld(field)
	return !withheld
}

func (w *Writer) member(name string) {
	if !w.first {
		w.line = append(w.line, ',')
	}
	w.first = false
	w.line = append(append(append(w.line, '"'), name...), '"', ':')
}

func (w *Writer) text(name, s string) {
	w.member(name)
	w.line = jsontext.AppendString(w.line, s)
}

// name writes a text that is left out if empty.
func (w *Writer) name(name, s string) {
	if s != "" {
		w.text(name, s)
	}
}

func (w *Writer) optionalText(name string, s *string) {
	if s != nil {
		w.text(name, *s)
	}
}

func (w *Writer) integer(name string, n int64) {
	w.member(name)
	w.line = strconv.AppendInt(w.line, n, 10)
}

func (w *Writer) optionalInteger(name string, n *int64) {
	if n != nil {
		w.integer(name, *n)
	}
}

// json writes a JSON value as it stands, or as a string if it has line breaks.
func (w *Writer) json(name string, text []byte) {
	switch {
	case text == nil:
	case bytes.IndexByte(text, '\n') >= 0 || bytes.IndexByte(text, '\r') >= 0:
		w.text(name+textSuffix, string(text))
	default:
		w.member(name)
		w.line = append(w.line, text...)
	}
}
