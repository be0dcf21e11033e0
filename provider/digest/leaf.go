package digest

import (
	"crypto/sha256"
	"encoding/binary"
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
//	'c'  commitment  32 bytes: the SHA-256 of the byte 2, the kind, the id and the value's bytes
//
// What identifies a record stands in the entry itself; what it contains is there only as commitments, so that a value can
// be withheld from a copy of the run while the leaf hash can still be computed. The leaf hash is the SHA-256 of a
// zero byte and the entry (RFC 6962 section 2.1).
const (
	entryVersion = 1

	leafPrefix       = 0
	commitmentPrefix = 2

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
	startConfig // commitment
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

// A Leaf computes leaf hashes and reuses its buffers from one record to the next. The zero value is ready. It is not for
// several goroutines.
type Leaf struct {
	entry []byte // behind the leaf prefix
	value []byte // behind the prefix of a commitment
}

// Hash gives the leaf hash of r, which must have passed its Validate.
func (l *Leaf) Hash(r provider.Record) Hash {
	l.begin(r.RecordKind())
	switch r := r.(type) {
	case *provider.Start:
		l.text(startRunID, r.RunID)
		l.text(startName, r.Name)
		l.text(startType, r.Type)
		l.optionalText(startCreatedAt, r.CreatedAt)
		l.commitBytes(startConfig, r.Config)
	case *provider.Event:
		return l.HashEvent(r)
	case *provider.Interaction:
		l.interaction(r)
	case *provider.Iteration:
		l.integer(iterationNumber, int64(r.Number))
		l.optionalText(iterationTimestamp, r.Timestamp)
		l.commit(iterationCosts, provider.AppendCosts(l.commitmentTo(iterationCosts), r.Costs))
		l.commit(iterationAccepted, provider.AppendAcceptedChanges(l.commitmentTo(iterationAccepted), r.AcceptedChanges))
		l.commit(iterationPolicies, provider.AppendPolicies(l.commitmentTo(iterationPolicies), r.Policies))
	case *provider.Note:
		l.text(noteKind, r.Kind)
		l.commitText(noteText, &r.Text)
	case *provider.Attachment:
		l.text(attachmentName, r.Name)
		l.optionalText(attachmentMediaType, r.MediaType)
		l.commit(attachmentData, append(l.commitmentTo(attachmentData), r.Data...))
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
		l.commitText(resultReason, r.ConvergenceReason)
	}
	return sha256.Sum256(l.entry)
}

// HashEvent is [Leaf.Hash] for an event, of which a run has the most.
func (l *Leaf) HashEvent(e *provider.Event) Hash {
	l.begin(provider.KindEvent)
	l.integer(eventIteration, int64(e.Iteration))
	l.text(eventType, e.Type)
	l.optionalText(eventTimestamp, e.Timestamp)
	l.commitBytes(eventData, e.Data)
	return sha256.Sum256(l.entry)
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
	l.commitText(interactionSystemPrompt, r.SystemPrompt)
	l.commitText(interactionUserPrompt, r.UserPrompt)
	l.commitText(interactionResponse, r.Response)
	l.commitBytes(interactionParsedPolicy, r.ParsedPolicy)
	l.commitText(interactionParsingError, r.ParsingError)
	l.commitBytes(interactionExtra, r.Extra)
}

// begin starts the entry of a record, behind the leaf prefix.
func (l *Leaf) begin(k provider.Kind) {
	l.entry = append(l.entry[:0], leafPrefix, entryVersion, byte(k))
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

// commitBytes adds the commitment to value, unless it is nil.
func (l *Leaf) commitBytes(id byte, value []byte) {
	if value != nil {
		l.commit(id, append(l.commitmentTo(id), value...))
	}
}

// commitText adds the commitment to value, unless it is nil.
func (l *Leaf) commitText(id byte, value *string) {
	if value != nil {
		l.commit(id, append(l.commitmentTo(id), *value...))
	}
}

// commitmentTo gives the empty buffer of values with what a commitment covers before the value.
func (l *Leaf) commitmentTo(id byte) []byte {
	return append(l.value[:0], commitmentPrefix, l.entry[2], id)
}

func (l *Leaf) commit(id byte, covered []byte) {
	sum := sha256.Sum256(covered)
	l.entry = append(append(l.entry, id, formCommitment), sum[:]...)
	if l.value = covered; cap(covered) > 1<<20 { // do not hold on to what one huge value needed
		l.value = nil
	}
}
