package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/internal/evolution"
	"github.com/simexp/exparchive/internal/liquidity"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/replay"
)

// replay and policies have the same decision on every proposal, in the same word.
func TestDecisions_agree(t *testing.T) {
	t.Parallel()
	runs := map[string]provider.Provider{"sample": providertest.Live(providertest.Sample())}
	for _, name := range liquidity.Names() {
		live := new(provider.Live)
		if err := liquidity.Play(t.Context(), name, liquidity.Options{Seed: liquidity.DefaultSeed}, live); err != nil {
			t.Fatal(err)
		}
		runs[name] = live
	}
	words := map[provider.Decision]string{
		provider.DecisionAccepted: "accepted", provider.DecisionRejected: "rejected", provider.DecisionKept: "kept",
		provider.DecisionNone: "no proposal",
	}
	met := map[provider.Decision]bool{}
	for name, p := range runs {
		run, err := evolution.Of(t.Context(), p, evolution.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, agent := range run.Agents() {
			for _, s := range run.Steps(agent) {
				met[s.Decision] = true
				var b bytes.Buffer
				printer := replay.NewPrinter(&b, &replay.Options{Agents: []string{agent}, Start: &s.Iteration, End: &s.Iteration})
				if err := provider.Copy(t.Context(), printer, p); err != nil {
					t.Fatal(err)
				}
				_, line, _ := strings.Cut(b.String(), "\n  "+agent+" ")
				line, _, _ = strings.Cut(line, "\n")
				got := provider.Decision("")
				for d, word := range words {
					if strings.Contains(line, " "+word) {
						got = d
					}
				}
				if got != s.Decision {
					t.Errorf("%s, iteration %d, %s: replay has %q, policies %q, in %q", name, s.Iteration, agent, got, s.Decision,
						line)
				}
			}
		}
	}
	for _, d := range []provider.Decision{provider.DecisionAccepted, provider.DecisionRejected, provider.DecisionNone,
		""} {
		if !met[d] {
			t.Errorf("no proposal is %q", d)
		}
	}
}

// replaced are words that others have taken the place of: a fact has one word, in help, in JSON and in documents.
var replaced = []string{
	"not accepted", "declined", "turned down", "unchanged proposal", // accepted, rejected, kept, none
	"first_record", "record_number", "sequence number", "position of the record", // seq
	"num_records", "record_count", // records
	"format_version", "format version", "version of the format", // schema version
}

// TestWords_replaced: no help text, JSON Schema or document has a word that was replaced.
func TestWords_replaced(t *testing.T) {
	replaced := regexp.MustCompile(`(?i)\b(` + strings.Join(replaced, "|") + `)\b`)
	texts := map[string]string{}
	var help func(cmd *cobra.Command)
	help = func(cmd *cobra.Command) {
		var b bytes.Buffer
		cmd.SetOut(&b)
		if err := cmd.Help(); err != nil {
			t.Fatal(err)
		}
		texts[cmd.CommandPath()+" --help"] = b.String()
		for _, sub := range cmd.Commands() {
			help(sub)
		}
	}
	help(newRootCommand())
	files, err := filepath.Glob("schemas/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(files, "../../README.md", "../../CONTRIBUTING.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	if len(files) < 20 {
		t.Errorf("got %d schemas", len(files))
	}
	for name, text := range texts {
		text = strings.Join(strings.Fields(text), " ") // where lines are broken
		if m := replaced.FindString(text); m != "" {
			t.Errorf("%s has %q", name, m)
		}
	}
}
