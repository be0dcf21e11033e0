package providertest

import (
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// Redact gives a copy of a run, in the form in which it is kept, from which the committed fields are withheld that
// withhold picks, and the salt, which is always withheld. The copy has the digest of the run.
func Redact(records []provider.Record, withhold func(r provider.Record, field string) bool) []provider.Record {
	kept, err := Kept(records)
	if err != nil {
		panic("providertest: records are not valid: " + err.Error())
	}
	var leaf digest.Leaf
	var salt []byte // nil for a run without
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
			if f.In(r) && (f.Name == "salt" || withhold(r, f.Name)) {
				red.Withheld[f.Name] = commitments[f.Name]
				f.Drop(r)
			}
		}
		r.RecordMeta().Redaction = red
		if salt != nil {
			record := digest.RecordKey(salt, int64(seq))
			for f := range r.RecordKind().Committed() {
				if key, ok := digest.FieldKey(record, r.RecordKind(), f.Name); ok && f.In(r) {
					red.FieldKeys[f.Name] = key
				}
			}
		}
		if err := r.Validate(); err != nil { // which drops a redaction of nothing
			panic("providertest: a redacted record is not valid: " + err.Error())
		}
	}
	return kept
}
