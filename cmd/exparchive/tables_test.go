package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/othertools"
)

// hostileNames are what runs, agents, members and values may be called by somebody who wants a table to be more than
// text.
var hostileNames = []string{
	"=cmd|' /C calc'!A0", "@SUM(1+1)", "a,b;c\td", "two\nlines\r\nof \"quotes\"",
	`\input{/etc/passwd}$\alpha$ & % # _ ^ ~ {}`,
	"<script>alert(1)</script><!--", "| a | b | `x` [l](http://x) ![i](y) **", "\x1b[31mred\x1b]0;title\a",
	"\u202egnp.exe", ">right", "-1e5",
	"A", "a", "ÄÖ–†*", "NaN", "run_id", "  ",
}

// Every kind of table, of runs in which everything has a hostile name, in every form: JSON follows its schema, Python
// reads the CSV and finds the same values, and the others have nothing in them but text.
func TestTables_hostile(t *testing.T) {
	folder := t.TempDir()
	for i, name := range hostileNames {
		quoted, _ := json.Marshal(name)
		other, _ := json.Marshal(hostileNames[(i+1)%len(hostileNames)])
		text := fmt.Sprintf(`{"type":"experiment","run_id":%[1]s,"experiment_name":%[1]s,"experiment_type":%[2]s,"config":{%[1]s:%[2]s,"k":%[1]s},"created_at":"x"}
{"type":"event","iteration":0,"event_type":%[1]s,"timestamp":"x","event_data":{"agent_id":%[1]s,"v":%[2]s,"s":[1,2,4]}}
{"type":"event","iteration":0,"event_type":"policy_evaluation","timestamp":"x","event_data":{"agent_id":%[1]s,"sample_details":[{"new_cost":5},{"new_cost":6}]}}
{"type":"llm_interaction","iteration":0,"agent_id":%[1]s,"model":%[1]s,"response":%[1]s,"parsed_policy":{"p":%[1]s},"timestamp":"x"}
{"type":"iteration","iteration":0,"costs_per_agent":{%[1]s:-5},"accepted_changes":{%[1]s:true},"policies":{%[1]s:{"p":%[2]s}},"timestamp":"x"}
{"type":"result","completed_at":"x","status":"completed","converged":true,"convergence_reason":%[1]s,"final_cost":-5}
`, quoted, other)
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%02d.jsonl", i)), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	read := func(args ...string) string {
		var out, messages bytes.Buffer
		if code := run(args, strings.NewReader(""), &out, &messages); code != cli.ExitOK {
			t.Fatalf("%q: exit code %d: %s", args, code, messages.String())
		}
		return out.String()
	}
	csvs := t.TempDir()
	var wanted [][][]any // of each CSV, the rows as JSON has them
	for i, table := range []string{
		"table iterations --totals --column p=policy:/p", "table summary --column p=proposed:/p --column k=config:/k",
		"table summary --group-by config:/k --group-by experiment --column p=policy:/p",
		"table convergence --column p=policy:/p",
		"table convergence --group-by type", "table evaluations --column p=policy:/p", "compare --column p=policy:/p",
	} {
		args := append(strings.Fields(table), folder)
		text := read(append(args, "--json")...)
		if err := checkOutput(append(slices.Clone(args), "--json"), []byte(text), cli.ExitOK); err != nil {
			t.Error(err)
		}
		wanted = append(wanted, rowsOf(t, text))
		if err := os.WriteFile(filepath.Join(csvs, fmt.Sprintf("%02d.csv", i)), []byte(read(append(args, "--format", "csv",
			"--raw")...)), 0o666); err != nil {
			t.Fatal(err)
		}
		for row := range strings.Lines(read(append(args, "--format", "csv")...)) {
			if strings.HasPrefix(row, "=") || strings.Contains(row, ",=") || strings.Contains(row, `"=`) ||
				strings.Contains(row, ",@") {
				t.Errorf("%s: a spreadsheet would run %q", table, row)
			}
		}
		for _, format := range []string{"text", "markdown", "latex", "html"} {
			text := read(append(args, "--format", format)...)
			for _, bad := range map[string][]string{
				"markdown": {"<script", "]("}, "latex": {`\input{`, `$\alpha`, " & % "}, "html": {"<script", "<!--"},
			}[format] {
				if strings.Contains(text, bad) {
					t.Errorf("%s as %s has %q", table, format, bad)
				}
			}
			for _, r := range text {
				if r < ' ' && r != '\n' || r == 0x7f || r == 0x202e {
					t.Errorf("%s as %s has the character %U", table, format, r)
					break
				}
			}
		}
	}
	python := othertools.Find(t, "python3")
	const script = `
import csv, glob, json, sys
print(json.dumps([list(csv.reader(open(f, newline="", encoding="utf-8"), strict=True)) for f in sorted(glob.glob(sys.argv[1] + "/*.csv"))]))`
	out, err := exec.Command(python, "-c", script, csvs).Output()
	if err != nil {
		t.Fatal(err)
	}
	var got [][][]string
	if err := json.Unmarshal(out, &got); err != nil || len(got) != len(wanted) {
		t.Fatal(len(got), err)
	}
	for i := range wanted {
		if len(got[i]) != len(wanted[i]) {
			t.Errorf("table %d: Python reads %d rows, JSON has %d", i, len(got[i]), len(wanted[i]))
			continue
		}
		for k, row := range wanted[i] {
			for c, want := range row {
				if c >= len(got[i][k]) || got[i][k][c] != asCSV(want) || len(got[i][k]) != len(row) {
					t.Errorf("table %d, row %d: Python reads %q, JSON has %q", i, k, got[i][k], row)
					break
				}
			}
		}
	}
}

// rowsOf gives the members of objects, and before them their names.
func rowsOf(t *testing.T, text string) (rows [][]any) {
	var objects []json.RawMessage
	if err := json.Unmarshal([]byte(text), &objects); err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		var names, values []any
		d := json.NewDecoder(bytes.NewReader(o))
		d.UseNumber()
		if _, err := d.Token(); err != nil {
			t.Fatal(err)
		}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			var v any
			if err := d.Decode(&v); err != nil {
				t.Fatal(err)
			}
			names, values = append(names, name), append(values, v)
		}
		if rows == nil {
			rows = append(rows, names)
		}
		rows = append(rows, values)
	}
	return rows
}

func asCSV(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	}
	text, _ := json.Marshal(v)
	return string(text)
}
