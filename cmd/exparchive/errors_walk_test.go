package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
)

// working has a command line of every command that works in the folder of the test, behind the command's name. What
// stands there as a.simexp is an archive, as run.jsonl a run.
var working = map[string]string{
	"record": "-o new.simexp", "resume": "live.simexp-live --json", "seal": "live.simexp-live", "import": "old.db -o new",
	"run": "exp1 -o new.simexp", "ls": "a.simexp", "info": "a.simexp", "replay": "a.simexp", "policies": "a.simexp",
	"query": "--timeout 0 a.simexp SELECT(1)", "export": "a.simexp --format jsonl", "attachments": "a.simexp",
	"attachments add": "live.simexp-live text", "attach": "live.simexp-live text",
	"attachments extract": "attached.simexp -o new", "extract": "attached.simexp -o new", "diff": "a.simexp a.simexp",
	"table iterations": "a.simexp", "table summary": "a.simexp", "table convergence": "a.simexp",
	"plot convergence": "a.simexp", "plot acceptance": "a.simexp",
	"plot spread":    "spread.jsonl --column f=spread:/samples",
	"plot parameter": "a.simexp --column f=policy:/initial_liquidity_fraction", "digest": "a.simexp",
	"checkpoint": "a.simexp",
	"verify":     "a.simexp", "prove": "a.simexp --seq 1", "secrets": "a.simexp",
	"report": "a.simexp -o new.html",
	"redact": "a.simexp --seq 1- -o new.simexp",
	"reveal": "public.simexp --from a.simexp -o new.simexp", "sign": "--new-note-key x --note-key new",
	"package": "a.simexp -o new.zip --title T --author A --licence MIT --date 2026-11-29", "cite": "a.simexp",
	"pack": "a.simexp -o new.simexp.zst", "unpack": "packed.simexp.zst -o new.simexp",
	"annotate": "a.simexp --list", "recover": "a.simexp -o new.simexp", "upgrade": "a.simexp", "duckdb tables": "old.db",
	"duckdb schema": "old.db", "duckdb dump": "old.db experiments", "schema": "info", "version": "", "help": "info",
	"table evaluations": "spread.jsonl --samples spread:/samples", "compare": "a.simexp",
	"paper init": "a.simexp -o new.yaml", "paper build": "paper.yaml -o new", "paper check": "", "paper": "",
	"table": "", "plot": "", "duckdb": "", "completion": "", "exparchive": "",
}

// wrongValues are values that flags of a type do not take, or name nothing that is there.
var wrongValues = map[string][]string{
	"bool": {"perhaps"}, "int": {"x", "-1", "99999999999999999999", "1.5"}, "int64": {"x", "-1", "99999999999999999999"},
	"uint64": {"x", "-1", "99999999999999999999"}, "duration": {"x", "-1s", "5"},
	"string":      {"", "none/none", "folder", "text", "unreadable", "(", "a\x01b\nc"},
	"stringSlice": {"", "none/none", "folder", ",", `"x`, "99999999999999999999", "("},
	"stringArray": {"", "none/none", "folder", "=", "(", "a=b:c"},
	"elsewhere":   {"final", "true", ""}, // which other tables have
}

