package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
)

// schemasMet is the folder in which the program, when a test starts it, notes which schemas its output was checked
// against.
const schemasMet = "EXPARCHIVE_TEST_SCHEMAS_MET"

// exitSchema is how the program ends in tests if what it printed does not follow the schema of the command.
const exitSchema = 99

// checkedMain is main for tests: with --json, what is printed has to follow the schema of the command.
func checkedMain() {
	args := os.Args[1:]
	if !slices.Contains(args, "--json") && !slices.Contains(args, "--acks") {
		main()
		return
	}
	var out firstBytes
	code := run(args, os.Stdin, io.MultiWriter(os.Stdout, &out), os.Stderr)
	if err := checkOutput(args, out.Bytes(), code); err != nil {
		fmt.Fprintf(os.Stderr, "the output of %q: %v\n", args, err)
		code = exitSchema
	}
	os.Exit(code)
}

// firstBytes keeps the first megabyte of what is written.
type firstBytes struct{ bytes.Buffer }

func (b *firstBytes) Write(p []byte) (int, error) {
	if left := 1<<20 - b.Len(); left > 0 {
		b.Buffer.Write(p[:min(len(p), left)])
	}
	return len(p), nil
}

// checkOutput checks the JSON values in what a command line printed. Those of a command that failed may be cut short.
func checkOutput(args []string, text []byte, code int) error {
	cmd, rest, err := newRootCommand(args...).Find(args)
	if err != nil {
		return nil
	}
	name := cli.Called(cmd)
	if name == "resume" && slices.Contains(args, "--acks") {
		name = "record" // which says the same
	}
	schema := schemaOf(name)
	if schema == nil {
		return fmt.Errorf("%s has no schema", name)
	}
	schema, err = withColumns(schema, columnsIn(cmd, rest))
	if err != nil {
		return err
	}
	s, err := resolveSchema(schema)
	if err != nil {
		return err
	}
	values := json.NewDecoder(bytes.NewReader(text))
	for {
		var v any
		err := values.Decode(&v)
		switch {
		case err == io.EOF, err != nil && (code != cli.ExitOK || len(text) == 1<<20):
			return nil
		case err != nil:
			return err
		}
		if err := s.Validate(v); err != nil {
			shown, _ := json.Marshal(v)
			return fmt.Errorf("%w: %.2000s", err, shown)
		}
		if folder := os.Getenv(schemasMet); folder != "" {
			if err := os.WriteFile(filepath.Join(folder, name), nil, 0o666); err != nil {
				return err
			}
		}
	}
}

// columnsIn gives the names of the columns that a command line asks for.
func columnsIn(cmd *cobra.Command, args []string) (names []string) {
	if cmd.Flags().Lookup("column") == nil || cmd.ParseFlags(args) != nil {
		return nil
	}
	columns, ok := cmd.Flags().Lookup("column").Value.(interface{ GetSlice() []string })
	if !ok {
		return nil
	}
	for _, text := range columns.GetSlice() {
		name, _, _ := strings.Cut(text, "=")
		names = append(names, name)
	}
	return names
}

func resolveSchema(text []byte) (*jsonschema.Resolved, error) {
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, err
	}
	return s.Resolve(nil)
}

// allSchemasMet reports commands of which no script printed JSON, unless only some scripts were run.
func allSchemasMet(t *testing.T, folder string) {
	if run := flag.Lookup("test.run").Value.String(); run != "" {
		return
	}
	for _, name := range commandsWithSchema(newRootCommand()) {
		if name == "paper" {
			continue // which is of a file that people write: see TestPaperSchema
		}
		if _, err := os.Stat(filepath.Join(folder, name)); errors.Is(err, os.ErrNotExist) {
			t.Errorf("no script has %s --json", name)
		}
	}
}

// withoutJSON are the commands that do not print for programs: plot draws pictures; schema prints JSON only; view shows
// pages.
var withoutJSON = []string{"duckdb", "table", "schema", "help", "completion", "checkpoint", "plot", "paper", "view"}

