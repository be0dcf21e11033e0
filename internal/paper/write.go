package paper

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Write writes what a paper's file says; reading it gives the same.
func (p *Paper) Write(w io.Writer) error {
	var b strings.Builder
	b.WriteString(`# Tables and figures of runs: "exparchive paper build" makes them, "exparchive paper check" says what has changed.
# "exparchive paper --help" says what can stand here.
version: ` + version + "\n")
	p.writeAbout(&b)
	b.WriteString("runs:\n")
	for _, r := range p.Runs {
		fmt.Fprintf(&b, "  - name: %s\n    file: %s\n", quote(r.Name), quote(r.File))
		fmt.Fprintf(&b, "    id: %s\n    digest: %s\n", quote(r.ID), quote(r.Digest))
		if r.Title != "" {
			fmt.Fprintf(&b, "    title: %s\n", quote(r.Title))
		}
		if len(r.Labels) > 0 {
			b.WriteString("    labels: {" + mapping(r.Labels) + "}\n")
		}
		if r.Baseline != "" {
			fmt.Fprintf(&b, "    baseline: %s\n", quote(r.Baseline))
		}
		if r.Lenient {
			b.WriteString("    lenient: true\n")
		}
		if len(r.Accept) > 0 {
			fmt.Fprintf(&b, "    accept: [%s]\n", strings.Join(r.Accept, ", "))
		}
	}
	for _, list := range []struct{ name, command string }{{"tables", "table"}, {"figures", "plot"}} {
		head := list.name + ":\n"
		for _, it := range p.Items {
			if it.Command == list.command {
				b.WriteString(head)
				head = ""
				it.write(&b)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (it *Item) write(b *strings.Builder) {
	fmt.Fprintf(b, "  - file: %s\n    %s: %s\n", quote(it.File), it.Command, quote(it.Kind))
	switch {
	case len(it.Select) > 0:
		b.WriteString("    runs: {" + mapping(it.Select) + "}\n")
	case len(it.Runs) > 0:
		b.WriteString("    runs: [" + quoteAll(it.Runs) + "]\n")
	}
	for _, o := range it.Options {
		if o.List {
			fmt.Fprintf(b, "    %s: [%s]\n", quote(o.Name), quoteAll(o.Values))
		} else {
			fmt.Fprintf(b, "    %s: %s\n", quote(o.Name), quote(o.Values[0]))
		}
	}
	if len(it.Columns) > 0 {
		b.WriteString("    columns:\n")
	}
	for _, c := range it.Columns {
		if c.Let {
			fmt.Fprintf(b, "      - let: %s\n", quote(c.Text))
		} else {
			fmt.Fprintf(b, "      - %s\n", quote(c.Text))
		}
	}
	for i, t := range it.Titles {
		if i == 0 {
			b.WriteString("    titles:\n")
		}
		var s string
		_ = json.Unmarshal(t.Value, &s)
		fmt.Fprintf(b, "      %s: %s\n", quote(t.Name), quote(s))
	}
}

// mapping gives labels as members of a mapping in braces.
func mapping(list []Label) string {
	var members []string
	for _, l := range list {
		value := string(l.Value)
		if s := ""; json.Unmarshal(l.Value, &s) == nil {
			value = quote(s)
		}
		members = append(members, quote(l.Name)+": "+value)
	}
	return strings.Join(members, ", ")
}

// quote writes a text plainly where nobody could take it for anything else, and else in double quotes, in which YAML
// reads what Go writes.
func quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./", r)
	}
	letter := s != "" && (s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z')
	odd := strings.ContainsFunc(s, func(r rune) bool { return !plain(r) })
	if letter && !odd && strings.Trim(s, "0123456789abcdefABCDEF") != "" && !words[strings.ToLower(s)] {
		return s
	}
	return strconv.Quote(s)
}

// words are those that mean something in some version of YAML.
var words = map[string]bool{
	"y": true, "n": true, "yes": true, "no": true, "on": true, "off": true, "true": true, "false": true, "null": true,
}

func quoteAll(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return strings.Join(quoted, ", ")
}
