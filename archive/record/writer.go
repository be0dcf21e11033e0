package record

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/internal/lockfile"
	"github.com/simexp/exparchive/internal/netfs"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// A Writer records a run into an archive. It is a [provider.Sink] whose methods may be called from several
// goroutines; their order is then that in which they come to hold the Writer. The package documentation says when
// records are durable.
//
// A record that breaks a rule is refused with provider.ErrInvalid or provider.ErrOrder, and the Writer goes on without
// it. After an error that is not about the record itself (disk full, file gone) the Writer acknowledges nothing more.
// What was acknowledged stays in the live file; what was not, that record and those that still come, is kept in a spill
// file. The error says where; see the package documentation.
type Writer struct {
	path string
	live string
	opts Options
	sys  *sqlitefile.System

	// The live file and the connection to it.
	lock      *lockfile.Lock
	inode     os.FileInfo // of the file when it was opened
	network   string      // the kind of network file system that it is on, if it is on one
	exclusive bool        // no other SQLite reads along
	db        *sql.DB
	conn      *sql.Conn

	rows store // in the live file, or of a copy

	mu     sync.Mutex // holds what follows
	closed bool
	err    error // first failure of the file; sticks
	seal   *archive.Seal

	// What was recorded, the batch included.
	order   provider.Order
	salt    provider.SaltRule
	runID   string
	next    int64 // Seq of the next record
	counts  [provider.KindResult + 1]int64
	texts   texts
	types   map[string]int64 // ids of event types
	numbers map[int]struct{} // of iterations
	names   provider.AttachmentNames

	// What is in the file.
	tree   digest.Tree
	leaf   digest.Leaf
	blocks tables.Blocks

	// What waits to be written.
	batch    batch
	newTypes []string             // event types that it adds
	spans    map[int]*tables.Span // what it adds to each iteration
	timer    *time.Timer

	// What could not be written.
	spill    *spill
	takingIn bool // what an earlier writer spilled
}

var (
	_ lend.Borrower                    = (*Writer)(nil)
	_ lend.EventTaker[*provider.Event] = (*Writer)(nil)
)

func newWriter(path string, opts *Options) *Writer {
	w := &Writer{
		path: path, live: path + archive.LiveSuffix,
		types: map[string]int64{}, numbers: map[int]struct{}{}, spans: map[int]*tables.Span{},
	}
	if opts != nil {
		w.opts = *opts
	}
	if w.sys = w.opts.system; w.sys == nil {
		w.sys = sqlitefile.RealSystem
	}
	if w.opts.flushAfter == 0 {
		w.opts.flushAfter = flushAfter
	}
	if w.opts.network == nil {
		w.opts.network = netfs.Kind
	}
	return w
}

// When events that wait in memory are written.
const (
	flushEvents = 4000
	flushBytes  = 1 << 20
	flushAfter  = time.Second
)

// Path gives the name of the archive-to-be.
func (w *Writer) Path() string { return w.path }

// LivePath gives the name of the file that is being recorded into. Of a copy, which is [Options].Bulk, nothing is there
// under that name.
func (w *Writer) LivePath() string { return w.live }

// file gives the name that errors begin with.
func (w *Writer) file() string {
	if w.opts.Bulk {
		return w.path
	}
	return w.live
}

// Count gives how many records there are, those that are not durable yet included.
func (w *Writer) Count() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next
}

// RunID gives the id of the run, empty before Begin.
func (w *Writer) RunID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.runID
}

// Seal tells what Finish sealed, and false before.
func (w *Writer) Seal() (archive.Seal, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seal == nil {
		return archive.Seal{}, false
	}
	return *w.seal, true
}

