package archive

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/arena"
	"github.com/simexp/exparchive/provider"
)

// A scan reads the records of an archive from first to last, the experiment and its result aside, in order.
type scan struct {
	archive     *Archive
	reading     tables.Reading
	first, last int64
	iteration   int64 // of which records are wanted, or everyIteration
	iterations  []at  // those that may be among them
	texts       int64 // bytes that the prompts may have in all
	lent        bool  // records are valid until the next one only
	few         bool  // records are to be read; then the reading may have others
	selected    *selected

	events     stream
	others     []*stream
	prompts    *tables.Joiner
	withheld   *redactionReader // nil if nothing of the run is
	found      *sqlitefile.Budget
	types      []string // of events, by their ids, as far as they were met
	arena      arena.Events
	before     int64 // Seq of the record before
	readBefore bool
}

// everyIteration stands for no iteration in particular.
const everyIteration = -1

// A stream is the records of one kind.
type stream struct {
	kind provider.Kind
	rows tables.Rows // nil for the iterations
	row  tables.Row  // that comes next
	seq  int64       // of it; the highest there is behind the last
}

// run gives the records to take.
//
// What belongs to an iteration is picked here: so each row is seen, and one that was there before ends the run.
func (s *scan) run(ctx context.Context, take func(provider.Record, int64) error) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.close()
	give := take
	if s.withheld != nil {
		give = func(r provider.Record, seq int64) (err error) {
			if r.RecordMeta().Redaction, err = s.withheld.of(seq); err != nil {
				return err
			}
			return take(r, seq)
		}
	}
	for {
		other := slices.MinFunc(s.others, func(a, b *stream) int { return cmp.Compare(a.seq, b.seq) })
		for s.events.seq < other.seq {
			if err := s.readEvent(give); err != nil {
				return err
			}
		}
		if other.seq == math.MaxInt64 {
			return nil
		}
		if err := s.readOther(other, give); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// begin opens the tables.
func (s *scan) begin() error {
	s.found = s.archive.file.Budget()
	s.prompts = tables.NewJoiner(s.texts, s.body)
	slices.SortFunc(s.iterations, func(a, b at) int { return cmp.Compare(a.seq, b.seq) })
	s.iterations = slices.DeleteFunc(s.iterations, func(it at) bool { return it.seq < s.first || it.seq > s.last })
	some, err := redacted(s.reading)
	if err == nil && some {
		s.withheld, err = openRedactions(s, s.archive.file.Budget(), s.first, s.last)
	}
	if err != nil {
		return err
	}
	if err := s.beginEvents(); err != nil {
		return err
	}
	s.others = []*stream{{kind: provider.KindIteration}}
	for _, t := range []struct {
		table string
		kind  provider.Kind
	}{
		{tables.TableInteraction, provider.KindInteraction}, {tables.TableNote, provider.KindNote},
		{tables.TableAttachment, provider.KindAttachment},
	} {
		if !s.wanted(t.kind) {
			continue
		}
		rows, err := s.Rows(t.table, 0, s.first, s.last)
		if err != nil {
			return err
		}
		s.others = append(s.others, &stream{kind: t.kind, rows: rows})
	}
	for _, st := range s.others {
		if err := s.step(st); err != nil {
			return err
		}
	}
	return nil
}

func (s *scan) beginEvents() (err error) {
	head := 0
	if s.selected != nil {
		if head = tables.EventTypeOf + 1; len(s.selected.types) == 0 {
			s.events.seq = math.MaxInt64
			return nil
		}
	}
	if s.events.rows, err = s.Rows(tables.TableEvent, head, s.first, s.last); err != nil {
		return err
	}
	return s.step(&s.events)
}

// Rows gives rows of a table as the scan reads them.
func (s *scan) Rows(table string, columns int, first, last int64) (tables.Rows, error) {
	if s.few {
		return s.reading.Look(table, first, last)
	}
	return s.reading.Rows(table, columns, first, last)
}

// wanted reports whether records of a kind, which are neither events nor iterations, may be among those to give.
func (s *scan) wanted(kind provider.Kind) bool {
	switch {
	case s.selected != nil:
		return kind == provider.KindInteraction && s.selected.Calls
	case s.iteration != everyIteration:
		return kind == provider.KindInteraction
	}
	return true
}

func (s *scan) close() {
	for _, st := range append([]*stream{&s.events}, s.others...) {
		if st.rows != nil {
			st.rows.Close()
		}
	}
	if s.withheld != nil {
		s.withheld.close()
	}
}

// step goes to the next record of a stream.
func (s *scan) step(st *stream) (err error) {
	if st.rows == nil {
		if st.seq = math.MaxInt64; len(s.iterations) > 0 {
			st.seq = s.iterations[0].seq
		}
		return nil
	}
	if st.row, err = st.rows.Next(); err != nil {
		return err
	}
	if st.seq = math.MaxInt64; st.row != nil {
		st.seq = st.row[0].Int
	}
	return nil
}

// ordered refuses a record that does not come behind those before it.
func (s *scan) ordered(seq int64) error {
	if s.readBefore && seq <= s.before {
		return fmt.Errorf("%w: what follows record %d does not come behind it", sqlitefile.ErrDamaged, s.before)
	}
	s.before, s.readBefore = seq, true
	return nil
}

// readEvent reads the event that comes next.
func (s *scan) readEvent(give func(provider.Record, int64) error) error {
	row, seq := s.events.row, s.events.seq
	if err := s.ordered(seq); err != nil {
		return err
	}
	wanted := s.iteration == everyIteration || row[tables.EventIteration].Int == s.iteration
	if s.selected != nil {
		var err error
		if row, err = s.whole(); err != nil {
			return err
		}
		wanted = row != nil
	}
	if wanted {
		name, err := s.typeName(row[tables.EventTypeOf].Int)
		if err != nil {
			return err
		}
		e := s.arena.Event(s.lent)
		if err := tables.Event(row, e, name); err != nil {
			return err
		}
		e.Timestamp = s.arena.Text(row[tables.EventTimestamp].Bytes)
		if !s.lent {
			e.Data = s.arena.Bytes(e.Data)
		}
		if err := give(e, seq); err != nil {
			return err
		}
	}
	return s.step(&s.events)
}

// readOther reads the record, not an event, that a stream stands at.
func (s *scan) readOther(st *stream, give func(provider.Record, int64) error) error {
	seq := st.seq
	if err := s.ordered(seq); err != nil {
		return err
	}
	r, err := s.read(st)
	if err != nil {
		return fmt.Errorf("record %d: %w", seq, err)
	}
	if r != nil {
		if err := give(r, seq); err != nil {
			return err
		}
	}
	if st.kind == provider.KindIteration {
		s.iterations = s.iterations[1:]
	}
	return s.step(st)
}

// read reads a record that is no event; it is nil for one of an iteration that is not wanted.
func (s *scan) read(st *stream) (provider.Record, error) {
	if st.kind == provider.KindIteration {
		return s.readIteration(s.iterations[0].number)
	}
	if s.iteration != everyIteration && st.row[tables.InteractionIteration].Int != s.iteration {
		return nil, nil
	}
	row := st.row
	if s.selected != nil {
		if !s.selected.within(row[tables.InteractionIteration].Int) {
			return nil, nil
		}
		row = brief(row)
	}
	switch st.kind {
	case provider.KindInteraction:
		i, prompts, err := tables.Interaction(row)
		if err != nil {
			return nil, err
		}
		if !s.lent {
			i.ParsedPolicy, i.Extra = bytes.Clone(i.ParsedPolicy), bytes.Clone(i.Extra)
		}
		if i.SystemPrompt, err = s.prompts.Join(prompts.System); err != nil {
			return nil, err
		}
		i.UserPrompt, err = s.prompts.Join(prompts.User)
		return i, err
	case provider.KindNote:
		return tables.Note(st.row), nil
	}
	a := tables.Attachment(st.row)
	if !s.lent {
		a.Data = bytes.Clone(a.Data)
	}
	return a, nil
}

func (s *scan) readIteration(number int64) (provider.Record, error) {
	row, err := s.reading.Find(tables.TableIteration, number)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, fmt.Errorf("%w: iteration %d is missing", sqlitefile.ErrDamaged, number)
	}
	size := 0
	for i := range row {
		size += len(row[i].Bytes)
	}
	if err := s.found.Take(size); err != nil {
		return nil, err
	}
	return tables.Iteration(row)
}

