package secrets

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// An Allow lists what is known not to be a secret. A nil Allow lists nothing.
type Allow struct{ entries []allowed }

type allowed struct {
	kind    string         // "*" for any
	pattern *regexp.Regexp // nil for any
}

// ParseAllow reads an allow list: a line for each entry, a kind or * and, after a blank, a regular expression that has
// to match the whole secret. Without an expression the entry allows every secret of the kind. Empty lines and those
// that begin with # are left out. Errors say the line.
func ParseAllow(r io.Reader) (*Allow, error) {
	a := &Allow{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		kind, expr, _ := strings.Cut(line, " ")
		if kind != "*" && !slices.Contains(Kinds(), kind) {
			return nil, fmt.Errorf("line %d: no kind %q of secrets; want * or one of %s", n, kind,
				strings.Join(Kinds(), ", "))
		}
		entry := allowed{kind: kind}
		if expr = strings.TrimSpace(expr); expr != "" {
			pattern, err := regexp.Compile(`(?s)\A(?:` + expr + `)\z`)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			entry.pattern = pattern
		} else if kind == "*" {
			return nil, fmt.Errorf("line %d: * needs an expression, or nothing would be found", n)
		}
		a.entries = append(a.entries, entry)
	}
	return a, lines.Err()
}

// Allows reports whether f is on the list.
func (a *Allow) Allows(f Finding) bool {
	if a == nil {
		return false
	}
	return slices.ContainsFunc(a.entries, func(e allowed) bool {
		return (e.kind == "*" || e.kind == f.Kind) && (e.pattern == nil || e.pattern.MatchString(f.Secret))
	})
}
