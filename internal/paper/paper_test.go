package paper

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/jsontext"
)

const sampleDigest = "dc232429cfebd6319c9b2aa85bd4a5338579172ff5b18d759278783b35e875f2"

// of gives a paper with one run, and behind it some more text.
func of(more string) string {
	return "version: 1\nruns:\n  - name: a\n    file: a.simexp\n    id: \"1e5\"\n    digest: " + sampleDigest + "\n" + more
}

func TestParse(t *testing.T) {
	p, err := Parse([]byte("version: 1\r\n" + `runs:
  - {name: a, file: ../x/a b.db, id: 0123, digest: ` + strings.Repeat("1", 64) + `, labels: {n: 1, s: "1", f: 1.50, w: yes}, lenient: true}
  - {name: b, file: b.json, id: 1e5, digest: ` + sampleDigest + `, baseline: a, accept: [unfinished], labels: {n: 2}, title: "B & co"}
tables:
  - file: t/a.tex
    table: summary
    caption: "50 % of it"
    places: 2
    sort: [x, -y]
    columns:
      - f=policy:/f
      - {let: g=f*2}
      - {column: "h=g+1", title: "the \"h\""}
    titles: {f: F}
  - {file: b.csv, table: iterations, runs: [b]}
figures:
  - {file: c.svg, plot: convergence, runs: {n: 1}}
`))
	if err != nil {
		t.Fatal(err)
	}
	a, b := p.Run("a"), p.Run("b")
	if a.ID != "0123" || a.Digest != strings.Repeat("1", 64) || a.File != "../x/a b.db" || !a.Lenient || b.ID != "1e5" ||
		b.Baseline != "a" ||
		b.Title != "B & co" || !slices.Equal(b.Accept, []string{"unfinished"}) {
		t.Errorf("got %+v and %+v", a, b)
	}
	if got, want := string(a.LabelsJSON()), `{"n":1,"s":"1","f":1.50,"w":"yes"}`; got != want {
		t.Errorf("got labels %s, want %s", got, want)
	}
	x := p.Items[0]
	if !slices.Equal(x.Runs, []string{"a", "b"}) || fmt.Sprint(x.Options) != "[{caption [50 % of it] false 8} {places [2] false 9} {sort [x -y] true 10}]" ||
		fmt.Sprint(x.Columns) != "[{f=policy:/f false 12} {g=f*2 true 13} {h=g+1 false 14}]" || len(x.Titles) != 2 {
		t.Errorf("got %+v", x)
	}
	for i, want := range [][]string{{"a", "b"}, {"b", "a"}, {"a"}} { // a baseline is a source too
		var got []string
		for _, r := range p.Sources(p.Items[i]) {
			got = append(got, r.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got sources %q, want %q", p.Items[i].File, got, want)
		}
	}
	if again, err := Parse([]byte(of(""))); err != nil || len(again.Items) != 0 {
		t.Errorf("got %v", err)
	}
	lf, err := Parse([]byte(of("")))
	crlf, err2 := Parse([]byte(strings.ReplaceAll(of(""), "\n", "\r\n")))
	if err != nil || err2 != nil || lf.SHA256 != crlf.SHA256 {
		t.Errorf("got %v, %v, and other sums for other ends of lines", err, err2)
	}
}

// TestParseErrors: what is wrong is said with its line.
func TestParseErrors(t *testing.T) {
	item := func(text string) string { return of("tables:\n  - " + text + "\n") }
	for text, want := range map[string]string{
		"": "empty", "#": "empty", "\xff": "not UTF-8", "[": "line 1", "a": "line 1: a paper wants names",
		"version: 1":           `line 1: a paper wants "runs"`,
		"version: 2\nruns: []": "line 1: version", "version: 1\nruns: []\n": "no runs",
		"version: 1\nruns: {}\n": "line 2: want a list",
		of("x: 1"):               `line 7: no "x", want one of version, title,`,
		of("version: 1"):         `line 7: "version" stands twice`,
		of("--- \nversion: 1"):   "more than one document", of("tables: &x []"): "line 7: anchors",
		of("tables: *x"):       "anchor",
		of("tables: !!set []"): "line 7: tags", of("tables:"): "line 7: want a list",
		of("  - name: b"): `line 7: a run wants "file"`,
		of("  - {name: a, file: b, id: c, digest: " + sampleDigest + "}"): `line 7: there are two runs "a"`,
		of("    lenient: yes"):                            "line 7: \"yes\", want true or false",
		of("    accept: [x]"):                             "line 7: accept",
		of("    labels: [x]"):                             "line 7: this wants names and values",
		of("    labels: {x: null}"):                       "line 7: want a text",
		of("    labels: {x: [1]}"):                        "line 7: want a text",
		of("    baseline: b"):                             `line 3: run "a": the baseline "b" is no run`,
		strings.Replace(of(""), sampleDigest, "12", 1):    "line 3: run \"a\": digest",
		strings.Replace(of(""), "1e5", "", 1):             "line 3: run \"a\": the id is empty",
		strings.Replace(of(""), "name: a", "name: ''", 1): "line 3: a run wants a name",
		strings.Replace(of(""), sampleDigest, strings.ToUpper(sampleDigest), 1): "lower case",
		item("file: a.tex"):                                                        `line 8: a table wants "table"`,
		item("{file: a.tex, table: summary, runs: []}"):                            "line 8: no runs",
		item("{file: a.tex, table: summary, runs: [b]}"):                           `line 8: file "a.tex": no run "b"`,
		item("{file: a.tex, table: summary, runs: {n: 1}}"):                        "line 8: file \"a.tex\": no run has these labels",
		item("{file: a.tex, table: summary, columns: x}"):                          "line 8: want a list",
		item("{file: a.tex, table: summary, columns: [{x: 1}]}"):                   `line 8: no "x", want one of column, let, title`,
		item("{file: a.tex, table: summary, columns: [{title: x}]}"):               `a column wants "column" or "let"`,
		item("{file: a.tex, table: summary, columns: [{column: a=b:/c, let: d}]}"): "want one of them",
		item("{file: a.tex, table: summary, sort: {a: b}}"):                        "line 8: want a text",
		"version: 1\nruns: &a [*a]":                                                "anchor",
		strings.Repeat("[", 20_000):                                                "depth",
	} {
		_, err := Parse([]byte(text))
		if !errors.Is(err, ErrPaper) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.200q: got %v, want %s", text, err, want)
		}
	}
	big := filepath.Join(t.TempDir(), "paper.yaml")
	if err := os.WriteFile(big, bytes.Repeat([]byte("#"), MaxSize+1), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(big); !errors.Is(err, ErrPaper) {
		t.Errorf("got %v for a file that is too large, want ErrPaper", err)
	}
}

// TestOutputNames: no name of a file leads out of the folder, is another's, or is one that some file system does not
// take.
func TestOutputNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"a.tex": true, "t/a.tex": true, "t/u/a b.csv": true, "é銀.svg": true, "console.tex": true, "com10.tex": true,
		"a..tex": true, "null/x.csv": true,
		"": false, "../a.tex": false, "/a.tex": false, "a/../../b.tex": false, "./a.tex": false, "a//b.tex": false,
		"t/": false, `..\a.tex`: false,
		`t\a.tex`: false, "C:a.tex": false, "C:/a.tex": false, "a.tex:x": false, "con": false, "CON.tex": false,
		"t/aux.tex/b.tex": false,
		"nul.tar.tex":     false, "com1.tex": false, "COM¹.tex": false, "lpt9": false, "con .tex": false, "a.tex.": false,
		"a.tex ": false, " a.tex": false,
		"a\n.tex": false, "a\x00.tex": false, "a\u202e.tex": false, "a?.tex": false, "a*.tex": false, "a|b.tex": false,
		`a"b.tex`: false, "<a>.tex": false,
		".a.tex": false, ".git/hooks/a.tex": false, strings.Repeat("x", 201): false, "..": false, ".": false, "a/.": false,
		"conin$.tex": false,
	} {
		it := &Item{File: name}
		p := &Paper{Runs: []*Run{{Name: "a", File: "a", ID: "b", Digest: sampleDigest}}, Items: []*Item{it},
			byName: map[string]*Run{}}
		if err := p.check(); (err == nil) != ok || err != nil && !errors.Is(err, ErrPaper) {
			t.Errorf("%q: got %v, want ok %v", name, err, ok)
		}
	}
	for _, names := range [][]string{
		{"a.tex", "a.tex"}, {"a.tex", "A.TEX"}, {"t/a.tex", "T/a.tex"}, {"a.csv", "a.csv.source.json"},
		{"É.tex", "é.tex"}, {"ß.tex", "ẞ.tex"},
		{"a.tex", "a.tex/b.tex"}, {"a.csv", "A.csv.source.JSON/x.csv"},
	} {
		p := &Paper{Runs: []*Run{{Name: "a", File: "a", ID: "b", Digest: sampleDigest}}, byName: map[string]*Run{}}
		for _, name := range names {
			p.Items = append(p.Items, &Item{File: name})
		}
		if err := p.check(); !errors.Is(err, ErrPaper) {
			t.Errorf("%q: got %v, want ErrPaper", names, err)
		}
	}
	for name, ok := range map[string]bool{"a": true, "../../x y/a.db": true, "/a": false, `a\b`: false, "C:x": false,
		"": false, "a\nb": false} {
		if err := checkInput(name); (err == nil) != ok {
			t.Errorf("input %q: got %v, want ok %v", name, err, ok)
		}
	}
}

