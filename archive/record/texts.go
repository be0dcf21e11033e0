package record

import (
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// texts counts the bytes of the texts of a run, for the limit that FORMAT.md sets them (SX-107): prompts share
// sections, which are stored once, and a file must not hold more text than is in proportion to its size.
type texts struct {
	recorded int64 // as z_iteration counts them
	stored   int64 // a lower bound of the size of the sealed file, without the sections
	sections int64 // bytes of all sections
}

// add counts a record that was taken.
func (t *texts) add(r provider.Record) {
	switch r := r.(type) {
	case *provider.Start:
		t.stored += int64(len(r.Config))
	case *provider.Event:
		t.recorded += int64(len(r.Data))
		t.stored += int64(len(r.Data))
	case *provider.Interaction:
		t.recorded += textOf(r)
		t.stored += tables.TextLength(r.Response) + int64(len(r.ParsedPolicy))
	case *provider.Note:
		t.stored += int64(len(r.Text))
	case *provider.Attachment:
		t.stored += int64(len(r.Data))
	}
}

// fits reports an interaction that would exceed the limit.
func (t *texts) fits(i *provider.Interaction) error {
	limit := tables.TextLimit(t.stored + t.sections)
	if all := t.recorded + textOf(i); all > limit {
		return &provider.TextsError{Bytes: all, Limit: limit}
	}
	return nil
}

// textOf gives the bytes of an interaction that z_iteration counts.
func textOf(i *provider.Interaction) int64 {
	return tables.TextLength(i.SystemPrompt) + tables.TextLength(i.UserPrompt) + tables.TextLength(i.Response) +
		int64(len(i.ParsedPolicy))
}