// TestErrors_walk: whatever is wrong with whatever flag or file of whatever command, the program ends with a code that
// it documents, and every line of what it says is its own and in its own words.
func TestErrors_walk(t *testing.T) {
	text, err := os.ReadFile("testdata/lines/run.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	packed, err := os.Open("../../legacy/castro/testdata/k1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	old, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	files := map[string]string{
		"run.jsonl": string(text), "text": "a text\n", "empty": "", "old.db": string(old),
		"spread.jsonl": `{"type":"experiment","run_id":"s","experiment_name":"n","experiment_type":"t"}
{"type":"event","iteration":0,"event_type":"spread","event_data":{"samples":[1,2]}}
{"type":"iteration","iteration":0}
{"type":"result","status":"completed"}
`,
	}
	for name, content := range files {
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("unreadable", nil, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("folder", 0o777); err != nil {
		t.Fatal(err)
	}
	start, _, _ := strings.Cut(string(text), "\n")
	called := func(args ...string) (code int, out, messages string) {
		var stdout, stderr bytes.Buffer
		code = run(args, strings.NewReader(string(text)), &stdout, &stderr)
		return code, stdout.String(), stderr.String()
	}
	for _, line := range []string{
		"record -o a.simexp", "record -o attached.simexp --attach text", "redact a.simexp --seq 1- -o public.simexp",
		"paper init a.simexp", "paper build", "pack a.simexp -o packed.simexp.zst",
	} {
		if code, _, messages := called(strings.Fields(line)...); code != cli.ExitOK {
			t.Fatalf("%s: got %d, %s", line, code, messages)
		}
	}
	cut := strings.NewReader(start + "\n")
	if code := run([]string{"record", "-o", "live.simexp"}, cut, io.Discard, io.Discard); code != cli.ExitFailed {
		t.Fatalf("a recording without a result: got %d", code)
	}
	kept := map[string][]byte{}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() && e.Name() != "unreadable" {
			if kept[e.Name()], err = os.ReadFile(e.Name()); err != nil {
				t.Fatal(err)
			}
		}
	}
	tidy := func() {
		entries, err := os.ReadDir(".")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if _, ok := kept[e.Name()]; !ok && e.Name() != "folder" && e.Name() != "unreadable" {
				if err := os.RemoveAll(e.Name()); err != nil {
					t.Fatal(err)
				}
			}
		}
		for name, content := range kept {
			if now, err := os.ReadFile(name); err != nil || !bytes.Equal(now, content) {
				_ = os.Remove(name)
				if err := os.WriteFile(name, content, 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	try := func(args ...string) (code int) {
		code, _, messages := called(args...)
		switch {
		case code != cli.ExitOK && code != cli.ExitFailed && code != cli.ExitUsage:
			t.Errorf("%q: got the exit code %d", args, code)
		case code == cli.ExitUsage && strings.Count(messages, "\n") != 1:
			t.Errorf("%q: got %q, want one line", args, messages)
		case strings.Contains(messages, "internal error"):
			t.Errorf("%q: got %q", args, messages)
		}
		if m := wordsOfCalls().FindString(messages); m != "" {
			t.Errorf("%q: got %q in %q", args, m, messages)
		}
		for line := range strings.Lines(messages) {
			if !strings.HasPrefix(line, "exparchive: ") || !strings.HasSuffix(line, "\n") {
				t.Errorf("%q: got the line %q", args, line)
			}
		}
		tidy()
		return code
	}
	tried := 0
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		name := cli.Called(cmd)
		for _, sub := range cmd.Commands() {
			if name != "completion" { // whose scripts go to the standard output of the process
				walk(sub)
			}
		}
		if name == "view" { // which goes on until somebody ends it
			return
		}
		line, ok := working[name]
		if !ok {
			t.Errorf("no command line of %s", name)
			return
		}
		args := slices.Concat(strings.Fields(name), strings.Fields(line))
		if cmd == cmd.Root() {
			args = []string{} // nil would be the arguments of the test
		}
		if code := try(args...); code != cli.ExitOK {
			t.Errorf("%q: got %d, want that it works", args, code)
		}
		flags := func(f *pflag.Flag) {
			values := wrongValues[f.Value.Type()]
			if values == nil && f.Value.Type() != "job" {
				t.Errorf("%s --%s: no wrong value of the type %s", name, f.Name, f.Value.Type())
			}
			for _, v := range values {
				tried++
				code := try(slices.Concat(args, []string{"--" + f.Name + "=" + v})...)
				if v == values[0] && v != "" && code != cli.ExitUsage { // x, perhaps
					t.Errorf("%s --%s=%s: got %d, want %d", name, f.Name, v, code, cli.ExitUsage)
				}
			}
		}
		cmd.Flags().VisitAll(flags)
		cmd.InheritedFlags().VisitAll(flags)
		for i, arg := range args {
			if _, isFile := kept[arg]; !isFile {
				continue
			}
			for _, wrong := range []string{
				"none", "none/none", "folder", "empty", "text", "text/none", "unreadable", "", "a\x01b\nc", "-", "~/none",
				strings.Repeat("n", 300),
			} {
				tried++
				try(slices.Replace(slices.Clone(args), i, i+1, wrong)...)
			}
		}
		tried += 2
		try(append(args, "one", "two", "three")...)
		if code := try(append(args, "--no-such-flag")...); code != cli.ExitUsage {
			t.Errorf("%s --no-such-flag: got %d, want %d", name, code, cli.ExitUsage)
		}
	}
	walk(newRootCommand())
	if tried < 500 {
		t.Errorf("got %d command lines", tried)
	}
	t.Logf("%d command lines", tried)
}
