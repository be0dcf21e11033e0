package digest

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/simexp/exparchive/provider"
)

// The entry of a record is what its leaf hash covers:
//
//	entry = version kind field*
//	field = id form body
//
// version, kind, id and form are one byte each; version is 1 and kind is the number of the record's kind. Fields come in
// ascending order of their id, and a field that is absent is left out. The forms are:
//
//	'i'  integer     8 bytes, big-endian, two's complement; a boolean is 0 or 1
//	'f'  number      8 bytes, big-endian, IEEE 754 binary64
//	't'  text        its length in bytes as 4 bytes, big-endian, then the bytes
//	'c'  commitment  32 bytes, see below
//
// What identifies a record stands in the entry itself; what it contains is there only as commitments, so that a value can
// be withheld from a copy of the run while the leaf hash can still be computed. The leaf hash is the SHA-256 of a
// zero byte and the entry (RFC 6962 section 2.1).
//
// The commitment to a value is the SHA-256 of the byte 2, the kind, the id and the value's bytes; in a run with a salt that
// of the byte 3, the kind, the id, the field's key and the value's bytes, except for the salt itself. Keys come from the
// salt by HMAC-SHA-256: the record's key is the HMAC under the salt of its Seq (8 bytes, big-endian), and the field's key
// the HMAC under the record's key of the id (1 byte). A copy from which values are withheld has no salt but the keys
// of what is still in it.
const (
	entryVersion = 1

	leafPrefix       = 0
	commitmentPrefix = 2
	keyedPrefix      = 3

	formInteger    = 'i'
	formNumber     = 'f'
	formText       = 't'
	formCommitment = 'c'
)

// Ids of the fields of each kind of record.
const (
	startRunID = iota + 1
	startName
	startType
	startCreatedAt
	startConfig // this and below: commitments
	startSalt
)

const (
	eventIteration = iota + 1
	eventType
	eventTimestamp
	eventData // commitment
)

const (
	interactionIteration = iota + 1
	interactionAgent
	interactionModel
	interactionTimestamp
	interactionPromptTokens
	interactionCompletionTokens
	interactionLatency
	interactionSystemPrompt // this and all below: commitments
	interactionUserPrompt
	interactionResponse
	interactionParsedPolicy
	interactionParsingError
	interactionExtra
)

const (
	iterationNumber = iota + 1
	iterationTimestamp
	iterationCosts // this and all below: commitments
	iterationAccepted
	iterationPolicies
)

const (
	noteKind = iota + 1
	noteText // commitment
)

const (
	attachmentName = iota + 1
	attachmentMediaType
	attachmentData // commitment
)

const (
	resultCompletedAt = iota + 1
	resultStatus
	resultConverged
	resultFinalCost
	resultBestCost
	resultReason // commitment
)

// committedIDs gives the ids of the fields that stand in an entry as commitments, by their names in the line protocol.
var committedIDs = map[provider.Kind]map[string]byte{
	provider.KindStart: {"config": startConfig, "salt": startSalt},
	provider.KindEvent: {"event_data": eventData},
	provider.KindInteraction: {"system_prompt": interactionSystemPrompt, "user_prompt": interactionUserPrompt, "response": interactionResponse,
		"parsed_policy": interactionParsedPolicy, "parsing_error": interactionParsingError, "extra": interactionExtra},
	provider.KindIteration:  {"costs_per_agent": iterationCosts, "accepted_changes": iterationAccepted, "policies": iterationPolicies},
	provider.KindNote:       {"text": noteText},
	provider.KindAttachment: {"data": attachmentData},
	provider.KindResult:     {"convergence_reason": resultReason},
}

// A Leaf computes the leaf hashes of a run, record by record from its Start on, and reuses its buffers. It keeps the
// run's salt and counts the records, since keys depend on both. The zero value is ready. It is not for several goroutines.
type Leaf struct {
	entry     []byte // behind the leaf prefix
	value     []byte // behind the prefix of a commitment
	redaction *provider.Redaction
	seq       int64 // of the record at hand
	next      int64
	salt      []byte
	salted    bool
	key       provider.Key // of the record at hand, if hasKey
	hasKey    bool
	err       error
}

// ErrKey means that a run has a salt that is withheld and a record lacks the key to compute its hash with.
var ErrKey = errors.New("the key of a salted record is missing")

// Err gives the first failure to compute a hash, which wraps [ErrKey]. The hashes since then are worthless.
func (l *Leaf) Err() error { return l.err }

