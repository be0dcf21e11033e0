package provider

import (
	"errors"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
)

// Subject gives a [Note.Subject]: the JSON pointer (RFC 6901) to what the names lead to, one member in the other. The
// run that it points into is one JSON object with the members of the line protocol of its experiment and its result,
// such as final_cost and config, and with num_iterations and status, and with
//
//	iterations   an object by number, of objects with timestamp, costs_per_agent, accepted_changes and policies
//	records      an object by Seq, of objects with the members of the line protocol
//	attachments  an object by name
//
// Subject("iterations", "3", "costs_per_agent", "BANK_A") is what BANK_A cost in iteration 3. A pointer to what is not
// there is no fault. One that would be longer than [MaxName], or have a name that [CheckName] refuses, leads only as
// far as that allows; no name gives the empty one.
func Subject(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		part := "/" + jsontext.EscapePointer(name)
		if b.Len()+len(part) > MaxName || CheckName(name) != nil {
			break
		}
		b.WriteString(part)
	}
	return b.String()
}

var errNotPointer = errors.New("not a JSON pointer, which begins with / and has ~ only as ~0 and ~1")

// CheckSubject gives nil for a JSON pointer, and for the empty text, which stands for the run as a whole.
func CheckSubject(s string) error {
	ok := s == "" || s[0] == '/'
	for i := range len(s) {
		ok = ok && (s[i] != '~' || i+1 < len(s) && (s[i+1] == '0' || s[i+1] == '1'))
	}
	if !ok {
		return fmt.Errorf("%.80q is %w", s, errNotPointer)
	}
	return nil
}
