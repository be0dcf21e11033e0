package pages

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// Records yields the records of the run in their order, the result included. A record is valid until the next one.
// An error ends it; a file of an older version than the newest is one.
func (d *Database) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		if newest := sqlitefile.Formats.Version; d.version != newest {
			yield(nil, fmt.Errorf("schema version %d: its pages are read of version %d only", d.version, newest))
			return
		}
		s := &scan{pass: d.pass()}
		if err := s.run(ctx, func(r provider.Record) bool { return yield(r, nil) }); err != nil {
			yield(nil, err)
		}
	}
}

// A scan reads the records of all tables in the order of Seq.
type scan struct {
	*pass
	types      map[int64]string
	streams    []*stream
	iterations []at
	iteration  *rows // to find iterations in
	redactions *rows // nil behind the last row
	prompts    *tables.Joiner
}

// A stream is one table of records.
type stream struct {
	rows *rows // nil for the iterations
	kind provider.Kind
	seq  int64 // of the record that comes next, the highest there is behind the last
}

// at is where an iteration stands in the run.
type at struct{ seq, number int64 }

func (s *scan) run(ctx context.Context, yield func(provider.Record) bool) error {
	start, result, err := s.experiment()
	if err == nil {
		err = s.begin()
	}
	if err != nil {
		return err
	}
	next := int64(0)
	give := func(r provider.Record) (bool, error) {
		r.RecordMeta().Seq = next
		if r.RecordMeta().Redaction, err = s.redaction(next); err != nil {
			return false, err
		}
		next++
		return yield(r), ctx.Err()
	}
	if more, err := give(start); err != nil || !more {
		return err
	}
	for {
		st := slices.MinFunc(s.streams, func(a, b *stream) int { return cmp.Compare(a.seq, b.seq) })
		if st.seq == math.MaxInt64 {
			break
		}
		if st.seq != next {
			return fmt.Errorf("%w: record %d, want %d", sqlitefile.ErrDamaged, st.seq, next)
		}
		r, err := s.read(st)
		if err != nil {
			return fmt.Errorf("record %d: %w", next, err)
		}
		if more, err := give(r); err != nil || !more {
			return err
		}
		if err := s.step(st); err != nil {
			return err
		}
	}
	if result != nil {
		if more, err := give(result); err != nil || !more {
			return err
		}
	}
	if s.redactions != nil {
		return fmt.Errorf("%w: table %s, row %d: no such record", sqlitefile.ErrDamaged, tables.TableRedaction, s.redactions.key)
	}
	return nil
}

// begin opens the tables.
func (s *scan) begin() error {
	if err := s.readTypes(); err != nil {
		return err
	}
	if err := s.findIterations(); err != nil {
		return err
	}
	s.streams = []*stream{{kind: provider.KindIteration}}
	for _, t := range []struct {
		table string
		kind  provider.Kind
	}{
		{tables.TableEvent, provider.KindEvent}, {tables.TableInteraction, provider.KindInteraction},
		{tables.TableNote, provider.KindNote}, {tables.TableAttachment, provider.KindAttachment},
	} {
		rows, err := s.rows(t.table)
		if err != nil {
			return err
		}
		s.streams = append(s.streams, &stream{rows: rows, kind: t.kind})
	}
	for _, st := range s.streams {
		if err := s.step(st); err != nil {
			return err
		}
	}
	sections, err := s.rows(tables.TableSection)
	if err != nil {
		return err
	}
	s.prompts = tables.NewJoiner(tables.TextLimit(s.pages*s.pageSize), func(id int64) (string, error) {
		if err := sections.find(id); err != nil {
			return "", err
		}
		return string(sections.values[tables.SectionBody].Bytes), nil
	})
	if s.redactions, err = s.rows(tables.TableRedaction); err != nil {
		return err
	}
	return s.nextRedaction()
}

// step goes to the next record of a stream.
func (s *scan) step(st *stream) error {
	st.seq = math.MaxInt64
	if st.rows == nil {
		if len(s.iterations) > 0 {
			st.seq = s.iterations[0].seq
		}
		return nil
	}
	more, err := st.rows.next()
	if more {
		st.seq = st.rows.key
	}
	return err
}

