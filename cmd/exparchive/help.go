package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// helpWidth is the longest line of a help text, in characters.
const helpWidth = 100

// fitHelp gives every command under cmd a help text of which no line is longer than helpWidth.
func fitHelp(cmd *cobra.Command) {
	cmd.SetUsageTemplate(strings.ReplaceAll(cmd.UsageTemplate(), "FlagUsages ", fmt.Sprintf("FlagUsagesWrapped %d ", helpWidth)))
	var fit func(*cobra.Command)
	fit = func(cmd *cobra.Command) {
		cmd.Long = reflow(cmd.Long, helpWidth)
		for _, sub := range cmd.Commands() {
			fit(sub)
		}
	}
	fit(cmd)
}

// reflow breaks the paragraphs of a text into lines of at most width characters. Lines that are indented stay as they are.
func reflow(text string, width int) string {
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
		lines = append(lines, line)
	}
	flush()
	return strings.Join(lines, "\n")
}
