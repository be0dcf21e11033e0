package secrets

import (
	"slices"
	"strings"
	"testing"
)

// Every rule has a pattern that compiles, which is not seen before it is first used.
func TestPatterns(t *testing.T) {
	for _, r := range rules() {
		if r.pattern != nil {
			r.pattern.compiled()
		} else if r.find == nil {
			t.Errorf("%s: nothing finds it", r.kind)
		}
	}
}

// endsAtNext are the literals of rules whose pattern ends at the latest where the next such literal begins: they may
// look far, since no byte is looked at for two of them.
var endsAtNext = []string{"-----BEGIN ", "PuTTY-User-Key-File-", "login ", "identified by ", "bearer ", "/home/",
	"/Users/",
	`:\users\`, `:\documents and settings\`, `:/users/`, `:\\users\\`}

// What a rule looks at is bounded, and is paid for: a text full of its literals takes a time in proportion to its
// length.
func TestRules_bounded(t *testing.T) {
	for _, r := range rules() {
		if r.find != nil || r.word || r.within > 0 {
			continue
		}
		for _, l := range r.literals {
			if !slices.Contains(endsAtNext, l) {
				t.Errorf("%s: nothing bounds what is looked at behind %q", r.kind, l)
			}
		}
	}
	rules := rules()
	for _, l := range []string{"accountkey", "sk-ant-", "AzSe"} {
		text := []byte(strings.Repeat(l, 32<<10))
		for i := range rules {
			r := &rules[i]
			if !slices.Contains(r.literals, l) {
				continue
			}
			s := scan{text: text, left: effortLeast}
			places := 0
			for at := 0; at < len(text) && s.left >= 0; at += len(l) {
				r.match(&s, at, len(l))
				places++
			}
			if most := effortLeast/max(len(l)+8, r.within) + 1; places > most {
				t.Errorf("%s: got %d places of %q for %d units, want at most %d", r.kind, places, l, effortLeast, most)
			}
		}
	}
}

// What all rules do together is bounded too: a text with the literals of all is not looked at to its end, and that is
// told.
func TestRules_together(t *testing.T) {
	var part strings.Builder
	for _, r := range rules() {
		for _, l := range r.literals {
			part.WriteString(l + "-")
		}
	}
	text := strings.Repeat(part.String(), (512<<10)/part.Len())
	if _, all := scanView([]byte(text)); all {
		t.Error("all of it was looked at")
	}
}
