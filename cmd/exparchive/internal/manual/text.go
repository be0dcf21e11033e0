package manual

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// lineWidth is how long a line of text in the source of a page is at most, in bytes (mandoc -W style).
const lineWidth = 78

// exampleWidth is how long a line of an example is at most, in characters: it fits on a terminal, indented.
const exampleWidth = 72

func (p *page) line(s string) {
	p.WriteString(s)
	p.WriteByte('\n')
}

// macro writes a line of a macro and its arguments.
func (p *page) macro(words ...string) {
	line := words[0]
	for _, w := range words[1:] {
		w = escape(w)
		if w == "" || strings.Contains(w, " ") {
			w = `"` + w + `"`
		}
		line += " " + w
	}
	p.line(line)
}

func (p *page) section(title string) { p.line(".Sh " + title) }

// escapes are for what roff(7) would take for something else, or set as the signs of a typesetter.
var escapes = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `'`, `\(aq`, "`", `\(ga`, `^`, `\(ha`, `~`, `\(ti`, `"`, `\(dq`)

func escape(s string) string {
	s = escapes.Replace(s)
	if strings.IndexFunc(s, foreign) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if foreign(r) {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func foreign(r rune) bool { return r >= utf8.RuneSelf }

// text writes a text of the form that helps have: paragraphs, and between them lists and literal lines, which are
// indented.
func (p *page) text(s string) {
	written := false
	for _, b := range blocks(s) {
		list := b.list()
		if written && (!b.indented || list != nil) {
			p.line(".Pp")
		}
		switch {
		case !b.indented:
			p.paragraph(strings.Join(b.lines, " "))
		case list != nil:
			p.list(list)
		default:
			p.literal(b.lines)
		}
		written = true
	}
}

// A block is a paragraph, or lines that are indented.
type block struct {
	indented bool
	lines    []string
}

func blocks(s string) (all []block) {
	gap := true
	for line := range strings.SplitSeq(strings.Trim(s, "\n"), "\n") {
		line = strings.ReplaceAll(strings.TrimRight(line, " \t"), "\t", "    ")
		if line == "" {
			gap = true
			continue
		}
		indented := line[0] == ' '
		last := len(all) - 1
		switch {
		case last < 0 || all[last].indented != indented || gap && !indented:
			all = append(all, block{indented, nil})
			last++
		case gap: // between lines that are indented
			all[last].lines = append(all[last].lines, "")
		}
		all[last].lines = append(all[last].lines, line)
		gap = false
	}
	return all
}

// termGap is what stands between a term and what is said of it.
var termGap = regexp.MustCompile(`^( +)(\S+(?: \S+)*?)(  +)(\S.*)$`)

// list gives the terms and what is said of them of lines of the form "term  what is said", which may go on in the next
// line below the same column, and nil for others.
func (b block) list() (items [][2]string) {
	if !b.indented {
		return nil
	}
	column, indent := 0, 0
	for _, line := range b.lines {
		m := termGap.FindStringSubmatch(line)
		start := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case m != nil && (indent == 0 || start == indent):
			indent = start
			column = utf8.RuneCountInString(m[1] + m[2] + m[3])
			items = append(items, [2]string{m[2], m[4]})
		case column > 0 && start > indent && line != "":
			items[len(items)-1][1] += " " + strings.TrimSpace(line)
		default:
			return nil
		}
	}
	return items
}

func (p *page) list(items [][2]string) {
	widest := slices.MaxFunc(items, func(a, b [2]string) int { return len(a[0]) - len(b[0]) })[0]
	width := "Ds"
	if len(widest) <= 12 {
		width = strings.Repeat("x", len(widest))
	}
	p.line(".Bl -tag -width " + width + " -offset indent -compact")
	for _, item := range items {
		p.macro(".It", "Sy", item[0])
		p.paragraph(item[1])
	}
	p.line(".El")
}

// literal writes lines as they are.
func (p *page) literal(lines []string) {
	indent := len(lines[0])
	for _, line := range lines {
		if line != "" {
			indent = min(indent, len(line)-len(strings.TrimLeft(line, " ")))
		}
	}
	p.line(".Bd -literal -offset indent")
	for _, line := range lines {
		p.line(guard(escape(line[min(indent, len(line)):])))
	}
	p.line(".Ed")
}

// guard keeps a line of text from being read as one of a macro.
func guard(line string) string {
	if strings.HasPrefix(line, ".") {
		return `\&` + line
	}
	return line
}

// sentenceEnd matches the last word of a sentence: each begins a line of its own (mdoc(7)).
var sentenceEnd = regexp.MustCompile(`[.!?]["')]*$`)

// flagWord is a flag in a text, with what stands before and behind it.
var flagWord = regexp.MustCompile(`^(\(?)-(-?[a-zA-Z][a-z0-9-]*)([,.;:)]*)$`)

// paragraph writes a text in lines of at most lineWidth bytes, with flags as such.
func (p *page) paragraph(s string) {
	line := ""
	flush := func() {
		if line != "" {
			p.line(guard(line))
			line = ""
		}
	}
	words := strings.Fields(s)
	for i, w := range words {
		if m := flagWord.FindStringSubmatch(w); m != nil {
			flush()
			macro := []string{".Fl", m[1], m[2]}
			if m[1] == "" {
				macro = []string{".Fl", m[2]}
			}
			p.macro(append(macro, strings.Split(m[3], "")...)...) // what stands around it are arguments of their own
			continue
		}
		w = strings.ReplaceAll(escape(w), "()", `\&()`) // which is no function of C
		if line != "" && len(line)+1+len(w) > lineWidth {
			flush()
		}
		line = strings.TrimPrefix(line+" "+w, " ")
		if i+1 < len(words) && sentenceEnd.MatchString(w) && !strings.HasSuffix(w, "...") {
			flush()
		}
	}
	flush()
}

// examples writes lines of a shell. What is said of one behind it, two blanks away, comes before it.
func (p *page) examples(s string) {
	var lines []string
	written := false
	flush := func() {
		if len(lines) > 0 {
			p.literal(lines)
			lines, written = nil, true
		}
	}
	for line := range strings.SplitSeq(s, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		m := termGap.FindStringSubmatch(line)
		if m == nil {
			lines = append(lines, broken(strings.TrimSpace(line))...)
			continue
		}
		flush()
		if written {
			p.line(".Pp")
		}
		p.paragraph(strings.TrimSuffix(sentence(m[4]), ".") + ":")
		p.literal(broken(m[2]))
		written = true
	}
	flush()
}

// broken breaks a line of a shell that is too long, before a flag where there is one.
func broken(line string) (lines []string) {
	indent := ""
	for utf8.RuneCountInString(indent+line) > exampleWidth {
		head := line[:exampleWidth-len(indent)-2]
		at := strings.LastIndex(head, " -")
		if at <= 0 {
			at = strings.LastIndexByte(head, ' ')
		}
		if at <= 0 || strings.Count(line[:at], "'")%2+strings.Count(line[:at], `"`)%2 > 0 {
			break
		}
		lines = append(lines, indent+line[:at]+` \`)
		indent, line = "    ", line[at+1:]
	}
	return append(lines, indent+line)
}
