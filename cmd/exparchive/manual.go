//go:build manual

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/manual"
)

// main of the program that releases run instead of the usual one: exparchive FOLDER DATE writes the manual pages and
// the completions of the shells into a folder, with a date (RFC 3339), and what version says there as version.json.
func main() {
	if err := writeManual(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "manual:", err)
		os.Exit(1)
	}
}

func writeManual(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("want a folder and a date")
	}
	date, err := time.Parse(time.RFC3339, args[1])
	if err != nil {
		return err
	}
	root := newRootCommand()
	folders := map[string]string{}
	for _, name := range []string{"man", "completions"} {
		folders[name] = filepath.Join(args[0], name)
		if err := os.MkdirAll(folders[name], 0o755); err != nil {
			return err
		}
	}
	if err := (&manual.Book{Root: root, Version: cli.ProgramVersion(), Date: date}).Write(folders["man"]); err != nil {
		return err
	}
	for name, write := range map[string]func(string) error{
		"exparchive.bash": func(f string) error { return root.GenBashCompletionFileV2(f, true) },
		"_exparchive":     root.GenZshCompletionFile,
		"exparchive.fish": func(f string) error { return root.GenFishCompletionFile(f, true) },
		"exparchive.ps1":  root.GenPowerShellCompletionFileWithDesc,
	} {
		if err := write(filepath.Join(folders["completions"], name)); err != nil {
			return err
		}
	}
	var versions bytes.Buffer
	if err := printVersion(&versions, true); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(args[0], "version.json"), versions.Bytes(), 0o644)
}
