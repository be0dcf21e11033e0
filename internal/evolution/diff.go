package evolution

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
)

// A Change is one difference between two JSON values. Old is nil where something was added, New where it was removed.
type Change struct {
	Path     string // names joined by points, and [n] for elements of arrays; empty for the whole value
	Old, New json.RawMessage
}

// Diff gives the differences between two valid JSON values, in the order of the members of the first and then of those
// that only the second has. White space, the order of members and the escapes in strings do not matter; numbers are the
// same if they are spelt the same. Values that are too large or too deep to go into, see [jsontext.Compare], are
// compared as a whole.
func Diff(old, proposed json.RawMessage) (changes []Change) {
	_ = jsontext.Compare(old, proposed, func(path jsontext.Path, a, b []byte, inner bool) (bool, error) {
		if !inner && (a == nil || b == nil || !jsontext.SameSpelling(a, b)) {
			changes = append(changes, Change{dotted(path), a, b})
		}
		return true, nil
	})
	return changes
}

func dotted(path jsontext.Path) string {
	var b strings.Builder
	for i, s := range path {
		switch {
		case s.Index >= 0:
			fmt.Fprintf(&b, "[%d]", s.Index)
		case i > 0:
			b.WriteString("." + s.Name)
		default:
			b.WriteString(s.Name)
		}
	}
	return b.String()
}
