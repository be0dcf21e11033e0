package report

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// What a page holds of prompts, answers and events. Past a bound they are left out, in the order of the run.
const (
	maxPlain       = 700_000   // bytes of JSON that are not compressed
	maxTexts       = 24 << 20  // bytes of prompts, answers and policies, repeated lines counted once
	maxTextsPacked = 1_800_000 // of them compressed, in base64
	maxAnswers     = 1_950_000 // answers and policies are small, and go on to here
	maxData        = 8 << 20   // bytes of the data of events
	maxDataPacked  = 500_000
	maxEvents      = 20_000 // events that are listed
)

// A data is what the script of a page lays out.
type data struct {
	calls  []dataCall
	events []dataEvent
	lines  lineStore
	read   map[string]map[string][]string
	its    []int
	kinds  []string // the types of events, as the page lists them

	texts, payloads        meter
	leftTexts, leftCalls   int64 // prompts and answers left out, and the calls that they are of
	leftPayloads, unlisted int64

	small  []byte // the JSON object of the page
	packed string // what is compressed, empty for none
}

type dataCall struct {
	iteration            int
	seq, before          int64
	agent, row           string
	system, user, answer dataText
	policy               dataText // parsed, as JSON text
	failure              *string
}

// A dataText is a text of a call: ranges of lines, or, for JSON, the text itself.
type dataText struct {
	there, left bool
	ranges      []int
	whole       string
	held        string
}

type dataEvent struct {
	iteration  int
	seq        int64
	kind, time string
	payload    []byte
	held       string
	left       bool
}

func (d *data) init() {
	d.texts.init()
	d.payloads.init()
}

// A meter tells how large texts are, as they are and compressed.
type meter struct {
	raw, packed int
	w           *flate.Writer
}

func (m *meter) init() { m.w, _ = flate.NewWriter(m, flate.DefaultCompression) } // a level that there is

// Write counts what comes out of the compression.
func (m *meter) Write(p []byte) (int, error) {
	m.packed += len(p)
	return len(p), nil
}

func (m *meter) add(text []byte) {
	m.raw += len(text)
	_, _ = m.w.Write(text) // into Write above
}

// has reports whether there is room for n bytes more.
func (m *meter) has(n, raw, packed int) bool {
	return m.raw+n <= raw && base64.StdEncoding.EncodedLen(m.packed) <= packed
}

// call takes in the texts of a call, and the Seq of the agent's call before, -1 for none.
func (d *data) call(r *provider.Interaction, before int64) {
	c := dataCall{iteration: r.Iteration, seq: r.Seq, before: before, agent: r.AgentID, failure: r.ParsingError}
	was := d.leftTexts
	held := func(field string) string {
		if h, ok := r.Withheld(field); ok {
			return h.String()
		}
		return ""
	}
	c.answer = d.text(r.Response, held("response"), maxAnswers)
	c.policy = dataText{held: held("parsed_policy")}
	if n := len(r.ParsedPolicy); n > 0 {
		c.policy.there = true
		if c.policy.left = !d.texts.has(n, maxTexts, maxAnswers); !c.policy.left {
			c.policy.whole = string(r.ParsedPolicy)
			d.texts.add(r.ParsedPolicy)
		} else {
			d.leftTexts++
		}
	}
	c.system = d.text(r.SystemPrompt, held("system_prompt"), maxTextsPacked)
	c.user = d.text(r.UserPrompt, held("user_prompt"), maxTextsPacked)
	if d.leftTexts > was {
		d.leftCalls++
	}
	d.calls = append(d.calls, c)
}

func (d *data) text(s *string, held string, packed int) dataText {
	switch {
	case held != "":
		return dataText{held: held}
	case s == nil:
		return dataText{}
	case !d.texts.has(len(*s), maxTexts, packed) && !d.lines.has(*s):
		d.leftTexts++
		return dataText{there: true, left: true}
	}
	before := len(d.lines.lines)
	ranges := d.lines.add(*s)
	for _, line := range d.lines.lines[before:] {
		d.texts.add([]byte(line))
	}
	d.texts.add([]byte(fmt.Sprint(ranges)))
	return dataText{there: true, ranges: ranges}
}

