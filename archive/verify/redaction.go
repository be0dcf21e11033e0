package verify

import (
	"cmp"
	"slices"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/provider"
)

// nextRedaction goes to the next row of the table redaction.
func (r *recordReader) nextRedaction() {
	before, field := r.reds.key, string(r.reds.values[1].Bytes)
	first := r.reds.values[0].Kind == btree.Null
	if !r.reds.next() {
		r.reds = nil
		return
	}
	if x := r.reds.values; !first && cmp.Or(cmp.Compare(before, x[0].Int), cmp.Compare(field, string(x[1].Bytes))) >= 0 {
		r.v.add(sxKeyOrder, r.redactionPlace(), "the row does not stand behind those before it")
	}
}

func (r *recordReader) redactionPlace() Place {
	return Place{Table: sqlitefile.RedactionTable, Record: new(r.reds.key), Column: string(r.reds.values[1].Bytes)}
}

// orphan reports a row for which there is no record, and goes on.
func (r *recordReader) orphan() {
	if !r.v.lost {
		r.v.add(sxRedactedRecord, r.redactionPlace(), "there is no such record")
	}
	r.nextRedaction()
}

// redact gives a record what the table redaction has for it, and reports whether its leaf hash can be computed.
func (r *recordReader) redact(seq int64, record provider.Record) (sound bool) {
	for r.reds != nil && r.reds.key < seq {
		r.orphan()
	}
	var red *provider.Redaction
	sound = true
	for r.reds != nil && r.reds.key == seq {
		if red == nil {
			red = &provider.Redaction{Withheld: map[string]provider.Commitment{}, FieldKeys: map[string]provider.Key{}}
		}
		sound = r.redaction(record, red) && sound
		r.nextRedaction()
	}
	if s, ok := record.(*provider.Start); ok {
		if red != nil {
			_, r.salted = red.Withheld["salt"]
		}
		if r.salted && s.Salt != nil {
			r.salted = false
		}
	}
	held := heldFields(record, red)
	record.RecordMeta().Redaction = red
	r.needless(seq, red, held)
	if !r.salted || red != nil && red.Key != nil {
		return sound
	}
	for _, field := range held {
		if red == nil || !hasKey(red, field) {
			r.v.add(sxKeyMissing, Place{Record: &seq, Column: field}, "the salt of the run is withheld, and there is no key for this value, so the digest cannot be computed")
			sound = false
		}
	}
	return sound
}

func hasKey(red *provider.Redaction, field string) bool {
	_, ok := red.FieldKeys[field]
	return ok
}

// heldFields gives the committed fields, the salt aside, of which a record has a value that is not withheld.
func heldFields(record provider.Record, red *provider.Redaction) (held []string) {
	for f := range record.RecordKind().Committed() {
		if f.Name == "salt" || !f.In(record) {
			continue
		}
		if red != nil {
			if _, withheld := red.Withheld[f.Name]; withheld {
				continue
			}
		}
		held = append(held, f.Name)
	}
	return held
}

// redaction checks one row and adds it to red.
func (r *recordReader) redaction(record provider.Record, red *provider.Redaction) (sound bool) {
	x := r.reds.values
	place := r.redactionPlace()
	name, commitment, key := string(x[1].Bytes), x[2], x[3]
	isKey := key.Kind != btree.Null
	if isKey == (commitment.Kind != btree.Null) || isKey && len(key.Bytes) != 32 || !isKey && len(commitment.Bytes) != 32 || name == "" && !isKey {
		r.v.add(sxRedactionForm, place, "a commitment of %d bytes and a key of %d, want one of them with 32", len(commitment.Bytes), len(key.Bytes))
		return false
	}
	field, known := record.RecordKind().Field(name)
	if name != "" && !(known && field.Committed) || isKey && name == "salt" {
		var names []string
		for f := range record.RecordKind().Committed() {
			names = append(names, f.Name)
		}
		r.v.add(sxRedactedField, place, "a record of kind %v has no such field, want one of %q", record.RecordKind(), names)
		return true // and so it does not count in its hash
	}
	switch {
	case isKey && name == "":
		red.Key = new(provider.Key(key.Bytes))
	case isKey:
		red.FieldKeys[name] = provider.Key(key.Bytes)
	default:
		red.Withheld[name] = provider.Commitment(commitment.Bytes)
		if !field.IsZero(record) {
			r.v.add(sxWithheldValue, place, "withheld, but its value is there")
		}
	}
	return true
}

// needless reports keys that no hash is computed with: nobody could tell if they were changed.
func (r *recordReader) needless(seq int64, red *provider.Redaction, held []string) {
	if red == nil || red.Key == nil && len(red.FieldKeys) == 0 {
		return
	}
	place := Place{Table: sqlitefile.RedactionTable, Record: &seq}
	if !r.salted {
		r.v.add(sxKeyNeedless, place, "a key, but the salt of the run is not withheld")
		return
	}
	withheld := len(red.Withheld)
	if _, ok := red.Withheld["salt"]; ok {
		withheld--
	}
	switch {
	case red.Key != nil && len(red.FieldKeys) > 0:
		r.v.add(sxKeyNeedless, place, "the key of the record and those of its fields")
	case red.Key != nil && withheld > 0:
		r.v.add(sxKeyNeedless, place, "the key of the record, which would open what is withheld from it")
	case red.Key != nil && len(held) == 0:
		r.v.add(sxKeyNeedless, place, "the key of a record that has no committed value")
	}
	for field := range red.FieldKeys {
		if !slices.Contains(held, field) {
			place.Column = field
			r.v.add(sxKeyNeedless, place, "a key for a value that is not there")
		}
	}
}
