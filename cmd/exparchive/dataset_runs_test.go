package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/providertest"
)

// manyRuns makes so many runs in a folder: archives, some packed, some redacted, and JSON lines, of experiments with
// odd names, with what is absent absent; and one with amounts that no float holds. It gives their files.
func manyRuns(t testing.TB, folder string, count int) (files []string) {
	t.Helper()
	for i := range count {
		path := filepath.Join(folder, fmt.Sprintf("%04d.simexp", i))
		records := drawnRun(i)
		if i == 0 {
			records = extremeRun()
		}
		if i%20 == 7 {
			files = append(files, recordLines(t, strings.TrimSuffix(path, ".simexp")+".jsonl", records))
			continue
		}
		w, err := record.Create(path, &record.Options{Bulk: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := providertest.Play(t.Context(), w, records); err != nil {
			t.Fatal(err)
		}
		w.Close()
		switch i % 50 {
		case 11:
			redacted := strings.TrimSuffix(path, ".simexp") + "r.simexp"
			runQuietly(t, "redact", path, "--field", "policies,costs_per_agent,event_data,config,data", "-o", redacted)
			removeFile(t, path)
			path = redacted
		case 12:
			runQuietly(t, "pack", path)
			removeFile(t, path)
			path += ".zst"
		}
		files = append(files, path)
	}
	return files
}

func removeFile(t testing.TB, path string) {
	t.Helper()
	if err := os.Chmod(path, 0o666); err != nil { // Windows removes no read-only file
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// recordLines writes records as lines of the protocol.
func recordLines(t testing.TB, path string, records []provider.Record) string {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := providertest.Play(t.Context(), jsonl.NewWriter(f), records); err != nil {
		t.Fatal(err)
	}
	return path
}

// runQuietly runs the program, which has to succeed.
func runQuietly(t testing.TB, args ...string) {
	t.Helper()
	var stderr strings.Builder
	if code := run(args, strings.NewReader(""), io.Discard, &stderr); code != cli.ExitOK {
		t.Fatalf("%q: exit code %d: %s", args, code, stderr.String())
	}
}

// drawnRun draws run number i.
func drawnRun(i int) []provider.Record {
	rng := rand.New(rand.NewPCG(42, uint64(i)))
	experiment := []string{"exp1", "exp1", "exp1", "exp2", "Exp 2/b=c", "é.", "CON", "007"}[rng.IntN(8)]
	agents := []string{"BANK_A", "BANK_B", "bank_a", "Ω"}[:1+rng.IntN(4)]
	maybe := func() bool { return rng.IntN(4) > 0 }
	at := func(n int) string { return fmt.Sprintf("2026-01-05T09:%02d:%02d.%03dZ", n/60%60, n%60, rng.IntN(1000)) }
	start := &provider.Start{RunID: fmt.Sprintf("%s-%d", strings.ToUpper(experiment[:1]), i), Name: experiment,
		Type: "drawn", CreatedAt: at(0),
		Config: json.RawMessage(fmt.Sprintf(`{"seed": %d, "rate": 1e-3, "big": 9007199254740993}`, i))}
	if i%7 == 0 {
		start.RunID = fmt.Sprintf("%05d", i) // which engines may take for a number
	}
	records := []provider.Record{start}
	if maybe() {
		records = append(records, &provider.Attachment{Name: "code/main.py", MediaType: "text/x-python",
			Data: []byte("x = 1\n")})
	}
	for n := range 1 + rng.IntN(15) {
		for e := range rng.IntN(12) {
			event := &provider.Event{Iteration: n, Type: []string{"day", "queue", "a/../b", "ß"}[rng.IntN(4)], Timestamp: at(n)}
			if maybe() {
				event.Data = json.RawMessage(fmt.Sprintf(`{"settled": %d, "text": "é\u0000\ud83d\ude00", "n": %d.10}`,
					rng.IntN(1e9), e))
			}
			records = append(records, event)
		}
		it := &provider.Iteration{Number: n, Costs: map[string]provider.Cents{}, AcceptedChanges: map[string]bool{},
			Policies: map[string]json.RawMessage{}, Timestamp: at(n)}
		for _, agent := range agents {
			records = append(records, drawnCall(rng, n, agent))
			if maybe() {
				it.Costs[agent] = provider.Cents(rng.Int64N(1e12) - 1e9)
			}
			if maybe() {
				it.AcceptedChanges[agent] = rng.IntN(2) == 0
			}
			switch rng.IntN(5) {
			case 0:
			case 1:
				it.Policies[agent] = json.RawMessage(`{"other": [1, 2.50]}`)
			default:
				it.Policies[agent] = json.RawMessage(fmt.Sprintf(`{"parameters": {"initial_liquidity_fraction": 0.%d5}}`,
					rng.IntN(10)))
			}
		}
		records = append(records, it)
	}
	for range rng.IntN(3) {
		records = append(records, &provider.Note{Kind: []string{"doubtful", "derived"}[rng.IntN(2)], Text: "a\nb"})
	}
	if i%9 == 4 {
		return records // it was cut short
	}
	result := &provider.Result{Status: []provider.Status{"completed", "completed", "failed", "odd"}[rng.IntN(4)]}
	if maybe() {
		result.Converged, result.ConvergenceReason = new(rng.IntN(2) == 0), new("stable")
	}
	if maybe() {
		result.BestCost, result.FinalCost = new(provider.Cents(rng.Int64N(1e6))), new(provider.Cents(-rng.Int64N(1e6)))
	}
	return append(records, result)
}

// drawnCall draws a call of a language model.
func drawnCall(rng *rand.Rand, n int, agent string) *provider.Interaction {
	call := &provider.Interaction{Iteration: n, AgentID: agent, SystemPrompt: new("You are a bank."),
		UserPrompt: new(strings.Repeat("What now? ", rng.IntN(30))), LatencySeconds: new(float64(rng.IntN(1e6)) / 8)}
	if m := rng.IntN(4); m > 0 {
		call.Model = new([]string{"", "gpt-x", "Model/2", "模"}[m])
	}
	if rng.IntN(3) > 0 {
		call.PromptTokens, call.CompletionTokens = new(rng.Int64N(1e5)), new(rng.Int64N(1e5))
	}
	if rng.IntN(5) == 0 {
		call.ParsingError = new("no JSON")
	} else {
		call.Response = new("{}\r\n\x00")
		call.ParsedPolicy = json.RawMessage(`{"parameters": {}}`)
	}
	return call
}

// extremeRun is a run of amounts that no float holds, and the least and the greatest.
func extremeRun() []provider.Record {
	records := []provider.Record{&provider.Start{RunID: "extreme", Name: "extremes", Type: "drawn"}}
	for n, c := range []provider.Cents{math.MinInt64, 1<<53 + 1, -1<<53 - 1, 0, math.MaxInt64} {
		records = append(records, &provider.Iteration{Number: n, Costs: map[string]provider.Cents{"A": c}})
	}
	return append(records, &provider.Result{Status: "completed", BestCost: new(provider.Cents(math.MinInt64)),
		FinalCost: new(provider.Cents(math.MaxInt64))})
}

// A grouped collects rows of an answer, by keys of which an empty one stands for what is absent and comes last.
type grouped map[string][]*big.Int

func (g grouped) of(size int, keys ...string) []*big.Int {
	key := strings.Join(keys, "\x00")
	if g[key] == nil {
		g[key] = make([]*big.Int, size)
	}
	return g[key]
}

// add adds to a number, of which nil is the absent one.
func addTo(n **big.Int, v int64) {
	if *n == nil {
		*n = new(big.Int)
	}
	(*n).Add(*n, big.NewInt(v))
}

// rows gives the rows in order: the keys, those that are numbers as such, and the numbers.
func (g grouped) rows(numbers ...int) [][]any {
	list := [][]any{}
	keys := make([][]string, 0, len(g))
	for key := range g {
		keys = append(keys, strings.Split(key, "\x00"))
	}
	slices.SortFunc(keys, func(a, b []string) int {
		for i := range a {
			c := strings.Compare(a[i], b[i])
			switch {
			case slices.Contains(numbers, i):
				c = cmp.Compare(atoi(a[i]), atoi(b[i]))
			case (a[i] == "") != (b[i] == ""):
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	for _, key := range keys {
		var row []any
		for i, k := range key {
			switch {
			case slices.Contains(numbers, i):
				row = append(row, json.Number(k))
			case k == "":
				row = append(row, nil)
			default:
				row = append(row, k)
			}
		}
		for _, n := range g[strings.Join(key, "\x00")] {
			row = append(row, n)
		}
		list = append(list, row)
	}
	return list
}

func atoi(s string) (n int) {
	fmt.Sscan(s, &n)
	return n
}

// answersOf gives the answers to the questions of a dataset's README.md, in their order, from the runs in files, one by
// one.
func answersOf(t testing.TB, files []string) [][][]any {
	t.Helper()
	a := newAnswers()
	for _, path := range files {
		r, err := runs.Open(t.Context(), path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		var records []provider.Record
		for record, err := range r.Provider.Records(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, record)
		}
		r.Close()
		a.add(records, filepath.Ext(path) != ".jsonl")
	}
	return a.list()
}
