package archive

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// A scan reads the records of an archive in order. It holds two connections: events come from one as fast as they can,
// the others, which are few, from the second.
type scan struct {
	a          *Archive
	events     *sql.Conn
	conn       *sql.Conn
	experiment provider.Experiment // without notes
	brief      bool                // interactions are read without prompts and responses
	section    *sql.Stmt           // to find one by its id
	prompts    *tables.Joiner
	redactions *redactionReader
	others     *sql.Rows
	other      struct {
		seq       int64
		kind      provider.Kind
		key       int64 // of its row
		iteration int64 // that it is of, if it is of one
	}
}

func (a *Archive) newScan(ctx context.Context) (*scan, error) {
	s := &scan{a: a}
	var err error
	if s.conn, err = a.file.Conn(ctx); err != nil {
		return nil, err
	}
	if s.experiment, err = selectExperiment(ctx, s.conn); err != nil {
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
	if s.section != nil {
		s.section.Close()
	}
	for _, c := range []*sql.Conn{s.conn, s.events} {
		if c != nil {
			c.Close()
		}
	}
}

// end gives the Seq behind the last record that is committed, the Result aside. Since records are only ever added, what
// is before it stays the same while a recorder goes on.
func (s *scan) end(ctx context.Context) (int64, error) {
	last, err := s.a.lastSeq(ctx, s.conn)
	return last + 1, err
}

// lastSeq gives the Seq of the last record, the Result aside.
func (a *Archive) lastSeq(ctx context.Context, conn *sql.Conn) (last int64, err error) {
	err = conn.QueryRowContext(ctx, `SELECT max(
		coalesce((SELECT max(seq) FROM z_event), 0), coalesce((SELECT max(seq) FROM z_llm_interaction), 0),
		coalesce((SELECT max(seq) FROM (SELECT seq FROM z_iteration LIMIT ?)), 0), coalesce((SELECT max(seq) FROM z_note), 0),
		coalesce((SELECT max(seq) FROM z_attachment), 0))`, a.file.MostRows()).Scan(&last)
	if err == nil && last >= tables.MaxSeq-1 {
		err = fmt.Errorf("%w: record %d", sqlitefile.ErrDamaged, last)
	}
	return last, sqlitefile.Damage(err)
}

// run gives the records from first to before end in order, only those of one iteration unless that is -1. Their prompts
// may have texts bytes in all.
//
// What belongs to an iteration is picked here and not by SQL: so each row is seen, and one that was there before ends
// the run.
func (s *scan) run(ctx context.Context, first, end, texts int64, iteration int, take func(provider.Record, int64) error) error {
	where := fmt.Sprintf("WHERE seq >= %d AND seq < %d", first, end)
	others := fmt.Sprintf(selectCalls+"%s UNION ALL ", provider.KindInteraction, where)
	if iteration >= 0 {
		others += fmt.Sprintf("SELECT seq, %d, number, number FROM z_iteration %s AND number = %d", provider.KindIteration, where, iteration)
	} else {
		others += fmt.Sprintf(selectIterations+"%s UNION ALL SELECT seq, %d, seq, 0 FROM z_note %[3]s "+
			"UNION ALL SELECT seq, %[5]d, seq, 0 FROM z_attachment %[3]s",
			provider.KindIteration, s.a.file.MostRows(), where, provider.KindNote, provider.KindAttachment)
	}
	return s.merge(ctx, parts{first, end, others, selectEvents + where}, texts, iteration, take)
}

// Of what is no event: where it is to be found, and the iteration that it is of.
const (
	selectCalls      = "SELECT seq, %d AS kind, seq AS key, coalesce(CAST(iteration AS INTEGER), -1) FROM z_llm_interaction "
	selectIterations = "SELECT seq, %d AS kind, number AS key, number FROM (SELECT seq, number FROM z_iteration LIMIT %d) "
)

// parts are the queries whose records a scan merges. One that is empty gives none.
type parts struct {
	first, end     int64 // between which all their records lie
	others, events string
}

// merge gives the records of two queries in order; see run.
func (s *scan) merge(ctx context.Context, p parts, texts int64, iteration int, take func(provider.Record, int64) error) error {
	var err error
	if s.redactions, err = openRedactions(ctx, s.conn, p.first, p.end); err != nil {
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
	if p.others != "" {
		if s.others, err = s.conn.QueryContext(ctx, p.others+" ORDER BY seq"); err != nil {
			return sqlitefile.Damage(err)
		}
	}
	if s.section, err = s.conn.PrepareContext(ctx, "SELECT body FROM z_section WHERE id = ?"); err != nil {
		return sqlitefile.Damage(err)
	}
	s.prompts = tables.NewJoiner(texts, func(id int64) (string, error) { return s.body(ctx, id) })
	if err := s.nextOther(iteration); err != nil {
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
			if err := s.nextOther(iteration); err != nil {
				return err
			}
		}
		return nil
	}
	if p.events == "" {
		return before(p.end)
	}
	last := int64(-1)
	err = s.readEvents(ctx, p.events+" ORDER BY seq", func(e *provider.Event) error {
		if e.Seq <= last {
			return outOfOrder(last)
		}
		if last = e.Seq; iteration >= 0 && e.Iteration != iteration {
			return nil
		}
		if err := before(e.Seq); err != nil {
			return err
		}
		return yield(e, e.Seq)
	})
	if err != nil {
		return err
	}
	return before(p.end)
}

// nextOther steps to the next record that is no event, of an iteration unless that is -1; behind the last its seq is
// the highest there is.
func (s *scan) nextOther(iteration int) error {
	for s.others != nil && s.others.Next() {
		last, x := s.other.seq, &s.other
		if err := s.others.Scan(&x.seq, &x.kind, &x.key, &x.iteration); err != nil { // no integers
			return fmt.Errorf("%w: %w", sqlitefile.ErrDamaged, err)
		}
		if x.seq <= last {
			return outOfOrder(last)
		}
		if iteration < 0 || x.iteration == int64(iteration) {
			return nil
		}
	}
	s.other.seq = math.MaxInt64
	if s.others == nil {
		return nil
	}
	return sqlitefile.Damage(s.others.Err())
}

func outOfOrder(seq int64) error {
	return fmt.Errorf("%w: what follows record %d does not come behind it", sqlitefile.ErrDamaged, seq)
}

// body reads the body of a section.
func (s *scan) body(ctx context.Context, id int64) (body string, err error) {
	err = s.section.QueryRowContext(ctx, id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("%w: section %d is missing", sqlitefile.ErrDamaged, id)
	}
	return body, sqlitefile.Damage(err)
}

// readOther reads the record, not an event, that the scan stands at.
func (s *scan) readOther(ctx context.Context) (r provider.Record, err error) {
	seq := s.other.seq
	switch s.other.kind {
	case provider.KindIteration:
		r, err = selectIteration(ctx, s.conn, s.other.key)
	case provider.KindInteraction:
		r, err = s.readInteraction(ctx, seq)
	case provider.KindNote:
		var row tables.Row
		if row, err = selectRow(ctx, s.conn, tables.TableNote, "WHERE seq = ?", seq); err == nil {
			r = tables.Note(row)
		}
	case provider.KindAttachment:
		var row tables.Row
		if row, err = selectRow(ctx, s.conn, tables.TableAttachment, "WHERE seq = ?", seq); err == nil {
			r = tables.Attachment(row)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("record %d: %w", seq, err)
	}
	return r, nil
}

func (s *scan) readInteraction(ctx context.Context, seq int64) (*provider.Interaction, error) {
	read := selectRow
	if s.brief {
		read = selectBrief
	}
	row, err := read(ctx, s.conn, tables.TableInteraction, "WHERE seq = ?", seq)
	if err != nil {
		return nil, err
	}
	i, prompts, err := tables.Interaction(row)
	if err != nil || s.brief {
		return i, err
	}
	if i.SystemPrompt, err = s.prompts.Join(prompts.System); err != nil {
		return nil, err
	}
	i.UserPrompt, err = s.prompts.Join(prompts.User)
	return i, err
}

// selectEvents gives texts as blobs, of which the driver makes one copy less.
const selectEvents = "SELECT seq, iteration, type, CAST(timestamp AS BLOB), CAST(data AS BLOB) FROM z_event "

// readEvents runs query past database/sql, which would copy every value once more.
func (s *scan) readEvents(ctx context.Context, query string, yield func(*provider.Event) error) error {
	var err error
	if s.events == nil {
		if s.events, err = s.a.file.Conn(ctx); err != nil {
			return err
		}
	}
	return s.events.Raw(func(dc any) error {
		rows, err := dc.(driver.QueryerContext).QueryContext(ctx, query, nil)
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
	if err := tables.FromSQL(tables.TableEvent, row, values); err != nil {
		return nil, err
	}
	for i := tables.EventTimestamp; i < len(row); i++ { // what was cast
		if row[i].Kind == btree.Blob {
			row[i].Kind = btree.Text
		}
	}
	if err := checkRow(tables.TableEvent, row); err != nil {
		return nil, err
	}
	name, err := s.a.typeName(ctx, s.conn, row[tables.EventTypeOf].Int)
	if err != nil {
		return nil, err
	}
	e := &provider.Event{}
	return e, tables.Event(row, e, name)
}

// typeName gives the name of an event type. A recorder may have added it since the archive was opened.
func (a *Archive) typeName(ctx context.Context, conn *sql.Conn, id int64) (string, error) {
	a.typesMu.RLock()
	name, ok := a.types[id]
	a.typesMu.RUnlock()
	if ok {
		return name, nil
	}
	err := conn.QueryRowContext(ctx, "SELECT name FROM z_event_type WHERE id = ?", id).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("%w: event type %d is missing", sqlitefile.ErrDamaged, id)
	} else if err != nil {
		return "", sqlitefile.Damage(err)
	}
	a.typesMu.Lock()
	a.types[id] = name
	a.typesMu.Unlock()
	return name, nil
}
