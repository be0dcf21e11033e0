package verify

import (
	"errors"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/provider"
)

// attachmentName checks the name of an attachment, which may become that of a file.
func (c checker) attachmentName(x btree.Value) {
	name := string(x.Bytes)
	if name == "" {
		return // reported as such
	}
	if err := provider.CheckPlain(name); err != nil {
		c.add(sxAttachmentName, c.at("name"), "%v", err)
	}
	if err := provider.CheckPortable(name); err != nil {
		c.add(sxPortableName, c.at("name"), "%v", err)
	}
}

// fits checks that an attachment can lie in one folder with those before it.
func (r *recordReader) fits(c checker, x btree.Value) {
	err := r.names.Add(string(x.Bytes))
	var clash *provider.NameClashError
	switch {
	case errors.As(err, &clash) && clash.Folder:
		c.add(sxAttachmentFolder, c.at("name"), "%v", err)
	case err != nil:
		c.add(sxAttachmentOnce, c.at("name"), "%v", err)
	}
}

// subject checks the JSON pointer of a note.
func (c checker) subject(x btree.Value) {
	if err := provider.CheckSubject(string(x.Bytes)); err != nil {
		c.add(sxSubject, c.at("subject"), "%v", err)
	}
}
