package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/secrets/secretstest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// command runs a command line and gives what it printed.
func command(t *testing.T, wantCode int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	if code := run(args, strings.NewReader(""), &out, &err); code != wantCode {
		t.Fatalf("%s: got exit code %d, want %d; stderr: %s", args, code, wantCode, &err)
	}
	return out.String(), err.String()
}

// TestRedactSecrets plants 500 secrets of every kind into every field of a run. The scan finds at least 99 of 100, and
// after redact --secrets the bytes of the file have none, in whatever form, and the digest of the run.
func TestRedactSecrets(t *testing.T) {
	const count = 500
	p := secretstest.Planter{Rand: rand.New(rand.NewPCG(2026, 5))}
	quote := func(v any) []byte {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	records := []provider.Record{}
	planted := map[string][]string{} // by kind
	var start *provider.Start
	result := &provider.Result{Status: provider.StatusCompleted}
	for i := range count {
		kind := secretstest.Kinds[i%len(secretstest.Kinds)]
		secret, text := p.Plant(kind)
		planted[kind] = append(planted[kind], secret)
		text = "Before it.\n" + text + "\nand behind it."
		switch n := i / 7; p.IntN(11) {
		case 0:
			records = append(records, &provider.Event{Iteration: n, Type: "e", Data: quote(map[string]string{"a": text})})
		case 1:
			records = append(records, &provider.Event{Iteration: n, Type: "e",
				Data: quote([]any{map[string]string{"json": string(quote(text))}})})
		case 2:
			records = append(records, &provider.Interaction{Iteration: n,
				SystemPrompt: new(strings.Repeat("You are an optimiser.\n\n", 200) + text)})
		case 3:
			records = append(records, &provider.Interaction{Iteration: n, UserPrompt: &text})
		case 4:
			records = append(records, &provider.Interaction{Iteration: n,
				Response: new("```json\n" + string(quote(text)) + "\n```")})
		case 5:
			records = append(records, &provider.Interaction{Iteration: n,
				ParsedPolicy: quote(map[string]any{"p": []string{text}}), ParsingError: new("fine")})
		case 6:
			records = append(records, &provider.Interaction{Iteration: n, ParsingError: &text,
				Extra: quote(map[string]string{"fine": "yes"})})
		case 7:
			records = append(records, &provider.Interaction{Iteration: n, Extra: quote(map[string]string{"header": text})})
		case 8:
			records = append(records, &provider.Note{Kind: "k", Text: text})
		case 9:
			records = append(records, &provider.Attachment{Name: "a/" + string(quote(i)),
				Data: []byte(strings.Repeat("# configuration\n", 300) + text)})
		case 10:
			if start == nil {
				start = &provider.Start{RunID: "planted", Name: "n", Type: "t", Config: quote(map[string]string{"env": text})}
			} else if result.ConvergenceReason == nil {
				result.ConvergenceReason = &text
			} else {
				records = append(records, &provider.Iteration{Number: i, Policies: map[string]json.RawMessage{"A": quote(text)}})
			}
		}
	}
	records = append(append([]provider.Record{start}, records...), result)

	dir := t.TempDir()
	lines, public := filepath.Join(dir, "run.jsonl"), filepath.Join(dir, "public.simexp")
	var b bytes.Buffer
	w := jsonl.NewWriter(&b)
	for _, r := range records {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(lines, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}

	stdout, _ := command(t, cli.ExitFailed, "secrets", lines, "--json", "--show")
	found := map[string][]string{}
	for scan := bufio.NewScanner(strings.NewReader(stdout)); scan.Scan(); {
		var f struct{ Kind, Secret string }
		if err := json.Unmarshal(scan.Bytes(), &f); err != nil {
			t.Fatal(err)
		}
		found[f.Kind] = append(found[f.Kind], unescaped(f.Secret))
	}
	missed := 0
	for kind, list := range planted {
		for _, secret := range list {
			if !slices.Contains(found[kind], unescaped(secret)) {
				missed++
				t.Logf("missed: %s %q", kind, secret)
			}
		}
	}
	if missed*100 > count {
		t.Errorf("missed %d of %d", missed, count)
	}
	t.Logf("found %d of %d secrets of %d kinds", count-missed, count, len(planted))

	// Without --show nothing that is printed has them.
	stdout, stderr := command(t, cli.ExitFailed, "secrets", lines)
	for kind, list := range planted {
		for _, secret := range list {
			if strings.Contains(stdout+stderr, secret) {
				t.Errorf("%s: %q is printed", kind, secret)
			}
		}
	}

	before, _ := command(t, cli.ExitOK, "digest", lines)
	command(t, cli.ExitOK, "redact", lines, "--secrets", "-o", public)
	if after, _ := command(t, cli.ExitOK, "digest", public); before[:64] != after[:64] {
		t.Errorf("got digest %s, want %s", after[:64], before[:64])
	}
	data, err := os.ReadFile(public)
	if err != nil {
		t.Fatal(err)
	}
	for kind, list := range planted {
		for _, secret := range list {
			forms := []string{secret, string(quote(secret)), string(quote(string(quote(secret))))}
			for _, form := range forms {
				if form = strings.Trim(form, `"\`); bytes.Contains(data, []byte(form)) {
					t.Errorf("%s: %q is in the bytes of the copy", kind, form)
				}
			}
		}
	}
	if stdout, _ := command(t, cli.ExitOK, "secrets", public); stdout != "" {
		t.Errorf("secrets of the copy: got %s, want nothing", stdout)
	}
	if !bytes.Contains(data, []byte("fine")) {
		t.Error("what has no secret went too")
	}
}

// unescaped takes all of a secret's escapes out.
func unescaped(s string) string {
	return strings.NewReplacer(`\`, "", "\n", "n", "\t", "t", "\r", "r", "\b", "b", "\f", "f").Replace(s)
}
