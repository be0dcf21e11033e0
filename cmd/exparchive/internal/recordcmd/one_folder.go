package recordcmd

import (
	"context"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/provider"
)

// The format compares names of attachments by the letters A to Z alone (FORMAT.md, SX-106), and readers take whatever
// it allows. File systems fold more: those of macOS and Windows the case of all letters, those of macOS also the ways
// to write an accent (Unicode TR15). What is recorded anew is compared so.

// FolderNames are names of attachments that can lie in one folder everywhere. The zero value is empty.
type folderNames struct {
	folded provider.AttachmentNames
	given  map[string]string // names by folded ones
}

// add adds a name. It is a [*provider.NameClashError] if it cannot lie in one folder with one that is there.
func (n *folderNames) add(name string) error {
	key := foldName(name)
	err := n.folded.Add(key)
	if clash, ok := err.(*provider.NameClashError); ok {
		other := n.given[clash.Other]
		return &provider.NameClashError{Name: name, Other: other, Folder: clash.Folder,
			Spelling: !clash.Folder && !strings.EqualFold(name, other)}
	}
	if n.given == nil {
		n.given = map[string]string{}
	}
	n.given[key] = name
	return err
}

// remove takes a name back that was added.
func (n *folderNames) remove(name string) {
	key := foldName(name)
	n.folded.Remove(key)
	delete(n.given, key)
}

// foldName gives the same text for names that some file system takes for the same.
func foldName(name string) string { return norm.NFC.String(cases.Fold().String(norm.NFD.String(name))) }

// A oneFolder is a sink that refuses attachments that cannot lie in one folder with those before.
type oneFolder struct {
	provider.Sink
	names folderNames
}

// CheckedEvents implements [lend.EventTaker]: events pass through.
func (s *oneFolder) CheckedEvents(lend.Inside) (any, func(context.Context, *provider.Event) error) {
	return s, lend.CheckedEvents(s.Sink)
}

// Attachment implements [provider.Sink].
func (s *oneFolder) Attachment(ctx context.Context, a *provider.Attachment) error {
	if err := s.names.add(a.Name); err != nil {
		return err
	}
	err := s.Sink.Attachment(ctx, a)
	if err != nil {
		s.names.remove(a.Name)
	}
	return err
}

// inOneFolder gives s with the rule of [oneFolder], which knows the attachments that a resumed recording in a live file
// has already.
func inOneFolder(ctx context.Context, s provider.Sink, live string, resumed bool) (provider.Sink, error) {
	folder := &oneFolder{Sink: s}
	if !resumed {
		return folder, nil
	}
	a, err := archive.Open(live)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	rows, err := a.Query(ctx, "SELECT name FROM z_attachment ORDER BY seq")
	if err != nil {
		return nil, cli.InFile(live, err)
	}
	defer rows.Close()
	for rows.Next() {
		if name, ok := rows.Values()[0].(string); ok {
			_ = folder.names.add(name) // those that clash are there already
		}
	}
	return folder, cli.InFile(live, rows.Err())
}