func (d *data) event(r *provider.Event) {
	if len(d.events) == maxEvents {
		d.unlisted++
		return
	}
	e := dataEvent{iteration: r.Iteration, seq: r.Seq, kind: r.Type, time: r.Timestamp}
	if h, ok := r.Withheld("event_data"); ok {
		e.held = h.String()
	} else if n := len(r.Data); n > 0 {
		if e.left = !d.payloads.has(n, maxData, maxDataPacked); e.left {
			d.leftPayloads++
		} else {
			e.payload = slices.Clone(r.Data)
			d.payloads.add(r.Data)
		}
	}
	d.events = append(d.events, e)
}

// leftOut says what the page has no room for; empty for nothing.
func (d *data) leftOut() (list []string) {
	if d.leftTexts > 0 {
		list = append(list, fmt.Sprintf("%s or answers of %s", plural(d.leftTexts, "prompt"), plural(d.leftCalls, "call")))
	}
	if d.leftPayloads > 0 {
		list = append(list, "the data of "+plural(d.leftPayloads, "event"))
	}
	if d.unlisted > 0 {
		list = append(list, plural(d.unlisted, "event")+" altogether")
	}
	return list
}

// finish makes the JSON of the page.
func (d *data) finish(l *list) {
	d.its = l.numbers
	for i := range d.calls {
		c := &d.calls[i]
		c.row = fmt.Sprintf("i%d/%s", c.iteration, l.keys[c.agent])
	}
	small := d.always()
	if n := d.sameSystem(); n > 1 {
		small.Int("sys", int64(n))
	}
	var large jsontext.Object
	d.addTexts(&large)
	if text := large.Text(); len(text) > maxPlain {
		d.packed = deflated(text)
	} else {
		d.addTexts(&small)
	}
	d.small = escaped(small.Text())
}

// served makes the JSON of a page that asks the server at base for what it lays out.
func (d *data) served(base string) []byte {
	o := d.always()
	o.String("base", base)
	return escaped(o.Text())
}

// always is what every page has.
func (d *data) always() (o jsontext.Object) {
	o.Value("its", appendInts(nil, d.its))
	o.Value("kinds", appendStrings(nil, d.kinds))
	o.Value("read", d.readings())
	return o
}

func (d *data) readings() []byte {
	var o jsontext.Object
	for _, panel := range sortedKeys(d.read) {
		var p jsontext.Object
		for _, what := range sortedKeys(d.read[panel]) {
			p.Value(what, appendStrings(nil, d.read[panel][what]))
		}
		o.Value(panel, p.Text())
	}
	return o.Text()
}

// addTexts adds the lines, the calls and the events.
func (d *data) addTexts(o *jsontext.Object) {
	o.Value("lines", appendStrings(nil, d.lines.lines))
	kinds := map[string]int{}
	for i, k := range d.kinds {
		kinds[k] = i
	}
	calls, events := []byte{'['}, []byte{'['}
	for i, c := range d.calls {
		if i > 0 {
			calls = append(calls, ',')
		}
		calls = append(calls, c.json()...)
	}
	for i, e := range d.events {
		if i > 0 {
			events = append(events, ',')
		}
		events = append(events, e.json(kinds)...)
	}
	o.Value("calls", append(calls, ']'))
	o.Value("events", append(events, ']'))
}

// sameSystem gives how many calls there are if all have the same system prompt, else 0.
func (d *data) sameSystem() int {
	for _, c := range d.calls {
		if !c.system.there || c.system.left || !slices.Equal(c.system.ranges, d.calls[0].system.ranges) {
			return 0
		}
	}
	return len(d.calls)
}

func (c *dataCall) json() []byte {
	var o jsontext.Object
	o.Int("i", int64(c.iteration))
	o.Int("q", c.seq)
	if c.before >= 0 {
		o.Int("b", c.before)
	}
	o.String("g", c.row)
	addText(&o, "s", c.system)
	addText(&o, "u", c.user)
	addText(&o, "r", c.answer)
	addText(&o, "p", c.policy)
	if c.failure != nil {
		o.String("e", *c.failure)
	}
	return o.Text()
}

