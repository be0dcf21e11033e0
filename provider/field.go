package provider

import (
	"bytes"
	"encoding/json"
	"iter"
	"maps"
)

// A Field describes one field of a kind of record. What goes through records field by field (their hash, redaction,
// proofs, the line protocol) takes the fields from [Kind.Fields], so that they are told in one place.
type Field struct {
	ID        byte   // in what the hash of a record covers, see package digest; never changed
	Name      string // in the line protocol
	Committed bool   // the hash covers only a commitment to the value, so that it can be withheld from a copy of the run

	always bool             // there even if empty
	addr   func(Record) any // nil for a record of another kind
}

// fields has those of each kind of record in ascending order of their ids, which are part of the archive format. A
// field that is added gets an id behind the others.
var fields = [...][]Field{
	KindStart: {
		required(1, "run_id", func(s *Start) any { return &s.RunID }),
		required(2, "experiment_name", func(s *Start) any { return &s.Name }),
		required(3, "experiment_type", func(s *Start) any { return &s.Type }),
		optional(4, "created_at", func(s *Start) any { return &s.CreatedAt }),
		committed(5, "config", func(s *Start) any { return (*[]byte)(&s.Config) }),
		committed(6, "salt", func(s *Start) any { return &s.Salt }),
	},
	KindEvent: {
		required(1, "iteration", func(e *Event) any { return &e.Iteration }),
		required(2, "event_type", func(e *Event) any { return &e.Type }),
		optional(3, "timestamp", func(e *Event) any { return &e.Timestamp }),
		committed(4, "event_data", func(e *Event) any { return (*[]byte)(&e.Data) }),
	},
	KindInteraction: {
		required(1, "iteration", func(i *Interaction) any { return &i.Iteration }),
		optional(2, "agent_id", func(i *Interaction) any { return &i.AgentID }),
		optional(3, "model", func(i *Interaction) any { return &i.Model }),
		optional(4, "timestamp", func(i *Interaction) any { return &i.Timestamp }),
		optional(5, "prompt_tokens", func(i *Interaction) any { return &i.PromptTokens }),
		optional(6, "completion_tokens", func(i *Interaction) any { return &i.CompletionTokens }),
		optional(7, "latency_seconds", func(i *Interaction) any { return &i.LatencySeconds }),
		committed(8, "system_prompt", func(i *Interaction) any { return &i.SystemPrompt }),
		committed(9, "user_prompt", func(i *Interaction) any { return &i.UserPrompt }),
		committed(10, "response", func(i *Interaction) any { return &i.Response }),
		committed(11, "parsed_policy", func(i *Interaction) any { return (*[]byte)(&i.ParsedPolicy) }),
		committed(12, "parsing_error", func(i *Interaction) any { return &i.ParsingError }),
		committed(13, "extra", func(i *Interaction) any { return (*[]byte)(&i.Extra) }),
	},
	KindIteration: {
		required(1, "iteration", func(i *Iteration) any { return &i.Number }),
		optional(2, "timestamp", func(i *Iteration) any { return &i.Timestamp }),
		content(3, "costs_per_agent", func(i *Iteration) any { return &i.Costs }),
		content(4, "accepted_changes", func(i *Iteration) any { return &i.AcceptedChanges }),
		content(5, "policies", func(i *Iteration) any { return &i.Policies }),
	},
	KindNote: {
		required(1, "kind", func(n *Note) any { return &n.Kind }),
		content(2, "text", func(n *Note) any { return &n.Text }),
		optional(3, "subject", func(n *Note) any { return &n.Subject }),
	},
	KindAttachment: {
		required(1, "name", func(a *Attachment) any { return &a.Name }),
		optional(2, "media_type", func(a *Attachment) any { return &a.MediaType }),
		content(3, "data", func(a *Attachment) any { return &a.Data }),
	},
	KindResult: {
		optional(1, "completed_at", func(r *Result) any { return &r.CompletedAt }),
		required(2, "status", func(r *Result) any { return (*string)(&r.Status) }),
		optional(3, "converged", func(r *Result) any { return &r.Converged }),
		optional(4, "final_cost", func(r *Result) any { return &r.FinalCost }),
		optional(5, "best_cost", func(r *Result) any { return &r.BestCost }),
		committed(6, "convergence_reason", func(r *Result) any { return &r.ConvergenceReason }),
	},
}

func optional[P Record](id byte, name string, addr func(P) any) Field {
	return Field{ID: id, Name: name, addr: func(r Record) any {
		if r, ok := r.(P); ok {
			return addr(r)
		}
		return nil
	}}
}

func required[P Record](id byte, name string, addr func(P) any) Field {
	f := optional(id, name, addr)
	f.always = true
	return f
}

