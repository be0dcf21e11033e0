package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
)

// The files of testdata/vectors have values to test other programs with; FORMAT.md section 19 describes them. Each is
// made here of what the program computes, and checked against the program where it says that something holds or not.

const vectorsDir = "../../testdata/vectors"

// maxVectors is how many bytes all files together may have.
const maxVectors = 150_000

func TestVectors(t *testing.T) {
	vectors := map[string]func(*testing.T) any{
		"runs.json":        runVectors,
		"sections.json":    sectionVectors,
		"names.json":       nameVectors,
		"subjects.json":    subjectVectors,
		"checkpoints.json": checkpointVectors,
		"pages.json":       pageVectors,
	}
	for name, compute := range vectors {
		t.Run(name, func(t *testing.T) {
			var want bytes.Buffer
			e := json.NewEncoder(&want)
			e.SetEscapeHTML(false)
			e.SetIndent("", " ")
			if err := e.Encode(compute(t)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(vectorsDir, name)
			if *update {
				if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(archivetest.ReadFile(t, path), want.Bytes()) {
				t.Errorf("%s is not what the program computes; -update writes it", path)
			}
		})
	}
	size := int64(0)
	files, err := os.ReadDir(vectorsDir)
	if err != nil || len(files) != len(vectors) {
		t.Errorf("got %d files, %v, want %d", len(files), err, len(vectors))
	}
	for _, f := range files {
		if info, err := f.Info(); err == nil {
			size += info.Size()
		}
	}
	if size > maxVectors {
		t.Errorf("%d bytes, want at most %d", size, maxVectors)
	}
}

// A runVector is a run with everything that its digest is made of.
type runVector struct {
	Name      string         `json:"name"`
	Records   []recordVector `json:"records"`
	Redaction []redactVector `json:"z_redaction,omitempty"`
	Blocks    []blockVector  `json:"z_leaf_block"`
}

type recordVector struct {
	Seq      int64         `json:"seq"`
	Kind     provider.Kind `json:"kind"`
	Fields   []fieldVector `json:"fields"`
	Entry    string        `json:"entry"`
	LeafHash string        `json:"leaf_hash"`
	Digest   string        `json:"digest_up_to_here"`
}

type fieldVector struct {
	ID         byte   `json:"id"`
	Name       string `json:"name"`
	Form       string `json:"form"`
	Value      any    `json:"value,omitempty"`     // an integer, a number or a text
	Bytes      string `json:"value_hex,omitempty"` // of a blob
	Empty      bool   `json:"value_is_empty,omitempty"`
	Key        string `json:"key,omitempty"`
	Commitment string `json:"commitment,omitempty"`
}

type redactVector struct {
	ID         int64  `json:"id"`
	Field      string `json:"field"`
	Commitment string `json:"commitment,omitempty"`
	Key        string `json:"key,omitempty"`
}

type blockVector struct {
	First  int64  `json:"first_seq"`
	Root   string `json:"root"`
	Leaves string `json:"leaves"`
}

type treeVector struct {
	Leaves int           `json:"leaves"`
	Digest string        `json:"digest"`
	Blocks []blockVector `json:"z_leaf_block"`
}

func runVectors(t *testing.T) any {
	example := func(salt []byte) []provider.Record {
		records := archivetest.ExampleRun(salt)
		records[4].(*provider.Note).Subject = "/iterations/0/costs_per_agent/BANK_A"
		return records
	}
	salt := bytes.Repeat([]byte{7}, 32)
	withheld := map[string]bool{"salt": true, "response": true, "costs_per_agent": true, "text": true}
	odd := []provider.Record{
		&provider.Start{RunID: "é \x01", Name: "日本🏦", Type: "\u001b[31m", Config: json.RawMessage(`"\ud800"`)},
		&provider.Event{Iteration: provider.MaxIteration, Type: "a", Data: json.RawMessage(`{"a":-0, "a":1e400}`)},
		&provider.Event{Type: "a"},
		&provider.Interaction{SystemPrompt: new(""), Response: new(""), Model: new(""), ParsingError: new(""),
			LatencySeconds: new(5e-324)},
		&provider.Interaction{Iteration: 7, LatencySeconds: new(0.0), PromptTokens: new(int64(math.MaxInt64)),
			CompletionTokens: new(int64(0))},
		&provider.Interaction{LatencySeconds: new(8.0), Extra: json.RawMessage(`{ "temperature" : 0.70 }`)},
		&provider.Iteration{
			Number: 7, AcceptedChanges: map[string]bool{"é": true, "z": false, "\u007f": true},
			Costs:    map[string]provider.Cents{"\"\\\u0001/": math.MinInt64, "B": math.MaxInt64, "🏦": 0},
			Policies: map[string]json.RawMessage{"b": json.RawMessage(`{ "x" : 1.0 }`), "a": json.RawMessage(`[]`)},
		},
		&provider.Attachment{Name: "figures/é.png", MediaType: "image/png", Data: []byte{0, 255}},
		&provider.Attachment{Name: "empty"},
		&provider.Result{Status: "gave up", ConvergenceReason: new(""), Converged: new(false),
			BestCost: new(provider.Cents(-1))},
	}
	runs := []runVector{
		runVectorOf(t, "example, its note with a subject", example(nil), nil),
		runVectorOf(t, "the same with a salt", example(salt), salt),
		runVectorOf(t, "the same with a salt, a copy that withholds the salt, a response, costs and a text",
			providertest.Redact(example(salt),
				func(_ provider.Record, field string) bool { return withheld[field] }), salt),
		runVectorOf(t, "odd values", odd, nil),
	}
	if runs[1].Records[6].Digest != runs[2].Records[6].Digest {
		t.Error("the copy has another digest than the run")
	}
	var trees []treeVector
	for _, n := range []int{1, 2, 3, 4, 5, 7, 255, 256, 257, 600} {
		var tree digest.Tree
		var blocks tables.Blocks
		for i := range n {
			blocks.Add(&tree, sha256.Sum256(fmt.Appendf(nil, "leaf %d", i)))
		}
		v := treeVector{n, tree.Root().String(), blockVectors(&tree, &blocks)}
		for i := range v.Blocks {
			b := &v.Blocks[i]
			if len(b.Leaves) > 64 {
				b.Leaves = b.Leaves[:32] + "…" + b.Leaves[len(b.Leaves)-32:]
			}
		}
		trees = append(trees, v)
	}
	return map[string]any{
		"runs": runs, "trees_of_leaf_hashes": trees,
		"about_the_trees": "leaf hash N is the SHA-256 of the text 'leaf N', N in decimal from 0 on; " +
			"of leaves that are long the beginning and the end",
	}
}

func blockVectors(tree *digest.Tree, blocks *tables.Blocks) (all []blockVector) {
	for _, b := range append(blocks.Take(), blocks.Last(tree)...) {
		all = append(all, blockVector{b.First, b.Root.String(), hex.EncodeToString(b.Leaves)})
	}
	return all
}

// runVectorOf describes a run, whose salt may be withheld from the records.
func runVectorOf(t *testing.T, name string, records []provider.Record, salt []byte) runVector {
	t.Helper()
	v := runVector{Name: name}
	var leaf digest.Leaf
	var tree digest.Tree
	var blocks tables.Blocks
	for i, r := range records {
		if err := r.Validate(); err != nil {
			t.Fatal(err)
		}
		seq := int64(i)
		entry := bytes.Clone(leaf.Entry(r))
		leaf.SkipTo(seq)
		hash := leaf.Hash(r)
		blocks.Add(&tree, hash)
		rv := recordVector{Seq: seq, Kind: r.RecordKind(), Entry: hex.EncodeToString(entry), LeafHash: hash.String(),
			Digest: tree.Root().String()}
		parsed, err := digest.ParseEntry(entry)
		if err != nil || leaf.Err() != nil {
			t.Fatal(err, leaf.Err())
		}
		for _, e := range parsed.Fields {
			f := fieldVectorOf(r, e, salt, seq)
			rv.Fields = append(rv.Fields, f)
			if _, withheld := r.RecordMeta().Withheld(e.Name); withheld {
				v.Redaction = append(v.Redaction, redactVector{ID: seq<<8 + int64(e.ID), Field: e.Name,
					Commitment: f.Commitment})
			} else if f.Key != "" && r.RecordMeta().Redaction != nil {
				v.Redaction = append(v.Redaction, redactVector{ID: seq<<8 + int64(e.ID), Field: e.Name, Key: f.Key})
			}
		}
		v.Records = append(v.Records, rv)
	}
	v.Blocks = blockVectors(&tree, &blocks)
	return v
}

func fieldVectorOf(r provider.Record, e digest.EntryField, salt []byte, seq int64) fieldVector {
	f := fieldVector{ID: e.ID, Name: e.Name, Form: string(e.Form)}
	switch e.Form {
	case 'i':
		f.Value = e.Integer
	case 'f':
		f.Value = e.Number
	case 't':
		f.Value = e.Text
	case 'c':
		f.Commitment = e.Commitment.String()
		if _, withheld := r.RecordMeta().Withheld(e.Name); withheld {
			return f
		}
		field, _ := r.RecordKind().Field(e.Name)
		switch value := field.Value(r); {
		case len(value) == 0:
			f.Empty = true
		case e.Name == "salt" || e.Name == "data" || !utf8.Valid(value):
			f.Bytes = hex.EncodeToString(value)
		default:
			f.Value = string(value)
		}
		if key, ok := digest.FieldKey(digest.RecordKey(salt, seq), r.RecordKind(), e.Name); ok && salt != nil {
			f.Key = key.String()
		}
	}
	return f
}

// A piece of a text is some bytes so many times.
type piece struct {
	Text  string `json:"text"`
	Times int    `json:"times"`
}

type sectionVector struct {
	Prompt   []piece `json:"prompt"`
	Sections []int   `json:"sections"` // their lengths
}

func sectionVectors(t *testing.T) any {
	lf, cut, word := piece{"\n", 1}, piece{"\n\n", 1}, piece{"word ", 40}
	var all []sectionVector
	for _, prompt := range [][]piece{
		{}, {{"a", 1}}, {cut}, {{"a", 128}}, {{"a", 128}, cut}, {{"a", 128}, cut, {"b", 1}}, {{"a", 127}, cut, {"b",
			1}}, {{"a", 126}, cut, {"b", 1}},
		{{"a", 127}, {"\n", 3}, {"b", 1}}, {{"a", 126}, {"\n", 3}, {"b", 1}}, {{"a", 100}, {"\n", 30}, {"b", 1}},
		{{"a", 100}, {"\n", 29}, {"b", 1}},
		{{"a", 128}, lf, {"b", 200}}, {{"a", 200}, {"\n", 7}, {"b", 1}}, {{"a", 200}, {"\r\n\r\n", 1}, {"b", 1}},
		{{"a", 200}, {"\n \n", 1}, {"b", 1}},
		{cut, word, cut, word}, {word, cut, word, {"\n", 3}, word, lf, {"end", 1}}, {word, cut, {"a", 10}, cut, {"b",
			10}},
		{{"é", 63}, {"a", 1}, cut, {"b", 1}}, {{"é", 64}, cut, {"b", 1}}, {{"\n", 500}}, {{"\n", 500}, {"a", 1}},
		{word, cut, word, cut},
	} {
		var b strings.Builder
		for _, p := range prompt {
			b.WriteString(strings.Repeat(p.Text, p.Times))
		}
		v := sectionVector{Prompt: prompt}
		for _, s := range tables.SplitSections(b.String()) {
			v.Sections = append(v.Sections, len(s))
		}
		if got := byHand(b.String()); fmt.Sprint(got) != fmt.Sprint(v.Sections) {
			t.Errorf("%q: got sections of %v bytes, by the words of FORMAT.md %v", b.String(), v.Sections, got)
		}
		all = append(all, v)
	}
	return all
}

// byHand cuts a prompt as SX-095 says, byte by byte, and gives the lengths.
func byHand(prompt string) (lengths []int) {
	feed := func(i int) bool { return i < len(prompt) && prompt[i] == '\n' }
	a := 0
	for b := a + 128; b < len(prompt); b++ {
		if !feed(b) || !feed(b+1) {
			continue
		}
		end := b
		for feed(end) {
			end++
		}
		if end == len(prompt) {
			break
		}
		lengths = append(lengths, end-a)
		a, b = end, end+128-1
	}
	return append(lengths, len(prompt)-a)
}

type nameVector struct {
	Names  []string `json:"names"`
	Breaks string   `json:"breaks,omitempty"` // a requirement
}

func nameVectors(t *testing.T) any {
	var all []nameVector
	add := func(breaks string, names ...string) { all = append(all, nameVector{names, breaks}) }
	part := strings.Repeat("x", 255)
	for _, name := range []string{
		"a", "a/b", "configs/exp1.yaml", part, "a/" + part, "a b", ".a", "..a", "a/...b", "é", "a\u00a0", "con1",
		"cont.txt", "xcon", "com", "com10",
		"com¹2", ".con", "conin", "c on", "a;b&c", "a'b", "a~1",
	} {
		add("", name)
	}
	for _, name := range []string{"/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/../b", "../a", `a\b`, "C:x",
		"../CON", "a./.."} {
		add("SX-105", name)
	}
	add("SX-067", "a\x00b")
	for _, name := range []string{
		part + "x", strings.Repeat("é", 128), "a.", "a ", " a", "a/ b", "a /b", "a/b.", "\x01", "a\n", "\x7f", "a<",
		"a>b", `"`, "|", "what?", "*.py",
		"con", "CON", "Con.txt", "prn", "aux.h", "NUL.tar.gz", "conin$", "CONOUT$.x", "com0", "COM1", "com9.log",
		"LPT9", "com¹", "COM².txt", "lpt³",
		"con .txt", "nul  .a.b", "a/aux/b",
	} {
		add("SX-109", name)
	}
	add("SX-106", "a", "a")
	add("SX-106", "a/B", "A/b")
	add("SX-104", "a", "a/b")
	add("SX-104", "x/Y/z", "X/y")
	for _, names := range [][]string{{"a", "a.b"}, {"x/a", "X/b"}, {"a/b", "a-b", "ab"}, {"é", "É"}} {
		add("", names...)
	}
	for _, v := range all {
		if got := nameBreaks(v.Names); got != v.Breaks {
			t.Errorf("%.40q: got %q, want %q", v.Names, got, v.Breaks)
		}
	}
	return all
}

// nameBreaks says what names of attachments break, as writers and verify see it.
func nameBreaks(names []string) string {
	var set provider.AttachmentNames
	for _, name := range names {
		var clash *provider.NameClashError
		switch err := set.Add(name); {
		case provider.CheckName(name) != nil:
			return "SX-067"
		case provider.CheckPlain(name) != nil:
			return "SX-105"
		case provider.CheckPortable(name) != nil:
			return "SX-109"
		case errors.As(err, &clash) && clash.Folder:
			return "SX-104"
		case err != nil:
			return "SX-106"
		}
	}
	return ""
}

type subjectVector struct {
	Subject string `json:"subject"`
	Breaks  string `json:"breaks,omitempty"`
}

func subjectVectors(t *testing.T) any {
	var all []subjectVector
	for _, s := range []string{
		"/", "//", "/final_cost", "/iterations/3/costs_per_agent/BANK_A", "/config/a~1b", "/config/m~0n",
		"/config/~01", "/config/é \n", "/nothing/that/is/there",
		"/" + strings.Repeat("x", 4095),
	} {
		all = append(all, subjectVector{s, ""})
	}
	all = append(all, subjectVector{"", "SX-047"}, subjectVector{"/" + strings.Repeat("x", 4096), "SX-042"},
		subjectVector{"/a\x00b", "SX-067"})
	for _, s := range []string{"final_cost", " /a", "#/a", "/~", "/a~", "/a~2b", "/~/a", "~1"} {
		all = append(all, subjectVector{s, "SX-066"})
	}
	for _, v := range all {
		n := provider.Note{Kind: "k", Text: "t", Subject: v.Subject}
		if err := n.Validate(); v.Subject != "" && (err == nil) != (v.Breaks == "") {
			t.Errorf("%.40q: got %v, want %q", v.Subject, err, v.Breaks)
		}
	}
	return all
}
