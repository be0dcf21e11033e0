package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// HelpWidth is the longest line of a help text, in characters.
const HelpWidth = 100

// FitHelp gives every command under cmd a help text of which no line is longer than HelpWidth.
func FitHelp(cmd *cobra.Command) {
	cmd.SetUsageFunc(printUsage)
	help := cmd.HelpFunc()
	cmd.SetHelpFunc(func(about *cobra.Command, args []string) {
		about.Long = Reflow(about.Long, HelpWidth)
		help(about, args)
	})
}

// printUsage prints how a command is called, its examples, the commands below it by their groups, and its flags. Cobra
// would break no lines, and with a template of its own it needs text/template, which keeps every method in the program.
func printUsage(cmd *cobra.Command) error {
	var text strings.Builder
	section := func(title, lines string) {
		if lines = strings.TrimRightFunc(lines, unicode.IsSpace); lines != "" {
			fmt.Fprintf(&text, "\n%s:\n%s\n", title, lines)
		}
	}
	text.WriteString("Usage:\n")
	if cmd.Runnable() {
		fmt.Fprintf(&text, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&text, "  %s [command]\n", cmd.CommandPath())
	}
	if len(cmd.Aliases) > 0 {
		section("Aliases", "  "+cmd.NameAndAliases())
	}
	section("Examples", cmd.Example)
	for _, g := range cmd.Groups() {
		section(strings.TrimSuffix(g.Title, ":"), commandsOf(cmd, g.ID))
	}
	if len(cmd.Groups()) == 0 {
		section("Available Commands", commandsOf(cmd, ""))
	}
	section("Flags", cmd.LocalFlags().FlagUsagesWrapped(HelpWidth))
	section("Global Flags", cmd.InheritedFlags().FlagUsagesWrapped(HelpWidth))
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&text, "\nUse \"%s [command] --help\" for more information about a command.\n", cmd.CommandPath())
	}
	_, err := io.WriteString(cmd.OutOrStderr(), text.String())
	return err
}

// commandsOf lists the commands of a group below cmd, with what they do.
func commandsOf(cmd *cobra.Command, group string) string {
	var text strings.Builder
	for _, sub := range cmd.Commands() {
		if sub.GroupID == group && (sub.IsAvailableCommand() || sub.Name() == "help") {
			fmt.Fprintf(&text, "  %-*s %s\n", sub.NamePadding(), sub.Name(), sub.Short)
		}
	}
	return text.String()
}

// Reflow breaks the paragraphs of a text into lines of at most width characters. Lines that are indented stay as they
// are, but those that are too long; see hang.
func Reflow(text string, width int) string {
	var lines, paragraph []string
	flush := func() {
		line := ""
		for _, word := range paragraph {
			if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
				lines = append(lines, line)
				line = ""
			}
			line = strings.TrimPrefix(line+" "+word, " ")
		}
		if line != "" {
			lines = append(lines, line)
		}
		paragraph = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && line[0] != ' ' && line[0] != '\t' {
			paragraph = append(paragraph, strings.Fields(line)...)
			continue
		}
		flush()
		lines = append(lines, hang(line, width)...)
	}
	flush()
	return strings.Join(lines, "\n")
}

// hang breaks an indented line at blanks, or behind commas where it has none. What follows stands below the text behind
// the first gap of two blanks ("csv    tables"), or one blank behind the indentation.
func hang(line string, width int) []string {
	text := strings.TrimLeft(line, " ")
	indent := len(line) - len(text)
	column := indent + 1
	if gap := strings.Index(text, "  "); gap > 0 && gap < width/3 {
		column = indent + len(text) - len(strings.TrimLeft(text[gap:], " "))
	}
	var lines []string
	for utf8.RuneCountInString(line) > width {
		cut := len(string([]rune(line)[:width]))
		at := strings.LastIndexByte(line[:cut+1], ' ')
		if at <= column {
			at = strings.LastIndexByte(line[:cut], ',') + 1
		}
		if at <= column {
			break
		}
		lines = append(lines, strings.TrimRight(line[:at], " "))
		line = strings.Repeat(" ", column) + strings.TrimLeft(line[at:], " ")
	}
	return append(lines, line)
}