var odd = []string{
	"", "a", "true", "NO", "null", "~", "1", "0x1", "1e5", "1_000", "2026-01-01", "-", "- a", "a: b", "a #b", "'", `"`,
	`\`, "\t", "\n", "é", "\u2028", "\x07", "\u202e",
	"{a}", "[a]", "*a", "&a", "!a", "%", "@", "`", "<<", "=", "a=b", " a ", "\U0001f600", "$(x)", "\\input{x}", "abc",
	"deadbeef", "y",
}

// TestWrite: what is written is read as the same, whatever the texts.
func TestWrite(t *testing.T) {
	for _, s := range odd {
		p := &Paper{
			Runs: []*Run{{Name: "a", File: "a" + s, ID: "i" + s, Digest: sampleDigest, Title: s, Lenient: true,
				Accept: []string{AcceptInvalidated}, Baseline: "a",
				Labels: []Label{{s, fmt.Appendf(nil, "%d", len(s))}, {s + "x", appendString(s)}}}},
			Items: []*Item{
				{Command: "table", Kind: s, File: "a.tex", Runs: []string{"a"},
					Columns: []Column{{Text: "x" + s}, {Text: "y" + s, Let: true}},
					Titles:  []Label{{s, appendString(s)}}, Options: []Option{{Name: "o" + s, Values: []string{s}},
						{Name: "l", Values: []string{s, s}, List: true}}},
				{Command: "plot", Kind: s, File: "b.tex", Select: []Label{{s + "x", appendString(s)}}},
			},
		}
		var b, again bytes.Buffer
		if err := p.Write(&b); err != nil {
			t.Fatal(err)
		}
		q, err := Parse(b.Bytes())
		if err != nil {
			if checkInput("a"+s) == nil {
				t.Errorf("%q: %v in\n%s", s, err, b.String())
			}
			continue
		}
		q.Items[1].Runs = nil
		if err := q.Write(&again); err != nil || again.String() != b.String() {
			t.Errorf("%q: got\n%s\nwant\n%s", s, again.String(), b.String())
		}
		if q.Runs[0].Title != s || q.Items[0].Options[1].Values[1] != s ||
			string(q.Runs[0].LabelsJSON()) != string(p.Runs[0].LabelsJSON()) {
			t.Errorf("%q: got %+v", s, q.Runs[0])
		}
	}
}

