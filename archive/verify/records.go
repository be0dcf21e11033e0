package verify

import (
	"slices"
	"sync"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// Records are read by one goroutine, the data of events are checked by a second and all are hashed by a third. They
// hand on batches, none of which goes over the end of a block.

// A recordBatch is some records that follow each other.
type recordBatch struct {
	items  []item
	events []provider.Event // of the items that are events
	arena  []byte           // their data
	names  []byte           // and their timestamps
	other  int64            // bytes of text of the items that are no events
	stored *storedBlock     // of the block that the first item is in, if it is the first of it that was read
	users  sync.WaitGroup
}

// An item is one record as it was read.
type item struct {
	seq    int64
	record provider.Record // nil for an event
	event  int             // index in events
	data   [2]int          // where the data of the event are in the arena; both -1 if there are none
	time   [2]int          // and where its timestamp is in names; both -1 if there is none
	sound  bool            // its leaf hash can be computed
}

// A storedBlock is a row of the leaf blocks.
type storedBlock struct {
	root   digest.Hash
	leaves []byte // no more than a block has
	length int64  // of what is stored in bytes
}

const batchBytes = 1 << 20

// A recordReader is the third step: it reads the records of all tables in the order of Seq.
type recordReader struct {
	v        *content
	streams  []*stream
	blocks   *rows // the next row of the leaf blocks, nil behind the last
	reds     *rows // the next row of what is withheld, nil behind the last
	batch    *recordBatch
	free     chan *recordBatch
	out      []chan *recordBatch
	next     int64    // Seq that comes next
	salted   bool     // the run has a salt, which is withheld
	saltKept bool     // the run has a salt, which is in the file
	counts   [6]int64 // as in the seal
	last     *iterationRow
	missing  map[int64]bool // iterations of which it was said that they have no row
	names    provider.AttachmentNames
	bodies   map[int64]string // of sections
	size     int              // of bodies in bytes
}

// Indexes of counts.
const (
	countRecords = iota
	countEvents
	countInteractions
	countIterations
	countNotes
	countAttachments
)

// A stream is one table of records.
type stream struct {
	rows  *rows // nil for the iterations
	seq   int64 // of the next record
	end   bool  // there is none
	kind  provider.Kind
	order []int32 // of the iterations, the one that the stream stands at and those behind it
}

// records checks all records, and what the file says of them elsewhere.
func (v *content) records() {
	r := &recordReader{
		v: v, free: make(chan *recordBatch, 4),
		out:     []chan *recordBatch{make(chan *recordBatch, 4), make(chan *recordBatch, 4)},
		missing: map[int64]bool{}, bodies: map[int64]string{},
	}
	for range cap(r.free) {
		r.free <- &recordBatch{}
	}
	values := &valueCheck{}
	hashes := newHashCheck()
	var workers sync.WaitGroup
	workers.Go(func() { values.run(r.out[0]) })
	workers.Go(func() { hashes.run(r.out[1]) })
	r.run()
	for _, out := range r.out {
		close(out)
	}
	workers.Wait()
	v.merge(&values.problemLog)
	v.report.Records = r.counts[countRecords]
	if v.ctx.Err() != nil {
		return
	}
	v.compareSpans()
	v.compareDigest(r, hashes)
}

func (r *recordReader) run() {
	for _, t := range []struct {
		table string
		kind  provider.Kind
	}{
		{tables.TableEvent, provider.KindEvent}, {tables.TableInteraction, provider.KindInteraction},
		{tables.TableNote, provider.KindNote}, {tables.TableAttachment, provider.KindAttachment},
	} {
		s := &stream{rows: r.v.rows(t.table), kind: t.kind}
		r.step(s)
		r.streams = append(r.streams, s)
	}
	iterations := &stream{kind: provider.KindIteration, order: append([]int32{-1}, r.v.recordedIterations()...)}
	r.step(iterations)
	r.streams = append(r.streams, iterations)
	r.blocks = r.v.rows(tables.TableLeafBlock)
	r.nextBlock()
	r.reds = r.v.rows(tables.TableRedaction)
	r.nextRedaction()
	r.salt()

	if s := r.v.start; s != nil {
		r.begin(0, s, r.v.experimentRow, true)
	}
	r.next = 1
	for r.v.ctx.Err() == nil {
		var s *stream
		for _, o := range r.streams {
			if !o.end && (s == nil || o.seq < s.seq) {
				s = o
			}
		}
		if s == nil {
			break
		}
		r.read(s)
	}
	if result := r.v.result; result != nil {
		r.begin(r.next, result, r.v.experimentRow, !r.v.lost && !r.v.gaps) // or its number is not known
		r.next++
	}
	r.flush()
	for r.reds != nil { // behind the last record
		r.orphan()
	}
	for r.blocks != nil {
		r.strayBlock()
	}
}

// step goes to the next record of a stream.
func (r *recordReader) step(s *stream) {
	if s.rows != nil {
		if s.end = !s.rows.next(); !s.end {
			s.seq = s.rows.key
		}
		return
	}
	s.order = s.order[1:]
	if s.end = len(s.order) == 0; !s.end {
		s.seq = r.v.iterations[s.order[0]].seq
	}
}

// read takes the record that a stream stands at. One whose number cannot be is checked and not hashed.
func (r *recordReader) read(s *stream) {
	seq := s.seq
	place := Place{Record: new(seq)}
	numbered := false
	switch {
	case seq < 1:
		r.v.add(sxSeqGap, place, "records are numbered from 1, the experiment aside")
	case seq < r.next:
		r.v.add(sxSeqTwice, place, "two records have this number")
	case seq >= tables.MaxSeq:
		r.v.add(sxSeqGap, place, "no run has so many records")
	default:
		numbered = true
		if seq > r.next {
			r.v.add(sxSeqGap, Place{Record: new(r.next)}, "records %d to %d are missing", r.next, seq-1)
			r.v.gaps = true
		}
		r.next = seq + 1
	}
	r.v.gaps = r.v.gaps || !numbered
	if s.kind == provider.KindEvent {
		r.event(s.rows, seq, numbered)
	} else if record, row, sound := r.other(s); record != nil && numbered {
		r.begin(seq, record, row, sound)
	}
	r.step(s)
}

// room makes sure that there is a batch that takes record seq.
func (r *recordReader) room(seq int64) {
	b := r.batch
	if b != nil && len(b.items) > 0 &&
		(int64(len(b.arena))+b.other >= batchBytes || seq/digest.BlockSize != b.items[0].seq/digest.BlockSize) {
		r.flush()
		b = nil
	}
	if b == nil {
		b = <-r.free
		b.items, b.events, b.arena, b.names, b.stored = b.items[:0], b.events[:0], b.arena[:0], b.names[:0], nil
		b.other = 0
		r.batch = b
	}
	if len(b.items) == 0 {
		b.stored = r.block(seq)
	}
}

// flush hands the batch on.
func (r *recordReader) flush() {
	b := r.batch
	if b == nil || len(b.items) == 0 {
		return
	}
	r.batch = nil
	names := string(b.names)
	for i := range b.items {
		it := &b.items[i]
		if it.record != nil {
			continue
		}
		e := &b.events[it.event]
		if it.data[0] >= 0 {
			e.Data = b.arena[it.data[0]:it.data[1]:it.data[1]]
		}
		if it.time[0] >= 0 {
			e.Timestamp = names[it.time[0]:it.time[1]]
		}
	}
	b.users.Add(len(r.out))
	for _, out := range r.out {
		out <- b
	}
	wait := func() {
		b.users.Wait()
		clear(b.items) // lets go of their texts
		r.free <- b
	}
	if b.other > batchBytes { // a record may have hundreds of megabytes: not two of them at once
		wait()
		return
	}
	go wait()
}

// event takes an event, which is hashed if its number is that of a record.
func (r *recordReader) event(rows *rows, seq int64, numbered bool) {
	x := rows.values
	c := r.v.checkerOf(rows)
	iteration := x[tables.EventIteration].Int
	inRange := c.iteration("iteration", iteration)
	id := x[tables.EventTypeOf].Int
	name, ok := r.v.types[id]
	it := item{seq: seq, sound: ok && inRange, data: [2]int{-1, -1}, time: [2]int{-1, -1}}
	if !ok {
		r.v.add(sxEventType, c.at("type"), "event type %d is missing", id)
	} else if !r.v.typeUsed[id] {
		r.v.typeUsed[id] = true
		if id < r.v.lastType {
			r.v.add(sxTypeOrder, c.at("type"),
				"event type %d is used first after %d: types are numbered in the order of their first use", id, r.v.lastType)
		}
		r.v.lastType = max(r.v.lastType, id)
	}
	data := x[tables.EventData]
	r.count(seq, iteration, int64(len(data.Bytes)), provider.KindEvent)
	if !numbered {
		return
	}
	r.room(seq)
	b := r.batch
	var e provider.Event
	e.Seq, e.Type = seq, name
	if inRange {
		e.Iteration = int(iteration)
	}
	if x := x[tables.EventTimestamp]; x.Kind != btree.Null {
		it.time[0] = len(b.names)
		b.names = append(b.names, x.Bytes...)
		it.time[1] = len(b.names)
	}
	if data.Kind != btree.Null {
		it.data[0] = len(b.arena)
		b.arena = append(b.arena, data.Bytes...)
		it.data[1] = len(b.arena)
	}
	if r.reds != nil || r.salted {
		it.sound = r.redact(seq, &e, x) && it.sound
	}
	it.event = len(b.events)
	b.events = append(b.events, e)
	b.items = append(b.items, it)
	r.counts[countRecords]++
	r.counts[countEvents]++
}

// begin takes a record that is no event, and that stands in a row.
func (r *recordReader) begin(seq int64, record provider.Record, row tables.Row, sound bool) {
	sound = r.redact(seq, record, row) && sound
	r.room(seq)
	b := r.batch
	b.items = append(b.items, item{seq: seq, record: record, sound: sound})
	b.other += textSize(record)
	r.counts[countRecords]++
}

// textSize gives about how much text a record has, in bytes.
func textSize(record provider.Record) (n int64) {
	switch x := record.(type) {
	case *provider.Start:
		n = int64(len(x.Config))
	case *provider.Interaction:
		n = int64(len(x.ParsedPolicy) + len(x.Extra))
		for _, text := range []*string{x.SystemPrompt, x.UserPrompt, x.Response, x.ParsingError} {
			n += tables.TextLength(text)
		}
	case *provider.Iteration:
		n = int64(64 * (len(x.Costs) + len(x.AcceptedChanges)))
		for _, p := range x.Policies {
			n += int64(len(p)) + 64
		}
	case *provider.Note:
		n = int64(len(x.Text))
	case *provider.Attachment:
		n = int64(len(x.Data))
	case *provider.Result:
		n = tables.TextLength(x.ConvergenceReason)
	}
	return n
}

// other reads the record, no event, that a stream stands at, and gives it with its row.
func (r *recordReader) other(s *stream) (record provider.Record, row tables.Row, sound bool) {
	if s.kind == provider.KindIteration {
		return r.iteration(&r.v.iterations[s.order[0]])
	}
	c := r.v.checkerOf(s.rows)
	x := s.rows.values
	switch s.kind {
	case provider.KindInteraction:
		r.counts[countInteractions]++
		x = own(x, tables.InteractionParsedPolicy, tables.InteractionExtra)
		record, sound = r.interaction(c, x)
		return record, x, sound
	case provider.KindNote:
		r.counts[countNotes]++
		return r.note(c, own(x)), x, true
	}
	r.counts[countAttachments]++
	return r.attachment(c, own(x, tables.AttachmentData)), x, true
}

func (r *recordReader) note(c checker, x tables.Row) provider.Record {
	c.name("kind", x[tables.NoteKind], true)
	c.name("subject", x[tables.NoteSubject], false)
	c.subject(x[tables.NoteSubject])
	text := &x[tables.NoteText]
	if c.text("text", text); text.Kind != btree.Null && len(text.Bytes) == 0 {
		c.add(sxRequired, c.at("text"), "empty")
	}
	return tables.Note(x)
}

func (r *recordReader) attachment(c checker, x tables.Row) provider.Record {
	name := x[tables.AttachmentName]
	c.name("name", name, true)
	c.name("media_type", x[tables.AttachmentMediaType], false)
	c.length("data", len(x[tables.AttachmentData].Bytes))
	c.attachmentName(name)
	r.fits(c, name)
	return tables.Attachment(x)
}

// iteration reads the record of an iteration.
func (r *recordReader) iteration(at *iterationRow) (provider.Record, tables.Row, bool) {
	x := r.v.find(tables.TableIteration, at.number)
	if x == nil { // it was read once
		r.v.lost = true
		return nil, nil, false
	}
	c := checker{&r.v.problemLog, Place{Table: tables.TableIteration, Row: new(at.number), Record: new(at.seq)}}
	c.name("timestamp", x[tables.IterationTimestamp], false)
	sound := [...]bool{
		at.number >= 0 && at.number <= provider.MaxIteration, c.costs(x[tables.IterationCosts]),
		c.accepted(x[tables.IterationAcceptedChanges]), c.policies(x[tables.IterationPolicies]),
	}
	i, err := tables.Iteration(x)
	r.counts[countIterations]++
	r.count(at.seq, at.number, 0, provider.KindIteration)
	return i, x, err == nil && !slices.Contains(sound[:], false)
}
