package tabular

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/internal/othertools"
)

var example = &Table{
	Columns: []Column{{Name: "run_id", Title: "run"}, {Name: "cost_cents", Title: "cost", Number: true},
		{Name: "accepted"}},
	Rows: [][]Cell{
		{String("a_1"), {Value: []byte("123456"), Text: "$1,234.56"}, {Value: []byte("true"), Text: "yes"}},
		{String("=x|y"), {Value: []byte("-5"), Text: "-$0.05"}, {}},
		{String(""), {}, {Value: []byte(`{"a": 1}`)}},
	},
	Totals: [][]Cell{{{Text: "3 runs"}, {Text: "$1,234.51"}, {}}},
}

func write(t testing.TB, table *Table, format string, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := table.Write(&b, format, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWrite(t *testing.T) {
	for _, c := range []struct {
		format string
		o      Options
		want   string
	}{
		{"csv", Options{}, "run_id,cost_cents,accepted\na_1,123456,true\n'=x|y,-5,\n\"\",,\"{\"\"a\"\": 1}\"\n"},
		{"csv", Options{Raw: true}, "run_id,cost_cents,accepted\na_1,123456,true\n=x|y,-5,\n\"\",,\"{\"\"a\"\": 1}\"\n"},
		{"json", Options{}, `[
{"run_id":"a_1","cost_cents":123456,"accepted":true},
{"run_id":"=x|y","cost_cents":-5,"accepted":null},
{"run_id":"","cost_cents":null,"accepted":{"a": 1}}
]
`},
		{"markdown", Options{}, `| run | cost | accepted |
| --- | ---: | --- |
| a\_1 | \$1,234.56 | yes |
| =x\|y | -\$0.05 | – |
|  | – | \{\"a\"&#58; 1\} |
| 3 runs | \$1,234.51 | – |
`},
		{"latex", Options{}, `% needs \usepackage{booktabs}
\begin{tabular}{lrl}
\toprule
run & cost & accepted \\
\midrule
a\_1 & \$1,234.56 & yes \\
=x\textbar{}y & -\$0.05 & – \\
 & – & \{{\char34}a{\char34}: 1\} \\
\midrule
3 runs & \$1,234.51 & – \\
\bottomrule
\end{tabular}
`},
		{"latex", Options{Caption: "50 % of it", Label: "tab:a b}", Siunitx: true}, `% needs \usepackage{booktabs,siunitx}
\begin{table}
\centering
\caption{50 \% of it}\label{tab:a-b-}
\begin{tabular}{lSl}
\toprule
run & {cost} & accepted \\
\midrule
a\_1 & 1234.56 & yes \\
=x\textbar{}y & -0.05 & – \\
 & {–} & \{{\char34}a{\char34}: 1\} \\
\midrule
3 runs & {\$1,234.51} & – \\
\bottomrule
\end{tabular}
\end{table}
`},
		{"html", Options{Caption: "<b>"}, `<table>
<caption>&lt;b&gt;</caption>
<thead>
<tr><th scope="col">run</th><th scope="col" class="number">cost</th><th scope="col">accepted</th></tr>
</thead>
<tbody>
<tr><td>a_1</td><td class="number">$1,234.56</td><td>yes</td></tr>
<tr><td>=x|y</td><td class="number">-$0.05</td><td class="absent">–</td></tr>
<tr><td></td><td class="number absent">–</td><td>{&#34;a&#34;: 1}</td></tr>
</tbody>
<tfoot>
<tr><td>3 runs</td><td class="number">$1,234.51</td><td class="absent">–</td></tr>
</tfoot>
</table>
`},
	} {
		if got := write(t, example, c.format, c.o); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.format, got, c.want)
		}
	}
	if err := example.Write(&bytes.Buffer{}, "pdf", Options{}); !errors.Is(err, ErrFormat) {
		t.Errorf("got %v, want ErrFormat", err)
	}
}

// hostile are texts that would be more than text in one of the forms.
var hostile = []string{
	`\input{/etc/passwd}`, `\write18{id}`, `^^5cinput{x}`, "%\n\\end{tabular}", `}{\bfseries x`, "a & b \\\\ c", `\\[1cm]`,
	`[x]`, `*`, "--- -- ``''", "?`!`",
	"<script>alert(1)</script>", "</td></table>", `" onmouseover="x`, "&amp;", "| a | b |", "\\|", "[x](javascript:x)",
	"![x](http://x)", "`x`", "http://x.y",
	"www.x.y", "a@b.c", "=1+1", "@SUM(A1)", "\x1b[2J\x1b]0;x\a", "a\nb\r\nc", "\u202eabc", "\xff\xfe", "銀行 ε ☃ 🏦",
	"ÀÐÞß€–…ſı", "\u0301x", "$x$", "~#_^", "\"quoted\"", "|",
}

