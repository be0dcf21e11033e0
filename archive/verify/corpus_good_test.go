package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// A goodFile is a file of the corpus that conforms, one for each feature of the format.
type goodFile struct {
	Records     []provider.Record
	annotations []archive.Annotation
}

// goodFiles gives the files of the corpus by their names.
func goodFiles() map[string]goodFile {
	sample := providertest.Sample()
	salted := func() []provider.Record {
		records := providertest.Sample()
		records[0].(*provider.Start).Salt = bytes.Repeat([]byte{7}, provider.SaltSize)
		return records
	}
	withhold := func(names ...string) func(provider.Record, string) bool {
		return func(_ provider.Record, field string) bool { return slices.Contains(names, field) }
	}
	long := strings.Repeat("A long text that goes over several pages of the file. ", 1000)
	return map[string]goodFile{
		"all":       {Records: sample},
		"start":     {Records: []provider.Record{archivetest.ExampleStart()}},
		"no-result": {Records: sample[:len(sample)-1]},
		"example":   {Records: archivetest.ExampleRun(nil)},
		"events": {Records: []provider.Record{archivetest.ExampleStart(),
			&provider.Event{Iteration: 0, Type: "a1", Data: json.RawMessage(`{"a": [1, 2.50, "x"]}`)},
			&provider.Event{Iteration: 7, Type: "a2"},
			&provider.Event{Iteration: 0, Type: "a1", Timestamp: "yesterday", Data: json.RawMessage(`"a text"`)},
			&provider.Iteration{Number: 0},
		}},
		"prompts": {Records: []provider.Record{archivetest.ExampleStart(),
			&provider.Interaction{SystemPrompt: new("S"), UserPrompt: new(strings.Repeat("rules ",
				30) + "\n\n\n" + strings.Repeat("history ", 30) + "\n\nask")},
			&provider.Interaction{SystemPrompt: new("S"), UserPrompt: new(strings.Repeat("rules ",
				30) + "\n\n\n" + strings.Repeat("news ", 30) + "\n\nask")},
			&provider.Interaction{SystemPrompt: new(""), Response: new(""), Model: new(""), ParsingError: new("")},
			&provider.Interaction{},
			&provider.Interaction{Response: new("{}"), Extra: json.RawMessage(`{"temperature": 0.7}`), LatencySeconds: new(8.0),
				PromptTokens: new(int64(0))},
		}},
		"iterations": {Records: []provider.Record{archivetest.ExampleStart(),
			&provider.Iteration{Number: 12, Costs: map[string]provider.Cents{"B": 2, "A": 1}},
			&provider.Iteration{Number: 3, AcceptedChanges: map[string]bool{"A": true, "B": false}},
			&provider.Iteration{Number: provider.MaxIteration,
				Policies: map[string]json.RawMessage{"A": json.RawMessage(`{ "x" : 1.0 }`)}},
		}},
		"attachments": {Records: []provider.Record{archivetest.ExampleStart(),
			&provider.Attachment{Name: "a1", Data: []byte("one")},
			&provider.Attachment{Name: "a2", MediaType: "text/plain"},
			&provider.Attachment{Name: "figures/b.png", Data: bytes.Repeat([]byte{0, 255}, 10_000)},
		}},
		"extremes": {Records: []provider.Record{
			&provider.Start{RunID: strings.Repeat("é", 2048), Name: "\u0001\u001b[31m", Type: "日本🏦",
				Config: json.RawMessage(strings.Repeat("[", 500) + strings.Repeat("]", 500))},
			&provider.Event{Type: "x", Data: json.RawMessage(`{"a":1e400,"a":-0,"\ud800":"\u0000"}`)},
			&provider.Event{Type: "long", Data: json.RawMessage(fmt.Sprintf("%q", long))},
			&provider.Iteration{Number: 0, Costs: map[string]provider.Cents{"min": math.MinInt64, "max": math.MaxInt64,
				"odd": 1<<53 + 1, "zero": 0, "\"\\\u0001": 5}},
			&provider.Interaction{LatencySeconds: new(math.MaxFloat64), PromptTokens: new(int64(math.MaxInt64)), Response: &long,
				UserPrompt: &long},
			&provider.Interaction{LatencySeconds: new(5e-324)},
			&provider.Note{Kind: "k", Text: long[:8570]}, // leaves a piece of its last page
			&provider.Note{Kind: "k", Text: long, Subject: "/records/2/event_data"},
			&provider.Result{Status: "gave up", FinalCost: new(provider.Cents(math.MinInt64)), BestCost: new(provider.Cents(0)),
				Converged: new(false)},
		}},
		"blocks": {Records: archivetest.ManyRecords(600)},
		"salted": {Records: salted()},
		"withheld": {Records: providertest.Redact(providertest.Sample(),
			withhold("config", "event_data", "response", "policies", "text", "data", "convergence_reason"))},
		"withheld-salted": {Records: providertest.Redact(salted(),
			withhold("salt", "response", "policies", "system_prompt"))},
		"withheld-all": {Records: providertest.Redact(salted(), func(provider.Record, string) bool { return true })},
		"annotated": {Records: sample, annotations: []archive.Annotation{{Kind: "doi", Text: "10.1000/182"},
			{Kind: "provenance", Name: "file", Text: "exp1.db"}}},
	}
}

