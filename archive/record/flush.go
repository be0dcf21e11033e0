package record

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// flush commits the events that wait and, if last is given, the record last behind them, which insert inserts. An
// error sticks: what is in the file then ends before the batch or, if the commit itself failed, may hold it all.
func (w *Writer) flush(last provider.Record, insert func() error) error {
	if last == nil && len(w.batch.events) == 0 {
		return nil
	}
	if err := w.commit(last, insert); err != nil {
		return w.fail(err, last)
	}
	return nil
}

func (w *Writer) commit(last provider.Record, insert func() error) (err error) {
	// A cancelled context must not tear a record that the caller thinks of as one step, so statements do not get it.
	ctx := context.Background()
	if now, err := os.Stat(w.live); err != nil || !os.SameFile(now, w.inode) {
		return ErrLost
	}
	if _, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, _ = w.conn.ExecContext(ctx, "ROLLBACK") // fails if SQLite has rolled back itself
		}
	}()
	// Hashing needs no database and runs beside it.
	tree, blocks := w.tree.Clone(), w.blocks.Clone()
	hashed := make(chan struct{})
	go func() {
		defer close(hashed)
		for i := range w.batch.events {
			blocks.Add(&tree, w.leaf.Hash(&w.batch.events[i]))
		}
	}()
	err = w.insert(ctx)
	<-hashed
	if err != nil {
		return err
	}
	if last != nil {
		if err := insert(); err != nil {
			return err
		}
		w.next++
		w.counts[last.RecordKind()]++
		w.texts.add(last)
		blocks.Add(&tree, w.leaf.Hash(last))
		if err := w.insertRedaction(ctx, last, tree.Len()-1); err != nil {
			return err
		}
	}
	if err := w.leaf.Err(); err != nil {
		return err
	}
	if err := w.insertSpans(ctx); err != nil {
		return err
	}
	if err := insertBlocks(ctx, w.stmt.block, blocks.Take()); err != nil {
		return err
	}
	if _, err := w.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return err
	}
	w.tree, w.blocks = tree, blocks
	w.newTypes = w.newTypes[:0]
	clear(w.spans)
	w.batch.reset()
	return nil
}

// insert writes the batch.
func (w *Writer) insert(ctx context.Context) error {
	for i, name := range w.newTypes {
		if _, err := w.stmt.eventType.ExecContext(ctx, len(w.types)-len(w.newTypes)+i+1, name); err != nil {
			return err
		}
	}
	if len(w.batch.events) == 0 {
		return nil
	}
	result, err := w.stmt.events.ExecContext(ctx)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n != int64(len(w.batch.events)) {
		return fmt.Errorf("%d of %d events written: %w", n, len(w.batch.events), err)
	}
	for i := range w.batch.events {
		if e := &w.batch.events[i]; e.Redaction != nil {
			if err := w.insertRedaction(ctx, e, e.Seq); err != nil {
				return err
			}
		}
	}
	return nil
}

// insertRedaction writes what a record lacks, if it comes from a redacted copy.
func (w *Writer) insertRedaction(ctx context.Context, record provider.Record, seq int64) error {
	r := record.RecordMeta().Redaction
	if r == nil {
		return nil
	}
	put := func(name string, commitment, key []byte) error {
		field, _ := record.RecordKind().Field(name) // Validate has looked
		_, err := w.stmt.redaction.ExecContext(ctx, tables.RedactionKey(seq, field.ID), name, commitment, key)
		return err
	}
	for field, c := range r.Withheld {
		if err := put(field, c[:], nil); err != nil {
			return err
		}
	}
	for field, k := range r.FieldKeys {
		if err := put(field, nil, k[:]); err != nil {
			return err
		}
	}
	return nil
}

// annotate writes the annotations that were asked for behind those that are there.
func (w *Writer) annotate(ctx context.Context) error {
	for _, a := range w.opts.Annotations {
		if _, err := w.conn.ExecContext(ctx, tables.InsertAnnotation,
			tables.AnnotationRow(a.Kind, a.Name, a.Text)...); err != nil {
			return err
		}
	}
	return nil
}

// insertBlocks writes rows of the table of blocks.
func insertBlocks(ctx context.Context, stmt *sql.Stmt, rows []tables.LeafBlock) error {
	for _, b := range rows {
		if _, err := stmt.ExecContext(ctx, b.First, b.Root[:], b.Leaves); err != nil {
			return err
		}
	}
	return nil
}

// span gives what the batch adds to an iteration, up to the record that comes next.
func (w *Writer) span(iteration int) *tables.Span {
	s, ok := w.spans[iteration]
	if !ok {
		s = &tables.Span{First: w.next}
		w.spans[iteration] = s
	}
	s.Last = w.next
	return s
}

// insertSpans writes where the records of the batch lie. The order of its rows does not matter to the file: they are
// sorted by iteration.
func (w *Writer) insertSpans(ctx context.Context) error {
	for iteration, s := range w.spans {
		if _, err := w.stmt.span.ExecContext(ctx, iteration, s.First, s.Last, s.Events, s.Interactions, s.Bytes); err != nil {
			return err
		}
	}
	return nil
}