// Every command has --json and a schema that follows the rules for schemas and says what each member is.
func TestSchemas(t *testing.T) {
	used := map[string]bool{"paper.json": true, "protocol.json": true}
	var each func(cmd *cobra.Command)
	each = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			each(sub)
		}
		name := cli.Called(cmd)
		if cmd == cmd.Root() || slices.Contains(withoutJSON, name) ||
			strings.HasPrefix(name, "completion ") || strings.HasPrefix(name, "plot ") {
			return
		}
		if cmd.Flags().Lookup("json") == nil {
			t.Errorf("%s has no --json", name)
		}
		if schemaOf(name) == nil {
			t.Errorf("%s has no schema", name)
		}
		file, shared := sharedSchemas[name]
		if !shared {
			file = strings.ReplaceAll(name, " ", "-")
		}
		used[file+".json"] = true
	}
	each(newRootCommand())
	files, err := schemas.ReadDir("schemas")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !used[f.Name()] {
			t.Errorf("%s is of no command", f.Name())
		}
		text, err := schemas.ReadFile("schemas/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		var s jsonschema.Schema
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatalf("%s: %v", f.Name(), err)
		}
		if _, err := s.Resolve(nil); err != nil {
			t.Errorf("%s: %v", f.Name(), err)
		}
		if s.Schema != "https://json-schema.org/draft/2020-12/schema" || s.Title == "" || s.Description == "" {
			t.Errorf("%s: got $schema %q, title %q, description %q", f.Name(), s.Schema, s.Title, s.Description)
		}
		described(t, f.Name(), &s)
	}
}

// described reports members that a schema does not describe.
func described(t *testing.T, where string, s *jsonschema.Schema) {
	for name, member := range s.Properties {
		if member.Description == "" {
			t.Errorf("%s: nothing says what %s is", where, name)
		}
		described(t, where+": "+name, member)
	}
	below := slices.Concat(s.AnyOf, s.OneOf)
	for _, one := range []*jsonschema.Schema{s.Items, s.AdditionalProperties} {
		if one != nil {
			below = append(below, one)
		}
	}
	for _, one := range s.PatternProperties {
		below = append(below, one)
	}
	for _, one := range below {
		described(t, where, one)
	}
}

// What does not follow a schema is found.
func TestSchemas_strict(t *testing.T) {
	const digest = `"0000000000000000000000000000000000000000000000000000000000000000"`
	const row = `"run_id":"r","iteration":0,"agent_id":null,"cost_cents":null,"accepted":null,"decision":null`
	const group = `"num_runs":1,"num_converged":0,"num_known":0,"converged_percent":null,"mean_iterations":1.0,"min_iterations":1,` +
		`"max_iterations":1,"num_costs":0,"mean_cost_cents":null,"min_cost_cents":null,"max_cost_cents":null`
	for _, c := range []struct {
		command, text string
		ok            bool
	}{
		{"table iterations", `[{` + row + `}]`, true},
		{"table iterations", `[{` + row + `,"f":1}]`, false},
		{"table iterations --column f=policy:/f", `[{` + row + `,"f":1}]`, true},
		{"table iterations --column f=policy:/f", `[{` + row + `,"g":1}]`, false},
		{"table iterations", `[{"run_id":"r"}]`, false},
		{"table summary", `[{"type":"t","config:/a":null,` + group + `}]`, true},
		{"table summary", `[{"type":"t","setting":null,` + group + `}]`, false},
		{"table convergence -c f.g=day:/x", `[{"f.g A\nB mean":1,` + group + `}]`, true},
		{"table convergence -c f.g=day:/x", `[{"fig mean":1,` + group + `}]`, false},
		{"digest", `{"file":"a","records":1,"digest":` + digest + `}`, true},
		{"digest", `{"file":"a","records":1,"digest":` + digest + `,"new":1}`, false},
		{"digest", `{"file":"a","records":1}`, false},
		{"digest", `{"file":"a","records":1.5,"digest":` + digest + `}`, false},
		{"digest", `{"file":"a","records":1,"digest":"0"}`, false},
		{"seal", `{"file":"a","records":"1","digest":` + digest + `}`, false},
		{"policies", `{"A":{"iteration_0":{"decision":"kept"}}}`, true},
		{"policies", `{"A":{"iteration_0":{"decision":"not accepted"}}}`, false},
		{"policies", `{"A":{"0":{}}}`, false},
		{"replay", `{"type":"note","kind":"k","text":"t"}`, true},
		{"replay", `{"type":"nothing"}`, false},
		{"query", `[{"a":1},{"a":"x"}]`, true},
		{"query", `[1]`, false},
		{"ls", `{}`, false},
		{"ls", `{"run_id":"a","tokens":null,"converged":true}`, true},
		{"ls", `{"run_id":"a","tokens":"x"}`, false},
		{"ls", `{"run_id":"a","digest_checked":true}`, false},
		{"ls", `{"run_id":"a","new":1}`, false},
		{"nothing", `{}`, false},
	} {
		err := checkOutput(append(strings.Fields(c.command), "--json"), []byte(c.text), cli.ExitOK)
		if c.command == "nothing" {
			err = checkOutput([]string{"completion", "--json"}, []byte(c.text), cli.ExitOK)
		}
		if (err == nil) != c.ok {
			t.Errorf("%s: %s: got %v, want ok %v", c.command, c.text, err, c.ok)
		}
	}
}
