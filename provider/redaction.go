package provider

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

// A Commitment stands for the value of a field: a SHA-256 over it that package digest defines. Who has the value can prove
// that it is the one; who has only the commitment learns nothing of a value that cannot be guessed.
type Commitment [32]byte

// String gives c in lower-case hexadecimal.
func (c Commitment) String() string { return hex.EncodeToString(c[:]) }

// A Key makes the commitments of a salted run unguessable; package digest says how keys come from the salt.
type Key [32]byte

// String gives k in lower-case hexadecimal.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// A Redaction says what a record of a published copy lacks, and holds what is needed to compute its hash all the same. It is
// shared between copies of a record and must not be modified.
type Redaction struct {
	// Withheld has the commitment of each field whose value was taken out, by its name in the line protocol.
	Withheld map[string]Commitment
	// Key is the record's key in a salted run whose salt is withheld, if no field of the record is.
	Key *Key
	// FieldKeys are the keys of those committed fields that are still there, if others of the record are withheld.
	FieldKeys map[string]Key
}

// SaltSize is the length in bytes of a run's salt.
const SaltSize = 32

// committed are the fields of each kind of record that its hash covers only by a commitment, so that they can be withheld.
var committed = map[Kind][]string{
	KindStart:       {"config", "salt"},
	KindEvent:       {"event_data"},
	KindInteraction: {"system_prompt", "user_prompt", "response", "parsed_policy", "parsing_error", "extra"},
	KindIteration:   {"costs_per_agent", "accepted_changes", "policies"},
	KindNote:        {"text"},
	KindAttachment:  {"data"},
	KindResult:      {"convergence_reason"},
}

// CommittedFields gives the names of the fields of a kind of record that can be withheld.
func CommittedFields(k Kind) []string { return slices.Clone(committed[k]) }

// RedactionOf gives the redaction of r, nil if it has none.
func RedactionOf(r Record) *Redaction {
	switch r := r.(type) {
	case *Start:
		return r.Redaction
	case *Event:
		return r.Redaction
	case *Interaction:
		return r.Redaction
	case *Iteration:
		return r.Redaction
	case *Note:
		return r.Redaction
	case *Attachment:
		return r.Redaction
	case *Result:
		return r.Redaction
	}
	return nil
}

// SetRedaction gives r another redaction.
func SetRedaction(r Record, red *Redaction) {
	switch r := r.(type) {
	case *Start:
		r.Redaction = red
	case *Event:
		r.Redaction = red
	case *Interaction:
		r.Redaction = red
	case *Iteration:
		r.Redaction = red
	case *Note:
		r.Redaction = red
	case *Attachment:
		r.Redaction = red
	case *Result:
		r.Redaction = red
	}
}

// WithheldFrom gives the commitment of a field of r that was withheld, and false for one that was not.
func WithheldFrom(r Record, field string) (Commitment, bool) {
	red := RedactionOf(r)
	if red == nil {
		return Commitment{}, false
	}
	c, ok := red.Withheld[field]
	return c, ok
}

// HasField reports whether r holds a value of a committed field.
func HasField(r Record, field string) bool {
	if _, withheld := WithheldFrom(r, field); withheld {
		return false
	}
	switch r := r.(type) {
	case *Start:
		return field == "config" && r.Config != nil || field == "salt" && r.Salt != nil
	case *Event:
		return field == "event_data" && r.Data != nil
	case *Interaction:
		switch field {
		case "system_prompt":
			return r.SystemPrompt != nil
		case "user_prompt":
			return r.UserPrompt != nil
		case "response":
			return r.Response != nil
		case "parsed_policy":
			return r.ParsedPolicy != nil
		case "parsing_error":
			return r.ParsingError != nil
		case "extra":
			return r.Extra != nil
		}
	case *Iteration, *Note, *Attachment:
		return slices.Contains(committed[r.RecordKind()], field) // these are there even if empty
	case *Result:
		return field == "convergence_reason" && r.ConvergenceReason != nil
	}
	return false
}

// DropField takes the value of a committed field out of r. The caller sets the redaction.
func DropField(r Record, field string) {
	switch r := r.(type) {
	case *Start:
		if field == "config" {
			r.Config = nil
		} else if field == "salt" {
			r.Salt = nil
		}
	case *Event:
		r.Data = nil
	case *Interaction:
		switch field {
		case "system_prompt":
			r.SystemPrompt = nil
		case "user_prompt":
			r.UserPrompt = nil
		case "response":
			r.Response = nil
		case "parsed_policy":
			r.ParsedPolicy = nil
		case "parsing_error":
			r.ParsingError = nil
		case "extra":
			r.Extra = nil
		}
	case *Iteration:
		switch field {
		case "costs_per_agent":
			r.Costs = nil
		case "accepted_changes":
			r.AcceptedChanges = nil
		case "policies":
			r.Policies = nil
		}
	case *Note:
		r.Text = ""
	case *Attachment:
		r.Data = nil
	case *Result:
		r.ConvergenceReason = nil
	}
}

var errWithheldValue = errors.New("withheld, but its value is there")

// redaction checks what a record says of its withheld fields and keys. An empty redaction is dropped.
func (c *checker) redaction(r Record) {
	red := RedactionOf(r)
	if red == nil {
		return
	}
	if len(red.Withheld) == 0 && red.Key == nil && len(red.FieldKeys) == 0 {
		SetRedaction(r, nil)
		return
	}
	fields := committed[c.record]
	for _, field := range fields {
		if _, withheld := red.Withheld[field]; withheld && hasValue(r, field) {
			c.fail(field, errWithheldValue)
		}
		if _, keyed := red.FieldKeys[field]; keyed && !HasField(r, field) {
			c.fail(field, errors.New("a key for a field that is not there"))
		}
	}
	for field := range red.Withheld {
		if !slices.Contains(fields, field) {
			c.fail("withheld", fmt.Errorf("%.80q cannot be withheld", field))
		}
	}
	for field := range red.FieldKeys {
		if !slices.Contains(fields, field) {
			c.fail("field_keys", fmt.Errorf("%.80q has no key", field))
		}
	}
	keyed := len(red.Withheld) // the salt itself has no key
	if _, ok := red.Withheld["salt"]; ok {
		keyed--
	}
	if red.Key != nil && (len(red.FieldKeys) > 0 || keyed > 0) {
		c.fail("key", errors.New("the record's key would open what is withheld from it"))
	}
}

// hasValue is HasField for a field that is marked as withheld: it looks at the value alone.
func hasValue(r Record, field string) bool {
	switch r := r.(type) {
	case *Iteration:
		return field == "costs_per_agent" && len(r.Costs) > 0 || field == "accepted_changes" && len(r.AcceptedChanges) > 0 ||
			field == "policies" && len(r.Policies) > 0
	case *Note:
		return r.Text != ""
	case *Attachment:
		return len(r.Data) > 0
	}
	bare := Clone(r)
	SetRedaction(bare, nil)
	return HasField(bare, field)
}
