package manual

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// options lists the flags of a command, those of the commands above it last.
func (p *page) options(cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	var flags []*pflag.Flag
	for _, set := range []*pflag.FlagSet{cmd.LocalFlags(), cmd.InheritedFlags()} {
		set.VisitAll(func(f *pflag.Flag) {
			if !f.Hidden && f.Deprecated == "" && f.Name != "help" {
				flags = append(flags, f)
			}
		})
	}
	flags = append(flags, cmd.LocalFlags().Lookup("help"))
	p.section("OPTIONS")
	p.line(".Bl -tag -width Ds")
	for _, f := range flags {
		value, _ := pflag.UnquoteUsage(f)
		item := []string{".It"}
		if f.Shorthand != "" {
			item = append(item, "Fl", f.Shorthand, ",")
		}
		item = append(item, "Fl", "-"+f.Name)
		switch {
		case value != "" && f.NoOptDefVal != "":
			item = append(item, "Ns", "Oo", "No", "=", "Ns", "Ar", value, "Oc")
		case value != "":
			item = append(item, "Ar", value)
		}
		p.macro(item...)
		p.text(sentence(usage(f)))
	}
	p.line(".El")
}

// usage says what a flag does and what its default is, as the help does, but in one line.
func usage(f *pflag.Flag) string {
	if f.Name == "help" {
		return "print the help of this command"
	}
	one := pflag.NewFlagSet("", pflag.ContinueOnError)
	one.AddFlag(f)
	_, text := pflag.UnquoteUsage(f)
	line := strings.TrimSpace(one.FlagUsages())
	_, more, _ := strings.Cut(line, text) // behind which comes the default
	return text + more
}

// sentence makes a sentence of what stands beside a flag.
func sentence(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if first != "" && first == strings.ToLower(first) && !strings.HasPrefix(first, "-") {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if s != "" && !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

// synopsis writes how a command is called.
func (p *page) synopsis(cmd *cobra.Command) {
	uses := []string{}
	if cmd.Runnable() {
		uses = append(uses, strings.TrimPrefix(cmd.UseLine(), cmd.CommandPath()))
	}
	if len(below(cmd)) > 0 {
		uses = append(uses, " COMMAND [ARGUMENT...]")
	}
	for _, use := range uses {
		p.line(".Nm " + cmd.CommandPath())
		p.words(strings.ReplaceAll(use, "[flags]", "[OPTION...]"))
	}
}

// words writes the words of a line of usage as macros, one a line: "[-o FILE] A|B".
func (p *page) words(use string) {
	use = strings.NewReplacer("[", " [ ", "]", " ] ", "|", " | ").Replace(use)
	var line []string
	depth := 0
	add := func(words ...string) {
		line = append(line, words...)
	}
	for _, w := range strings.Fields(use) {
		switch {
		case w == "[":
			add("Oo")
			depth++
		case w == "]":
			add("Oc")
			depth--
		case w == "|":
			add("|")
		case w == "...":
			add("No", "...")
		case strings.HasPrefix(w, "-"):
			add("Fl", strings.TrimPrefix(w, "-"))
		case w == strings.ToLower(w):
			add("Cm", w)
		default:
			add("Ar", w)
		}
		if depth == 0 && len(line) > 0 && w == "]" {
			p.macro(append([]string{"." + line[0]}, line[1:]...)...)
			line = nil
		}
	}
	if len(line) > 0 {
		p.macro(append([]string{"." + line[0]}, line[1:]...)...)
	}
}

// references writes the names of pages, sorted.
func (p *page) references(names []string) {
	slices.Sort(names)
	for i, name := range names {
		line := ".Xr " + name + " 1"
		if i < len(names)-1 {
			line += " ,"
		}
		p.line(line)
	}
}
