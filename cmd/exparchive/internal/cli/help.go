package cli

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// HelpWidth is the longest line of a help text, in characters.
const HelpWidth = 100

// FitHelp gives every command under cmd a help text of which no line is longer than HelpWidth.
func FitHelp(cmd *cobra.Command) {
	cmd.SetUsageTemplate(strings.ReplaceAll(cmd.UsageTemplate(), "FlagUsages ",
		fmt.Sprintf("FlagUsagesWrapped %d ", HelpWidth)))
	help := cmd.HelpFunc()
	cmd.SetHelpFunc(func(about *cobra.Command, args []string) {
		about.Long = Reflow(about.Long, HelpWidth)
		help(about, args)
	})
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