// SkipTo says which record comes next; a run is otherwise expected from its Start to its end. The Start must have been
// hashed, unless the run has no salt.
func (l *Leaf) SkipTo(seq int64) { l.next = seq }

// Hash gives the leaf hash of r, which must have passed its Validate.
func (l *Leaf) Hash(r provider.Record) Hash {
	l.build(r)
	return sha256.Sum256(l.entry)
}

// Entry gives the entry of r, valid until the next call. r must have passed its Validate.
func (l *Leaf) Entry(r provider.Record) []byte {
	l.build(r)
	return l.entry[1:]
}

// HashEvent is [Leaf.Hash] for an event, of which a run has the most.
func (l *Leaf) HashEvent(e *provider.Event) Hash {
	l.event(e)
	return sha256.Sum256(l.entry)
}

func (l *Leaf) event(e *provider.Event) {
	l.begin(provider.KindEvent, e.Redaction)
	l.integer(eventIteration, int64(e.Iteration))
	l.text(eventType, e.Type)
	l.optionalText(eventTimestamp, e.Timestamp)
	l.commitBytes(eventData, "event_data", e.Data)
}

func (l *Leaf) build(r provider.Record) {
	if e, ok := r.(*provider.Event); ok {
		l.event(e)
		return
	}
	if s, ok := r.(*provider.Start); ok {
		_, withheld := provider.WithheldFrom(s, "salt")
		l.salt, l.salted, l.next = s.Salt, s.Salt != nil || withheld, 0
	}
	l.begin(r.RecordKind(), provider.RedactionOf(r))
	switch r := r.(type) {
	case *provider.Start:
		l.text(startRunID, r.RunID)
		l.text(startName, r.Name)
		l.text(startType, r.Type)
		l.optionalText(startCreatedAt, r.CreatedAt)
		l.commitBytes(startConfig, "config", r.Config)
		l.commitBytes(startSalt, "salt", r.Salt)
	case *provider.Interaction:
		l.interaction(r)
	case *provider.Iteration:
		l.integer(iterationNumber, int64(r.Number))
		l.optionalText(iterationTimestamp, r.Timestamp)
		l.commitFunc(iterationCosts, "costs_per_agent", func(b []byte) []byte { return provider.AppendCosts(b, r.Costs) })
		l.commitFunc(iterationAccepted, "accepted_changes", func(b []byte) []byte { return provider.AppendAcceptedChanges(b, r.AcceptedChanges) })
		l.commitFunc(iterationPolicies, "policies", func(b []byte) []byte { return provider.AppendPolicies(b, r.Policies) })
	case *provider.Note:
		l.text(noteKind, r.Kind)
		l.commitText(noteText, "text", &r.Text)
	case *provider.Attachment:
		l.text(attachmentName, r.Name)
		l.optionalText(attachmentMediaType, r.MediaType)
		data := r.Data
		if data == nil {
			data = []byte{} // an attachment is never without, however empty
		}
		l.commitBytes(attachmentData, "data", data)
	case *provider.Result:
		l.optionalText(resultCompletedAt, r.CompletedAt)
		l.text(resultStatus, string(r.Status))
		if r.Converged != nil {
			converged := int64(0)
			if *r.Converged {
				converged = 1
			}
			l.integer(resultConverged, converged)
		}
		if r.FinalCost != nil {
			l.integer(resultFinalCost, int64(*r.FinalCost))
		}
		if r.BestCost != nil {
			l.integer(resultBestCost, int64(*r.BestCost))
		}
		l.commitText(resultReason, "convergence_reason", r.ConvergenceReason)
	}
}

func (l *Leaf) interaction(r *provider.Interaction) {
	l.integer(interactionIteration, int64(r.Iteration))
	l.optionalText(interactionAgent, r.AgentID)
	if r.Model != nil {
		l.text(interactionModel, *r.Model)
	}
	l.optionalText(interactionTimestamp, r.Timestamp)
	if r.PromptTokens != nil {
		l.integer(interactionPromptTokens, *r.PromptTokens)
	}
	if r.CompletionTokens != nil {
		l.integer(interactionCompletionTokens, *r.CompletionTokens)
	}
	if r.LatencySeconds != nil {
		l.entry = append(l.entry, interactionLatency, formNumber)
		l.entry = binary.BigEndian.AppendUint64(l.entry, math.Float64bits(*r.LatencySeconds))
	}
	l.commitText(interactionSystemPrompt, "system_prompt", r.SystemPrompt)
	l.commitText(interactionUserPrompt, "user_prompt", r.UserPrompt)
	l.commitText(interactionResponse, "response", r.Response)
	l.commitBytes(interactionParsedPolicy, "parsed_policy", r.ParsedPolicy)
	l.commitText(interactionParsingError, "parsing_error", r.ParsingError)
	l.commitBytes(interactionExtra, "extra", r.Extra)
}

