package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/lockfile"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// When events that wait in memory are written.
const (
	flushEvents = 1000
	flushBytes  = 1 << 20
	flushAfter  = time.Second
)

// Options for [Create], [Resume] and [Seal]. Nil is the same as the zero value.
type Options struct {
	// Force lets sealing replace an archive of the final name, and Create a finished or unfinished recording.
	Force bool
	// Bulk is for copies of runs that exist elsewhere: nothing is durable until Finish returns.
	Bulk bool
	// Exclusive is for folders that processes on several machines have in common. It keeps the index of SQLite's write-ahead log out
	// of shared memory: other SQLite programs cannot read along, readers of this package can, and the log is not folded into the
	// file before the recording ends. It is chosen anyway where the folder is seen to be on a network file system.
	Exclusive bool
	// Annotations are kept in the file beside the run and are no part of its digest.
	Annotations []archive.Annotation

	system  *sqlitefile.System      // nil for the real one
	network func(dir string) string // nil for the real one; see networkFileSystem
}

// A Writer records a run into an archive. It is a [provider.Sink] whose methods may be called from several goroutines; their
// order is then that in which they come to hold the Writer. The package documentation says when records are durable.
//
// After an error that is not about the record itself (disk full, file gone) the Writer acknowledges nothing more. What was
// acknowledged stays in the live file; what was not, that record and those that still come, is kept in a spill file beside it
// or, if that disk is full, where temporary files go. The error says where. [Resume] and [Seal] take the spill in.
type Writer struct {
	path string
	live string
	opts Options
	sys  *sqlitefile.System
	lock *lockfile.Lock
	db   *sql.DB
	conn *sql.Conn
	stmt statements

	network   string // the kind of network file system that is recorded to, if it is one
	exclusive bool   // no other SQLite reads along

	mu       sync.Mutex
	order    provider.Order
	err      error // first failure of the file; sticks
	closed   bool
	seal     *archive.Seal
	runID    string
	inode    os.FileInfo // of the live file when it was opened
	tree     digest.Tree
	leaf     digest.Leaf
	blocks   tables.Blocks
	next     int64 // Seq of the next record
	batch    batch
	batchNo  int
	types    map[string]int64 // event types in the table
	newTypes []string         // and those that the batch adds
	numbers  map[int]struct{} // iterations recorded
	names    map[string]struct{}
	spans    map[int]*span // what the batch adds to each iteration
	sections *sectionWriter
	timer    *time.Timer
	spill    *spill // what is left when the file could not be written
	takingIn bool   // what an earlier writer spilled
}

var _ provider.Sink = (*Writer)(nil)

type statements struct {
	events, eventType, span, interaction, iteration, note, attachment, redaction, block *sql.Stmt
}

