package diff

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// only reports a record that one run has.
func (c *comparer) only(x *item, sort Sort) error {
	d := describe(x.r)
	d.Sort, d.SeqA, d.SeqB = sort, x.seq, -1
	if sort == OnlyB {
		d.SeqA, d.SeqB = -1, x.seq
	}
	return c.found(d)
}

// describe gives what a difference says of the record it is in.
func describe(r provider.Record) Difference {
	d := Difference{Kind: r.RecordKind()}
	if n, ok := provider.IterationOf(r); ok {
		d.Iteration = &n
	}
	switch r := r.(type) {
	case *provider.Event:
		d.Label, d.Agent = r.Type, agentOf(r.Data)
	case *provider.Interaction:
		d.Agent = r.AgentID
	case *provider.Note:
		d.Label = r.Kind
	case *provider.Attachment:
		d.Label = r.Name
	}
	return d
}

// agentOf gives the member agent_id of an event's data, if it is a string.
func agentOf(data json.RawMessage) (agent string) {
	if len(data) == 0 || data[0] != '{' {
		return ""
	}
	_ = jsontext.Members(data, func(name string, value []byte) error { // the data has been checked
		if name == "agent_id" && value[0] == '"' {
			agent, _ = jsontext.Unquote(value)
		}
		return nil
	})
	return agent
}

// A pairing is two records that are compared, and the fields of what their hashes cover.
type pairing struct {
	*comparer
	x, y *item
	head Difference
}

// pair compares two records of one kind field by field.
func (c *comparer) pair(x, y *item) error {
	if x.r.RecordKind() != provider.KindStart && bytes.Equal(x.entry, y.entry) &&
		x.r.RecordMeta().Redaction == nil && y.r.RecordMeta().Redaction == nil {
		return nil
	}
	a, err := entryFields(x.entry)
	if err != nil {
		return err
	}
	b, err := entryFields(y.entry)
	if err != nil {
		return err
	}
	p := pairing{comparer: c, x: x, y: y, head: describe(x.r)}
	p.head.SeqA, p.head.SeqB = x.seq, y.seq
	if p.head.Agent == "" {
		p.head.Agent = describe(y.r).Agent
	}
	if x.r.RecordKind() == provider.KindStart {
		salt, _ := x.r.RecordKind().Field("salt")
		s, saltedA := a[salt.ID]
		t, saltedB := b[salt.ID]
		c.salted, c.otherSalt = saltedA || saltedB, s != t
	}
	for f := range x.r.RecordKind().Fields() {
		if c.ignore.pointer("/" + f.Name) {
			continue
		}
		s, inA := a[f.ID]
		t, inB := b[f.ID]
		switch {
		case !inA && !inB:
		case inA && inB && s == t:
			p.countWithheld(f)
		default:
			if err := p.field(f, inA && inB); err != nil {
				return err
			}
		}
	}
	return nil
}

func entryFields(entry []byte) (map[byte]digest.EntryField, error) {
	e, err := digest.ParseEntry(entry)
	if err != nil {
		return nil, err
	}
	fields := make(map[byte]digest.EntryField, len(e.Fields))
	for _, f := range e.Fields {
		fields[f.ID] = f
	}
	return fields, nil
}

// countWithheld counts a field that is withheld although it is the same in both runs.
func (p *pairing) countWithheld(f provider.Field) {
	if _, ok := p.x.r.RecordMeta().Withheld(f.Name); ok {
		p.summary.WithheldA[f.Name]++
	}
	if _, ok := p.y.r.RecordMeta().Withheld(f.Name); ok {
		p.summary.WithheldB[f.Name]++
	}
}

// field reports what differs in a field, which both records have or only one.
func (p *pairing) field(f provider.Field, both bool) error {
	d := p.head
	d.Sort, d.Pointer = Changed, "/"+f.Name
	if w, ok := p.x.r.RecordMeta().Withheld(f.Name); ok {
		d.WithheldA = &w
	}
	if w, ok := p.y.r.RecordMeta().Withheld(f.Name); ok {
		d.WithheldB = &w
	}
	d.A, d.B = valueOf(f, p.x.r), valueOf(f, p.y.r)
	otherKeys := p.salted && f.Name != "salt" && (p.otherSalt || p.x.seq != p.y.seq)
	switch {
	case d.WithheldA != nil || d.WithheldB != nil:
		d.Sort = Withheld
		if both && otherKeys {
			d.Sort = Unknown
		}
		return p.found(d)
	case !both:
		return p.found(d)
	case f.Committed && bytes.Equal(f.Value(p.x.r), f.Value(p.y.r)):
		if otherKeys { // the salts or the places of the records differ, which is said
			return nil
		}
		d.Sort = Rekeyed
		return p.found(d)
	case f.Committed && d.A.Text == nil && d.A.Bytes == nil && d.B.Bytes == nil:
		w := walker{pairing: p, head: d}
		return w.value(d.Pointer, f.Value(p.x.r), f.Value(p.y.r))
	}
	return p.found(d)
}

// valueOf gives the value of a field that r has, or nil.
func valueOf(f provider.Field, r provider.Record) *Value {
	if !f.In(r) {
		return nil
	}
	text := func(s string) *Value { return &Value{JSON: jsontext.AppendString(nil, s), Text: &s} }
	switch p := f.Addr(r).(type) {
	case *int:
		return &Value{JSON: strconv.AppendInt(nil, int64(*p), 10)}
	case *string:
		return text(*p)
	case **string:
		return text(**p)
	case **int64:
		return &Value{JSON: strconv.AppendInt(nil, **p, 10)}
	case **float64:
		return &Value{JSON: strconv.AppendFloat(nil, **p, 'g', -1, 64)}
	case **bool:
		return &Value{JSON: strconv.AppendBool(nil, **p)}
	case **provider.Cents:
		return &Value{JSON: strconv.AppendInt(nil, int64(**p), 10), Cents: *p}
	}
	if f.Name == "salt" || f.Name == "data" {
		return &Value{Bytes: f.Value(r)}
	}
	return &Value{JSON: f.Value(r)}
}
