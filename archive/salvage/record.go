package salvage

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// kinds are the kinds of record that have a table.
var kinds = map[string]provider.Kind{
	"event": provider.KindEvent, "llm_interaction": provider.KindInteraction, "iteration": provider.KindIteration,
	"note": provider.KindNote, "attachment": provider.KindAttachment,
}

// note takes down what a row is.
func (s *Survey) note(table string, row tables.Row, at place) {
	key, current := row[0].Int, !at.old
	switch table {
	case sqlitefile.RedactionTable:
		if current {
			red := s.reds[key]
			if red == nil {
				red = &provider.Redaction{}
				s.reds[key] = red
			}
			// A bad one changes the record's hash.
			_ = tables.RedactionRow{Name: string(row[1].Bytes), Commitment: row[2].Bytes, Key: row[3].Bytes}.AddTo(red)
		}
	case "event_type":
		if _, ok := s.types[key]; !ok || current {
			s.types[key] = string(row[1].Bytes)
		}
	case "section":
		if _, ok := s.sections[key]; !ok || current {
			s.sections[key] = at
		}
	case "leaf_block":
		root, leaves := row[1].Bytes, row[2].Bytes
		sized := len(root) == len(digest.Hash{}) && len(leaves)%tables.LeafPrefix == 0
		if _, ok := s.blocks[key]; (!ok || current) && sized {
			s.blocks[key] = tables.LeafBlock{First: key, Root: digest.Hash(root), Leaves: leaves}
		}
	case "annotation":
		s.remarks.note(row, current)
	case "seal":
		if root := row[1].Bytes; current && s.seal == nil && len(root) == len(digest.Hash{}) {
			s.seal = &archive.Seal{
				Root: digest.Hash(root), Records: row[2].Int, Events: row[3].Int, Interactions: row[4].Int,
				Iterations: row[5].Int, Notes: row[6].Int, Attachments: row[7].Int,
			}
		}
	case "experiment":
		start, result := tables.Experiment(row)
		if s.start == nil && start.Clone().Validate() == nil {
			s.start = start
		}
		if s.result == nil && result != nil && result.Clone().Validate() == nil {
			s.result = result
		}
	default:
		seq := key
		if table == "iteration" {
			seq = row[1].Int
		}
		if seq > 0 && seq < 1<<40 {
			at.seq, at.kind = seq, kinds[table]
			s.found = append(s.found, at)
		}
	}
}

// rowAt reads a row of a record or section again.
func (s *Survey) rowAt(at place) (tables.Row, error) {
	page, err := s.pages.read(s.pages.image(at.image))
	if err != nil {
		return nil, err
	}
	_, row, err := s.pages.row(page, false, int(at.offset))
	return row, err
}

// record reads the record at a place and checks it. The doubt is empty if nothing is wrong with it.
func (s *Survey) record(at place) (r provider.Record, doubt string, err error) {
	row, err := s.rowAt(at)
	if err != nil {
		return nil, "", err
	}
	switch at.kind {
	case provider.KindEvent:
		id := row[tables.EventTypeOf].Int
		name, ok := s.types[id]
		if !ok {
			name = fmt.Sprintf("lost name %d", id)
			doubt = fmt.Sprintf("record %d: the name of its event type is lost; it is called %q", at.seq, name)
		}
		e := &provider.Event{}
		r, err = e, tables.Event(row, e, name)
	case provider.KindInteraction:
		var i *provider.Interaction
		var prompts tables.Prompts
		i, prompts, err = tables.Interaction(row)
		var lost []string
		var errSystem, errUser error
		i.SystemPrompt, errSystem = s.prompt(prompts.System, "system prompt", &lost)
		i.UserPrompt, errUser = s.prompt(prompts.User, "user prompt", &lost)
		err = cmp.Or(err, errSystem, errUser)
		if len(lost) > 0 {
			doubt = fmt.Sprintf("record %d: %s", at.seq, strings.Join(lost, ", "))
		}
		r = i
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
	r.RecordMeta().Redaction = s.reds[at.seq]
	if err := r.Validate(); err != nil {
		return nil, "", err
	}
	r.RecordMeta().Seq = at.seq
	return r, doubt, nil
}

// prompt joins the sections that a list names. What is lost of it is added to lost; the error is errBudget.
func (s *Survey) prompt(list btree.Value, what string, lost *[]string) (*string, error) {
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
		body, err := s.section(id)
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

// section gives the text of a section. Its row was paid for when it was found, however many prompts name it; all prompts together
// have a bound of their own.
func (s *Survey) section(id int64) (string, error) {
	body, ok := s.bodies[id]
	if !ok {
		at, found := s.sections[id]
		if !found {
			return "", errCell
		}
		left := s.pages.budget
		s.pages.budget = maxRow
		row, err := s.rowAt(at)
		s.pages.budget = left
		if err != nil {
			return "", err
		}
		body = string(row[2].Bytes)
		if s.bodySize += len(body); s.bodySize > tables.MaxSectionCache {
			clear(s.bodies)
			s.bodySize = len(body)
		}
		s.bodies[id] = body
	}
	if s.prompts -= int64(len(body)) + 1; s.prompts < 0 {
		return "", errBudget
	}
	return body, nil
}
