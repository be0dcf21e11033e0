package jsonl

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/arena"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// kinds gives the kind of record by its type in the protocol.
var kinds = func() map[string]provider.Kind {
	m := make(map[string]provider.Kind)
	for k := provider.KindStart; k <= provider.KindResult; k++ {
		m[k.String()] = k
	}
	return m
}()

// known has the names of the members that a line of each kind may hold: the fields of the kind, in a second form where
// isJSON says so, and redactionMembers.
var known = func() (known [provider.KindResult + 1]map[string]bool) {
	for k := provider.KindStart; k <= provider.KindResult; k++ {
		known[k] = map[string]bool{"type": true}
		for _, name := range redactionMembers {
			known[k][name] = true
		}
		for field := range k.Fields() {
			known[k][field.Name] = true
			if isJSON(field.Name) {
				known[k][field.Name+textSuffix] = true
			}
		}
	}
	return known
}()

const textSuffix = "_text"

// isJSON says which members have a second form.
func isJSON(name string) bool {
	switch name {
	case "config", "event_data", "parsed_policy", "extra", "policies":
		return true
	}
	return false
}

// fields are the members of one line, taken by name. The first fault sticks.
type fields struct {
	kind    provider.Kind
	members []jsontext.Member // they share the line's memory
	err     error
	own     arena.Events
	words   map[string]string // types of events, as many as a run has mostly
	lent    bool              // events are lent
}

// parse splits a line. What is no JSON object is [jsontext.ErrNotObject], whatever it is else.
func (f *fields) parse(line []byte) (err error) {
	f.err = nil
	f.members, err = jsontext.Split(line, f.members[:0])
	return err
}

// kindOf says which record the line is of, and reports a member that such a record has not.
func (f *fields) kindOf() error {
	kind := f.find("type")
	if jsontext.IsNull(kind) {
		return fmt.Errorf(`"type": %w`, errMissing)
	}
	k, ok := provider.Kind(0), false
	if n := len(kind); n > 2 && kind[0] == '"' { // with escapes it is none
		k, ok = kinds[string(kind[1:n-1])]
	}
	if !ok {
		word, err := jsontext.Unquote(kind)
		if err != nil {
			return fmt.Errorf(`"type": got %.80s, want a string`, kind)
		}
		if k, ok = kinds[word]; !ok {
			return fmt.Errorf("%w type %.80q: want one of %s", ErrUnknown, word, allTypes())
		}
	}
	f.kind = k
	for i := range f.members {
		if name := f.members[i].Name; !known[k][string(name)] {
			var all []string
			for field := range k.Fields() {
				all = append(all, field.Name)
			}
			return fmt.Errorf("%w member %.80q: %s has %s", ErrUnknown, name, k, strings.Join(all, ", "))
		}
	}
	return nil
}

// find gives the text of a member, nil if there is none of that name.
func (f *fields) find(name string) []byte {
	for i := range f.members {
		if string(f.members[i].Name) == name {
			return f.members[i].Value
		}
	}
	return nil
}

func allTypes() string {
	var names []string
	for k := provider.KindStart; k <= provider.KindResult; k++ {
		names = append(names, k.String())
	}
	return strings.Join(names, ", ")
}

func (f *fields) fail(name string, err error) {
	if f.err == nil {
		f.err = &provider.FieldError{Record: f.kind.String(), Field: name, Err: err}
	}
}

func (f *fields) wrong(name string, got []byte, want string) {
	f.fail(name, fmt.Errorf("got %s, want %s", clip(got), want))
}

func clip(text []byte) string {
	if len(text) > 80 {
		return strings.ToValidUTF8(string(text[:77]), "") + "..."
	}
	return string(text)
}

// value gives the text of a member, or nil if it is left out or null.
func (f *fields) value(name string, required bool) []byte {
	if v := f.find(name); !jsontext.IsNull(v) {
		return v
	}
	if required {
		f.fail(name, errMissing)
	}
	return nil
}

func (f *fields) optionalText(name string) *string {
	v := f.value(name, false)
	if v == nil {
		return nil
	}
	if v[0] != '"' {
		f.wrong(name, v, "a string")
		return nil
	}
	s, err := jsontext.Unquote(v)
	if err != nil {
		f.fail(name, err)
		return nil
	}
	return &s
}

// plain gives the string that is the value v if that has no escapes, and false of all else, which text reads and
// finds fault with.
func plain(v []byte) ([]byte, bool) {
	if n := len(v); n > 2 && v[0] == '"' && bytes.IndexByte(v, '\\') < 0 {
		return v[1 : n-1], true
	}
	return nil, false
}

// word is text for strings of which a run has a few.
func (f *fields) word(name string, required bool) string {
	const few, most = 256, 256 // of them, and bytes
	v, ok := plain(f.find(name))
	if !ok || len(v) > most {
		return f.text(name, required)
	}
	if s, ok := f.words[string(v)]; ok {
		return s
	}
	s := string(v)
	if len(f.words) < few {
		if f.words == nil {
			f.words = map[string]string{}
		}
		f.words[s] = s
	}
	return s
}

// event makes the record of a line of an event.
func (f *fields) event() *provider.Event {
	e := f.own.Event(f.lent)
	e.Iteration, e.Type = f.iteration(), f.word("event_type", true)
	if v, ok := plain(f.find("timestamp")); ok {
		e.Timestamp = f.own.Text(v)
	} else {
		e.Timestamp = f.text("timestamp", false)
	}
	if e.Data = f.sharedJSON("event_data", "event_data"+textSuffix); !f.lent {
		e.Data = f.own.Bytes(e.Data)
	}
	return e
}