func hostileTable(texts []string) *Table {
	t := &Table{Columns: []Column{{Name: "n", Number: true}, {Name: strings.ToValidUTF8(texts[0], "?")}}}
	for _, s := range texts {
		t.Rows = append(t.Rows, []Cell{{Value: []byte("1.50")}, String(s)})
	}
	t.Totals = [][]Cell{{{Text: texts[0]}, String(texts[0])}}
	return t
}

// TestPlain: whatever stands in cells, a table has as many rows and cells as it should, and the text itself.
func TestPlain(t *testing.T) {
	check := func(t interface {
		Errorf(string, ...any)
		Fatal(...any)
	}, table *Table) {
		write := func(format string) string {
			var b bytes.Buffer
			if err := table.Write(&b, format, Options{Caption: table.Columns[1].Name,
				Label: table.Columns[1].Name}); err != nil {
				t.Fatal(err)
			}
			if !utf8.Valid(b.Bytes()) {
				t.Errorf("%s is not UTF-8: %q", format, b.String())
			}
			return b.String()
		}
		rows := len(table.Rows)
		if lines := strings.Count(write("markdown"), "\n"); lines != rows+3 {
			t.Errorf("markdown: got %d lines, want %d", lines, rows+3)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(write("markdown"), "\n"), "\n") {
			if bars := len(regexp.MustCompile(`(^|[^\\])(\\\\)*\|`).FindAllString(line, -1)); bars != 3 {
				t.Errorf("markdown: got %d cells in %q", bars-1, line)
			}
		}
		html := write("html")
		if n := strings.Count(html, "<td"); n != 2*(rows+1) {
			t.Errorf("html: got %d cells in %q", n, html)
		}
		if tags := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(html, ""); strings.ContainsAny(tags, "<>\"'") {
			t.Errorf("html: got %q", tags)
		}
		var list []map[string]any
		if err := json.Unmarshal([]byte(write("json")), &list); err != nil || len(list) != rows {
			t.Errorf("json: got %d objects, %v", len(list), err)
		}
		records, err := csv.NewReader(strings.NewReader(write("csv"))).ReadAll()
		if err != nil || len(records) != rows+1 {
			t.Errorf("csv: got %d rows, %v", len(records), err)
		}
		if n := len(regexp.MustCompile(`(^|[^\\])&`).FindAllString(write("latex"), -1)); n != rows+2 {
			t.Errorf("latex: got %d separators, want %d", n, rows+2)
		}
	}
	check(t, hostileTable(hostile))
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom(hostile),
			rapid.StringMatching(`[\\|&<>"'{}%a\n]{0,9}`)), 1, 9).Draw(t, "texts")
		check(t, hostileTable(texts))
	})
}

// marked gives a table with marks and notes.
func marked(notes []string) *Table {
	return &Table{
		Columns: []Column{{Name: "f", Number: true}, {Name: "a rate", Title: "rate", Number: true, Derived: true},
			{Name: "x", Derived: true}},
		Rows: [][]Cell{
			{{Value: []byte("0.5"), Defaulted: true}, {Value: []byte("1"), Text: "$0.01", Defaulted: true}, {}},
			{{Value: []byte("0.5")}, {}, String("")},
		},
		Marked: true, Notes: notes,
	}
}

// TestMarks: people and programs are told what was not recorded, and notes are text in every form.
func TestMarks(t *testing.T) {
	for format, want := range map[string]string{
		"csv": "f,a rate,x,derived_columns,defaulted_columns\n0.5,1,,\"a rate;x\",\"f;a rate\"\n0.5,,\"\",\"a rate;x\",\"\"\n",
		"json": `[
{"f":0.5,"a rate":1,"x":null,"derived_columns":["a rate","x"],"defaulted_columns":["f","a rate"]},
{"f":0.5,"a rate":null,"x":"","derived_columns":["a rate","x"],"defaulted_columns":[]}
]
`,
		"markdown": "| f | rate† | x† |\n| ---: | ---: | --- |\n| 0.5\\* | \\$0.01\\* | – |\n| 0.5 | – |  |\n\na & b\n\n\\| c\n",
		"latex": `% needs \usepackage{booktabs}
\begin{tabular}{rrl}
\toprule
f & rate† & x† \\
\midrule
0.5{*} & \$0.01{*} & – \\
0.5 & – &  \\
\bottomrule
\end{tabular}
\par\smallskip
\begin{minipage}{\linewidth}\footnotesize
a \& b\par
\textbar{} c\par
\end{minipage}
`,
		"html": `<table>
<thead>
<tr><th scope="col" class="number">f</th><th scope="col" class="number">rate†</th><th scope="col">x†</th></tr>
</thead>
<tbody>
<tr><td class="number">0.5*</td><td class="number">$0.01*</td><td class="absent">–</td></tr>
<tr><td class="number">0.5</td><td class="number absent">–</td><td></td></tr>
</tbody>
<tfoot>
<tr><td class="note" colspan="3">a &amp; b</td></tr>
<tr><td class="note" colspan="3">| c</td></tr>
</tfoot>
</table>
`,
	} {
		want := strings.ReplaceAll(want, "\n\na & b\n", "\n\na &amp; b\n")
		if got := write(t, marked([]string{"a & b", "| c"}), format, Options{}); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", format, got, want)
		}
	}
	for _, s := range hostile {
		table := marked([]string{s})
		table.Columns[0].Name = s
		var rows []map[string]any
		if err := json.Unmarshal([]byte(write(t, table, "json", Options{})), &rows); err != nil || len(rows) != 2 {
			t.Errorf("%q: %v", s, err)
		}
		text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(write(t, table, "html", Options{}), "")
		if strings.ContainsAny(text, "<>\"'") {
			t.Errorf("%q: got %q", s, text)
		}
		if n := strings.Count(write(t, table, "markdown", Options{}), "\n"); n != 6 {
			t.Errorf("%q: got %d lines of Markdown, want 6", s, n)
		}
	}
}

