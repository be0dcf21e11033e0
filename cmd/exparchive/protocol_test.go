package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/providertest"
)

// protocolBlock is a block of PROTOCOL.md with lines, or with what acknowledges those of the block before.
var protocolBlock = regexp.MustCompile("(?s)\n```(jsonl|acks)\n(.*?)```\n")

// TestProtocol records every example of PROTOCOL.md, resumes those that continue one, and compares what acknowledges
// them. Their lines follow the schema, but for those that are rejected.
func TestProtocol(t *testing.T) {
	text, err := os.ReadFile("../../provider/jsonl/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	protocol := resolved(t, "protocol")
	var folder string
	said, blocks := "", 0
	for _, block := range protocolBlock.FindAllStringSubmatch(strings.ReplaceAll(string(text), "\r\n", "\n"), -1) {
		blocks++
		if block[1] == "acks" {
			compareAcks(t, said, block[2])
			continue
		}
		args := []string{"resume", "run.simexp-live", "--acks", "--as-is"}
		if !strings.HasPrefix(block[2], `{"type":"continue"`) {
			args = []string{"record", "-o", "run.simexp", "--acks", "--as-is"}
			folder = t.TempDir()
		}
		cmd := exec.Command("exparchive", args...)
		cmd.Dir, cmd.Stdin = folder, strings.NewReader(block[2])
		out, err := cmd.Output()
		if err != nil && !errors.As(err, new(*exec.ExitError)) {
			t.Fatal(err)
		}
		said = string(out)
		rejected := strings.Count(said, `"type":"rejected"`)
		for line := range strings.Lines(block[2]) {
			var v any
			err := json.Unmarshal([]byte(line), &v)
			if err == nil {
				err = protocol.Validate(v)
			}
			if err != nil {
				rejected--
			}
		}
		if rejected != 0 || !strings.Contains(said, `"type":"end"`) {
			t.Errorf("%s\ngot\n%s\nwant as many lines rejected as the schema rejects", block[2], said)
		}
	}
	if blocks < 6 {
		t.Errorf("PROTOCOL.md: got %d examples, want at least 6", blocks)
	}
}

// compareAcks compares acknowledgements with those that are wanted, in which "…" stands for anything. Of those of
// type ack only the last is certain.
func compareAcks(t *testing.T, got, want string) {
	t.Helper()
	certain := func(text string) []string {
		var lines []string
		for line := range strings.Lines(text) {
			if n := len(lines); n > 0 && isAck(line) && isAck(lines[n-1]) {
				lines = lines[:n-1]
			}
			lines = append(lines, strings.TrimSpace(line))
		}
		last := lines[max(len(lines)-2, 0)] // before the end
		return slices.DeleteFunc(lines, func(line string) bool { return isAck(line) && line != last })
	}
	lines, wanted := certain(got), certain(want)
	if len(lines) != len(wanted) {
		t.Fatalf("got\n%s\nwant\n%s", got, want)
	}
	for i, one := range wanted {
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(one), "…", `[^"]*`) + "$"
		if !regexp.MustCompile(pattern).MatchString(lines[i]) {
			t.Errorf("got %s, want %s", lines[i], one)
		}
	}
}

func isAck(line string) bool { return strings.HasPrefix(line, `{"type":"ack"`) }

func resolved(t *testing.T, name string) interface{ Validate(any) error } {
	t.Helper()
	s, err := resolveSchema(schemaOf(name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestProtocol_schema: what is written follows the schema of what is taken, and what that refuses is refused.
func TestProtocol_schema(t *testing.T) {
	protocol := resolved(t, "protocol")
	follows := func(line string) error {
		var v any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			return err
		}
		return protocol.Validate(v)
	}
	var all []string
	for _, r := range providertest.Sample() {
		line, err := jsonl.Line(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.TrimSpace(string(line)))
	}
	text, err := os.ReadFile("testdata/lines/run.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, strings.Split(strings.TrimSpace(string(text)), "\n")...)
	for _, line := range all {
		if err := follows(line); err != nil {
			t.Errorf("%.300s: %v", line, err)
		}
	}
	start := `{"type":"experiment","run_id":"r","experiment_name":"n","experiment_type":"t"}` + "\n"
	for _, line := range []string{
		`{"type":"other"}`, `{"iteration":0}`, `[]`, `{"type":"event","event_type":"e"}`,
		`{"type":"event","iteration":0}`, `{"type":"event","iteration":-1,"event_type":"e"}`,
		`{"type":"event","iteration":2147483648,"event_type":"e"}`, `{"type":"event","iteration":0,"event_type":""}`,
		`{"type":"event","iteration":0,"event_type":null}`, `{"type":"event","iteration":0,"event_type":"e","timestamp":""}`,
		`{"type":"event","iteration":0,"event_type":"e","extra":{}}`, `{"type":"event","iteration":"0","event_type":"e"}`,
		`{"type":"llm_interaction","iteration":0,"extra":[]}`, `{"type":"llm_interaction","iteration":0,"prompt_tokens":-1}`,
		`{"type":"llm_interaction","iteration":0,"latency_seconds":-0.5}`,
		`{"type":"llm_interaction","iteration":0,"agent_id":""}`,
		`{"type":"iteration","iteration":0,"costs_per_agent":{"A":1.5}}`,
		`{"type":"iteration","iteration":0,"costs_per_agent":{"A":"1"}}`,
		`{"type":"iteration","iteration":0,"costs_per_agent":{"A":null}}`,
		`{"type":"iteration","iteration":0,"costs_per_agent":{"":1}}`,
		`{"type":"iteration","iteration":0,"accepted_changes":{"A":1}}`, `{"type":"iteration","iteration":0,"policies":[]}`,
		`{"type":"note","kind":"k"}`, `{"type":"note","kind":"k","text":""}`, `{"type":"note","kind":"","text":"t"}`,
		`{"type":"attachment","name":"a"}`, `{"type":"attachment","name":"a","data":"*"}`,
		`{"type":"result"}`, `{"type":"result","status":"running"}`, `{"type":"result","status":"unfinished"}`,
		`{"type":"result","status":"completed","final_cost":"1"}`, `{"type":"result","status":"completed","converged":1}`,
	} {
		if follows(line) == nil {
			t.Errorf("the schema takes %s", line)
		}
		r := jsonl.NewReader(strings.NewReader(start+line), nil)
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(); err == nil {
			t.Errorf("the reader takes %s", line)
		}
	}
}
