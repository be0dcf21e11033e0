package salvage

import (
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
		id := tables.EventType(row)
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
		i.SystemPrompt = s.prompt(prompts.System, "system prompt", &lost)
		i.UserPrompt = s.prompt(prompts.User, "user prompt", &lost)
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

// prompt joins the sections that a list names.
func (s *Survey) prompt(list btree.Value, what string, lost *[]string) *string {
	if list.Kind != btree.Text {
		return nil
	}
	ids, err := tables.ParseSectionList(string(list.Bytes))
	if err != nil {
		*lost = append(*lost, fmt.Sprintf("its %s is lost: %v", what, err))
		return nil
	}
	var b strings.Builder
	for _, id := range ids {
		at, ok := s.sections[id]
		var row tables.Row
		err := errCell
		if ok {
			row, err = s.rowAt(at)
		}
		if b.Len() > provider.MaxText || len(*lost) > 1000 {
			*lost = []string{fmt.Sprintf("its %s is lost", what)}
			return nil
		}
		if err != nil {
			*lost = append(*lost, fmt.Sprintf("its %s lacks a part at byte %d", what, b.Len()))
			continue
		}
		b.Write(row[2].Bytes)
	}
	return new(b.String())
}
