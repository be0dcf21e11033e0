package castro

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// Kinds of the notes that this package writes.
const (
	noteDerived  = "derived"  // a value that the file does not hold, and how it was computed
	noteDoubtful = "doubtful" // a recorded value that is not what it seems
	noteRecorded = "recorded" // columns that have no place of their own
	noteLeftOut  = "left out" // a value that could not be kept
)

// A builder collects the records of one run. Its reading methods keep the first error, after which they give nothing;
// with lenient, a bad value becomes a note and an attachment instead, and the method gives nothing for it.
type builder struct {
	ctx     context.Context
	lenient bool
	brief   bool // what a Summary does not need is left out
	err     error

	start       provider.Start
	records     []provider.Record
	attachments []*provider.Attachment
	notes       []*provider.Note
	said        map[provider.Note]bool
	kept        map[leftOut]string // names of the attachments
	copies      map[string]int     // of attachments that would have one name, by that name
	names       provider.AttachmentNames
	homeless    bool                       // a row was left out that has a part of an iteration's costs
	doubles     map[string]map[string]bool // columns by table that were converted to cents
	result      *provider.Result
	sibling     string // path of the other database that records are from
}

func newBuilder(ctx context.Context, lenient bool) *builder {
	return &builder{
		ctx: ctx, lenient: lenient, said: map[provider.Note]bool{}, kept: map[leftOut]string{}, copies: map[string]int{},
		doubles: map[string]map[string]bool{},
	}
}

// note adds a note about what the subject points to, unless it was said already.
func (b *builder) note(kind, subject, format string, args ...any) {
	n := provider.Note{Kind: kind, Subject: subject, Text: fmt.Sprintf(format, args...)}
	if !b.said[n] {
		b.said[n] = true
		b.notes = append(b.notes, &n)
	}
}

// bad reports that a value cannot be kept.
func (b *builder) bad(r *row, column, value string, err error) {
	b.badAbout(r.subject(column), r, column, value, err)
}

// badAbout is bad for a value that is not all that its column is about.
func (b *builder) badAbout(subject string, r *row, column, value string, err error) {
	e := r.cell(column, value, err)
	if !b.lenient {
		b.fail(e)
		return
	}
	if errors.As(err, new(unreadable)) {
		b.note(noteLeftOut, "", "table %s: column %s: %v", e.Table, e.Column, err)
		return
	}
	if value != "" {
		name := b.attach(e.Table, e.Row, column, value)
		if subject == "" {
			subject = provider.Subject("attachments", name)
		}
	}
	b.note(noteLeftOut, subject, "%v", e)
}

// A leftOut is a value of a table that has no place in the run.
type leftOut struct {
	table  string
	row    int64
	column string
	sum    [sha256.Size]byte
}

// attach keeps a value that was left out in an attachment, once, and gives its name.
func (b *builder) attach(table string, row int64, column, value string) string {
	v := leftOut{table, row, column, sha256.Sum256([]byte(value))}
	if name, ok := b.kept[v]; ok {
		return name
	}
	base := fmt.Sprintf("left-out/%s/row-%d/%s", plainName(table), row, plainName(column))
	name := base + ".txt"
	for b.names.Add(name) != nil {
		b.copies[base]++
		name = fmt.Sprintf("%s-%d.txt", base, b.copies[base]+1)
	}
	b.kept[v] = name
	b.attachments = append(b.attachments, &provider.Attachment{Name: name, MediaType: "text/plain", Data: []byte(value)})
	return name
}

// unreadable is the error for a column that the reader of the database cannot decode.
type unreadable struct{ error }

func (u unreadable) Unwrap() error { return u.error }

// plainName makes a name of a table or a column fit for a part of a path.
func plainName(s string) string {
	const most = 100 // bytes
	s = strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, s)
	s = s[:min(len(s), most)]
	if s == "" || provider.CheckPortable(s) != nil {
		s += "_"
	}
	return s
}

