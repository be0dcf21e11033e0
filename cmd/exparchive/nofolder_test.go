package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
)

// TestNoFolder: every command that writes a file says of a folder that is missing that it is, by its name, and writes
// nothing; those whose output is a folder make it.
func TestNoFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	text, err := os.ReadFile("testdata/lines/run.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	m := newMeasurer(t)
	command := func(line string) (messages string, code int) {
		o, err := m.run(measured{Folder: folder, Stdin: text, Args: strings.Fields(line)})
		if err != nil {
			t.Fatalf("%s: ended the process: %v", line, err)
		}
		return string(o.Stderr), o.Code
	}
	for _, line := range []string{"record -o a.simexp", "sign --new-note-key x --note-key key",
		"redact a.simexp --seq 0- -o b.simexp", "pack a.simexp"} {
		if messages, code := command(line); code != cli.ExitOK {
			t.Fatalf("%s: got exit code %d: %s", line, code, messages)
		}
	}
	sealed, err := os.ReadFile(filepath.Join(folder, "a.simexp"))
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string][]string{
		"export": {"export a.simexp -o", "export a.simexp --format json -o", "export a.simexp --format csv -o",
			"export a.simexp --format csv --table costs -o"},
		"convergence": {"plot convergence a.simexp -o"},
		"parameter":   {"plot parameter a.simexp --column f=policy:/f -o"},
		"acceptance":  {"plot acceptance a.simexp -o"},
		"spread":      {"plot spread a.simexp --column f=policy:/f -o"},
		"prove":       {"prove a.simexp --seq 1 -o"},
		"record":      {"record -o", "record --force -o"},
		"recover":     {"recover a.simexp -o", "recover --force a.simexp -o"},
		"redact": {"redact a.simexp --seq 0- -o", "redact a.simexp --force --seq 0- -o",
			"redact a.simexp --mask --match BANK_A -o"},
		"reveal": {"reveal b.simexp --from a.simexp -o"},
		"report": {"report a.simexp -o", "report a.simexp --force -o"},
		"run":    {"run exp1 -o"},
		"sign": {"sign a.simexp --note-key key -o", "sign a.simexp --detached --note-key key -o",
			"sign --new-note-key x --note-key"},
		"init": {"paper init a.simexp -o"},
		"pack": {"pack a.simexp -o"},
		"package": {"package a.simexp --title T --author A --licence MIT --date 2026-11-29 -o",
			"package a.simexp --title T --author A --licence MIT --date 2026-11-29 --force -o"},
		"unpack":     {"unpack a.simexp.zst -o"},
		"extract":    nil, // which makes its folder
		"build":      nil, // likewise
		"check":      nil, // which only reads there
		"import":     nil, // likewise
		"attach":     nil,
		"dump":       nil,
		"exparchive": nil,
	}
	var all func(cmd *cobra.Command)
	all = func(cmd *cobra.Command) {
		if f := cmd.Flags().Lookup("output"); f != nil {
			if _, ok := lines[cmd.Name()]; !ok {
				t.Errorf("%s has --output, and is not tried", cli.Called(cmd))
			}
		}
		for _, sub := range cmd.Commands() {
			all(sub)
		}
	}
	all(newRootCommand())
	for _, of := range lines {
		for _, line := range of {
			for output, want := range map[string]string{
				"none/x.simexp":           "exparchive: none: no such folder\n",
				"none/below/x.simexp":     "exparchive: " + filepath.Join("none", "below") + ": no such folder\n",
				"a.simexp/x.simexp":       "exparchive: a.simexp: not a directory\n",
				folder + "/none/x.simexp": "exparchive: " + filepath.Join(folder, "none") + ": no such folder\n",
			} {
				if strings.HasPrefix(line, "plot") { // the ending says what is drawn
					output = strings.TrimSuffix(output, ".simexp") + ".svg"
				}
				if messages, code := command(line + " " + output); code == cli.ExitOK || messages != want {
					t.Errorf("%s %s: got exit code %d, %q, want %q", line, output, code, messages, want)
				}
			}
		}
	}
	if now, err := os.ReadFile(filepath.Join(folder, "a.simexp")); err != nil || !bytes.Equal(now, sealed) {
		t.Errorf("a.simexp: got %v, and other bytes, want that it is as it was", err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 4 {
		t.Errorf("got %v, %v, want a.simexp, a.simexp.zst, b.simexp and key", entries, err)
	}
}