func committed[P Record](id byte, name string, addr func(P) any) Field {
	f := optional(id, name, addr)
	f.Committed = true
	return f
}

// content is a committed field that a record is never without.
func content[P Record](id byte, name string, addr func(P) any) Field {
	f := required(id, name, addr)
	f.Committed = true
	return f
}

// Fields yields the fields of a kind of record in ascending order of their ids.
func (k Kind) Fields() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		for _, f := range k.fields() {
			if !yield(f) {
				return
			}
		}
	}
}

func (k Kind) fields() []Field {
	if int(k) < len(fields) {
		return fields[k]
	}
	return nil
}

// Committed yields those of [Kind.Fields] that can be withheld.
func (k Kind) Committed() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		for _, f := range k.fields() {
			if f.Committed && !yield(f) {
				return
			}
		}
	}
}

// Field gives the field of that name in the line protocol, and false if the kind has none.
func (k Kind) Field(name string) (Field, bool) {
	for _, f := range k.fields() {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// Addr gives the address of the field in r: a *int, *string, *[]byte, **string, **int64, **float64, **bool, **[Cents],
// *map[string]Cents, *map[string]bool or *map[string]json.RawMessage. It is nil if r is of another kind.
func (f Field) Addr(r Record) any {
	if f.addr == nil {
		return nil
	}
	return f.addr(r)
}

// In reports whether r has a value in the field that is not withheld. Some fields are always there, even if they are
// empty: those that are required, the maps of an [Iteration], the text of a [Note] and the data of an [Attachment].
func (f Field) In(r Record) bool {
	if f.Committed {
		if _, withheld := r.RecordMeta().Withheld(f.Name); withheld {
			return false
		}
	}
	if f.always {
		return f.Addr(r) != nil
	}
	return !f.IsZero(r)
}

// IsZero reports whether the field has nothing in it, whatever the redaction of r says. The value of a field that is
// not always there may be empty, such as a response of no text, which is not nothing.
func (f Field) IsZero(r Record) bool {
	switch p := f.Addr(r).(type) {
	case *int:
		return *p == 0
	case *string:
		return *p == ""
	case *[]byte:
		return *p == nil || f.always && len(*p) == 0
	case **string:
		return *p == nil
	case **int64:
		return *p == nil
	case **float64:
		return *p == nil
	case **bool:
		return *p == nil
	case **Cents:
		return *p == nil
	case *map[string]Cents:
		return len(*p) == 0
	case *map[string]bool:
		return len(*p) == 0
	case *map[string]json.RawMessage:
		return len(*p) == 0
	}
	return true
}

// Value gives the bytes of a committed field as its commitment covers them, which must not be modified. It is nil if
// the field is not in r, and never otherwise.
func (f Field) Value(r Record) []byte {
	if !f.Committed || !f.In(r) {
		return nil
	}
	switch p := f.Addr(r).(type) {
	case *string:
		return []byte(*p)
	case *[]byte:
		if *p == nil {
			return []byte{}
		}
		return *p
	case **string:
		return []byte(**p)
	case *map[string]Cents:
		return AppendCosts(nil, *p)
	case *map[string]bool:
		return AppendAcceptedChanges(nil, *p)
	case *map[string]json.RawMessage:
		return AppendPolicies(nil, *p)
	}
	return nil
}

// Drop takes the value of a committed field out of r. The caller sets the redaction.
func (f Field) Drop(r Record) {
	if !f.Committed {
		return
	}
	switch p := f.Addr(r).(type) {
	case *string:
		*p = ""
	case *[]byte:
		*p = nil
	case **string:
		*p = nil
	case *map[string]Cents:
		*p = nil
	case *map[string]bool:
		*p = nil
	case *map[string]json.RawMessage:
		*p = nil
	}
}

// own gives r, which was copied from another record, texts, values and maps of its own. None of its maps is nil then.
func own(r Record) Record {
	for f := range r.RecordKind().Fields() {
		switch p := f.Addr(r).(type) {
		case *[]byte:
			*p = bytes.Clone(*p)
		case **string:
			*p = copied(*p)
		case **int64:
			*p = copied(*p)
		case **float64:
			*p = copied(*p)
		case **bool:
			*p = copied(*p)
		case **Cents:
			*p = copied(*p)
		case *map[string]Cents:
			*p = copiedMap(*p)
		case *map[string]bool:
			*p = copiedMap(*p)
		case *map[string]json.RawMessage:
			*p = copiedMap(*p)
			for agent, policy := range *p {
				(*p)[agent] = bytes.Clone(policy)
			}
		}
	}
	return r
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}

func copiedMap[V any](m map[string]V) map[string]V {
	c := make(map[string]V, len(m))
	maps.Copy(c, m)
	return c
}