// Create begins a recording that will become the archive path. It records into path+"-live"; a recording that is there
// already, or an archive at path, is [archive.ErrExists] unless opts.Force, and one that is going on is [archive.ErrBusy] in any case.
// The caller ends it with Finish, which seals, and always with Close.
func Create(path string, opts *Options) (*Writer, error) {
	w := newWriter(path, opts)
	if strings.HasSuffix(path, archive.LiveSuffix) {
		return nil, fmt.Errorf("%s: name the archive without %q", path, archive.LiveSuffix)
	}
	if _, err := os.Lstat(path); err == nil && !w.opts.Force {
		return nil, fmt.Errorf("%s: %w", path, archive.ErrExists)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := w.acquire(longestSuffix); err != nil {
		return nil, err
	}
	if err := w.create(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", w.live, sqlitefile.Damage(err)), w.disconnect(), w.release())
	}
	return w, nil
}

func newWriter(path string, opts *Options) *Writer {
	w := &Writer{
		path: path, live: path + archive.LiveSuffix,
		types: map[string]int64{}, numbers: map[int]struct{}{}, names: map[string]struct{}{}, spans: map[int]*span{},
	}
	if opts != nil {
		w.opts = *opts
	}
	if w.sys = w.opts.system; w.sys == nil {
		w.sys = sqlitefile.RealSystem
	}
	if w.opts.network == nil {
		w.opts.network = networkFileSystem
	}
	return w
}

// acquire takes the lock of the live file, if there is room for suffix behind the archive's name.
func (w *Writer) acquire(suffix string) error {
	if _, err := os.Stat(filepath.Dir(w.live)); err != nil {
		return err
	}
	if err := nameFits(w.path, suffix); err != nil {
		return err
	}
	if err := w.chooseExclusive(); err != nil {
		return err
	}
	lock, err := sqlitefile.Lock(w.live)
	if err != nil {
		return fmt.Errorf("%s: %w", w.live, err)
	}
	w.lock = lock
	return nil
}

// create makes the live file, holding the lock.
func (w *Writer) create() error {
	if _, err := os.Lstat(w.live); err == nil {
		if !w.opts.Force && holdsRun(w.live) {
			return fmt.Errorf("%w: a recording that was not finished; resume or seal it, or remove it", archive.ErrExists)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Lstat(w.live + spillSuffix); err == nil && !w.opts.Force {
		return fmt.Errorf("%w: %s, with records of an earlier recording; resume that or remove it", archive.ErrExists, w.live+spillSuffix)
	}
	if err := errors.Join(w.removeLive(), w.remove(w.live+spillSuffix)); err != nil {
		return err
	}
	// The schema is made without waiting for the disk, since nothing is acknowledged yet, and flushed once. Only then does the
	// file get its name: a live file that is cut short by a crash is never mistaken for a recording.
	temp := w.live + creatingSuffix
	if err := w.sweep(); err != nil {
		return err
	}
	options := append([]string{"mode=rwc", "_journal_mode=MEMORY", "_synchronous=OFF", "_dqs=0"}, w.sys.Options...)
	db, err := sqlitefile.OpenWritable(temp, options...)
	if err != nil {
		return err
	}
	if err := errors.Join(sqlitefile.Formats.Create(db), db.Close()); err != nil {
		return errors.Join(err, w.sweep())
	}
	if err := w.sys.Sync(temp); err != nil {
		return errors.Join(err, w.sweep())
	}
	if err := w.sys.Rename(temp, w.live); err != nil {
		return errors.Join(err, w.sweep())
	}
	if err := w.sys.SyncDir(filepath.Dir(w.live)); err != nil {
		return errors.Join(err, w.removeLive())
	}
	return w.open()
}

// creatingSuffix follows the name of a live file in the name that it has until it is complete.
const creatingSuffix = "-new"

// sweep removes what a killed recorder or sealing may have left under names that are not final. The caller holds the lock.
func (w *Writer) sweep() error {
	var err error
	err = w.remove(w.live + spillSuffix + creatingSuffix)
	for _, name := range []string{w.live + creatingSuffix, w.path + sealingSuffix} {
		for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
			err = errors.Join(err, w.remove(name+suffix))
		}
	}
	return err
}

// holdsRun reports whether a live file has a run in it. One that has none was left by a process that was killed before its
// run began; one that cannot be told counts as if it had.
func holdsRun(live string) bool {
	if info, err := os.Lstat(live); err == nil && info.Size() == 0 {
		return false
	}
	a, err := archive.Open(live)
	if err != nil {
		return !errors.Is(err, provider.ErrNoRun)
	}
	a.Close()
	return true
}

// removeLive removes the live file and what belongs to it, apart from the lock. The file itself goes first: as long as it is
// there it is complete with what stands beside it.
func (w *Writer) removeLive() error {
	err := w.sys.Remove(w.live)
	switch {
	case err == nil:
		err = w.sys.SyncDir(filepath.Dir(w.live))
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	default:
		return err
	}
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		err = errors.Join(err, w.remove(w.live+suffix))
	}
	return err
}

// remove removes a file that may not be there.
func (w *Writer) remove(path string) error {
	if err := w.sys.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// open connects to the live file for recording.
func (w *Writer) open() (err error) {
	if err := w.enterWAL(); err != nil {
		return err
	}
	ctx := context.Background()
	if err := w.connect(ctx); err != nil {
		return err
	}
	if w.inode, err = os.Stat(w.live); err != nil {
		return err
	}
	w.batchNo = batches.add(&w.batch)
	if _, err := w.conn.ExecContext(ctx, fmt.Sprintf("CREATE VIRTUAL TABLE temp.batch USING %s(%d)", batchModule, w.batchNo)); err != nil {
		return err
	}
	if w.sections, err = newSectionWriter(ctx, w.conn); err != nil {
		return err
	}
	for _, p := range []struct {
		stmt **sql.Stmt
		sql  string
	}{
		{&w.stmt.events, "INSERT INTO event (seq, iteration, type, timestamp, data) SELECT seq, iteration, type, timestamp, data FROM temp.batch"},
		{&w.stmt.eventType, "INSERT INTO event_type (id, name) VALUES (?, ?)"},
		{&w.stmt.span, `INSERT INTO iteration_span (iteration, first_seq, last_seq, events, interactions, bytes) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (iteration) DO UPDATE SET last_seq = excluded.last_seq, events = events + excluded.events,
			interactions = interactions + excluded.interactions, bytes = bytes + excluded.bytes`},
		{&w.stmt.interaction, `INSERT INTO llm_interaction (seq, iteration, agent_id, model, system_prompt, user_prompt, response, parsed_policy,
			parsing_error, prompt_tokens, completion_tokens, latency_seconds, timestamp, extra) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&w.stmt.iteration, `INSERT INTO iteration (number, seq, costs_per_agent, accepted_changes, policies, timestamp) VALUES (?, ?, ?, ?, ?, ?)`},
		{&w.stmt.note, "INSERT INTO note (seq, kind, text) VALUES (?, ?, ?)"},
		{&w.stmt.redaction, "INSERT INTO redaction (seq, field, commitment, key) VALUES (?, ?, ?, ?)"},
		{&w.stmt.block, insertBlock},
		{&w.stmt.attachment, "INSERT INTO attachment (seq, name, media_type, data) VALUES (?, ?, ?, ?)"},
	} {
		if *p.stmt, err = w.conn.PrepareContext(ctx, p.sql); err != nil {
			return err
		}
	}
	return nil
}

// Path gives the name of the archive-to-be.
func (w *Writer) Path() string { return w.path }

// LivePath gives the name of the file that is being recorded into.
func (w *Writer) LivePath() string { return w.live }

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
func (w *Writer) Begin(ctx context.Context, s *provider.Start) error {
	ctx = context.WithoutCancel(ctx) // a record is one step
	return w.record(s, func() error { return w.order.Begin() }, func() error {
		w.runID = s.RunID
		if err := w.annotate(ctx); err != nil {
			return err
		}
		_, err := w.conn.ExecContext(ctx, `INSERT INTO experiment (id, run_id, experiment_name, experiment_type, config, created_at, salt)
			VALUES (1, ?, ?, ?, ?, ?, ?)`, s.RunID, s.Name, s.Type, jsonText(s.Config), tables.Nullable(s.CreatedAt), s.Salt)
		return err
	})
}

// Event implements [provider.Sink]. The record may wait in memory for up to a second.
func (w *Writer) Event(_ context.Context, e *provider.Event) error {
	if err := e.Validate(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ready(e, func() error { return w.order.Record(provider.KindEvent) }); err != nil {
		return err
	}
	id, ok := w.types[e.Type]
	if !ok {
		id = int64(len(w.types)) + 1
		w.types[e.Type] = id
		w.newTypes = append(w.newTypes, e.Type)
	}
	w.batch.add(e, w.next, id)
	s := w.span(e.Iteration)
	s.events++
	s.bytes += int64(len(e.Data))
	w.next++
	if len(w.batch.events) >= flushEvents || w.batch.bytes >= flushBytes {
		return w.flush(nil, nil)
	}
	if w.timer == nil {
		w.timer = time.AfterFunc(flushAfter, w.flushLate)
	} else if len(w.batch.events) == 1 {
		w.timer.Reset(flushAfter)
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
func (w *Writer) Interaction(ctx context.Context, i *provider.Interaction) error {
	ctx = context.WithoutCancel(ctx) // a record is one step
	return w.record(i, nil, func() error {
		system, err := w.sections.put(ctx, i.SystemPrompt)
		if err != nil {
			return err
		}
		user, err := w.sections.put(ctx, i.UserPrompt)
		if err != nil {
			return err
		}
		s := w.span(i.Iteration)
		s.interactions++
		s.bytes += textLen(i.SystemPrompt) + textLen(i.UserPrompt) + textLen(i.Response) + int64(len(i.ParsedPolicy))
		_, err = w.stmt.interaction.ExecContext(ctx, w.next, i.Iteration, tables.Nullable(i.AgentID), i.Model, system, user, i.Response,
			jsonText(i.ParsedPolicy), i.ParsingError, i.PromptTokens, i.CompletionTokens, i.LatencySeconds, tables.Nullable(i.Timestamp), jsonText(i.Extra))
		return err
	})
}

// Iteration implements [provider.Sink]. The record is durable when it returns.
func (w *Writer) Iteration(ctx context.Context, i *provider.Iteration) error {
	ctx = context.WithoutCancel(ctx) // a record is one step
	unique := func() error {
		if _, ok := w.numbers[i.Number]; ok {
			return provider.RepeatedIteration(i.Number)
		}
		return w.order.Record(provider.KindIteration)
	}
	return w.record(i, unique, func() error {
		w.numbers[i.Number] = struct{}{}
		w.span(i.Number)
		_, err := w.stmt.iteration.ExecContext(ctx, i.Number, w.next, string(provider.AppendCosts(nil, i.Costs)),
			string(provider.AppendAcceptedChanges(nil, i.AcceptedChanges)), string(provider.AppendPolicies(nil, i.Policies)), tables.Nullable(i.Timestamp))
		return err
	})
}

// Note implements [provider.Sink]. The record is durable when it returns.
func (w *Writer) Note(ctx context.Context, n *provider.Note) error {
	ctx = context.WithoutCancel(ctx) // a record is one step
	return w.record(n, nil, func() error {
		_, err := w.stmt.note.ExecContext(ctx, w.next, n.Kind, n.Text)
		return err
	})
}

// Attachment implements [provider.Sink]. The record is durable when it returns.
func (w *Writer) Attachment(ctx context.Context, a *provider.Attachment) error {
	ctx = context.WithoutCancel(ctx) // a record is one step
	unique := func() error {
		if _, ok := w.names[a.Name]; ok {
			return provider.RepeatedAttachment(a.Name)
		}
		return w.order.Record(provider.KindAttachment)
	}
	return w.record(a, unique, func() error {
		w.names[a.Name] = struct{}{}
		data := a.Data
		if data == nil {
			data = []byte{}
		}
		_, err := w.stmt.attachment.ExecContext(ctx, w.next, a.Name, tables.Nullable(a.MediaType), data)
		return err
	})
}

// Finish implements [provider.Sink]: it records the result, if there is one, and seals the archive. When it returns without an
// error the sealed file is on disk under its final name and the live file is gone.
func (w *Writer) Finish(ctx context.Context, r *provider.Result) error {
	if r != nil {
		if err := w.result(ctx, r); err != nil {
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
func (w *Writer) result(ctx context.Context, r *provider.Result) error {
	ctx = context.WithoutCancel(ctx)
	return w.record(r, func() error { return w.order.Finish() }, func() error {
		_, err := w.conn.ExecContext(ctx, `UPDATE experiment SET status = ?, completed_at = ?, converged = ?, convergence_reason = ?,
			final_cost = ?, best_cost = ?`, string(r.Status), tables.Nullable(r.CompletedAt), r.Converged, r.ConvergenceReason,
			(*int64)(r.FinalCost), (*int64)(r.BestCost))
		return err
	})
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
		return fmt.Errorf("%s: %w", w.live, fs.ErrClosed)
	}
	return inOrder()
}

// jsonText binds JSON as text, and NULL where there is none.
func jsonText(b []byte) any {
	if b == nil {
		return nil
	}
	return string(b)
}

// What is put behind the name of an archive at most: while it is recorded, and ever, which is when package rewrite annotates it.
const (
	longestLive   = archive.LiveSuffix + creatingSuffix + "-journal"
	longestSuffix = "-annotating-journal"
)

// nameFits reports that the name of an archive is too long for the files that stand beside it, of which the longest has suffix
// behind it.
func nameFits(path, suffix string) error {
	if _, err := os.Lstat(path + suffix); errors.Is(err, syscall.ENAMETOOLONG) {
		return fmt.Errorf("%s: the name is too long: files with up to %d bytes more stand beside it while it is recorded or changed: %w",
			path, len(suffix), syscall.ENAMETOOLONG)
	}
	return nil
}
