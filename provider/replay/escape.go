package replay

import (
	"fmt"

	"github.com/simexp/exparchive/internal/visible"
)

// escape makes s printable on one line.
func escape(s string) string { return visible.Line(s) }

// escapeBut is escape but lets the control character keep as it is.
func escapeBut(s string, keep byte) string { return visible.LineBut(s, keep) }

// clip shortens s, already escaped, to about most characters.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n == most {
			return fmt.Sprintf("%s... (%d bytes)", s[:i], len(s))
		}
		n++
	}
	return s
}