// Begin implements [provider.Sink]. The record is durable when it returns.
func (w *Writer) Begin(_ context.Context, s *provider.Start) error {
	return w.record(s, func() error { return w.order.Begin() }, func() error {
		w.runID = s.RunID
		if err := w.annotate(); err != nil {
			return err
		}
		row := make([]any, len(tables.Columns[tables.TableExperiment]))
		row[tables.ExperimentID] = 1
		row[tables.ExperimentRunID], row[tables.ExperimentName], row[tables.ExperimentType] = s.RunID, s.Name, s.Type
		row[tables.ExperimentCreatedAt] = tables.Nullable(s.CreatedAt)
		row[tables.ExperimentConfig], row[tables.ExperimentSalt] = jsonText(s.Config), s.Salt
		return w.rows.put(tables.TableExperiment, row...)
	})
}

// Event implements [provider.Sink]. The record may wait in memory for up to a second.
func (w *Writer) Event(ctx context.Context, e *provider.Event) error {
	if err := e.Validate(); err != nil {
		return err
	}
	return w.event(ctx, e)
}

// Borrows implements [lend.Borrower]: of what waits there is a copy.
func (w *Writer) Borrows(*lend.Loan) any { return w }

// CheckedEvents implements [lend.EventTaker].
func (w *Writer) CheckedEvents(lend.Inside) (any, func(context.Context, *provider.Event) error) {
	return w, w.event
}

// event takes an event that has passed its Validate.
func (w *Writer) event(_ context.Context, e *provider.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ready(e, func() error { return w.order.Record(provider.KindEvent) }); err != nil {
		return err
	}
	id, ok := w.types[e.Type]
	if !ok && len(w.types) == tables.MaxEventTypes { // no reader would take the file
		return &provider.FieldError{Record: provider.KindEvent.String(), Field: "event_type",
			Err: fmt.Errorf("the run has %d types of events already, and may have no more", tables.MaxEventTypes)}
	}
	if !ok {
		id = int64(len(w.types)) + 1
		w.types[e.Type] = id
		w.newTypes = append(w.newTypes, e.Type)
	}
	w.batch.add(e, w.next, id)
	s := w.span(e.Iteration)
	s.Events++
	s.Bytes += int64(len(e.Data))
	w.next++
	w.counts[provider.KindEvent]++
	w.texts.add(e)
	if len(w.batch.events) >= flushEvents || w.batch.bytes >= flushBytes {
		return w.flush(nil, nil)
	}
	if w.opts.Bulk { // which has no promise to keep
		return nil
	}
	if w.timer == nil {
		w.timer = time.AfterFunc(w.opts.flushAfter, w.flushLate)
	} else if len(w.batch.events) == 1 {
		w.timer.Reset(w.opts.flushAfter)
	}
	return nil
}

// flushLate writes events that have waited; an error meets the next call.
func (w *Writer) flushLate() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed && w.err == nil && len(w.batch.events) > 0 {
		_ = w.flush(nil, nil)
	}
}

// Interaction implements [provider.Sink]. The record is durable when it returns.
func (w *Writer) Interaction(_ context.Context, i *provider.Interaction) error {
	fits := func() error {
		if err := w.texts.fits(i); err != nil {
			return err
		}
		return w.order.Record(provider.KindInteraction)
	}
	return w.record(i, fits, func() error {
		system, err := w.putText(i.SystemPrompt)
		if err != nil {
			return err
		}
		user, err := w.putText(i.UserPrompt)
		if err != nil {
			return err
		}
		s := w.span(i.Iteration)
		s.Interactions++
		s.Bytes += textOf(i)
		return w.rows.put(tables.TableInteraction, w.next, i.Iteration, tables.Nullable(i.AgentID), i.Model,
			i.PromptTokens, i.CompletionTokens, i.LatencySeconds, tables.Nullable(i.Timestamp), system, user,
			i.Response, jsonText(i.ParsedPolicy), i.ParsingError, jsonText(i.Extra))
	})
}

