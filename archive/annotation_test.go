package archive_test

import (
	"errors"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/provider"
)

// TestAnnotation_Validate: each text is UTF-8 by itself, and not only together with the one behind it.
func TestAnnotation_Validate(t *testing.T) {
	for _, a := range []archive.Annotation{
		{}, {Kind: "\xc3", Name: "\xa9"}, {Kind: "k", Name: "\xc3", Text: "\xa9"}, {Kind: "k", Text: "\xff"},
		{Kind: "k\x00"},
	} {
		if err := a.Validate(); !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("%q: error %v, want ErrInvalid", a, err)
		}
	}
	if err := (archive.Annotation{Kind: "k", Name: "\u00e9", Text: "a\x00b"}).Validate(); err != nil {
		t.Error(err)
	}
}
