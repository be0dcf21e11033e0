package providertest

import (
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// Redact gives a copy of a run, in the form in which it is kept, from which the committed fields are withheld that withhold
// picks. The copy has the digest of the run. The salt of a salted run has to be among them if anything is withheld and is
// to stay unguessable.
func Redact(records []provider.Record, withhold func(r provider.Record, field string) bool) []provider.Record {
	kept, err := Kept(records)
	if err != nil {
		panic("providertest: records are not valid: " + err.Error())
	}
	var leaf digest.Leaf
	var salt []byte
	saltWithheld := false
	for seq, r := range kept {
		commitments, err := digest.Commitments(leaf.Entry(r))
		if err != nil {
			panic("providertest: " + err.Error())
		}
		if s, ok := r.(*provider.Start); ok {
			salt = s.Salt
		}
		red := &provider.Redaction{Withheld: map[string]provider.Commitment{}, FieldKeys: map[string]provider.Key{}}
		for f := range r.RecordKind().Committed() {
			if f.In(r) && withhold(r, f.Name) {
				red.Withheld[f.Name] = commitments[f.Name]
				f.Drop(r)
			}
		}
		others := len(red.Withheld)
		if _, ok := red.Withheld["salt"]; ok {
			saltWithheld = true
			others--
		}
		r.RecordMeta().Redaction = red
		if saltWithheld {
			key := digest.RecordKey(salt, int64(seq))
			for f := range r.RecordKind().Committed() {
				if fieldKey, ok := digest.FieldKey(key, r.RecordKind(), f.Name); ok && f.In(r) {
					red.FieldKeys[f.Name] = fieldKey
				}
			}
			if others == 0 && len(red.FieldKeys) > 0 { // one key for all of them
				red.Key, red.FieldKeys = &key, nil
			}
		}
		if err := r.Validate(); err != nil { // which drops a redaction of nothing
			panic("providertest: a redacted record is not valid: " + err.Error())
		}
	}
	return kept
}
