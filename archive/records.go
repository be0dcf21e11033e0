package archive

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// Records implements [provider.Provider]. Of a run that is being recorded it yields what was durable when it was called.
func (a *Archive) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return a.RecordsFrom(ctx, 0)
}

// RecordsFrom implements [provider.Tail].
func (a *Archive) RecordsFrom(ctx context.Context, seq int64) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		err := a.readAll(ctx, max(seq, 0), func(r provider.Record) bool { return yield(r, nil) })
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

// IterationRecords implements [provider.Provider].
func (a *Archive) IterationRecords(ctx context.Context, n int) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		err := a.readIteration(ctx, n, func(r provider.Record) bool { return yield(r, nil) })
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

// errStop ends a reading that its consumer wants no more of.
var errStop = errors.New("stop")

func (a *Archive) readAll(ctx context.Context, from int64, yield func(provider.Record) bool) (err error) {
	defer a.file.Explain(&err)
	s, err := a.newScan(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	end, err := s.end(ctx)
	if err != nil {
		return err
	}
	if from == 0 {
		if s.experiment.Start.Redaction, err = redactionAt(ctx, s.conn, 0); err != nil {
			return err
		}
		if !yield(&s.experiment.Start) {
			return errStop
		}
	}
	next := max(from, 1)
	err = s.run(ctx, next, end, -1, func(r provider.Record, seq int64) error {
		if seq != next {
			return fmt.Errorf("%w: record %d is missing", sqlitefile.ErrDamaged, next)
		}
		next++
		if !yield(r) {
			return errStop
		}
		return nil
	})
	if err != nil {
		return err
	}
	if next < end {
		return fmt.Errorf("%w: record %d is missing", sqlitefile.ErrDamaged, next)
	}
	if r := s.experiment.Result; r != nil && from <= end {
		r.Seq = end
		if r.Redaction, err = redactionAt(ctx, s.conn, end); err != nil {
			return err
		}
		if !yield(r) {
			return errStop
		}
	}
	return nil
}

func (a *Archive) readIteration(ctx context.Context, n int, yield func(provider.Record) bool) (err error) {
	defer a.file.Explain(&err)
	s, err := a.newScan(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	var first, last int64
	err = s.conn.QueryRowContext(ctx, "SELECT first_seq, last_seq FROM iteration_span WHERE iteration = ?", n).Scan(&first, &last)
	if errors.Is(err, sql.ErrNoRows) {
		have, err := a.Iterations(ctx)
		if err != nil {
			return err
		}
		return provider.NoIteration(n, have)
	} else if err != nil {
		return sqlitefile.Damage(err)
	}
	if last == math.MaxInt64 {
		return fmt.Errorf("%w: iteration %d ends at record %d", sqlitefile.ErrDamaged, n, last)
	}
	return s.run(ctx, first, last+1, n, func(r provider.Record, _ int64) error {
		if !yield(r) {
			return errStop
		}
		return nil
	})
}

// A scan reads the records of an archive in order. It holds two connections: events come from one as fast as they can, the
// others, which are few, from the second.
type scan struct {
	a          *Archive
	events     *sql.Conn
	conn       *sql.Conn
	experiment provider.Experiment // without notes
	sections   *sectionReader
	redactions *redactionReader
	others     *sql.Rows
	other      struct {
		seq  int64
		kind provider.Kind
	}
}

func (a *Archive) newScan(ctx context.Context) (*scan, error) {
	s := &scan{a: a}
	var err error
	if s.conn, err = a.file.Conn(ctx); err != nil {
		return nil, err
	}
	if s.experiment, err = readExperiment(ctx, s.conn); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *scan) close() {
	if s.others != nil {
		s.others.Close()
	}
	if s.redactions != nil {
		s.redactions.close()
	}
	if s.sections != nil && s.sections.find != nil {
		s.sections.find.Close()
	}
	for _, c := range []*sql.Conn{s.conn, s.events} {
		if c != nil {
			c.Close()
		}
	}
}

// end gives the Seq behind the last record that is committed, the Result aside. Since records are only ever added, what is
// before it stays the same while a recorder goes on.
func (s *scan) end(ctx context.Context) (int64, error) {
	last, err := lastSeq(ctx, s.conn)
	return last + 1, err
}

// lastSeq gives the Seq of the last record, the Result aside.
func lastSeq(ctx context.Context, conn *sql.Conn) (last int64, err error) {
	err = conn.QueryRowContext(ctx, `SELECT max(coalesce((SELECT max(seq) FROM event), 0), coalesce((SELECT max(seq) FROM llm_interaction), 0),
		coalesce((SELECT max(seq) FROM iteration), 0), coalesce((SELECT max(seq) FROM note), 0), coalesce((SELECT max(seq) FROM attachment), 0))`).Scan(&last)
	if err == nil && last >= math.MaxInt64-1 {
		err = fmt.Errorf("%w: record %d", sqlitefile.ErrDamaged, last)
	}
	return last, sqlitefile.Damage(err)
}

// run gives the records from first to before end in order, only those of one iteration unless that is -1.
func (s *scan) run(ctx context.Context, first, end int64, iteration int, take func(provider.Record, int64) error) error {
	var err error
	if s.redactions, err = openRedactions(ctx, s.conn, first, end); err != nil {
		return err
	}
	yield := take
	if s.redactions.rows != nil {
		yield = func(r provider.Record, seq int64) error {
			red, err := s.redactions.of(seq)
			if err != nil {
				return err
			}
			r.RecordMeta().Redaction = red
			return take(r, seq)
		}
	}
	where, args := "seq >= ? AND seq < ?", []any{first, end}
	ofIteration, numbered := where, where
	if iteration >= 0 {
		ofIteration += fmt.Sprintf(" AND iteration = %d", iteration)
		numbered += fmt.Sprintf(" AND number = %d", iteration)
	}
	query := fmt.Sprintf("SELECT seq, %d AS kind FROM llm_interaction WHERE %s UNION ALL SELECT seq, %d FROM iteration WHERE %s",
		provider.KindInteraction, ofIteration, provider.KindIteration, numbered)
	all := append(args, args...)
	if iteration < 0 {
		query += fmt.Sprintf(" UNION ALL SELECT seq, %d FROM note WHERE %s UNION ALL SELECT seq, %d FROM attachment WHERE %s",
			provider.KindNote, where, provider.KindAttachment, where)
		all = append(append(all, args...), args...)
	}
	if s.others, err = s.conn.QueryContext(ctx, query+" ORDER BY seq", all...); err != nil {
		return sqlitefile.Damage(err)
	}
	find, err := s.conn.PrepareContext(ctx, "SELECT body FROM section WHERE id = ?")
	if err != nil {
		return sqlitefile.Damage(err)
	}
	s.sections = &sectionReader{find: find, cache: map[int64]string{}}
	if err := s.nextOther(); err != nil {
		return err
	}
	// others before an event come first; those behind the last event follow at the end.
	before := func(seq int64) error {
		for s.other.seq < seq {
			r, err := s.readOther(ctx)
			if err != nil {
				return err
			}
			if err := yield(r, s.other.seq); err != nil {
				return err
			}
			if err := s.nextOther(); err != nil {
				return err
			}
		}
		return nil
	}
	err = s.readEvents(ctx, selectEvents+ofIteration+" ORDER BY seq", args,
		func(e *provider.Event) error {
			if err := before(e.Seq); err != nil {
				return err
			}
			return yield(e, e.Seq)
		})
	if err != nil {
		return err
	}
	return before(end)
}

// nextOther steps to the next record that is no event; behind the last its seq is the highest there is.
func (s *scan) nextOther() error {
	if s.others.Next() {
		return sqlitefile.Damage(s.others.Scan(&s.other.seq, &s.other.kind))
	}
	s.other.seq = math.MaxInt64
	return sqlitefile.Damage(s.others.Err())
}

// selectEvents gives texts as blobs, of which the driver makes one copy less.
const selectEvents = "SELECT seq, iteration, type, CAST(timestamp AS BLOB), CAST(data AS BLOB) FROM event WHERE "

// readEvents runs query past database/sql, which would copy every value once more.
func (s *scan) readEvents(ctx context.Context, query string, args []any, yield func(*provider.Event) error) error {
	var err error
	if s.events == nil {
		if s.events, err = s.a.file.Conn(ctx); err != nil {
			return err
		}
	}
	return s.events.Raw(func(dc any) error {
		named := make([]driver.NamedValue, len(args))
		for i, a := range args {
			named[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
		}
		rows, err := dc.(driver.QueryerContext).QueryContext(ctx, query, named)
		if err != nil {
			return sqlitefile.Damage(err)
		}
		defer rows.Close()
		values, row := make([]driver.Value, 5), make(tables.Row, 5)
		for {
			if err := rows.Next(values); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return sqlitefile.Damage(err)
			}
			e, err := s.event(ctx, row, values)
			if err != nil {
				return err
			}
			if err := yield(e); err != nil {
				return err
			}
		}
	})
}

func (s *scan) event(ctx context.Context, row tables.Row, values []driver.Value) (*provider.Event, error) {
	if err := tables.FromSQL("event", row, values); err != nil {
		return nil, err
	}
	for i := 3; i < len(row); i++ { // what was cast
		if row[i].Kind == btree.Blob {
			row[i].Kind = btree.Text
		}
	}
	if err := checkRow("event", row); err != nil {
		return nil, err
	}
	name, err := s.a.typeName(ctx, s.conn, tables.EventType(row))
	if err != nil {
		return nil, err
	}
	e := &provider.Event{}
	return e, tables.Event(row, e, name)
}