// make records the file and gives its bytes.
func (g goodFile) make(t testing.TB) []byte {
	t.Helper()
	return archivetest.ReadFile(t, recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), g.Records,
		&record.Options{Annotations: g.annotations, Bulk: true}))
}

const corpusDir = "../../testdata/corpus"

// TestCorpusGood: each good file is still written with the same bytes, nothing is wrong with it, and both ways to read
// it agree.
func TestCorpusGood(t *testing.T) {
	for name, g := range goodFiles() {
		t.Run(name, func(t *testing.T) {
			b := g.make(t)
			path := filepath.Join(corpusDir, "good", name+".simexp.gz")
			if *update {
				archivetest.WriteGzip(t, path, b)
			}
			if want := archivetest.ReadGzip(t, path); !bytes.Equal(b, want) {
				t.Errorf("got %d bytes that differ from the %d of %s", len(b), len(want), path)
			}
			if r := verifyBytes(t, b); len(r.Problems) > 0 || len(r.Unchecked) > 0 || r.State != archive.Sealed ||
				r.Root != archivetest.RootOf(t, g.Records) {
				t.Errorf("got %+v", r)
			}
			file := archivetest.Write(t, b)
			if _, out := checkSQL(t, file); out != "" {
				t.Errorf("check.sql: got %q", out)
			}
			if r := verifyThroughSQL(t, file); len(r.Problems) > 0 || len(r.Unchecked) > 0 {
				t.Errorf("through SQL: got %+v", r)
			}
		})
	}
	files, err := filepath.Glob(filepath.Join(corpusDir, "good", "*"))
	if err != nil || len(files) != len(goodFiles()) {
		t.Errorf("got %d files, %v, want %d", len(files), err, len(goodFiles()))
	}
}

var release = flag.String("release", "", "write the archives of this release, such as v1, into testdata/released at the root, where they stay for ever")

// makeReleased writes what [TestReleased] reads: each good file of the corpus, as the release makes it.
func makeReleased(t *testing.T) {
	list, err := os.OpenFile("../../testdata/released/DIGESTS", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	for _, name := range slices.Sorted(maps.Keys(goodFiles())) {
		g := goodFiles()[name]
		file := fmt.Sprintf("%s-%s.simexp", *release, name)
		path := filepath.Join("../../testdata/released", file+".gz")
		if _, err := os.Stat(path); err == nil {
			t.Fatalf("%s exists: what was released does not change", path)
		}
		b := g.make(t)
		archivetest.WriteGzip(t, path, b)
		fmt.Fprintf(list, "%s %d %v %x\n", file, len(g.Records), archivetest.RootOf(t, g.Records), sha256.Sum256(b))
	}
}

// TestReleased: archives of every release are readable for ever.
func TestReleased(t *testing.T) {
	if *release != "" {
		makeReleased(t)
	}
	text, err := os.ReadFile("../../testdata/released/DIGESTS")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines {
		var name, root, sum string
		var records int64
		if _, err := fmt.Sscan(line, &name, &records, &root, &sum); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		b := archivetest.ReadGzip(t, filepath.Join("../../testdata/released", name+".gz"))
		if got := fmt.Sprintf("%x", sha256.Sum256(b)); got != sum {
			t.Errorf("%s: got SHA-256 %s, want %s: what was released does not change", name, got, sum)
		}
		a, err := archive.New(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, n, err := archivetest.DigestOf(t, a); err != nil || got.String() != root || n != records {
			t.Errorf("%s: got %d records with digest %v, %v, want %d with %s", name, n, got, err, records, root)
		}
		if r, err := Reader(t.Context(), bytes.NewReader(b), int64(len(b))); err != nil || len(r.Problems) > 0 {
			t.Errorf("%s: %v, %v", name, r.Problems, err)
		}
		a.Close()
	}
	files, err := filepath.Glob("../../testdata/released/*.gz")
	if err != nil || len(files) != len(lines) || len(files) < 4 {
		t.Errorf("got %d files and %d digests, %v", len(files), len(lines), err)
	}
}
