package provider

import (
	"encoding/hex"
	"errors"
	"fmt"
)

// A Commitment stands for the value of a field: a SHA-256 over it that package digest defines. Who has the value can
// prove that it is the one; who has only the commitment learns nothing of a value that cannot be guessed.
type Commitment [32]byte

// String gives c in lower-case hexadecimal.
func (c Commitment) String() string { return hex.EncodeToString(c[:]) }

// A Key makes the commitments of a salted run unguessable; package digest says how keys come from the salt.
type Key [32]byte

// String gives k in lower-case hexadecimal.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// A Redaction says what a record of a published copy lacks, and holds what is needed to compute its hash all the same.
// It is shared between copies of a record and must not be modified.
type Redaction struct {
	// Withheld has the commitment of each field whose value was taken out, by its name in the line protocol.
	Withheld map[string]Commitment
	// FieldKeys are the keys of the committed values that are still there, the salt aside, if the salt of the run is
	// withheld.
	FieldKeys map[string]Key
}

// SaltSize is the length in bytes of a run's salt.
const SaltSize = 32

var (
	errWithheldValue = errors.New("withheld, but its value is there")
	errKeyOfNoField  = errors.New("a key for a field that is not there")
	errKeyOfSalt     = errors.New("the salt has no key")
	errKeyNeedless   = errors.New("a key, but the salt of the run is not withheld")
	errSaltOpens     = errors.New("withheld, but the salt of the run is there, and what it hides can be guessed with it")
)

// saltField is the one committed field that has no key.
const saltField = "salt"

// redaction checks what a record says of its withheld fields and keys. An empty redaction is dropped.
func (c *checker) redaction(r Record) {
	red := r.RecordMeta().Redaction
	if red == nil {
		return
	}
	if len(red.Withheld) == 0 && len(red.FieldKeys) == 0 {
		r.RecordMeta().Redaction = nil
		return
	}
	for _, f := range fields[c.record] { // not Committed, which would move c to the heap
		if !f.Committed {
			continue
		}
		if _, ok := red.Withheld[f.Name]; ok && !f.IsZero(r) {
			c.fail(f.Name, errWithheldValue)
		}
		switch _, ok := red.FieldKeys[f.Name]; {
		case !ok:
		case f.Name == saltField:
			c.fail("field_keys", errKeyOfSalt)
		case !f.In(r):
			c.fail(f.Name, errKeyOfNoField)
		}
	}
	if name, ok := foreign(c.record, red.Withheld); ok {
		c.fail("withheld", fmt.Errorf("%.80q cannot be withheld", name))
	}
	if name, ok := foreign(c.record, red.FieldKeys); ok {
		c.fail("field_keys", fmt.Errorf("%.80q has no key", name))
	}
}

// foreign gives the first of the names in m, in their order, that is none of a committed field of k; ok is false if all
// are.
func foreign[V any](k Kind, m map[string]V) (first string, ok bool) {
	for name := range m {
		if f, known := k.Field(name); (!known || !f.Committed) && (!ok || name < first) {
			first, ok = name, true
		}
	}
	return first, ok
}
