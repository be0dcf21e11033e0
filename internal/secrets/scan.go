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

// A rule finds one kind of secret: around a literal that every match contains. What it does at each place takes a bounded time,
// and little if the text is not what it is for.
type rule struct {
	kind     string
	literals []string       // in lower case if fold
	fold     bool           // literals match in any case
	back     string         // a match begins before its literal, with bytes of these
	before   int            // and so many of them at most; 0 for a match that begins with the literal
	name     *regexp.Regexp // if not nil, the literal is in a name of which this holds, and the match is what is assigned to it
	pattern  *regexp.Regexp // begins with \A; its last group is the secret; without groups it is the match
	accept   func(secret string) bool
	textOnly bool // would find too much in bytes that are no text
}

// How far a match may reach behind its literal.
const (
	window      = 16 << 10 // private keys are the longest secrets
	shortWindow = 512      // when long ones were tried in vain many times
	maxValue    = 320      // of what is assigned to a name
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
		behind := 0                    // the last secret of the rule
		effort := 1<<20 + 32*len(text) // a text made for it must not take for ever
		for _, p := range places[i] {
			if p.at < behind {
				continue
			}
			reach := window
			if effort < 0 {
				reach = shortWindow
			}
			effort -= min(reach, len(text)-p.at)
			f, s, ok := r.match(text, p.at, p.length, reach)
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

// match looks for the rule's pattern around its literal at text[at:], no further than reach behind it.
func (r *rule) match(text []byte, at, length, reach int) (f Finding, secret span, ok bool) {
	start, end := at, min(len(text), at+reach)
	switch {
	case r.before > 0:
		for start > 0 && at-start < r.before && strings.IndexByte(r.back, text[start-1]) >= 0 {
			start--
		}
	case r.name == nil && inWord(text, at):
		return f, secret, false
	}
	valueAt := start
	if r.name != nil {
		if valueAt = valueOf(text[:end], at+length); valueAt < 0 || !r.name.Match(text[start:nameEnd(text[:end], at)]) {
			return f, secret, false
		}
		end = min(end, valueAt+maxValue)
	}
	m := r.pattern.FindSubmatchIndex(text[valueAt:end])
	if m == nil {
		return f, secret, false
	}
	from, to := valueAt+m[len(m)-2], valueAt+m[len(m)-1]
	f = Finding{Kind: r.kind, Secret: string(text[from:to]), before: string(text[start:from]), after: string(text[to : valueAt+m[1]])}
	if r.accept != nil && !r.accept(f.Secret) {
		return f, secret, false
	}
	if from == at {
		f.public = min(length, to-from)
	}
	f.Forms = []string{f.Secret}
	return f, span{from, to}, true
}

// nameEnd gives where the name ends that goes on at text[at:].
func nameEnd(text []byte, at int) int {
	for at < len(text) && strings.IndexByte(nameBytes, text[at]) >= 0 {
		at++
	}
	return at
}

// valueOf gives where the value begins that is assigned to the name that goes on at text[at:], -1 if none is.
func valueOf(text []byte, at int) int {
	skip := func(bytes string, most int) {
		for ; most > 0 && at < len(text) && strings.IndexByte(bytes, text[at]) >= 0; most-- {
			at++
		}
	}
	const quotes, blanks = "\"'`", " \t\r\n"
	skip(nameBytes, 60)
	skip(quotes, 1)
	skip(blanks, 8)
	operator := at
	skip(":", 1)
	skip("=", 2)
	skip(">", 1)
	if at == operator || text[operator] == '>' {
		return -1
	}
	skip(blanks, 8)
	skip(quotes, 1)
	return at
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
