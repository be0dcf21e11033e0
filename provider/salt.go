package provider

import "maps"

// A SaltRule checks what only a whole run shows of its redaction: whoever withholds anything of a run with a salt
// withholds the salt too, since it opens what can be guessed; a copy without the salt has the key of each committed
// value that it holds; and nothing else has a key, since one that no hash depends on could be changed unseen. Sinks
// that keep records embed it by value and ask it about each record, in their order. The zero value is a run that has
// not begun, of which nothing is known.
type SaltRule struct{ salt saltState }

type saltState uint8

const (
	saltUnknown saltState = iota
	saltNone
	saltThere
	saltWithheld
)

// Check checks a record that has passed its Validate. The error wraps [ErrInvalid], and [ErrKey] if a key is missing.
func (s *SaltRule) Check(r Record) error {
	s.begin(r)
	red := r.RecordMeta().Redaction
	if s.salt == saltUnknown || red == nil && s.salt != saltWithheld {
		return nil
	}
	c := checker{record: r.RecordKind()}
	for _, f := range c.record.fields() {
		if !f.Committed {
			continue
		}
		hasKey, withheld := false, false
		if red != nil {
			_, hasKey = red.FieldKeys[f.Name]
			_, withheld = red.Withheld[f.Name]
		}
		switch {
		case s.salt == saltThere && withheld:
			c.fail(f.Name, errSaltOpens)
		case s.salt != saltWithheld && hasKey:
			c.fail(f.Name, errKeyNeedless)
		case s.salt == saltWithheld && !hasKey && f.In(r):
			c.fail(f.Name, ErrKey)
		}
	}
	return c.err
}

// Fit gives a record that has passed its Validate the keys that it must have, and takes those that it may not have: one
// that is missing is zero. It is for runs that are not what they were, such as what was brought out of a damaged file:
// the hash of a record that lacked a key becomes another one. Fit takes the place of Check and is asked in the same
// order.
func (s *SaltRule) Fit(r Record) {
	s.begin(r)
	var red Redaction
	if old := r.RecordMeta().Redaction; old != nil {
		red = *old
	}
	keys := map[string]Key{}
	for f := range r.RecordKind().Committed() {
		if s.salt == saltWithheld && f.Name != saltField && f.In(r) {
			keys[f.Name] = red.FieldKeys[f.Name]
		}
	}
	if !maps.Equal(keys, red.FieldKeys) {
		r.RecordMeta().Redaction = &Redaction{Withheld: red.Withheld, FieldKeys: keys}
	}
}

// begin notes what becomes of the salt if r is the start of a run.
func (s *SaltRule) begin(r Record) {
	start, ok := r.(*Start)
	if !ok {
		return
	}
	s.salt = saltNone
	if _, withheld := start.Withheld(saltField); withheld {
		s.salt = saltWithheld
	} else if start.Salt != nil {
		s.salt = saltThere
	}
}