// read reads the record that a stream stands at.
func (s *scan) read(st *stream) (provider.Record, error) {
	switch st.kind {
	case provider.KindEvent:
		name, ok := s.types[st.rows.values[tables.EventTypeOf].Int]
		if !ok {
			return nil, fmt.Errorf("%w: event type %d is missing", sqlitefile.ErrDamaged, st.rows.values[tables.EventTypeOf].Int)
		}
		e := &provider.Event{}
		return e, tables.Event(st.rows.values, e, name)
	case provider.KindInteraction:
		return s.interaction(st.rows.values)
	case provider.KindNote:
		return tables.Note(st.rows.values), nil
	case provider.KindAttachment:
		return tables.Attachment(st.rows.values), nil
	}
	number := s.iterations[0].number
	s.iterations = s.iterations[1:]
	if err := s.iteration.find(number); err != nil {
		return nil, err
	}
	return tables.Iteration(s.iteration.values)
}

// experiment reads the first record, and the result if there is one.
func (s *scan) experiment() (*provider.Start, *provider.Result, error) {
	rows, err := s.rows(tables.TableExperiment)
	if err != nil {
		return nil, nil, err
	}
	more, err := rows.next()
	if err != nil {
		return nil, nil, err
	}
	if !more {
		return nil, nil, fmt.Errorf("%w: table %s is empty", sqlitefile.ErrDamaged, rows.table)
	}
	start, result := tables.Experiment(rows.values)
	start.Config, start.Salt = slices.Clone(start.Config), slices.Clone(start.Salt)
	if more, err = rows.next(); more {
		err = fmt.Errorf("%w: table %s has more than one row", sqlitefile.ErrDamaged, rows.table)
	}
	return start, result, err
}

func (s *scan) readTypes() error {
	rows, err := s.rows(tables.TableEventType)
	if err != nil {
		return err
	}
	s.types = map[int64]string{}
	for {
		more, err := rows.next()
		if err != nil || !more {
			return err
		}
		if len(s.types) == tables.MaxEventTypes {
			return fmt.Errorf("%w: more than %d event types", sqlitefile.ErrDamaged, tables.MaxEventTypes)
		}
		s.types[rows.key] = string(rows.values[tables.EventTypeName].Bytes)
	}
}

// findIterations notes where the iterations stand in the run.
func (s *scan) findIterations() error {
	rows, err := s.rows(tables.TableIteration)
	if err != nil {
		return err
	}
	s.iteration = rows
	for {
		more, err := rows.next()
		if err != nil {
			return err
		}
		if !more {
			slices.SortFunc(s.iterations, func(a, b at) int { return cmp.Compare(a.seq, b.seq) })
			return nil
		}
		if seq := rows.values[tables.IterationSeq]; seq.Kind != btree.Null {
			s.iterations = append(s.iterations, at{seq.Int, rows.key})
		}
	}
}

func (s *scan) interaction(row tables.Row) (provider.Record, error) {
	i, prompts, err := tables.Interaction(row)
	if err != nil {
		return nil, err
	}
	if i.SystemPrompt, err = s.prompts.Join(prompts.System); err != nil {
		return nil, err
	}
	i.UserPrompt, err = s.prompts.Join(prompts.User)
	return i, err
}

// nextRedaction goes to the next row of what is withheld.
func (s *scan) nextRedaction() error {
	more, err := s.redactions.next()
	if !more {
		s.redactions = nil
	}
	return err
}

// redaction gives what record seq lacks, nil for nothing. Calls come in ascending order of seq.
func (s *scan) redaction(seq int64) (*provider.Redaction, error) {
	var red *provider.Redaction
	for s.redactions != nil {
		of, _ := tables.RedactionRecord(s.redactions.key)
		if of > seq {
			break
		}
		x := s.redactions.values
		row := tables.RedactionRow{
			Name: string(x[tables.RedactionField].Bytes), Commitment: x[tables.RedactionCommitment].Bytes, Key: x[tables.RedactionKeyOf].Bytes,
		}
		if red == nil {
			red = &provider.Redaction{}
		}
		if err := row.AddTo(red); err != nil {
			return nil, fmt.Errorf("record %d: %w", seq, err)
		}
		if err := s.nextRedaction(); err != nil {
			return nil, err
		}
	}
	return red, nil
}