// json names the type by its place in kinds, or in full.
func (e *dataEvent) json(kinds map[string]int) []byte {
	var o jsontext.Object
	o.Int("i", int64(e.iteration))
	o.Int("q", e.seq)
	if i, ok := kinds[e.kind]; ok {
		o.Int("k", int64(i))
	} else {
		o.String("k", e.kind)
	}
	if e.time != "" {
		o.String("t", e.time)
	}
	switch {
	case e.held != "":
		o.String("h", e.held)
	case e.left:
		o.Int("x", 1)
	case e.payload != nil:
		o.String("d", string(e.payload))
	}
	return o.Text()
}

// addText adds a text unless it is absent.
func addText(o *jsontext.Object, name string, t dataText) {
	var v jsontext.Object
	switch {
	case t.held != "":
		v.String("h", t.held)
	case t.left:
		v.Int("x", 1)
	case t.there && t.ranges != nil:
		v.Value("r", appendInts(nil, t.ranges))
	case t.there:
		v.String("t", t.whole)
	default:
		return
	}
	o.Value(name, v.Text())
}

func appendInts(dst []byte, list []int) []byte {
	dst = append(dst, '[')
	for i, n := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, int64(n), 10)
	}
	return append(dst, ']')
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsontext.AppendString(dst, s)
	}
	return append(dst, ']')
}

// escaped writes JSON so that it can stand in an element of HTML: the sign < occurs in strings only.
func escaped(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte("<"), []byte(`\u003c`))
	text = bytes.ReplaceAll(text, []byte("\u2028"), []byte(`\u2028`))
	return bytes.ReplaceAll(text, []byte("\u2029"), []byte(`\u2029`))
}

// deflated compresses a text (RFC 1951) and writes it in base64.
func deflated(text []byte) string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression) // a level that there is
	_, _ = w.Write(text)                               // into memory
	_ = w.Close()
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// CallJSON is what a server answers to call/SEQ: an object with the call c and, if there is one, the call b that the
// same agent made before it. Its texts are whole.
func CallJSON(c, before *provider.Interaction) []byte {
	var o jsontext.Object
	for _, x := range []struct {
		name string
		r    *provider.Interaction
	}{{"c", c}, {"b", before}} {
		if x.r == nil {
			continue
		}
		v := dataCall{iteration: x.r.Iteration, seq: x.r.Seq, before: -1, failure: x.r.ParsingError}
		for _, t := range []struct {
			to    *dataText
			text  *string
			field string
		}{{&v.system, x.r.SystemPrompt, "system_prompt"}, {&v.user, x.r.UserPrompt, "user_prompt"},
			{&v.answer, x.r.Response, "response"}} {
			if t.text != nil {
				*t.to = dataText{there: true, whole: *t.text}
			}
			if h, ok := x.r.Withheld(t.field); ok {
				t.to.held = h.String()
			}
		}
		if x.r.ParsedPolicy != nil {
			v.policy = dataText{there: true, whole: string(x.r.ParsedPolicy)}
		}
		if h, ok := x.r.Withheld("parsed_policy"); ok {
			v.policy.held = h.String()
		}
		o.Value(x.name, v.json())
	}
	return o.Text()
}

// EventsJSON is what a server answers to events: an object with the events and how many there are in all.
func EventsJSON(events []provider.Event, all int64) []byte {
	list := []byte{'['}
	for i := range events {
		r := &events[i]
		e := dataEvent{iteration: r.Iteration, seq: r.Seq, kind: r.Type, time: r.Timestamp, payload: r.Data}
		if h, ok := r.Withheld("event_data"); ok {
			e.held = h.String()
		}
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, e.json(nil)...)
	}
	var o jsontext.Object
	o.Value("list", append(list, ']'))
	o.Int("all", all)
	return o.Text()
}
