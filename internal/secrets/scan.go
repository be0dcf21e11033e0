package secrets

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Finding is a text that looks like a secret.
type Finding struct {
	Kind   string   // one of [Kinds]
	Secret string   // what must not be seen
	Forms  []string // how the secret stands in the text: as it is, or with the escapes of JSON
	before string   // what was matched in front of the secret, such as the name it is assigned to
	after  string
	public int // bytes at the start of the secret that every one of its kind has
}

// Guessable reports whether such secrets can take so few values that somebody may try them all.
func (f Finding) Guessable() bool {
	switch f.Kind {
	case kindEmail, kindHome, kindPassword, kindURLPassword:
		return true
	}
	return false
}

// A rule finds one kind of secret.
type rule struct {
	kind     string
	literals []string       // every match contains one of them; in lower case if fold
	fold     bool           // literals match in any case
	before   int            // how far before its literal a match may begin; 0 for rules whose matches begin with it
	pattern  *regexp.Regexp // its last group is the secret; without groups it is the match
	accept   func(secret string) bool
	assigns  int  // if not 0, the literal is in a name that a value of so many bytes or more is assigned to
	textOnly bool // would find too much in bytes that are no text
}

// How far a match may reach behind its literal.
const (
	window      = 16 << 10 // where the literal is its beginning; private keys are the longest secrets
	shortWindow = 512      // where its beginning has to be found
)

// Scan finds the secrets in text, which may be of any form, in the order in which they stand. Each secret is given once,
// however often it is there. Escapes of JSON are looked through, also several levels deep.
func Scan(text []byte) []Finding {
	isText := utf8.Valid(text) && bytes.IndexByte(text, 0) < 0
	var found []Finding
	index := map[string]int{}
	for _, view := range Views(text) {
		for _, f := range scanView(view, isText) {
			plain := Views([]byte(f.Secret))
			key := f.Kind + "\x00" + string(plain[len(plain)-1])
			i, ok := index[key]
			if !ok {
				index[key] = len(found)
				found = append(found, f)
				continue
			}
			if !slices.Contains(found[i].Forms, f.Secret) {
				found[i].Forms = append(found[i].Forms, f.Secret)
			}
		}
	}
	return found
}

// Has reports whether there is a secret in text that allow, if not nil, does not silence.
func Has(text []byte, allow *Allow) bool {
	return slices.ContainsFunc(Scan(text), func(f Finding) bool { return !allow.Allows(f) })
}

type span struct{ start, end int }

type located struct {
	Finding
	span
}

// scanView finds the secrets in one view of a text. Of secrets that overlap the one of the earlier rule is given.
func scanView(text []byte, isText bool) []Finding {
	places := findLiterals(text)
	if places == nil {
		return nil
	}
	var found []located
	var taken []span // disjoint, in order
	for i := range rules {
		r := &rules[i]
		if r.textOnly && !isText {
			continue
		}
		behind := 0 // the last secret of the rule
		for _, p := range places[i] {
			if p.at < behind {
				continue
			}
			f, s, ok := r.match(text, p.at, p.length)
			if ok && take(&taken, s) {
				found = append(found, located{f, s})
				behind = s.end
			}
		}
	}
	slices.SortFunc(found, func(a, b located) int { return cmp.Compare(a.start, b.start) })
	list := make([]Finding, len(found))
	for i, f := range found {
		list[i] = f.Finding
	}
	return list
}

// take adds s to the spans unless it overlaps one.
func take(taken *[]span, s span) bool {
	i, _ := slices.BinarySearchFunc(*taken, s.start, func(t span, start int) int { return cmp.Compare(t.end, start+1) })
	if i < len(*taken) && (*taken)[i].start < s.end {
		return false
	}
	*taken = slices.Insert(*taken, i, s)
	return true
}

// match looks for the rule's pattern around its literal at text[at:].
func (r *rule) match(text []byte, at, length int) (f Finding, secret span, ok bool) {
	start, end := at, at+window
	if r.before > 0 {
		start, end = max(0, at-r.before), at+shortWindow
		if line := bytes.LastIndexByte(text[start:at], '\n'); line >= 0 {
			start += line + 1
		}
	} else if inWord(text, at) {
		return f, secret, false
	}
	if r.assigns > 0 && !assignedTo(text[at+length:], r.assigns) {
		return f, secret, false
	}
	part := text[start:min(len(text), end)]
	m := r.pattern.FindSubmatchIndex(part)
	// A match that ends before the literal belongs to another one.
	for r.before > 0 && m != nil && start+m[1] <= at && m[1] > 0 {
		part, start = part[m[1]:], start+m[1]
		m = r.pattern.FindSubmatchIndex(part)
	}
	if m == nil || start+m[0] > at {
		return f, secret, false
	}
	group := m[len(m)-2:]
	f = Finding{Kind: r.kind, Secret: string(part[group[0]:group[1]]), before: string(part[m[0]:group[0]]), after: string(part[group[1]:m[1]])}
	if r.accept != nil && !r.accept(f.Secret) {
		return f, secret, false
	}
	if r.before == 0 && group[0] == 0 {
		f.public = min(length, group[1]-group[0])
	}
	f.Forms = []string{f.Secret}
	return f, span{start + group[0], start + group[1]}, true
}

// assignedTo reports whether an operator of assignment follows the rest of a name, and then a value of so many bytes or more. It
// only spares the pattern a trial.
func assignedTo(text []byte, atLeast int) bool {
	const quotes = "\"'` \t\r\n"
	rest := bytes.TrimLeft(text[:min(len(text), 60+atLeast)], nameBytes)
	rest = bytes.TrimLeft(rest, quotes)
	if len(rest) == 0 || rest[0] != '=' && rest[0] != ':' {
		return false
	}
	rest = bytes.TrimLeft(rest, ":=> "+quotes)
	end := bytes.IndexAny(rest, quotes+",;{}()[]")
	return end < 0 && len(rest) > 0 || end >= atLeast
}

const nameBytes = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.-"

// inWord reports whether what begins at text[at] goes on a word, or a path: that of a URL, say.
func inWord(text []byte, at int) bool {
	if at == 0 || !alphanumeric(text[at-1]) {
		return false
	}
	flag := at > 1 && text[at-2] == '-' // as in -I/home/alice
	return alphanumeric(text[at]) || text[at] == '/' && !flag
}

// Excerpt shows what was found without the secret, for a line of output.
func (f Finding) Excerpt() string {
	var masked string
	if f.Kind == kindPrivateKey {
		masked, _, _ = strings.Cut(f.Secret, "\n")
		masked = clip(masked, 40)
		if !strings.HasSuffix(masked, "-----") {
			masked = "-----BEGIN"
		}
	} else {
		masked = f.Secret[:f.public]
	}
	masked += "…"
	before := f.before
	if len(before) > 40 {
		before = "…" + strings.ToValidUTF8(before[len(before)-40:], "")
	}
	return oneLine(before + masked + clip(f.after, 40))
}

// Shown is [Finding.Excerpt] with the secret in it.
func (f Finding) Shown() string { return oneLine(f.before + f.Secret + f.after) }

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
