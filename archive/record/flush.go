package record

import (
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/provider"
)

// flush commits the events that wait and, if last is given, the record last behind them, which insert inserts. An
// error sticks: what is in the file then ends before the batch or, if the commit itself failed, may hold it all.
func (w *Writer) flush(last provider.Record, insert func() error) error {
	if last == nil && len(w.batch.events) == 0 {
		return nil
	}
	err := w.commit(last, insert)
	if err != nil {
		err = w.fail(err, last)
	}
	if w.opts.Written != nil {
		w.opts.Written(w.tree.Len(), err)
	}
	return err
}

func (w *Writer) commit(last provider.Record, insert func() error) (err error) {
	if err := w.rows.begin(); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			w.rows.rollback()
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
	err = w.insert()
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
		if err := w.insertRedaction(last, tree.Len()-1); err != nil {
			return err
		}
	}
	if err := w.leaf.Err(); err != nil {
		return err
	}
	for iteration, s := range w.spans { // their order does not matter: the file has them by iteration
		if err := w.rows.putSpan(iteration, s); err != nil {
			return err
		}
	}
	for _, b := range blocks.Take() {
		if err := w.rows.put(tables.TableLeafBlock, b.First, b.Root[:], b.Leaves); err != nil {
			return err
		}
	}
	if err := w.rows.commit(); err != nil {
		return err
	}
	w.tree, w.blocks = tree, blocks
	w.newTypes = w.newTypes[:0]
	clear(w.spans)
	w.batch.reset()
	return nil
}

// insert writes the batch.
func (w *Writer) insert() error {
	for i, name := range w.newTypes {
		if err := w.rows.put(tables.TableEventType, len(w.types)-len(w.newTypes)+i+1, name); err != nil {
			return err
		}
	}
	if len(w.batch.events) == 0 {
		return nil
	}
	if err := w.rows.putEvents(); err != nil {
		return err
	}
	for i := range w.batch.events {
		if e := &w.batch.events[i]; e.Redaction != nil {
			if err := w.insertRedaction(e, e.Seq); err != nil {
				return err
			}
		}
	}
	return nil
}

// insertRedaction writes what a record lacks, if it comes from a redacted copy.
func (w *Writer) insertRedaction(record provider.Record, seq int64) error {
	r := record.RecordMeta().Redaction
	if r == nil {
		return nil
	}
	for field := range record.RecordKind().Committed() { // Validate has seen that there are no others
		var commitment, key []byte
		if c, ok := r.Withheld[field.Name]; ok {
			commitment = c[:]
		} else if k, ok := r.FieldKeys[field.Name]; ok {
			key = k[:]
		} else {
			continue
		}
		if err := w.rows.put(tables.TableRedaction, tables.RedactionKey(seq, field.ID), field.Name, commitment,
			key); err != nil {
			return err
		}
	}
	return nil
}

// checkAnnotations refuses annotations that no archive may have.
func (w *Writer) checkAnnotations() error {
	for _, a := range w.opts.Annotations {
		if err := a.Validate(); err != nil {
			return fileerr.In(w.path, err)
		}
	}
	return nil
}

// annotate writes the annotations that were asked for behind those that are there.
func (w *Writer) annotate() error {
	for _, a := range w.opts.Annotations {
		row := append([]any{nil}, tables.AnnotationRow(a.Kind, a.Name, a.Text)...)
		if err := w.rows.put(tables.TableAnnotation, row...); err != nil {
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