// begin starts the entry of a record, behind the leaf prefix.
func (l *Leaf) begin(k provider.Kind, red *provider.Redaction) {
	l.entry = append(l.entry[:0], leafPrefix, entryVersion, byte(k))
	l.redaction = red
	l.seq = l.next
	l.next++
	l.hasKey = false
}

func (l *Leaf) integer(id byte, n int64) {
	l.entry = binary.BigEndian.AppendUint64(append(l.entry, id, formInteger), uint64(n))
}

func (l *Leaf) text(id byte, s string) {
	l.entry = binary.BigEndian.AppendUint32(append(l.entry, id, formText), uint32(len(s)))
	l.entry = append(l.entry, s...)
}

func (l *Leaf) optionalText(id byte, s string) {
	if s != "" {
		l.text(id, s)
	}
}

// commitBytes adds the commitment to value, unless it is absent.
func (l *Leaf) commitBytes(id byte, name string, value []byte) {
	if l.withheld(id, name) || value == nil {
		return
	}
	if len(value) > longValue {
		commitLong(l, id, l.commitmentTo(id, name), value)
		return
	}
	l.commit(id, append(l.commitmentTo(id, name), value...))
}

// commitText adds the commitment to value, unless it is absent.
func (l *Leaf) commitText(id byte, name string, value *string) {
	if l.withheld(id, name) || value == nil {
		return
	}
	if len(*value) > longValue {
		commitLong(l, id, l.commitmentTo(id, name), *value)
		return
	}
	l.commit(id, append(l.commitmentTo(id, name), *value...))
}

// longValue is the length in bytes from which a value is hashed in pieces; a shorter one is copied behind what is
// hashed before it, which is faster.
const longValue = 1 << 16

// commitLong is commit for a long value, of which it makes no copy.
func commitLong[T []byte | string](l *Leaf, id byte, before []byte, value T) {
	h := sha256.New()
	h.Write(before)
	for len(value) > 0 {
		n := min(len(value), longValue)
		l.value = append(l.value[:0], value[:n]...)
		h.Write(l.value)
		value = value[n:]
	}
	l.entry = h.Sum(append(l.entry, id, formCommitment))
}

// commitFunc adds the commitment to the value that appendTo appends; such a field is never absent.
func (l *Leaf) commitFunc(id byte, name string, appendTo func([]byte) []byte) {
	if !l.withheld(id, name) {
		l.commit(id, appendTo(l.commitmentTo(id, name)))
	}
}

// withheld adds the commitment that stands in for a value that was taken out, if it was.
func (l *Leaf) withheld(id byte, name string) bool {
	if l.redaction == nil {
		return false
	}
	c, ok := l.redaction.Withheld[name]
	if ok {
		l.entry = append(append(l.entry, id, formCommitment), c[:]...)
	}
	return ok
}

// commitmentTo gives the empty buffer of values with what a commitment covers before the value.
func (l *Leaf) commitmentTo(id byte, name string) []byte {
	if !l.salted || name == "salt" {
		return append(l.value[:0], commitmentPrefix, l.entry[2], id)
	}
	key := l.fieldKey(id, name)
	return append(append(l.value[:0], keyedPrefix, l.entry[2], id), key[:]...)
}

func (l *Leaf) commit(id byte, covered []byte) {
	sum := sha256.Sum256(covered)
	l.entry = append(append(l.entry, id, formCommitment), sum[:]...)
	if l.value = covered; cap(covered) > 1<<20 { // do not hold on to what one huge value needed
		l.value = nil
	}
}

// fieldKey gives the key of a field of the record at hand.
func (l *Leaf) fieldKey(id byte, name string) provider.Key {
	if l.redaction != nil {
		if key, ok := l.redaction.FieldKeys[name]; ok {
			return key
		}
	}
	if !l.hasKey {
		switch {
		case l.redaction != nil && l.redaction.Key != nil:
			l.key = *l.redaction.Key
		case l.salt != nil:
			l.key = RecordKey(l.salt, l.seq)
		default:
			if l.err == nil {
				l.err = fmt.Errorf("record %d: %s: %w", l.seq, name, ErrKey)
			}
			return provider.Key{}
		}
		l.hasKey = true
	}
	return deriveKey(l.key[:], []byte{id})
}
