package jsonl

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// kinds gives the kind of record by its type in the protocol. What a line of each type may hold are the fields of the
// kind, and redactionMembers. A name with textSuffix behind it is allowed where isJSON says so.
var kinds = func() map[string]provider.Kind {
	m := make(map[string]provider.Kind)
	for k := provider.KindStart; k <= provider.KindResult; k++ {
		m[k.String()] = k
	}
	return m
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
	kind   provider.Kind
	names  []string
	values [][]byte // trimmed JSON texts; they share the line's memory
	err    error
}

// parse splits a line, which must be valid JSON in UTF-8.
func (f *fields) parse(line []byte) error {
	*f = fields{names: f.names[:0], values: f.values[:0]}
	if line[0] != '{' {
		return errIsArray
	}
	var kind []byte
	err := jsontext.Members(line, func(name string, value []byte) error {
		if name == "type" {
			kind = value
			return nil
		}
		f.names = append(f.names, name)
		f.values = append(f.values, value)
		return nil
	})
	if err != nil {
		return err
	}
	if jsontext.IsNull(kind) {
		return fmt.Errorf(`"type": %w`, errMissing)
	}
	word, err := jsontext.Unquote(kind)
	if err != nil {
		return fmt.Errorf(`"type": got %.80s, want a string`, kind)
	}
	k, ok := kinds[word]
	if !ok {
		return fmt.Errorf("%w type %.80q: want one of %s", ErrUnknown, word, allTypes())
	}
	f.kind = k
	for _, name := range f.names {
		if !isMember(k, name) {
			var all []string
			for field := range k.Fields() {
				all = append(all, field.Name)
			}
			return fmt.Errorf("%w member %.80q: %s has %s", ErrUnknown, name, k, strings.Join(all, ", "))
		}
	}
	return nil
}

// isMember tells whether a line that records a k may have a member of that name.
func isMember(k provider.Kind, name string) bool {
	if _, ok := k.Field(name); ok || slices.Contains(redactionMembers, name) {
		return true
	}
	base, ok := strings.CutSuffix(name, textSuffix)
	if !ok || !isJSON(base) {
		return false
	}
	_, ok = k.Field(base)
	return ok
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
	if i := slices.Index(f.names, name); i >= 0 && !jsontext.IsNull(f.values[i]) {
		return f.values[i]
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
func (f *fields) json(name string) []byte {
	v := f.value(name, false)
	s := f.optionalText(name + textSuffix)
	switch {
	case s == nil:
		return bytes.Clone(v)
	case v != nil:
		f.fail(name, errBothForms)
	case strings.Trim(*s, jsontext.Space) == "":
		f.fail(name+textSuffix, errEmptyJSON)
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
		r = &provider.Event{
			Iteration: f.iteration(), Type: f.text("event_type", true), Timestamp: f.text("timestamp", false),
			Data: f.json("event_data"),
		}
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
