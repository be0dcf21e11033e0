package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
)

// wordsOfCalls are what errors of Go and of the system say of how they came about, and no user asks for. It takes long
// to compile, and scripts start this test thousands of times as the program.
var wordsOfCalls = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`strconv|syscall|goroutine|0x[0-9a-f]{6}|\|[01]:|fork/exec|%![a-z(]|no such file or directory|` +
		`The system cannot find|(^|[^-\w])(open|openat|openfdat|stat|lstat|fstat|statat|read|readat|write|writeat|close|rename|renameat|link|symlink|` +
		`mkdir|mkdirat|remove|unlinkat|readdirent|fdopendir|getdents64|fsync|truncate|chmod|chtimes|CreateFile|GetFileAttributesEx|FindFirstFile|seek|mmap|flock) [^ ]*: `)
})

// TestErrors_words: of whatever fails the program says what it is about, and what is wrong, without names of calls.
func TestErrors_words(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	text, err := os.ReadFile("testdata/lines/run.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"run.jsonl": string(text), "text": "a text\n", "empty": "", "half.jsonl": `{"type":"experiment","run_id":"x"` + "\n",
		"key":   "no key\n",
		"allow": "email [\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(folder, "folder", "a.simexp"), 0o777); err != nil {
		t.Fatal(err)
	}
	m := newMeasurer(t)
	command := func(input string, args ...string) outcome {
		o, err := m.run(measured{Folder: folder, Stdin: []byte(input), Args: args})
		if err != nil {
			t.Fatalf("%s: ended the process: %v", args, err)
		}
		return o
	}
	if o := command(string(text), "record", "-o", "a.simexp"); o.Code != cli.ExitOK {
		t.Fatalf("got exit code %d: %s", o.Code, o.Stderr)
	}
	failing := func(input, line string) {
		t.Helper()
		o := command(input, strings.Fields(line)...)
		if o.Code == cli.ExitOK {
			t.Errorf("%s: got exit code 0, want that it fails", line)
			return
		}
		out, messages := string(o.Stdout), string(o.Stderr)
		if m := wordsOfCalls().FindString(messages + out); m != "" {
			t.Errorf("%s: got %q in %q", line, m, messages+out)
		}
		for message := range strings.Lines(messages) {
			if !strings.HasPrefix(message, "exparchive: ") {
				t.Errorf("%s: got the line %q", line, message)
			}
		}
	}
	// Every command on what is no file that it takes.
	more := map[string]string{
		"import": " -o new", "recover": " -o new.simexp", "redact": " --seq 3 -o new.simexp",
		"reveal": " --from a.simexp -o new.simexp",
		"prove":  " --seq 1", "sign": " --key key", "annotate": " --kind x --text y", "duckdb dump": " t",
		"attachments add": " text", "attach": " text",
		"attachments extract": " -o new", "query": " SELECT", "ls": "",
		"package": " -o new.zip --title T --author A --licence MIT",
	}
	commands := 0
	var all func(cmd *cobra.Command)
	all = func(cmd *cobra.Command) {
		name := cli.Called(cmd)
		if strings.Contains(cmd.Use, " FILE") || strings.Contains(cmd.Use, "PUBLIC") || strings.Contains(cmd.Use, "OLD") ||
			strings.Contains(cmd.Use, "DAMAGED") || name == "ls" {
			commands++
			for _, file := range []string{"none.simexp", "folder/none/a.simexp", "text/a.simexp", "empty", "text", "half.jsonl",
				"folder/a.simexp", "nul\x01/x"} {
				isFolder := strings.HasPrefix(file, "folder/a") // which these commands take
				if name == "record" || name == "run" || (name == "ls" || name == "view") && isFolder {
					continue
				}
				failing("", name+" "+file+more[name])
			}
		}
		for _, sub := range cmd.Commands() {
			all(sub)
		}
	}
	all(newRootCommand())
	if commands < 20 {
		t.Errorf("got %d commands", commands)
	}
	for _, line := range []string{
		// Where nothing can be written.
		"record -o none/b.simexp", "record -o text/b.simexp", "record -o folder", "record -o b.simexp --attach none",
		"run exp1 -o none/b.simexp",
		"run exp1 -o text/b.simexp", "export a.simexp -o none/b.jsonl", "export a.simexp -o text/b.jsonl",
		"export a.simexp -o folder",
		"export a.simexp --format csv -o text/b", "export a.simexp --format csv -o text",
		"redact a.simexp --seq 1- -o none/b.simexp",
		"redact a.simexp --seq 1- -o text/b.simexp", "prove a.simexp --seq 1 -o none/p", "prove a.simexp --seq 1 -o text/p",
		"sign a.simexp --note-key none", "sign a.simexp --key none", "sign a.simexp --key folder", "sign a.simexp --key key",
		"sign a.simexp --note-key key",
		"sign --new-note-key x --note-key none/key", "sign --new-note-key x --note-key text/key",
		"recover a.simexp -o none/b.simexp",
		"recover a.simexp -o text/b.simexp", "attachments extract a.simexp -o text", "attachments extract a.simexp -o text/b",
		"attachments extract a.simexp none -o b", "attachments extract a.simexp -o text/b/c", "secrets a.simexp --allow none",
		"secrets a.simexp --allow folder",
		"secrets a.simexp --allow allow", "verify a.simexp --allowed-signers none",
		"verify a.simexp --allowed-signers folder",
		"verify a.simexp --note-key none", "verify a.simexp --signature none", "verify --proof none", "verify --proof text",
		"verify --proof folder",
		"verify --proof text --root none", "prove a.simexp --consistency none", "prove a.simexp --consistency text",
		"prove a.simexp --seq 900",
		// Numbers and other values of flags.
		"replay a.simexp --start x", "replay a.simexp --start 99999999999999999999", "replay a.simexp --seq x",
		"replay a.simexp --seq 99999999999999999999",
		"replay a.simexp --seq 3-1", "replay a.simexp --json=perhaps", "policies a.simexp --start 1.5", "ls --limit x",
		"prove a.simexp --seq x",
		"prove a.simexp --consistency 0", "prove a.simexp --consistency 99999999999999999999", "redact a.simexp --seq x",
		"redact a.simexp --iteration 1-x",
		"redact a.simexp --seq 99999999999999999999", "redact a.simexp --match ( -o b.simexp", "redact a.simexp --field \"x",
		"run exp1 --seed x --dry-run",
		"run exp1 --seed -1 --dry-run", "run exp1 --max-iter 1e3 --dry-run", "run exp1 --pause 5 --dry-run",
		"query a.simexp --timeout 5 SELECT",
		"query a.simexp --timeout x SELECT", "annotate a.simexp --remove x", "duckdb dump a.simexp t --limit x",
		"verify --proof text --old-root x",
		"verify a.simexp --note-key a+b+c", "replay a.simexp --color", "nosuch", "help nosuch",
	} {
		failing(string(text), line)
	}
	for _, lines := range []string{
		"{", "{}", "[]", "x", `{"type":"experiment","experiment_name":"n","experiment_type":"t","config":{"a":01}}`,
		`{"type":"experiment","experiment_name":"n","experiment_type":"t"}` + "\n" + `{"type":"iteration","iteration":"x"}`,
		`{"type":"experiment","experiment_name":"n","experiment_type":"t"}` + "\n" +
			`{"type":"iteration","iteration":99999999999999999999}`,
		`{"type":"experiment","experiment_name":"n","experiment_type":"t"}` + "\n" +
			`{"type":"iteration","iteration":1,"costs_per_agent":{"A":1.5}}`,
		`{"type":"experiment","experiment_name":"n","experiment_type":"t"}` + "\n" +
			`{"type":"iteration","iteration":1,"costs_per_agent":{"A":99999999999999999999}}`,
		`{"type":"experiment","experiment_name":"n","experiment_type":"t"}` + "\n" +
			`{"type":"attachment","name":"x","data":"!"}`,
		`{"type":"experiment","experiment_name":"n","experiment_type":"t"}` + "\n" +
			`{"type":"llm_interaction","iteration":1,"agent_id":"A","latency_seconds":1e999}`,
		`{"type":"experiment","experiment_name":"n","experiment_type":"t"}` + "\n" +
			`{"type":"llm_interaction","iteration":1,"agent_id":"A","prompt_tokens":1.5}`,
	} {
		failing(lines, "record -o lines.simexp --force")
		failing(lines, "replay -")
	}
}
