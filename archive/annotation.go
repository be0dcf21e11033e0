package archive

import (
	"fmt"
	"unicode/utf8"

	"github.com/simexp/exparchive/provider"
)

// An Annotation says something about an archive that is not part of the run: where it was imported from, say.
type Annotation struct {
	Kind string `db:"kind"` // such as "provenance"; required
	Name string `db:"name"` // what it is about; may be empty
	Text string `db:"text"`
}

// Validate checks that a can be kept: that it has a kind, texts of UTF-8 that are not too long, and no U+0000 in
// kind and name. The error wraps
// [provider.ErrInvalid].
func (a Annotation) Validate() error {
	switch {
	case a.Kind == "":
		return fmt.Errorf("%w: an annotation without a kind", provider.ErrInvalid)
	case len(a.Kind) > provider.MaxName || len(a.Name) > provider.MaxName || len(a.Text) > provider.MaxText:
		return fmt.Errorf("%w: annotation %.80q: too long: kind and name may have %d bytes, the text %d",
			provider.ErrInvalid, a.Kind, provider.MaxName, provider.MaxText)
	case provider.CheckName(a.Kind) != nil || provider.CheckName(a.Name) != nil:
		return fmt.Errorf("%w: annotation %.80q: kind or name %w", provider.ErrInvalid, a.Kind,
			provider.CheckName(a.Kind+a.Name))
	case !utf8.ValidString(a.Kind) || !utf8.ValidString(a.Name) || !utf8.ValidString(a.Text):
		return fmt.Errorf("%w: annotation %.80q: not UTF-8", provider.ErrInvalid, a.Kind)
	}
	return nil
}
