package secrets

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Finding is a text that looks like a secret.
type Finding struct {
	Kind   string   // one of [Kinds]
	Secret string   // what must not be seen
	Forms  []string // how the secret stands in the text: as it is, with the escapes of JSON, and what it is encoded in
	Via    []string // the encodings around it, the outermost first; none where it stands as it is
	before string   // what was matched in front of the secret, such as the name it is assigned to
	after  string
	public int // bytes at the start of the secret that every one of its kind has
	shown  int // bytes at its end that may be seen, to tell it from others
}

// Key is the same for two findings of the same secret, with whatever escapes each of them stands.
func (f Finding) Key() string { return f.Kind + "\x00" + plain(f.Secret) }

// Guessable reports whether such secrets can take so few values that somebody may try them all.
func (f Finding) Guessable() bool {
	switch f.Kind {
	case kindEmail, kindHome, kindPassword, kindURLPassword:
		return true
	}
	return false
}

// A rule finds one kind of secret: around a literal that every match contains. What it does at each place takes a
// bounded time, and little if the text is not what it is for.
type rule struct {
	kind     string
	literals []string // in lower case if fold
	fold     bool     // literals match in any case
	back     string   // a match begins before its literal, with bytes of these
	before   int      // and so many of them at most; 0 for a match that begins with the literal
	pattern  *pattern // begins with \A; its last group is the secret; without groups it is the match
	accept   func(secret string) bool
	whole    func(match string) bool // likewise of all that matched
	// accept is asked about what is behind the literal, and the end of the secret may be shown
	body     bool
	word     bool // a match has no blanks, quotes and angle brackets
	textOnly bool // would find too much in bytes that are no text
	// a match ends so many bytes behind the beginning of its literal at most; 0 for window
	within int

	// find stands for all that, and kinds for kind, where no pattern tells: it is called with the place of a literal,
	// emits what it finds there and gives where to go on.
	find  func(s *scan, at int, emit func(located)) (behind int)
	kinds []string
}

// A scan is of one text. What may take long is paid for from what is left, so that a text that is made to be slow takes
// a time in proportion to its length: texts that are not made for it need a small part of that.
type scan struct {
	text []byte
	left int
	over bool // it was not enough
}

// How much is done in a scan, in units of what a regular expression needs for a byte, about 0.1 µs.
const (
	effortLeast  = 256 << 10
	effortRatio  = 3  // for each byte, of a rule that has a pattern
	effortValues = 8  // of one that has names and values
	effortAll    = 12 // of all rules together
	searching    = 4  // times that, where it is not known where a match begins
)

// spend takes n off what is left, and is false if that is not there: the place is passed over then.
func (s *scan) spend(n int) bool {
	if s.left -= n; s.left < 0 {
		s.over = true
	}
	return s.left >= 0
}

// window is how far a match may reach behind its literal: private keys are the longest secrets.
const window = 16 << 10

// longestForm is the length in bytes up to which an encoded text around a secret is one of its forms.
const longestForm = 4 << 10

// Scan gives the findings of [Look].
func Scan(text []byte) []Finding {
	found, _ := Look(text)
	return found
}

// Look finds the secrets in text, which may be of any form: what is packed in it first, the others in the order in
// which they stand. Each secret is given once, however often it is there, as it stands in the fewest encodings. Escapes
// of JSON are looked through, and what [Views] says, both several levels deep. What is not looked into is told: what is
// packed in another way, what is encrypted, and more than a text of the size may stand for.
func Look(text []byte) ([]Finding, []Unseen) {
	var found []Finding
	index := map[string]int{}
	var w *walker
	w = newWalker(text, func(view []byte, of origin, plainer bool) []located {
		list, all := scanView(view)
		if !all {
			w.leaveOut(of.via, "more places at which secrets may begin than a text of this size has")
		}
		for _, f := range list {
			if slices.Contains(of.known, f.Kind) || plainer && glued(view, f.start) {
				continue // the same, as it stands encoded or behind an escape
			}
			if f.Via = of.via; len(of.outer) > 0 && len(of.outer) <= longestForm {
				f.Forms = append(f.Forms, string(of.outer))
			}
			i, ok := index[f.Key()]
			if !ok {
				index[f.Key()] = len(found)
				found = append(found, f.Finding)
				continue
			}
			forms := found[i].Forms
			for _, form := range f.Forms {
				if !slices.Contains(forms, form) {
					forms = append(forms, form)
				}
			}
			if len(f.Via) < len(found[i].Via) {
				found[i] = f.Finding
			}
			found[i].Forms = forms
		}
		return list
	})
	w.walk(text, origin{})
	return found, w.unseen
}

// Has reports whether there is a secret in text that allow, if not nil, does not silence.
func Has(text []byte, allow *Allow) bool {
	return slices.ContainsFunc(Scan(text), func(f Finding) bool { return !allow.Allows(f) })
}

type span struct{ start, end int }

// A located is a finding with its place in the view it was found in.
type located struct {
	Finding
	span
	context span // what before and after are of
}