// text gives a string that is not empty, the empty one if it is left out.
func (f *fields) text(name string, required bool) string {
	s := f.optionalText(name)
	switch {
	case s == nil && required:
		f.value(name, true) // or else it is of another type
	case s == nil:
	case *s == "":
		f.fail(name, errEmpty)
	default:
		return *s
	}
	return ""
}

// json gives the text of a JSON value from either of its two forms, in memory of its own.
func (f *fields) json(name string) []byte { return bytes.Clone(f.sharedJSON(name, name+textSuffix)) }

// sharedJSON is json in the line's memory. inText is the name of the second form.
func (f *fields) sharedJSON(name, inText string) []byte {
	v := f.value(name, false)
	s := f.optionalText(inText)
	switch {
	case s == nil:
		return v
	case v != nil:
		f.fail(name, errBothForms)
	case strings.Trim(*s, jsontext.Space) == "":
		f.fail(inText, errEmptyJSON)
	}
	return []byte(*s)
}

func (f *fields) boolean(name string) *bool {
	switch v := f.value(name, false); {
	case v == nil:
	case string(v) == "true":
		return new(true)
	case string(v) == "false":
		return new(false)
	default:
		f.wrong(name, v, "true or false")
	}
	return nil
}

func (f *fields) integer(name string, required bool) *int64 {
	v := f.value(name, required)
	if v == nil {
		return nil
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		f.wrong(name, v, "an integer of at most 64 bits without fraction or exponent")
		return nil
	}
	if n == 0 && v[0] == '-' {
		f.fail(name, errMinusZero)
	}
	return &n
}

func (f *fields) iteration() int {
	n := f.integer("iteration", true)
	if n == nil {
		return 0
	}
	if *n < 0 || *n > provider.MaxIteration {
		f.fail("iteration", fmt.Errorf("%d is %w: want 0 to %d", *n, errOutOfRange, provider.MaxIteration))
		return 0
	}
	return int(*n)
}

func (f *fields) number(name string) *float64 {
	v := f.value(name, false)
	if v == nil {
		return nil
	}
	if v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		f.wrong(name, v, "a number")
		return nil
	}
	n, err := strconv.ParseFloat(string(v), 64)
	if err != nil {
		f.fail(name, fmt.Errorf("%s is %w", clip(v), errOutOfRange))
		return nil
	}
	return &n
}

func (f *fields) cents(name string) *provider.Cents {
	v := f.value(name, false)
	if v == nil {
		return nil
	}
	c, err := provider.ParseCents(string(v))
	if err != nil {
		f.fail(name, err)
		return nil
	}
	return &c
}

func (f *fields) base64(name string) []byte {
	if f.withheld(name) && f.value(name, false) == nil {
		return nil
	}
	s := f.optionalText(name)
	if s == nil {
		f.value(name, true) // or else it is of another type
		return nil
	}
	data, err := base64.StdEncoding.Strict().DecodeString(*s)
	if err == nil && strings.ContainsAny(*s, "\r\n") { // which the decoder skips
		err = errLineBreak
	}
	if err != nil {
		f.fail(name, fmt.Errorf("%w: %w", errNotBase64, err))
		return nil
	}
	return data
}

// record makes the record of the line. Times and a run id that are not given stay empty.
func (f *fields) record() (provider.Record, error) {
	var r provider.Record
	switch f.kind {
	case provider.KindStart:
		r = &provider.Start{
			RunID: f.text("run_id", false), Name: f.text("experiment_name", true), Type: f.text("experiment_type", true),
			Config: f.json("config"), CreatedAt: f.text("created_at", false),
		}
		if salt := f.hex32("salt", f.value("salt", false)); salt != nil {
			r.(*provider.Start).Salt = salt[:]
		}
	case provider.KindEvent:
		r = f.event()
	case provider.KindInteraction:
		r = &provider.Interaction{
			Iteration: f.iteration(), AgentID: f.text("agent_id", false), Model: f.optionalText("model"),
			SystemPrompt: f.optionalText("system_prompt"), UserPrompt: f.optionalText("user_prompt"),
			Response: f.optionalText("response"), ParsedPolicy: f.json("parsed_policy"),
			ParsingError: f.optionalText("parsing_error"), PromptTokens: f.integer("prompt_tokens", false),
			CompletionTokens: f.integer("completion_tokens", false), LatencySeconds: f.number("latency_seconds"),
			Timestamp: f.text("timestamp", false), Extra: f.json("extra"),
		}
	case provider.KindIteration:
		it := &provider.Iteration{Number: f.iteration(), Timestamp: f.text("timestamp", false)}
		var err error
		if it.Costs, err = provider.ParseCosts(f.value("costs_per_agent", false)); err != nil {
			f.fail("costs_per_agent", err)
		}
		if it.AcceptedChanges, err = provider.ParseAcceptedChanges(f.value("accepted_changes", false)); err != nil {
			f.fail("accepted_changes", err)
		}
		if it.Policies, err = provider.ParsePolicies(f.json("policies")); err != nil {
			f.fail("policies", err)
		}
		r = it
	case provider.KindNote:
		r = &provider.Note{Kind: f.text("kind", true), Subject: f.text("subject", false),
			Text: f.text("text", !f.withheld("text"))}
	case provider.KindAttachment:
		r = &provider.Attachment{Name: f.text("name", true), MediaType: f.text("media_type", false), Data: f.base64("data")}
	case provider.KindResult:
		r = &provider.Result{
			CompletedAt: f.text("completed_at", false), Status: provider.Status(f.text("status", true)),
			Converged: f.boolean("converged"), ConvergenceReason: f.optionalText("convergence_reason"),
			FinalCost: f.cents("final_cost"), BestCost: f.cents("best_cost"),
		}
	}
	r.RecordMeta().Redaction = f.redaction()
	return r, f.err
}
