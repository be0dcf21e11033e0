package verify

import (
	"fmt"
	"slices"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// A committedField is a field of a kind of record that may be withheld.
type committedField struct {
	provider.Field
	column int  // of its table
	always bool // a record is never without it
}

const saltField = "salt"

// committedFields are those of each kind of record.
var committedFields = func() map[provider.Kind][]committedField {
	all := map[provider.Kind][]committedField{}
	for _, t := range []struct {
		table  string
		record provider.Record
	}{
		{tables.TableExperiment, &provider.Start{}}, {tables.TableEvent, &provider.Event{}},
		{tables.TableInteraction, &provider.Interaction{}}, {tables.TableIteration, &provider.Iteration{}},
		{tables.TableNote, &provider.Note{}}, {tables.TableAttachment, &provider.Attachment{}},
		{tables.TableExperiment, &provider.Result{}},
	} {
		kind := t.record.RecordKind()
		for f := range kind.Committed() {
			name := f.Name
			if name == "event_data" {
				name = "data"
			}
			column := slices.IndexFunc(tables.Columns[t.table], func(c tables.Column) bool { return c.Name == name })
			all[kind] = append(all[kind], committedField{f, column, f.In(t.record)})
		}
	}
	return all
}()

func (f *committedField) in(row tables.Row) bool { return row[f.column].Kind != btree.Null }

// salt looks whether the run has a salt, and whether it is in the file.
func (r *recordReader) salt() {
	if r.v.start == nil {
		return
	}
	if r.saltKept = r.v.start.Salt != nil; r.saltKept {
		return
	}
	field, _ := provider.KindStart.Field(saltField)
	row := r.v.find(tables.TableRedaction, tables.RedactionKey(0, field.ID))
	r.salted = row != nil && row[tables.RedactionCommitment].Kind != btree.Null
}

// nextRedaction goes to the next row of what is withheld.
func (r *recordReader) nextRedaction() {
	if !r.reds.next() {
		r.reds = nil
	}
}

// redacted gives the record that the next row of what is withheld is about.
func (r *recordReader) redacted() int64 {
	seq, _ := tables.RedactionRecord(r.reds.key)
	return seq
}

func (r *recordReader) redactionPlace() Place {
	return Place{
		Table: tables.TableRedaction, Row: new(r.reds.key), Record: new(r.redacted()),
		Column: fmt.Sprintf("%.80s", r.reds.values[tables.RedactionField].Bytes),
	}
}

// orphan reports a row for which there is no record, and goes on.
func (r *recordReader) orphan() {
	r.redactionForm()
	r.v.add(sxRedactedRecord, r.redactionPlace(), "there is no such record")
	r.nextRedaction()
}

// redact gives a record, which stands in a row, what the file has for it of what is withheld, and reports whether its
// leaf hash can be computed.
func (r *recordReader) redact(seq int64, record provider.Record, row tables.Row) (sound bool) {
	for r.reds != nil && r.redacted() < seq {
		r.orphan()
	}
	sound = true
	red := &provider.Redaction{Withheld: map[string]provider.Commitment{}, FieldKeys: map[string]provider.Key{}}
	if r.reds == nil || r.redacted() != seq {
		red = nil
	}
	for r.reds != nil && r.redacted() == seq {
		sound = r.redaction(record.RecordKind(), row, red) && sound
		r.nextRedaction()
	}
	record.RecordMeta().Redaction = red
	for _, f := range committedFields[record.RecordKind()] {
		withheld, keyed := false, false
		if red != nil {
			_, withheld = red.Withheld[f.Name]
			_, keyed = red.FieldKeys[f.Name]
		}
		switch in := f.in(row); {
		case f.always && !in && !withheld:
			r.v.add(sxAlways, Place{Record: &seq, Column: f.Name}, "NULL, and it is not withheld")
		case in && r.salted && !withheld && !keyed && f.Name != saltField:
			r.v.add(sxKeyMissing, Place{Record: &seq, Column: f.Name},
				"the salt of the run is withheld, and there is no key for this value, so the digest cannot be computed")
			sound = false
		}
	}
	return sound
}

// redactionForm checks a row of what is withheld by itself.
func (r *recordReader) redactionForm() bool {
	commitment, key := r.reds.values[tables.RedactionCommitment], r.reds.values[tables.RedactionKeyOf]
	size := len(key.Bytes) + len(commitment.Bytes)
	if (key.Kind == btree.Null) != (commitment.Kind == btree.Null) && size == len(provider.Key{}) {
		return true
	}
	r.v.add(sxRedactionForm, r.redactionPlace(),
		"a commitment of %d bytes and a key of %d, want one of them with %d",
		len(commitment.Bytes), len(key.Bytes), len(provider.Key{}))
	return false
}

// redaction checks the next row of what is withheld, which is about a record of a kind that stands in row, and adds it
// to red.
func (r *recordReader) redaction(kind provider.Kind, row tables.Row, red *provider.Redaction) (sound bool) {
	if !r.redactionForm() {
		return false
	}
	x, place := r.reds.values, r.redactionPlace()
	_, id := tables.RedactionRecord(r.reds.key)
	commitment, key := x[tables.RedactionCommitment], x[tables.RedactionKeyOf]
	fields := committedFields[kind]
	i := slices.IndexFunc(fields, func(f committedField) bool {
		return f.ID == id && f.Name == string(x[tables.RedactionField].Bytes) &&
			(key.Kind == btree.Null || f.Name != saltField)
	})
	if i < 0 {
		r.v.add(sxRedactedField, place,
			"a record of kind %v has no field %d of that name that can be withheld, or none with a key", kind, id)
		return false
	}
	f := &fields[i]
	switch in := f.in(row); {
	case key.Kind != btree.Null && !r.salted:
		r.v.add(sxKeyNeedless, place, "a key, but the salt of the run is not withheld")
	case key.Kind != btree.Null && !in:
		r.v.add(sxKeyNeedless, place, "a key for a value that is not there")
	case key.Kind != btree.Null:
		red.FieldKeys[f.Name] = provider.Key(key.Bytes)
	default:
		red.Withheld[f.Name] = provider.Commitment(commitment.Bytes)
		if in {
			r.v.add(sxWithheldValue, place, "withheld, but its value is there")
		}
		if r.saltKept && f.Name != saltField {
			r.v.add(sxSaltKept, place, "withheld, but the salt of the run is there, with which it can be guessed")
		}
	}
	return true
}
