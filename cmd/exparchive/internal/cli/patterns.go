package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/webfile"
)

// notFiles are the words in the usage lines of commands that stand for arguments other than files.
var notFiles = []string{"SQL", "TABLE", "NAME", "COMMAND", "ARGUMENT"}

// TakePatterns has a command and those below it take patterns of names, such as *.simexp, where they take files: shells
// of Windows hand them on as they are. Which arguments are files is what the usage line says. A command that starts
// another one is left as it is.
func TakePatterns(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		TakePatterns(sub)
	}
	words := arguments(cmd.Use)
	if cmd.RunE == nil || len(words) == 0 || slices.Contains(words, "--") {
		return
	}
	check, run := cmd.Args, cmd.RunE
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		expanded, err := expandFiles(words, args)
		if err != nil || check == nil {
			return err
		}
		return check(cmd, expanded)
	}
	// Expanded anew: what runs in between may change arguments where they are, and does, to hide what is secret in them.
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		expanded, err := expandFiles(words, args)
		if err != nil {
			return err
		}
		return run(cmd, expanded)
	}
}

// arguments gives the words of a usage line that stand for arguments, up to the first flag; "--" says that a command of
// somebody else's follows.
func arguments(use string) (words []string) {
	for _, word := range strings.Fields(use)[1:] {
		word = strings.Trim(word, "[]")
		switch {
		case word == "--":
			return append(words, word)
		case strings.HasPrefix(word, "-"), word == "|":
			return words
		}
		words = append(words, word)
	}
	return words
}

// isFile reports whether a word of a usage line stands for files; one in small letters stands for itself.
func isFile(word string) bool {
	return !slices.Contains(notFiles, strings.TrimSuffix(word, "...")) &&
		(strings.ToLower(word) != word || strings.Contains(word, "."))
}

// expandFiles puts names of files in the places of patterns among the arguments that the words of the usage line say
// are files.
func expandFiles(words, args []string) ([]string, error) {
	var all []string
	for i, arg := range args {
		word := words[min(i, len(words)-1)]
		// What may be repeated takes all arguments but those of the words behind it.
		many := slices.IndexFunc(words, func(w string) bool { return strings.Contains(w, "...") })
		if many >= 0 && i > many {
			word = words[max(many, len(words)-(len(args)-i))]
		}
		if !isFile(word) {
			all = append(all, arg)
			continue
		}
		names, err := ExpandPattern(arg)
		if err != nil {
			return nil, err
		}
		all = append(all, names...)
	}
	return all, nil
}

// ExpandPattern gives the names that a pattern stands for, in order: * is any text, ? any character, [a-z] one of some,
// within a name, and whether letters are capital makes no difference. What is no pattern, and a name that there is,
// whatever characters are in it, stand for themselves; so do addresses and standard input. Names that begin with a dot
// are meant only by patterns that do. That no name fits is an error.
func ExpandPattern(arg string) ([]string, error) {
	if !isPattern(arg) || webfile.Is(arg) || arg == StdinName {
		return []string{arg}, nil
	}
	if _, err := os.Lstat(arg); err == nil {
		return []string{arg}, nil
	}
	if _, err := filepath.Match(arg, ""); err != nil {
		return nil, fileerr.Errorf(arg, "not the name of a file, and no pattern of names either: a [ without a ]")
	}
	names, err := fitting(arg)
	if err == nil && len(names) == 0 {
		err = errNoneFits
	}
	return names, InFile(arg, err)
}

// separators are those of names of folders.
var separators = func() string {
	if filepath.Separator == '\\' {
		return `\/`
	}
	return "/"
}()

var errNoneFits = errors.New("no file fits the pattern")

// isPattern reports whether a name may be a pattern. What comes before it on Windows, as in \\?\C:\, is no part of it.
func isPattern(name string) bool {
	return strings.ContainsAny(name[len(filepath.VolumeName(name)):], "*?[")
}

// fitting gives the names that fit a pattern.
func fitting(pattern string) (names []string, err error) {
	folder, last := filepath.Split(pattern)
	if last == "" { // behind a separator, as in runs*/
		if trimmed := strings.TrimRight(pattern, separators); trimmed != pattern && trimmed != "" {
			return fitting(trimmed)
		}
		return []string{pattern}, nil
	}
	folders := []string{folder}
	if _, err := os.Lstat(folder); folder != "" && err != nil && isPattern(folder) {
		if folders, err = fitting(strings.TrimRight(folder, separators)); err != nil {
			return nil, err
		}
		for i := range folders {
			folders[i] += string(filepath.Separator)
		}
	}
	for _, folder := range folders {
		if !isPattern(last) {
			if _, err := os.Lstat(folder + last); err == nil {
				names = append(names, folder+last)
			}
			continue
		}
		entries, err := os.ReadDir(cmp.Or(folder, "."))
		if err != nil && len(folders) == 1 {
			return nil, fmt.Errorf("%s: %w", cmp.Or(folder, "."), fileerr.Cause(err))
		}
		for _, e := range entries {
			fits, err := filepath.Match(strings.ToLower(last), strings.ToLower(e.Name()))
			if err != nil {
				return nil, err
			}
			if fits && strings.HasPrefix(e.Name(), ".") == strings.HasPrefix(last, ".") {
				names = append(names, folder+e.Name())
			}
		}
	}
	return names, nil
}
