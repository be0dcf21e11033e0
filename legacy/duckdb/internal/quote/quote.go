package quote

import "strings"

// Identifier is s as an SQL identifier, quoted when the engine would quote it.
func Identifier(s string) string {
	plain := s != "" && !keywords()[s]
	for i := 0; i < len(s) && plain; i++ {
		c := s[i]
		plain = c >= 'a' && c <= 'z' || c == '_' || i > 0 && c >= '0' && c <= '9'
	}
	if plain {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// Identifiers are names as SQL identifiers, with commas between them.
func Identifiers(names []string) string {
	q := make([]string, len(names))
	for i, s := range names {
		q[i] = Identifier(s)
	}
	return strings.Join(q, ", ")
}

// Literal is s as an SQL string.
func Literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Fold is a name such that those that SQL takes for the same are the same.
func Fold(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
