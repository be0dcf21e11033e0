package verify

import (
	"bytes"
	"math"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// Records are read by one goroutine, the data of events are checked by a second and all are hashed by a third. They hand on
// batches, none of which goes over the end of a block.

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

// A storedBlock is a row of leaf_block.
type storedBlock struct {
	root   digest.Hash
	leaves []byte
}

const batchBytes = 1 << 20

// A recordReader is the third step: it reads the records of all tables in the order of Seq.
type recordReader struct {
	v       *content
	streams []*stream
	blocks  *rows // the next row of leaf_block, nil behind the last
	reds    *rows // the next row of redaction, nil behind the last
	batch   *recordBatch
	free    chan *recordBatch
	out     []chan *recordBatch
	next    int64 // Seq that comes next
	salted  bool  // the run has a salt, which is withheld
	counts  archive.Seal
	twice   map[int64]bool // numbers that two records have
	partial map[int64]bool // iterations of which not all text is known
	found   map[int64]*iterationSpan
	last    *iterationSpan // of the iteration lastOf
	lastOf  int64
	bodies  map[int64]string // of sections
	size    int              // of bodies in bytes
}

// A stream is one table of records.
type stream struct {
	rows *rows // nil for the iterations
	seq  int64 // of the next record, the highest there is behind the last
	kind provider.Kind
	i    int // next of the iterations
}

// records checks all records, and what the file says of them elsewhere.
func (v *content) records() {
	r := &recordReader{
		v: v, free: make(chan *recordBatch, 4), out: []chan *recordBatch{make(chan *recordBatch, 4), make(chan *recordBatch, 4)},
		found: map[int64]*iterationSpan{}, lastOf: -1, twice: map[int64]bool{}, partial: map[int64]bool{}, bodies: map[int64]string{},
	}
	v.names = map[int64]string{}
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
	v.report.Records = r.counts.Records
	if v.ctx.Err() != nil {
		return
	}
	v.compareSpans(r.found, r.partial)
	v.compareDigest(r, hashes)
}

func (r *recordReader) run() {
	for _, t := range []struct {
		table string
		kind  provider.Kind
	}{{"event", provider.KindEvent}, {"llm_interaction", provider.KindInteraction}, {"note", provider.KindNote}, {"attachment", provider.KindAttachment}} {
		s := &stream{rows: r.v.rows(t.table), kind: t.kind}
		r.step(s)
		r.streams = append(r.streams, s)
	}
	iterations := &stream{kind: provider.KindIteration}
	r.step(iterations)
	r.streams = append(r.streams, iterations)
	r.blocks = r.v.rows("leaf_block")
	r.nextBlock()
	r.reds = r.v.rows(sqlitefile.RedactionTable)
	r.nextRedaction()

	if s := r.v.start; s != nil {
		r.begin(0, s, true)
	}
	r.next = 1
	for r.v.ctx.Err() == nil {
		s := r.streams[0]
		for _, o := range r.streams[1:] {
			if o.seq < s.seq {
				s = o
			}
		}
		if s.seq == math.MaxInt64 {
			break
		}
		r.read(s)
	}
	r.v.end = r.next - 1
	if result := r.v.result; result != nil {
		r.begin(r.next, result, !r.v.lost) // or its number is not known
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
	switch {
	case s.rows == nil:
		if s.i < len(r.v.iterations) {
			s.seq = r.v.iterations[s.i].seq
			s.i++
			return
		}
	case s.rows.next():
		if s.seq = s.rows.key; s.seq == math.MaxInt64 {
			r.v.add(sxSeqGap, s.rows.place(), "no run has so many records")
			r.v.lost = true
		}
		return
	}
	s.seq = math.MaxInt64 // a row of that number cannot be: the walk through the table ends behind it
}

// read takes the record that a stream stands at.
func (r *recordReader) read(s *stream) {
	seq := s.seq
	place := Place{Record: new(seq)}
	switch {
	case seq < r.next:
		if seq >= 1 {
			r.v.add(sxSeqTwice, place, "two records have this number")
			r.twice[seq] = true
		} else {
			r.v.add(sxSeqGap, place, "records are numbered from 1, the experiment aside")
		}
		r.v.lost = true
		r.step(s)
		return
	case seq > r.next:
		if !r.v.lost {
			r.v.add(sxSeqGap, Place{Record: new(r.next)}, "records %d to %d are missing", r.next, seq-1)
		}
		r.v.lost = true
	}
	r.next = seq + 1
	if s.kind == provider.KindEvent {
		r.event(s.rows, seq)
	} else if record, sound := r.other(s, seq); record != nil {
		r.begin(seq, record, sound)
	}
	r.step(s)
}

// room makes sure that there is a batch that takes record seq.
func (r *recordReader) room(seq int64) {
	b := r.batch
	if b != nil && len(b.items) > 0 && (int64(len(b.arena))+b.other >= batchBytes || seq/digest.BlockSize != b.items[0].seq/digest.BlockSize) {
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

// count notes a record of an iteration with so many bytes of text.
func (r *recordReader) count(seq, iteration, size int64, kind provider.Kind) {
	if r.lastOf != iteration || r.last == nil {
		s, ok := r.found[iteration]
		if !ok {
			s = &iterationSpan{first: seq}
			r.found[iteration] = s
		}
		r.last, r.lastOf = s, iteration
	}
	s := r.last
	s.last = seq
	s.bytes += size
	switch kind {
	case provider.KindEvent:
		s.events++
	case provider.KindInteraction:
		s.interactions++
	}
}

// event takes an event.
func (r *recordReader) event(rows *rows, seq int64) {
	x := rows.values
	c := r.v.checkerOf(rows)
	inRange := c.iteration("iteration", x[1].Int)
	name, ok := r.v.types[x[tables.EventTypeOf].Int]
	it := item{seq: seq, sound: ok && inRange, data: [2]int{-1, -1}, time: [2]int{-1, -1}}
	if !ok {
		if !r.v.lost {
			r.v.add(sxEventType, c.at("type"), "event type %d is missing", x[2].Int)
		}
	} else if id := x[2].Int; !r.v.typeUsed[id] {
		r.v.typeUsed[id] = true
		if id != r.v.lastType+1 && !r.v.lost && r.v.count[sxTypeOrder] == 0 {
			r.v.add(sxTypeOrder, c.at("type"), "event type %d is used first after %d: types are numbered in the order of their first use", id, r.v.lastType)
		}
		r.v.lastType = max(r.v.lastType, id)
	}
	r.room(seq)
	b := r.batch
	var e provider.Event
	e.Seq, e.Type = seq, name
	if inRange {
		e.Iteration = int(x[1].Int)
	}
	size := 0
	if x[3].Kind != btree.Null {
		it.time[0] = len(b.names)
		b.names = append(b.names, x[3].Bytes...)
		it.time[1] = len(b.names)
	}
	if x[4].Kind != btree.Null {
		it.data[0] = len(b.arena)
		b.arena = append(b.arena, x[4].Bytes...)
		it.data[1] = len(b.arena)
		size = len(x[4].Bytes)
	}
	if r.reds != nil || r.salted {
		if it.data[0] >= 0 {
			e.Data = x[4].Bytes // for the time of the check
		}
		it.sound = r.redact(seq, &e) && it.sound
		e.Data = nil
	}
	it.event = len(b.events)
	b.events = append(b.events, e)
	b.items = append(b.items, it)
	r.counts.Records++
	r.counts.Events++
	r.count(seq, x[1].Int, int64(size), provider.KindEvent)
}

// begin takes a record that is no event.
func (r *recordReader) begin(seq int64, record provider.Record, sound bool) {
	sound = r.redact(seq, record) && sound
	if n, ok := record.(*provider.Note); ok && n.Text == "" {
		if _, withheld := n.Withheld("text"); !withheld {
			r.v.add(sxRequired, Place{Table: "note", Record: &seq, Column: "text"}, "empty")
		}
	}
	r.room(seq)
	b := r.batch
	b.items = append(b.items, item{seq: seq, record: record, sound: sound})
	b.other += textSize(record)
	r.counts.Records++
}

// textSize gives about how much text a record has, in bytes.
func textSize(record provider.Record) (n int64) {
	switch x := record.(type) {
	case *provider.Start:
		n = int64(len(x.Config))
	case *provider.Interaction:
		n = tables.TextLength(x.SystemPrompt) + tables.TextLength(x.UserPrompt) + tables.TextLength(x.Response) + tables.TextLength(x.ParsingError) + int64(len(x.ParsedPolicy)+len(x.Extra))
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

// other reads the record, no event, that a stream stands at.
func (r *recordReader) other(s *stream, seq int64) (record provider.Record, sound bool) {
	if s.kind == provider.KindIteration {
		return r.iteration(r.v.iterations[s.i-1])
	}
	c := r.v.checkerOf(s.rows)
	x := s.rows.values
	switch s.kind {
	case provider.KindInteraction:
		r.counts.Interactions++
		return r.interaction(c, own(x, 7, 13))
	case provider.KindNote:
		r.counts.Notes++
		c.name("kind", x[1], true)
		x = own(x)
		c.text("text", &x[2])
		return tables.Note(x), true
	}
	r.counts.Attachments++
	c.name("name", x[1], true)
	c.name("media_type", x[2], false)
	c.length("data", len(x[3].Bytes))
	a := tables.Attachment(own(x, 3))
	if a.Name != "" && !plainPath(a.Name) {
		c.add(sxAttachmentName, c.at("name"), "%q is not a plain relative path", a.Name)
	}
	r.v.names[seq] = a.Name
	return a, true
}

// own gives a row some of whose columns, those that a record shares with it, have memory of their own.
func own(row tables.Row, columns ...int) tables.Row {
	row = slices.Clone(row)
	for _, i := range columns {
		row[i].Bytes = bytes.Clone(row[i].Bytes)
	}
	return row
}

// plainPath reports whether a name of an attachment may become that of a file below a folder.
func plainPath(name string) bool {
	return path.Clean(name) == name && !path.IsAbs(name) && name != "." && name != ".." && !strings.HasPrefix(name, "../") &&
		!strings.ContainsAny(name, "\\:\x00")
}

func (r *recordReader) iteration(at numbered) (provider.Record, bool) {
	x := r.v.find("iteration", at.number)
	if x == nil { // it was read once
		r.v.lost = true
		return nil, false
	}
	c := checker{&r.v.problemLog, Place{Table: "iteration", Row: new(at.number), Record: new(at.seq)}}
	inRange := c.iteration("number", at.number)
	c.name("timestamp", x[5], false)
	sound := [3]bool{c.costs(x[2].Bytes), c.accepted(x[3].Bytes), c.policies(x[4].Bytes)}
	i, _ := tables.Iteration(x)
	r.counts.Iterations++
	r.count(at.seq, at.number, 0, provider.KindIteration)
	return i, inRange && sound == [3]bool{true, true, true}
}

func (r *recordReader) interaction(c checker, x tables.Row) (provider.Record, bool) {
	inRange := c.iteration("iteration", x[1].Int)
	c.name("agent_id", x[2], false)
	c.name("timestamp", x[12], false)
	if len(x[3].Bytes) > provider.MaxName { // a model may be empty
		c.add(sxNameLength, c.at("model"), "%d bytes, more than %d", len(x[3].Bytes), provider.MaxName)
	}
	c.text("response", &x[6])
	c.text("parsing_error", &x[8])
	c.tokens("prompt_tokens", x[9])
	c.tokens("completion_tokens", x[10])
	if x[7].Kind != btree.Null {
		c.json("parsed_policy", x[7].Bytes)
	}
	if l := x[11].Float; x[11].Kind != btree.Null && (math.IsNaN(l) || math.IsInf(l, 0) || l < 0 || l == 0 && math.Signbit(l)) {
		c.add(sxLatency, c.at("latency_seconds"), "%v, want a finite number that is not negative", l)
	}
	if x[13].Kind != btree.Null && c.json("extra", x[13].Bytes) && !bytes.HasPrefix(jsontext.Trim(x[13].Bytes), []byte("{")) {
		c.add(sxExtra, c.at("extra"), "not a JSON object")
	}
	i, prompts, _ := tables.Interaction(x)
	var sound1, sound2 bool
	i.SystemPrompt, sound1 = r.prompt(c, "system_prompt", prompts.System)
	i.UserPrompt, sound2 = r.prompt(c, "user_prompt", prompts.User)
	size := tables.TextLength(i.SystemPrompt) + tables.TextLength(i.UserPrompt) + tables.TextLength(i.Response) + int64(len(i.ParsedPolicy))
	r.count(i.Seq, x[1].Int, size, provider.KindInteraction)
	if !sound1 || !sound2 {
		r.partial[x[1].Int] = true
	}
	return i, inRange && sound1 && sound2
}

// prompt joins the sections of a list.
func (r *recordReader) prompt(c checker, column string, list btree.Value) (*string, bool) {
	if list.Kind == btree.Null {
		return nil, true
	}
	if len(list.Bytes) > tables.MaxSectionList {
		c.add(sxSectionList, c.at(column), "a list of %d bytes, more than %d", len(list.Bytes), tables.MaxSectionList)
		return nil, false
	}
	ids, err := tables.ParseSectionList(string(list.Bytes))
	if err != nil || string(tables.AppendSectionList(nil, ids)) != string(list.Bytes) {
		c.add(sxSectionList, c.at(column), "%.80q, want a JSON array of section numbers without white space, as [1,2,3]", list.Bytes)
		return nil, false
	}
	var parts []string
	length := 0
	for _, id := range ids {
		s := r.v.section(id)
		if s == nil {
			if !r.v.lost {
				c.add(sxSectionMissing, c.at(column), "section %d is missing", id)
			}
			return nil, false
		}
		if !s.used {
			s.used = true
			if id != r.v.lastUsed+1 && !r.v.lost && r.v.count[sxSectionOrder] == 0 {
				c.add(sxSectionOrder, c.at(column), "section %d is used first after %d: sections are numbered in the order of their first use", id, r.v.lastUsed)
			}
			r.v.lastUsed = max(r.v.lastUsed, id)
		}
		body, ok := r.body(id)
		if !ok {
			return nil, false
		}
		if length += len(body); length > provider.MaxText {
			c.length(column, length)
			return nil, false
		}
		parts = append(parts, body)
	}
	text := strings.Join(parts, "")
	if !slices.Equal(tables.SplitSections(text), parts) {
		c.add(sxSectionCut, c.at(column), "cut into sections in another way than every other prompt, so equal parts may be stored twice")
	}
	return &text, true
}

func (r *recordReader) body(id int64) (string, bool) {
	if body, ok := r.bodies[id]; ok {
		return body, true
	}
	x := r.v.find("section", id)
	if x == nil {
		return "", false
	}
	body := string(x[2].Bytes)
	if r.size += len(body); r.size > tables.MaxSectionCache {
		clear(r.bodies)
		r.size = len(body)
	}
	r.bodies[id] = body
	return body, true
}
