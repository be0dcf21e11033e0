package tables

import (
	"errors"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/archive/internal/btree"
)

// The tables of an archive. Their names sort behind those of the views, which are what people look for.
const (
	TableExperiment  = "z_experiment"
	TableIteration   = "z_iteration"
	TableEventType   = "z_event_type"
	TableEvent       = "z_event"
	TableSection     = "z_section"
	TableInteraction = "z_llm_interaction"
	TableNote        = "z_note"
	TableAttachment  = "z_attachment"
	TableRedaction   = "z_redaction"
	TableAnnotation  = "z_annotation"
	TableLeafBlock   = "z_leaf_block"
)

// Columns of z_experiment.
const (
	ExperimentID = iota
	ExperimentRunID
	ExperimentName
	ExperimentType
	ExperimentCreatedAt
	ExperimentStatus // this and the next four are the result's
	ExperimentCompletedAt
	ExperimentConverged
	ExperimentFinalCost
	ExperimentBestCost
	ExperimentDigest // this and the next six are the seal
	ExperimentRecords
	ExperimentEvents
	ExperimentInteractions
	ExperimentIterations
	ExperimentNotes
	ExperimentAttachments
	ExperimentSalt
	ExperimentConvergenceReason // the result's
	ExperimentConfig
)

// Columns of z_iteration.
const (
	IterationNumber = iota
	IterationFirstSeq
	IterationLastSeq
	IterationEvents
	IterationInteractions
	IterationBytes
	IterationSeq // NULL if the iteration itself was not recorded, and then so is the rest
	IterationTimestamp
	IterationCosts
	IterationAcceptedChanges
	IterationPolicies
)

// Columns of z_event_type.
const (
	EventTypeID = iota
	EventTypeName
)

// Columns of z_event.
const (
	EventSeq = iota
	EventIteration
	EventTypeOf // a key of z_event_type
	EventTimestamp
	EventData
)

// Columns of z_section.
const (
	SectionID = iota
	SectionBody
)

// Columns of z_llm_interaction.
const (
	InteractionSeq = iota
	InteractionIteration
	InteractionAgentID
	InteractionModel
	InteractionPromptTokens
	InteractionCompletionTokens
	InteractionLatency
	InteractionTimestamp
	InteractionSystemPrompt // a list of sections
	InteractionUserPrompt   // likewise
	InteractionResponse
	InteractionParsedPolicy
	InteractionParsingError
	InteractionExtra
)

// Columns of z_note.
const (
	NoteSeq = iota
	NoteKind
	NoteSubject
	NoteText
)

// Columns of z_attachment.
const (
	AttachmentSeq = iota
	AttachmentName
	AttachmentMediaType
	AttachmentData
)

// Columns of z_redaction.
const (
	RedactionID = iota // see [RedactionKey]
	RedactionField
	RedactionCommitment
	RedactionKeyOf // the key of a value that is not withheld
)

// Columns of z_annotation.
const (
	AnnotationID = iota
	AnnotationKind
	AnnotationName
	AnnotationText
	AnnotationSHA256
)

// Columns of z_leaf_block.
const (
	LeafBlockFirstSeq = iota
	LeafBlockRoot
	LeafBlockLeaves
)

// A Column of a table as its schema declares it.
type Column struct {
	Name     string
	Kind     btree.Type
	Nullable bool
}

// errType means that a value has not the type of its column.
var errType = errors.New("wrong type")

// Check reports that a value has not the type of the column as [errType]. A whole number where a real belongs, which
// SQLite stores as an integer, becomes a real. That a text is UTF-8 is not checked.
func (c *Column) Check(x *btree.Value) error {
	if x.Kind == btree.Integer && c.Kind == btree.Real {
		x.Kind, x.Float = btree.Real, float64(x.Int)
	}
	if x.Kind == c.Kind || x.Kind == btree.Null && c.Nullable {
		return nil
	}
	return fmt.Errorf("%s: %w: %v, want %v", c.Name, errType, x.Kind, c.Kind)
}

// Columns are the columns of each table; the first is the primary key.
var Columns = map[string][]Column{
	TableExperiment: columnList("id i", "run_id t", "experiment_name t", "experiment_type t", "created_at t?", "status t?",
		"completed_at t?", "converged i?", "final_cost i?", "best_cost i?", "digest b?", "records i?", "events i?",
		"interactions i?", "iterations i?", "notes i?", "attachments i?", "salt b?", "convergence_reason t?", "config t?"),
	TableIteration: columnList("number i", "first_seq i", "last_seq i", "events i", "interactions i", "bytes i", "seq i?",
		"timestamp t?", "costs_per_agent t?", "accepted_changes t?", "policies t?"),
	TableEventType: columnList("id i", "name t"),
	TableEvent:     columnList("seq i", "iteration i", "type i", "timestamp t?", "data t?"),
	TableSection:   columnList("id i", "body t"),
	TableInteraction: columnList("seq i", "iteration i", "agent_id t?", "model t?", "prompt_tokens i?",
		"completion_tokens i?",
		"latency_seconds r?", "timestamp t?", "system_prompt t?", "user_prompt t?", "response t?", "parsed_policy t?",
		"parsing_error t?", "extra t?"),
	TableNote:       columnList("seq i", "kind t", "subject t?", "text t?"),
	TableAttachment: columnList("seq i", "name t", "media_type t?", "data b?"),
	TableRedaction:  columnList("id i", "field t", "commitment b?", "key b?"),
	TableAnnotation: columnList("id i", "kind t", "name t?", "text t", "sha256 b"),
	TableLeafBlock:  columnList("first_seq i", "root b", "leaves b"),
}

func columnList(list ...string) (all []Column) {
	kinds := map[byte]btree.Type{'i': btree.Integer, 'r': btree.Real, 't': btree.Text, 'b': btree.Blob}
	for _, c := range list {
		name, kind, _ := strings.Cut(c, " ")
		all = append(all, Column{name, kinds[kind[0]], strings.HasSuffix(kind, "?")})
	}
	return all
}

// MaxEventTypes is how many rows the table of event types may have. It bounds what a stranger's table can ask for.
const MaxEventTypes = 1 << 16