func TestSource(t *testing.T) {
	p, err := Parse([]byte(of("tables:\n  - {file: t/a&b.tex, table: summary}\n")))
	if err != nil {
		t.Fatal(err)
	}
	s := p.SourceOf(p.Items[0], []byte("text"))
	again, err := ParseSource(s.Text())
	if err != nil || !bytes.Equal(again.Text(), s.Text()) || !again.IsOf([]byte("text")) || again.IsOf([]byte("other")) {
		t.Errorf("got %s, %v", s.Text(), err)
	}
	for _, want := range []string{`"file": "t/a&b.tex"`, `"run_id": "1e5"`, `"digest": "` + sampleDigest + `"`,
		`"sha256": "` + p.SHA256 + `"`} {
		if !strings.Contains(string(s.Text()), want) {
			t.Errorf("got %s, want %s in it", s.Text(), want)
		}
	}
}

// FuzzParse: no text makes a paper panic, and what is read is written as it is read.
func FuzzParse(f *testing.F) {
	f.Add([]byte(of("tables:\n  - {file: a.tex, table: summary, sort: [a], columns: [{let: a=b:/c}, d=a]}\nfigures:\n  - {file: a.svg, plot: x}\n")))
	for _, s := range odd {
		f.Add([]byte(of("    title: " + s)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse(text)
		if err != nil {
			if !errors.Is(err, ErrPaper) {
				t.Fatalf("got %v, want ErrPaper", err)
			}
			return
		}
		var b bytes.Buffer
		if err := p.Write(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(b.Bytes()); err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
	})
}

func appendString(s string) []byte { return jsontext.AppendString(nil, s) }