// body reads the body of a section.
func (s *scan) body(id int64) (string, error) {
	row, err := s.reading.Find(tables.TableSection, id)
	if err != nil {
		return "", err
	}
	if row == nil {
		return "", fmt.Errorf("%w: section %d is missing", sqlitefile.ErrDamaged, id)
	}
	return string(row[tables.SectionBody].Bytes), nil
}

// typeName gives the name of an event type.
func (s *scan) typeName(id int64) (string, error) {
	const most = 256 // that are kept here: most runs have a few
	if id >= 0 && id < int64(len(s.types)) && s.types[id] != "" {
		return s.types[id], nil
	}
	name, err := s.archive.typeName(s.reading, id)
	if err == nil && id >= 0 && id < most {
		s.types = append(s.types, make([]string, max(0, int(id)+1-len(s.types)))...)
		s.types[id] = name
	}
	return name, err
}

// typeName gives the name of an event type. A recorder may have added it since the archive was opened.
func (a *Archive) typeName(r tables.Reading, id int64) (string, error) {
	a.typesMu.RLock()
	name, ok := a.types[id]
	a.typesMu.RUnlock()
	if ok {
		return name, nil
	}
	row, err := r.Find(tables.TableEventType, id)
	if err != nil {
		return "", err
	}
	if row == nil {
		return "", fmt.Errorf("%w: event type %d is missing", sqlitefile.ErrDamaged, id)
	}
	name = string(row[tables.EventTypeName].Bytes)
	a.typesMu.Lock()
	a.types[id] = name
	a.typesMu.Unlock()
	return name, nil
}