func (b *builder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// take gives a value of r and marks its column as used.
func (b *builder) take(r *row, column string) any {
	i, ok := r.t.index[column]
	if !ok {
		return nil
	}
	r.used[i] = true
	if u, ok := r.v[i].(errUnreadable); ok {
		b.bad(r, column, "", unreadable{u.err})
		return nil
	}
	return r.v[i]
}

// optional gives a text, nil for NULL.
func (b *builder) optional(r *row, column string) *string {
	v := b.take(r, column)
	if v == nil {
		return nil
	}
	s := asText(v)
	if !utf8.ValidString(s) {
		b.bad(r, column, s, jsontext.ErrUTF8)
		return nil
	}
	return &s
}

// str gives a name or a time, empty for NULL.
func (b *builder) str(r *row, column string) string {
	s := b.optional(r, column)
	if s == nil {
		return ""
	}
	if err := provider.CheckName(*s); err != nil {
		b.bad(r, column, *s, err)
		return ""
	}
	return *s
}

// iteration gives the number of an iteration; ok is false if there is none.
func (b *builder) iteration(r *row, column string) (n int, ok bool) {
	v := b.take(r, column)
	x, ok := v.(int64)
	if !ok || x < 0 || x > provider.MaxIteration {
		b.bad(r, column, asText(v), errors.New("not the number of an iteration"))
		return 0, false
	}
	if r.about == nil {
		r.about = func(string) string { return iterationSubject(int(x)) }
	}
	return int(x), true
}

// boolean gives nil for NULL.
func (b *builder) boolean(r *row, column string) *bool {
	v := b.take(r, column)
	if v == nil {
		return nil
	}
	x, ok := v.(bool)
	if !ok {
		b.bad(r, column, asText(v), errors.New("not a BOOLEAN"))
		return nil
	}
	return &x
}

// seconds gives a duration; nil for NULL.
func (b *builder) seconds(r *row, column string) *float64 {
	v := b.take(r, column)
	if v == nil {
		return nil
	}
	x, _, ok := floating(v)
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		b.bad(r, column, asText(v), ErrNotFinite)
	case !ok || x < 0 || math.Signbit(x):
		b.bad(r, column, asText(v), errors.New("not a duration in seconds"))
	default:
		return &x
	}
	return nil
}

// cents gives an amount of money; nil for NULL. A DOUBLE or FLOAT must be whole, and not so large that it may have been
// rounded.
func (b *builder) cents(r *row, column string) *provider.Cents {
	v := b.take(r, column)
	switch x := v.(type) {
	case nil:
		return nil
	case int64:
		return new(provider.Cents(x))
	}
	c, err := whole(v)
	if err != nil {
		b.bad(r, column, asText(v), err)
		return nil
	}
	b.double(r, column)
	return &c
}

// double remembers that a column was converted to cents.
func (b *builder) double(r *row, column string) {
	table := r.t.t.Name()
	if b.doubles[table] == nil {
		b.doubles[table] = map[string]bool{}
	}
	b.doubles[table][column] = true
}

// floating gives a DOUBLE or FLOAT, and the least magnitude at which a whole number in it may stand for another one
// that was rounded: 2^53 stands for 2^53 + 1 too. ok is false for a value of another type.
func floating(v any) (x, rounds float64, ok bool) {
	switch v := v.(type) {
	case float64:
		return v, 1 << 53, true
	case float32:
		return float64(v), 1 << 24, true
	}
	return 0, 0, false
}

// whole gives a DOUBLE or FLOAT as cents. The error is [ErrNotFinite], [ErrFraction], [ErrRounded] or [ErrMinusZero].
func whole(v any) (provider.Cents, error) {
	x, rounds, ok := floating(v)
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return 0, ErrNotFinite
	case !ok || x != math.Trunc(x):
		return 0, ErrFraction
	case math.Abs(x) >= rounds:
		return 0, ErrRounded
	case x == 0 && math.Signbit(x):
		return 0, ErrMinusZero
	}
	return provider.Cents(int64(x)), nil
}

// json gives a value that must be JSON, as it stands; nil for NULL.
func (b *builder) json(r *row, column string) json.RawMessage {
	v := b.take(r, column)
	if v == nil {
		return nil
	}
	text := asText(v)
	trimmed := jsontext.Trim([]byte(text))
	err := jsontext.Check(trimmed)
	if len(trimmed) == 0 {
		err = jsontext.ErrSyntax
	}
	if err != nil {
		b.bad(r, column, text, err)
		return nil
	}
	return trimmed
}

