package record

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// A store keeps the rows of a run: [liveRows] in a live file, [copiedRows] until they are laid out as a sealed file.
// What is put between begin and commit becomes part of the run as one.
type store interface {
	begin() error
	commit() error
	rollback()
	// put adds a row: values for the columns of the table in their order, as database/sql takes them, the key first. A
	// key that is nil is the one behind the last.
	put(table string, values ...any) error
	// putEvents adds the events of the writer's batch.
	putEvents() error
	// putResult adds the result to the row of the experiment.
	putResult(r *provider.Result) error
	// putSpan adds to where the records of an iteration lie, and how much they are.
	putSpan(iteration int, s *tables.Span) error
	// putIteration adds an iteration that was recorded itself: from z_iteration's timestamp on, the values of its
	// columns.
	putIteration(i *provider.Iteration, seq int64, values ...any) error
	// section gives the number of a section with a hash, a new one if there is none.
	section(sum [sha256.Size]byte, body string) (id int64, isNew bool, err error)
	// writeTo makes the sealed file at path, which must not be there, of all rows, with the seal and further blocks.
	writeTo(ctx context.Context, path string, seal *tables.Seal, blocks []tables.LeafBlock) error
	// close lets go of what the store holds.
	close() error
}

// putText stores a prompt and gives the list of its sections, nil for no text.
func (w *Writer) putText(text *string) (any, error) {
	if text == nil {
		return nil, nil
	}
	var ids []int64
	for _, s := range tables.SplitSections(*text) {
		id, isNew, err := w.rows.section(sha256.Sum256([]byte(s)), s)
		if err != nil {
			return nil, err
		}
		if isNew {
			w.texts.sections += int64(len(s))
		}
		ids = append(ids, id)
	}
	return string(tables.AppendSectionList(nil, ids)), nil
}

// liveRows are those of a live file. Statements are not given the context of a call: cancelled, they would tear a
// record that the caller thinks of as one step.
type liveRows struct {
	w        *Writer
	inserts  map[string]*sql.Stmt // of a row, by table
	event    *sql.Stmt            // the first of a batch
	events   *sql.Stmt            // the others
	span     *sql.Stmt
	own      *sql.Stmt
	batchNo  int // under which SQL finds the batch
	sections *sectionWriter
}

// inserted are the tables into which rows are put one by one.
var inserted = []string{tables.TableExperiment, tables.TableEventType, tables.TableInteraction, tables.TableNote,
	tables.TableAttachment, tables.TableRedaction, tables.TableAnnotation, tables.TableLeafBlock}

// newLiveRows prepares the statements of a connection to the live file.
func (w *Writer) newLiveRows(ctx context.Context) error {
	r := &liveRows{w: w, inserts: map[string]*sql.Stmt{}, batchNo: batches.add(&w.batch)}
	w.rows = r
	_, err := w.conn.ExecContext(ctx, fmt.Sprintf("CREATE VIRTUAL TABLE temp.batch USING %s(%d)", batchModule,
		r.batchNo))
	if err != nil {
		return err
	}
	if r.sections, err = newSectionWriter(ctx, w.conn); err != nil {
		return err
	}
	w.texts.sections = r.sections.stored
	for _, p := range []struct {
		stmt **sql.Stmt
		sql  string
	}{
		{&r.event, `INSERT INTO z_event (seq, iteration, type, timestamp, data)
			SELECT rowid, iteration, type, timestamp, data FROM temp.batch LIMIT 1`},
		{&r.events, `INSERT INTO z_event (iteration, type, timestamp, data)
			SELECT iteration, type, timestamp, data FROM temp.batch`},
		{&r.span, `INSERT INTO z_iteration (number, first_seq, last_seq, events, interactions, bytes)
			VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET
			first_seq = min(first_seq, excluded.first_seq), last_seq = excluded.last_seq,
			events = events + excluded.events, interactions = interactions + excluded.interactions,
			bytes = bytes + excluded.bytes`},
		{&r.own, `INSERT INTO z_iteration (number, first_seq, last_seq, events, interactions, bytes, seq, timestamp,
			costs_per_agent, accepted_changes, policies) VALUES (?1, ?2, ?2, 0, 0, 0, ?2, ?3, ?4, ?5, ?6)
			ON CONFLICT (number) DO UPDATE SET seq = excluded.seq, timestamp = excluded.timestamp,
			costs_per_agent = excluded.costs_per_agent, accepted_changes = excluded.accepted_changes,
			policies = excluded.policies`},
	} {
		if *p.stmt, err = w.conn.PrepareContext(ctx, p.sql); err != nil {
			return err
		}
	}
	for _, table := range inserted {
		var names []string
		for _, c := range tables.Columns[table] {
			names = append(names, c.Name)
		}
		insert := "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES (?" +
			strings.Repeat(", ?", len(names)-1) + ")"
		if r.inserts[table], err = w.conn.PrepareContext(ctx, insert); err != nil {
			return err
		}
	}
	return nil
}

