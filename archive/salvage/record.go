package salvage

import (
	"errors"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// kinds are the kinds of record that have a table.
var kinds = map[string]provider.Kind{
	tables.TableEvent: provider.KindEvent, tables.TableInteraction: provider.KindInteraction,
	tables.TableIteration: provider.KindIteration, tables.TableNote: provider.KindNote,
	tables.TableAttachment: provider.KindAttachment,
}

// note takes down what a row is.
func (s *Survey) note(table string, row tables.Row, at place) {
	key, current := row[0].Int, !at.old
	switch table {
	case tables.TableRedaction:
		if seq, _ := tables.RedactionRecord(key); current {
			red := s.reds[seq]
			if red == nil {
				red = &provider.Redaction{}
				s.reds[seq] = red
			}
			// A bad one changes the record's hash.
			_ = tables.RedactionRow{
				Name: string(row[tables.RedactionField].Bytes), Commitment: row[tables.RedactionCommitment].Bytes,
				Key: row[tables.RedactionKeyOf].Bytes,
			}.AddTo(red)
		}
	case tables.TableEventType:
		if _, ok := s.types[key]; !ok || current {
			s.types[key] = string(row[tables.EventTypeName].Bytes)
		}
	case tables.TableSection:
		if _, ok := s.sections[key]; !ok || current {
			s.sections[key] = at
		}
	case tables.TableLeafBlock:
		root, leaves := row[tables.LeafBlockRoot].Bytes, row[tables.LeafBlockLeaves].Bytes
		sized := len(root) == len(digest.Hash{}) && len(leaves)%tables.LeafPrefix == 0
		if _, ok := s.blocks[key]; (!ok || current) && sized {
			s.blocks[key] = tables.LeafBlock{First: key, Root: digest.Hash(root), Leaves: leaves}
		}
	case tables.TableAnnotation:
		s.remarks.note(row, current)
	case tables.TableExperiment:
		s.noteExperiment(row, current)
	default:
		seq := key
		if table == tables.TableIteration {
			seq = row[tables.IterationSeq].Int // 0 if it was not recorded itself
		}
		if seq > 0 && seq < tables.MaxSeq {
			at.seq, at.kind = seq, kinds[table]
			s.found = append(s.found, at)
		}
	}
}

func (s *Survey) noteExperiment(row tables.Row, current bool) {
	start, result := tables.Experiment(row)
	if s.start == nil && start.Clone().Validate() == nil {
		s.start = start
	}
	if s.result == nil && result != nil && result.Clone().Validate() == nil {
		s.result = result
	}
	if seal, err := tables.SealOf(row); current && s.seal == nil && err == nil {
		s.seal = seal
	}
}

// rowAt reads a row that was found again.
func (s *Survey) rowAt(at place) (tables.Row, error) {
	page, err := s.pages.read(s.pages.image(at.image))
	if err != nil {
		return nil, err
	}
	_, row, err := s.pages.row(page, int(at.offset))
	return row, err
}

// always are the columns that are NULL only if their value is withheld, by the names of their fields.
var always = map[provider.Kind]map[string]int{
	provider.KindIteration: {
		"costs_per_agent": tables.IterationCosts, "accepted_changes": tables.IterationAcceptedChanges,
		"policies": tables.IterationPolicies,
	},
	provider.KindNote:       {"text": tables.NoteText},
	provider.KindAttachment: {"data": tables.AttachmentData},
}

// errAbsent means that a row holds less than its record.
var errAbsent = errors.New("a value is neither there nor withheld")

// record reads the record at a place and checks it. The doubt is empty if nothing is wrong with it. What it is made
// with that may not be its own is in the guesses.
func (s *Survey) record(at place) (r provider.Record, doubt string, err error) {
	s.guesses.taken = s.guesses.taken[:0]
	row, err := s.rowAt(at)
	if err != nil {
		return nil, "", err
	}
	red := s.reds[at.seq]
	for field, column := range always[at.kind] {
		if _, withheld := (&provider.Meta{Redaction: red}).Withheld(field); !withheld && row[column].Kind == btree.Null {
			return nil, "", errAbsent
		}
	}
	switch at.kind {
	case provider.KindEvent:
		e := &provider.Event{Timestamp: string(row[tables.EventTimestamp].Bytes)}
		var name string
		if name, doubt, err = s.typeName(at, row[tables.EventTypeOf].Int); err == nil {
			err = tables.Event(row, e, name)
		}
		r = e
	case provider.KindInteraction:
		r, doubt, err = s.interaction(at, row)
	case provider.KindIteration:
		r, err = tables.Iteration(row)
	case provider.KindNote:
		r = tables.Note(row)
	case provider.KindAttachment:
		r = tables.Attachment(row)
	}
	if err != nil {
		return nil, "", err
	}
	r.RecordMeta().Redaction = red
	if err := r.Validate(); err != nil {
		return nil, "", err
	}
	r.RecordMeta().Seq = at.seq
	return r, doubt, nil
}

// guess gives the row that a record may mean by a key of a table. There is none for a record whose hash says that it is
// another one.
func (s *Survey) guess(of place, key int64, table string) (place, bool) {
	if of.plain {
		return place{}, false
	}
	return s.guesses.take(key, table)
}

// typeName gives the name of the type of the event at a place, and what is to be said of it. The error is errBudget.
func (s *Survey) typeName(at place, id int64) (name, doubt string, err error) {
	if name, ok := s.types[id]; ok {
		return name, "", nil
	}
	if g, ok := s.guess(at, id, tables.TableEventType); ok {
		row, err := s.rowAt(g)
		if errors.Is(err, errBudget) {
			return "", "", err
		} else if err == nil {
			name = string(row[tables.EventTypeName].Bytes)
			return name, fmt.Sprintf("record %d: whether its event type is %.80q is not certain", at.seq, name), nil
		}
	}
	name = fmt.Sprintf("lost name %d", id)
	return name, fmt.Sprintf("record %d: the name of its event type is lost; it is called %q", at.seq, name), nil
}

func (s *Survey) interaction(at place, row tables.Row) (r provider.Record, doubt string, err error) {
	i, prompts, err := tables.Interaction(row)
	if err != nil {
		return nil, "", err
	}
	var lost []string
	if i.SystemPrompt, err = s.prompt(at, prompts.System, "system prompt", &lost); err != nil {
		return nil, "", err
	}
	if i.UserPrompt, err = s.prompt(at, prompts.User, "user prompt", &lost); err != nil {
		return nil, "", err
	}
	if len(s.guesses.taken) > 0 {
		lost = append(lost, "whether all parts of its prompts are its own is not certain")
	}
	if len(lost) > 0 {
		doubt = fmt.Sprintf("record %d: %s", at.seq, strings.Join(lost, ", "))
	}
	return i, doubt, nil
}

// prompt joins the sections that a list names. What is lost of it is added to lost; the error is errBudget.
func (s *Survey) prompt(of place, list btree.Value, what string, lost *[]string) (*string, error) {
	if list.Kind != btree.Text {
		return nil, nil
	}
	ids, err := tables.ParseSectionList(string(list.Bytes))
	if err != nil {
		*lost = append(*lost, fmt.Sprintf("its %s is lost: %v", what, err))
		return nil, nil
	}
	length := 0
	var parts []string
	for _, id := range ids {
		body, err := s.section(of, id)
		if errors.Is(err, errBudget) {
			return nil, err
		}
		if length > provider.MaxText || len(*lost) > 1000 {
			*lost = []string{fmt.Sprintf("its %s is lost", what)}
			return nil, nil
		}
		if err != nil {
			*lost = append(*lost, fmt.Sprintf("its %s lacks a part at byte %d", what, length))
			continue
		}
		length += len(body)
		parts = append(parts, body)
	}
	return new(strings.Join(parts, "")), nil
}

// section gives the text of a section for the prompt of a record. Its row was paid for when it was found, however many
// prompts name it; all prompts together have a bound of their own.
func (s *Survey) section(of place, id int64) (string, error) {
	body, ok := s.bodies[id]
	if !ok {
		at, found := s.sections[id]
		if !found {
			var guessed bool
			if at, guessed = s.guess(of, id, tables.TableSection); !guessed {
				return "", errCell
			}
		}
		left := s.pages.budget
		s.pages.budget = maxRow
		row, err := s.rowAt(at)
		s.pages.budget = left
		if err != nil {
			return "", err
		}
		body = string(row[tables.SectionBody].Bytes)
		if found { // or it may turn out to be another
			if s.bodySize += len(body); s.bodySize > tables.MaxSectionCache {
				clear(s.bodies)
				s.bodySize = len(body)
			}
			s.bodies[id] = body
		}
	}
	if s.prompts -= int64(max(len(body), 1)); s.prompts < 0 {
		return "", errBudget
	}
	return body, nil
}