// drop marks columns as used that are not kept.
func (b *builder) drop(r *row, columns ...string) {
	for _, c := range columns {
		if i, ok := r.t.index[c]; ok {
			r.used[i] = true
		}
	}
}

// jsonColumns are the columns of type VARCHAR that the project wrote JSON into.
var jsonColumns = map[string]bool{
	"policy_json": true, "old_policy_json": true, "new_policy_json": true, "parsed_policy_json": true, "config_json": true,
	"optimized_agents": true, "monte_carlo_seeds": true, "parameter_changes_json": true, "parameters_snapshot_json": true,
	"validation_errors": true, "details": true,
}

// rest gives every value of r that was not used yet and is not NULL as members of o, in the order of the columns.
func (b *builder) rest(r *row, o *object) {
	for i, c := range r.t.columns {
		if !r.used[i] {
			b.keep(r, strings.ToLower(c.Name), o)
		}
	}
}

// keep adds a value of r to o as JSON; NULL adds nothing.
func (b *builder) keep(r *row, name string, o *object) {
	switch v := b.take(r, name).(type) {
	case nil:
	case string:
		text := jsontext.Trim([]byte(v))
		switch {
		case r.t.columns[r.t.index[name]].Type.Alias == "JSON":
			o.add(name, b.json(r, name))
		case jsonColumns[name] && len(text) > 0 && jsontext.Check(text) == nil:
			o.add(name, text)
		case !utf8.ValidString(v):
			b.bad(r, name, v, jsontext.ErrUTF8)
		default:
			o.addText(name, v)
		}
	case stamp:
		o.addText(name, string(v))
	case float64, float32:
		x, rounds, _ := floating(v)
		if math.IsNaN(x) || math.IsInf(x, 0) {
			b.bad(r, name, asText(v), ErrNotFinite)
			return
		}
		o.addFloat(name, x, rounds)
	case json.RawMessage:
		if err := jsontext.Check(v); err != nil {
			b.bad(r, name, string(v), err)
			return
		}
		o.add(name, v)
	default:
		o.add(name, json.RawMessage(asText(v)))
	}
}

// payload gives the rest of r as an object, nil if there is none.
func (b *builder) payload(r *row) json.RawMessage {
	var o object
	b.rest(r, &o)
	return o.json()
}

// recorded keeps the members of o and the rest of the row of a run or an iteration in a note.
func (b *builder) recorded(r *row, what string, o *object) {
	if o == nil {
		o = &object{}
	}
	b.rest(r, o)
	if rest := o.json(); rest != nil {
		b.note(noteRecorded, r.subject(""), "%s: %s", what, rest)
	}
}

// valid checks a record that was made from r.
func (b *builder) valid(r *row, record provider.Record) bool {
	err := record.Validate()
	if err == nil {
		return true
	}
	field := "row"
	if fe := (*provider.FieldError)(nil); errors.As(err, &fe) {
		field = fe.Field
	}
	b.bad(r, field, "", err)
	return false
}

// finish gives the run.
func (b *builder) finish() (*provider.Live, error) {
	if b.err != nil {
		return nil, b.err
	}
	for _, table := range slices.Sorted(maps.Keys(b.doubles)) {
		columns := slices.Sorted(maps.Keys(b.doubles[table]))
		b.note(noteDerived, "", "money of type DOUBLE in table %s was whole and was converted to cents exactly: %s", table,
			strings.Join(columns, ", "))
	}
	all := append([]provider.Record{&b.start}, b.records...)
	for _, a := range b.attachments {
		all = append(all, a)
	}
	for _, n := range b.notes {
		all = append(all, n)
	}
	if b.result != nil {
		all = append(all, b.result)
	}
	var live provider.Live
	for _, r := range all {
		if err := b.ctx.Err(); err != nil {
			return nil, err
		}
		if err := provider.Put(b.ctx, &live, r); err != nil {
			return nil, fmt.Errorf("run %q: %w", b.start.RunID, err)
		}
	}
	if b.result == nil {
		if err := live.Finish(b.ctx, nil); err != nil {
			return nil, err
		}
	}
	return &live, nil
}