func (r *liveRows) exec(statement string) error {
	_, err := r.w.conn.ExecContext(context.Background(), statement)
	return err
}

func (r *liveRows) begin() error {
	if now, err := os.Stat(r.w.live); err != nil || !os.SameFile(now, r.w.inode) {
		return ErrLost
	}
	return r.exec("BEGIN IMMEDIATE")
}

func (r *liveRows) commit() error { return r.exec("COMMIT") }

func (r *liveRows) rollback() { _ = r.exec("ROLLBACK") } // fails if SQLite has rolled back itself

func (r *liveRows) put(table string, values ...any) error {
	_, err := r.inserts[table].ExecContext(context.Background(), values...)
	return err
}

// putEvents implements [rows]. The first event is put where it belongs, and SQLite gives those behind it the numbers
// that follow, which are theirs: no other record is among them. To look for the place of each takes a tenth longer.
func (r *liveRows) putEvents() error {
	b := &r.w.batch
	for b.shown = 0; b.shown < len(b.events); {
		stmt, want := r.event, 1
		if b.shown > 0 {
			stmt, want = r.events, len(b.events)-b.shown
		}
		result, err := stmt.ExecContext(context.Background())
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err != nil || n != int64(want) {
			return fmt.Errorf("%d of %d events written: %w", n, want, err)
		}
		b.shown += want
		last, err := result.LastInsertId()
		if seq := b.events[b.shown-1].Seq; err != nil || last != seq {
			return fmt.Errorf("event %d written as %d: %w", seq, last, err)
		}
	}
	return nil
}

func (r *liveRows) putResult(x *provider.Result) error {
	_, err := r.w.conn.ExecContext(context.Background(), `UPDATE z_experiment SET status = ?, completed_at = ?,
		converged = ?, final_cost = ?, best_cost = ?, convergence_reason = ?`, resultColumns(x)...)
	return err
}

// resultColumns are the columns of z_experiment that are the result's, in their order.
func resultColumns(r *provider.Result) []any {
	return []any{string(r.Status), tables.Nullable(r.CompletedAt), r.Converged, (*int64)(r.FinalCost),
		(*int64)(r.BestCost), r.ConvergenceReason}
}

func (r *liveRows) putSpan(iteration int, s *tables.Span) error {
	_, err := r.span.ExecContext(context.Background(), iteration, s.First, s.Last, s.Events, s.Interactions, s.Bytes)
	return err
}

func (r *liveRows) putIteration(i *provider.Iteration, seq int64, values ...any) error {
	_, err := r.own.ExecContext(context.Background(), append([]any{i.Number, seq}, values...)...)
	return err
}

func (r *liveRows) section(sum [sha256.Size]byte, body string) (int64, bool, error) {
	return r.sections.id(context.Background(), sum, body)
}

// close closes the statements: SQLite lets go of the files only when none is left.
func (r *liveRows) close() (err error) {
	all := []*sql.Stmt{r.event, r.events, r.span, r.own}
	for _, s := range r.inserts {
		all = append(all, s)
	}
	if r.sections != nil {
		all = append(all, r.sections.find, r.sections.insert, r.sections.index)
	}
	for _, s := range all {
		if s != nil {
			err = errors.Join(err, s.Close())
		}
	}
	batches.remove(r.batchNo)
	return err
}
