package provider

// A SaltRule checks what only a whole run shows of its redaction: whoever withholds anything of a run with a salt withholds
// the salt too, since it opens what can be guessed; a copy without the salt has the key of each committed value that it holds;
// and nothing else has a key, since one that no hash depends on could be changed unseen. Sinks that keep records embed it by
// value and ask it about each record, in their order. The zero value is a run that has not begun, of which nothing is known.
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
	red := r.RecordMeta().Redaction
	if start, ok := r.(*Start); ok {
		s.salt = saltNone
		if _, withheld := start.Withheld(saltField); withheld {
			s.salt = saltWithheld
		} else if start.Salt != nil {
			s.salt = saltThere
		}
	}
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