// Iteration implements [provider.Sink]. The record is durable when it returns.
func (w *Writer) Iteration(_ context.Context, i *provider.Iteration) error {
	unique := func() error {
		if _, ok := w.numbers[i.Number]; ok {
			return provider.RepeatedIteration(i.Number)
		}
		return w.order.Record(provider.KindIteration)
	}
	return w.record(i, unique, func() error {
		w.numbers[i.Number] = struct{}{}
		w.span(i.Number)
		return w.rows.putIteration(i, w.next, tables.Nullable(i.Timestamp),
			present(i, "costs_per_agent", string(provider.AppendCosts(nil, i.Costs))),
			present(i, "accepted_changes", string(provider.AppendAcceptedChanges(nil, i.AcceptedChanges))),
			present(i, "policies", string(provider.AppendPolicies(nil, i.Policies))))
	})
}

// Note implements [provider.Sink]. The record is durable when it returns.
func (w *Writer) Note(_ context.Context, n *provider.Note) error {
	return w.record(n, nil, func() error {
		return w.rows.put(tables.TableNote, w.next, n.Kind, tables.Nullable(n.Subject), present(n, "text", n.Text))
	})
}

// Attachment implements [provider.Sink]. The record is durable when it returns.
func (w *Writer) Attachment(_ context.Context, a *provider.Attachment) error {
	unique := func() error {
		if err := w.order.Record(provider.KindAttachment); err != nil {
			return err
		}
		return w.names.Add(a.Name)
	}
	return w.record(a, unique, func() error {
		data := a.Data
		if data == nil {
			data = []byte{}
		}
		return w.rows.put(tables.TableAttachment, w.next, a.Name, tables.Nullable(a.MediaType),
			present(a, "data", data))
	})
}

// Finish implements [provider.Sink]: it records the result, if there is one, and seals the archive. When it returns
// without an error the sealed file is on disk under its final name and the live file is gone.
func (w *Writer) Finish(ctx context.Context, r *provider.Result) error {
	if r != nil {
		if err := w.result(r); err != nil {
			return err
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.finish(ctx)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ready(nil, w.order.Finish); err != nil {
		return err
	}
	if err := w.flush(nil, nil); err != nil {
		return err
	}
	return w.finish(ctx)
}

// result records the result without sealing.
func (w *Writer) result(r *provider.Result) error {
	return w.record(r, func() error { return w.order.Finish() }, func() error { return w.rows.putResult(r) })
}

// record takes one record and commits it with the events that wait before it.
func (w *Writer) record(r provider.Record, inOrder, insert func() error) error {
	if err := r.Validate(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if inOrder == nil {
		inOrder = func() error { return w.order.Record(r.RecordKind()) }
	}
	if err := w.ready(r, inOrder); err != nil {
		return err
	}
	return w.flush(r, insert)
}

// ready reports whether the writer takes r, which is nil for the end without a result.
func (w *Writer) ready(r provider.Record, inOrder func() error) error {
	switch {
	case w.err != nil && r != nil:
		return w.refuse(r, inOrder)
	case w.err != nil:
		return w.err
	case w.closed:
		return fileerr.In(w.file(), fs.ErrClosed)
	}
	return w.admit(r, inOrder)
}

// admit reports whether r, nil for the end without a result, keeps the rules of the run. A record that does not changes
// nothing.
func (w *Writer) admit(r provider.Record, inOrder func() error) error {
	salt := w.salt
	if r != nil {
		if err := salt.Check(r); err != nil {
			return err
		}
	}
	if err := inOrder(); err != nil {
		return err
	}
	w.salt = salt
	return nil
}

// present binds the value of a field that is always recorded, and NULL where it is withheld.
func present(r provider.Record, field string, value any) any {
	if _, withheld := r.RecordMeta().Withheld(field); withheld {
		return nil
	}
	return value
}

// jsonText binds JSON as text, and NULL where there is none.
func jsonText(b []byte) any {
	if b == nil {
		return nil
	}
	return string(b)
}