// scanView finds the secrets in one view of a text, in order, and reports whether it has looked at all of it. Of
// secrets that overlap the one of the earlier rule is given.
func scanView(text []byte) (found []located, all bool) {
	places := findLiterals(text)
	if places == nil {
		return nil, true
	}
	clean := text // without what is no text
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		clean = textOf(text)
	}
	var taken []span // disjoint, in order
	emit := func(f located) {
		if take(&taken, f.span) {
			found = append(found, f)
		}
	}
	all = true
	left := effortLeast + effortAll*len(text) // for the rules that are still to come
	rules := rules()
	for i := range rules {
		r, in, ratio := &rules[i], text, effortRatio
		if r.textOnly {
			in = clean
		}
		if r.find != nil {
			ratio = effortValues
		}
		most := min(left, effortLeast+ratio*len(text))
		s := scan{text: in, left: most}
		behind := 0 // the last secret of the rule, or its last name
		for _, p := range places[i] {
			if p.at < behind || in[p.at] == 0 {
				continue
			}
			if r.find != nil {
				behind = r.find(&s, p.at, emit)
				continue
			}
			f, ok := r.match(&s, p.at, p.length)
			if ok && take(&taken, f.span) {
				found = append(found, f)
				behind = f.end
			}
		}
		left -= most - max(s.left, 0)
		all = all && !s.over
	}
	slices.SortFunc(found, func(a, b located) int { return cmp.Compare(a.start, b.start) })
	for i := range found { // what is shown around one must not show another
		f := &found[i]
		if kinds, _ := overlapping(found, span{f.context.start, min(f.start, f.context.end)}); len(kinds) > 0 {
			f.before = "…"
		}
		if kinds, _ := overlapping(found, span{max(f.end, f.context.start), f.context.end}); len(kinds) > 0 {
			f.after = "…"
		}
	}
	return found, all
}

// shortestText is how many bytes a text has at least that is looked at among other bytes.
const shortestText = 12

// textOf gives a copy of b in which zeros stand for all that is not a text of some bytes.
func textOf(b []byte) []byte {
	clean := make([]byte, len(b))
	start := 0
	for i := 0; i <= len(b); {
		r, size := rune(0), 1
		if i < len(b) {
			r, size = utf8.DecodeRune(b[i:])
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f || r == utf8.RuneError && size == 1 {
			if i-start >= shortestText {
				copy(clean[start:i], b[start:i])
			}
			start = i + size
		}
		i += size
	}
	return clean
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
func (r *rule) match(s *scan, at, length int) (f located, ok bool) {
	text := s.text
	start, end := at, min(len(text), at+cmp.Or(r.within, window))
	switch {
	case r.before > 0:
		for start > 0 && at-start < r.before && strings.IndexByte(r.back, text[start-1]) >= 0 {
			start--
		}
	case inWord(text, at):
		return f, false
	}
	switch {
	case s.left < 0:
		return f, false
	case r.word:
		end = at + length
		for end < len(text) && end-at < window && text[end] > ' ' && strings.IndexByte("\"<>`", text[end]) < 0 {
			end++
		}
	}
	if !s.spend(r.cost(end - start)) {
		return f, false
	}
	m := r.pattern.FindSubmatchIndex(text[start:end])
	if m == nil {
		return f, false
	}
	from, to := start+m[len(m)-2], start+m[len(m)-1]
	f.Finding = Finding{Kind: r.kind, Secret: string(text[from:to]), before: string(text[start:from]),
		after: string(text[to : start+m[1]])}
	f.span, f.context = span{from, to}, span{start, start + m[1]}
	if from == at {
		f.public = min(length, to-from)
	}
	asked := f.Secret
	if r.body {
		asked = f.Secret[f.public:]
		if len(asked) >= 4*tail {
			f.shown = tail
		}
	}
	f.Forms = []string{f.Secret}
	return f, !documented(f.Secret) && (r.accept == nil || r.accept(asked)) &&
		(r.whole == nil || r.whole(string(text[start:start+m[1]])))
}

// cost is what it takes to look for the pattern in n bytes: what has no blanks in it is often matched up to the end, as is
// what is known to end soon. Others end where the next match may begin.
func (r *rule) cost(n int) int {
	if r.word || r.within > 0 {
		return n
	}
	return min(n, 64)
}

// tail is how many characters at the end of a token are shown.
const tail = 4

const nameBytes = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.-"

// inWord reports whether what begins at text[at] goes on a word, or a path: that of a URL, say.
func inWord(text []byte, at int) bool {
	if at == 0 || !alphanumeric(text[at-1]) {
		return false
	}
	flag := at > 1 && text[at-2] == '-' // as in -I/home/alice
	return alphanumeric(text[at]) || text[at] == '/' && !flag
}

// Excerpt shows what was found without the secret, for a line of output. Of a long token the end is shown, so that it
// can be told from others.
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
	masked += "…" + f.Secret[len(f.Secret)-f.shown:]
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
