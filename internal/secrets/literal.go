package secrets

import "sync"

// A literal of a rule.
type literal struct {
	rule int
	text string
	fold bool
}

// A literalPlace is where a literal stands in a text.
type literalPlace struct{ at, length int }

// literals holds those of all rules by the two bytes they begin with, of which starts gives the index; 0 is none.
type literals struct {
	starts [1 << 16]uint16
	groups [][]literal
}

var theLiterals = sync.OnceValue(newLiterals)

// newLiterals gathers them.
func newLiterals() *literals {
	l := &literals{groups: [][]literal{nil}}
	byStart := map[uint16][]literal{}
	for i, r := range rules() {
		for _, text := range r.literals {
			for _, start := range startsOf(text, r.fold) {
				byStart[start] = append(byStart[start], literal{i, text, r.fold})
			}
		}
	}
	for start, group := range byStart {
		l.starts[start] = uint16(len(l.groups))
		l.groups = append(l.groups, group)
	}
	return l
}

// startsOf gives the pairs of bytes that a literal may begin with.
func startsOf(text string, fold bool) []uint16 {
	var starts []uint16
	for _, a := range spellings(text[0], fold) {
		if len(text) == 1 {
			for b := range 256 {
				starts = append(starts, uint16(a)<<8|uint16(b))
			}
			continue
		}
		for _, b := range spellings(text[1], fold) {
			starts = append(starts, uint16(a)<<8|uint16(b))
		}
	}
	return starts
}

func spellings(c byte, fold bool) []byte {
	if fold && c >= 'a' && c <= 'z' {
		return []byte{c, c - 'a' + 'A'}
	}
	return []byte{c}
}

// findLiterals gives the places of every rule's literals in text, in order; nil if there are none.
func findLiterals(text []byte) [][]literalPlace {
	var places [][]literalPlace
	l := theLiterals()
	for i := 0; i+1 < len(text); i++ {
		group := l.starts[uint16(text[i])<<8|uint16(text[i+1])]
		if group == 0 {
			continue
		}
		for _, literal := range l.groups[group] {
			if !literal.at(text[i:]) {
				continue
			}
			if places == nil {
				places = make([][]literalPlace, len(rules()))
			}
			places[literal.rule] = append(places[literal.rule], literalPlace{i, len(literal.text)})
		}
	}
	return places
}

// at reports whether text begins with the literal.
func (l literal) at(text []byte) bool {
	if len(text) < len(l.text) {
		return false
	}
	if !l.fold {
		return string(text[:len(l.text)]) == l.text
	}
	for i := range len(l.text) {
		c := text[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != l.text[i] {
			return false
		}
	}
	return true
}