// TestLaTeX_compiles: a real TeX sets every table, and no text in it does anything. What it set is read back.
func TestLaTeX_compiles(t *testing.T) {
	latex, reader := othertools.FindLarge(t, "pdflatex"), othertools.FindLarge(t, "pdftotext")
	long := hostileTable(hostile)
	for len(long.Rows) <= longRows {
		long.Rows = append(long.Rows, long.Rows...)
	}
	dir := t.TempDir()
	text := "\\documentclass{article}\n\\usepackage[margin=1cm]{geometry}\n\\usepackage{booktabs,longtable,siunitx}\n" +
		"\\begin{document}\n" +
		write(t, example, "latex", Options{}) + write(t, hostileTable(hostile), "latex",
		Options{Caption: strings.Join(hostile, " "), Label: "tab:x"}) +
		write(t, marked(hostile), "latex", Options{}) + write(t, marked(hostile), "latex",
		Options{Caption: "c", Siunitx: false}) +
		"\\clearpage\n" + write(t, long, "latex", Options{Caption: hostile[0]}) +
		"\\clearpage\nSIUNITX\n\n" + write(t, numbers, "latex", Options{Siunitx: true}) +
		write(t, marked(hostile), "latex", Options{Siunitx: true}) +
		write(t, long, "latex", Options{Caption: hostile[0], Siunitx: true}) + "\\end{document}\n"
	if err := os.WriteFile(filepath.Join(dir, "a.tex"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	for range 2 { // as longtable needs
		cmd := exec.CommandContext(t.Context(), latex, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape",
			"a.tex")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	log, err := os.ReadFile(filepath.Join(dir, "a.log"))
	if err != nil || bytes.Contains(log, []byte("\n! ")) || bytes.Contains(log, []byte("Missing character")) {
		t.Errorf("%v\n%s", err, log)
	}
	set, err := exec.CommandContext(t.Context(), reader, "-layout", filepath.Join(dir, "a.pdf"), "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, aligned, _ := strings.Cut(string(set), "SIUNITX")
	for _, want := range []string{
		`a.?1 +1234\.56 +1\n`, `b +−0\.05 +0\.125\n`, `c +– +−20\n`, `d +1e-7 +1e\+400\n`,
		`sum +\$1,234\.51\* +all\n`,
	} {
		if !regexp.MustCompile(want).MatchString(aligned) {
			t.Errorf("with siunitx: got\n%.2000s\nwant %q in it", aligned, want)
		}
	}
}

// numbers is a table of numbers of all kinds, and of what else can stand among them.
var numbers = &Table{
	Columns: []Column{{Name: "run"}, {Name: "cost", Number: true}, {Name: "{x_1}", Number: true}},
	Rows: [][]Cell{
		{String("a_1"), {Value: []byte("123456"), Text: "$1,234.56"}, {Value: []byte("1")}},
		{String("b"), {Value: []byte("-5"), Text: "-$0.05"}, {Value: []byte("0.125")}},
		{String("c"), {}, {Value: []byte("-20")}},
		{String("d"), {Value: []byte("1e-7")}, {Value: []byte("1e+400")}},
		{String("e"), {Value: []byte("0.5"), Defaulted: true}, {Value: []byte("99.8"), Text: "+99.8 %"}},
		{String("f"), {Value: []byte("9007199254740993")}, {Value: []byte("-0.000000000000000000000000000001")}},
	},
	Totals: [][]Cell{{{Text: "sum"}, {Value: []byte("123451"), Text: "$1,234.51", Defaulted: true}, {Text: "all"}}},
}

func BenchmarkWrite(b *testing.B) {
	t := &Table{Columns: example.Columns}
	for range 10_000 {
		t.Rows = append(t.Rows, example.Rows[0])
	}
	for _, format := range Formats {
		b.Run(format, func(b *testing.B) {
			for b.Loop() {
				if err := t.Write(&bytes.Buffer{}, format, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
