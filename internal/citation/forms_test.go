package citation

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/simexp/exparchive/internal/othertools"
)

const digest = "dc232429cfebd6319c9b2aa85bd4a5338579172ff5b18d759278783b35e875f2"

var full = Citation{
	Work: Work{Title: "Liquidity at play: 50 % & more", Authors: []Author{{Family: "Lovelace", Given: "Ada Marie"},
		{Family: "Sartre", Given: "Jean-Paul"}, {Group: "Smith and Sons, Ltd."}}, Date: "2026-11-29", DOI: "10.5281/zenodo_1",
		Publisher: Organisation{Name: "Zenodo"}, Abstract: "About it.", Keywords: []string{"a", "b"}},
	Run: Run{ID: "exp1_a", Digest: digest, Experiment: "exp1"},
}

func TestForms(t *testing.T) {
	csl, err := full.CSL()
	if err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		full.BibTeX(): `@misc{lovelace2026-dc232429,
  author       = {Lovelace, Ada Marie and Sartre, Jean-Paul and {Smith and Sons, Ltd.}},
  title        = {{Liquidity at play: 50 \% \& more}},
  year         = {2026},
  month        = nov,
  howpublished = {Data set},
  publisher    = {Zenodo},
  doi          = {10.5281/zenodo_1},
  url          = {https://doi.org/10.5281/zenodo_1},
  note         = {Run exp1\_a, digest ` + digest + `}
}
`,
		full.APA(): "Lovelace, A. M., Sartre, J.-P., & Smith and Sons, Ltd. (2026). Liquidity at play: 50 % & more " +
			"(Run exp1_a, digest " + digest + ") [Data set]. Zenodo. https://doi.org/10.5281/zenodo_1\n",
		string(csl): `[
  {
    "id": "lovelace2026-dc232429",
    "type": "dataset",
    "title": "Liquidity at play: 50 % & more",
    "author": [
      {
        "family": "Lovelace",
        "given": "Ada Marie"
      },
      {
        "family": "Sartre",
        "given": "Jean-Paul"
      },
      {
        "literal": "Smith and Sons, Ltd."
      }
    ],
    "issued": {
      "date-parts": [
        [
          2026,
          11,
          29
        ]
      ]
    },
    "publisher": "Zenodo",
    "DOI": "10.5281/zenodo_1",
    "URL": "https://doi.org/10.5281/zenodo_1",
    "abstract": "About it.",
    "keyword": "a, b",
    "note": "Run exp1_a, digest ` + digest + `"
  }
]
`,
	} {
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	bare := Citation{Run: full.Run}
	for got, want := range map[string]string{
		bare.BibTeX(): "@misc{run-dc232429,\n  title        = {{exp1}},\n  howpublished = {Data set},\n" +
			"  note         = {Run exp1\\_a, digest " +
			digest + "}\n}\n",
		bare.APA(): "exp1 (Run exp1_a, digest " + digest + ") [Data set]. (n.d.).\n",
		(Citation{Work: full.Work}).APA(): "Lovelace, A. M., Sartre, J.-P., & Smith and Sons, Ltd. (2026). " +
			"Liquidity at play: 50 % & more [Data set]. Zenodo. https://doi.org/10.5281/zenodo_1\n",
	} {
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	many := Work{Title: "T", Date: "2026-11-29"}
	for i := range 21 {
		many.Authors = append(many.Authors, Author{Family: fmt.Sprintf("F%d", i), Given: "élan -x- "})
	}
	text := Citation{Work: many}.APA()
	if !strings.HasPrefix(text, "F0, É. X., F1,") || !strings.Contains(text, "F18, É. X., . . . F20, É. X. (2026)") ||
		strings.Contains(text, "F19") {
		t.Errorf("got %q", text)
	}
	many.Authors = many.Authors[:20]
	if text := (Citation{Work: many}).APA(); !strings.Contains(text, "F18, É. X., & F19, É. X. (2026)") {
		t.Errorf("got %q", text)
	}
}

func TestKey(t *testing.T) {
	for name, want := range map[string]string{
		"Müller": "muller", "Mu\u0308ller": "muller", "Dvořák": "dvorak", "ÉŻ": "ez", "Nguyễn": "nguyen",
		"İnan":    "inan",
		"O'Neill": "oneill", "Strauß": "strau", "銀行": "run",
	} {
		c := Citation{Work: Work{Authors: []Author{{Family: name}}, Date: "2026-11-29"}, Run: full.Run}
		if got := c.Key(); got != want+"2026-dc232429" {
			t.Errorf("%q: got %q, want %q and the rest", name, got, want)
		}
	}
}

// hostile are texts that want to be more than text. All of them pass [Work.Check] as a title.
var hostile = []string{
	`"quoted" 'single' \n \"`, "'; rm -rf / #", "$(touch x) `touch x` ${HOME}", "}} }{ {{ %",
	`\input{/etc/passwd} \end{document}`,
	"a: b", "- x", "? x", "# x", "&a *a !!python/object x", "{x: y}", "[x]", "|", ">", "%YAML", "---", "...",
	"@misc{x, y={z}}", "~", "null", "yes",
	"0x10", "1e5", "2026-01-01", `\`, `a\`, "<script>alert(1)</script>", "<i>x</i>", "]]>", "{{x}}", "<%= x %>",
	"_x_ *y* `z`", "^~|<>\"",
	"a and b", "and", "A, B, C", "others", "von und zu", "é ß 銀 \U0001f600", "x\u00a0y", `"; DROP TABLE x; --`,
	"${{ secrets }}",
	strings.Repeat("long {", 700) + "x",
}

func hostileCitation(s string) Citation {
	return Citation{
		Work: Work{Title: s, Abstract: s + "\n" + s, Date: "2026-11-29", Publisher: Organisation{Name: s},
			Licence:  "CC-BY-4.0",
			Authors:  []Author{{Family: s, Given: s, Affiliations: []Organisation{{Name: s}, {Name: s}}}, {Group: s + " group"}},
			Keywords: []string{s, s + "x"}},
		Run: Run{ID: s + "\n\x1b[31m" + s, Digest: digest, Experiment: s},
	}
}

// TestHostile: whatever the texts are, CITATION.cff and CSL-JSON read as these texts, and the name of an entry is
// harmless.
func TestHostile(t *testing.T) {
	for _, s := range hostile {
		c := hostileCitation(s)
		if err := c.Work.Check(); err != nil {
			t.Fatal(err)
		}
		var cff struct {
			Title    string
			Abstract string
			Authors  []map[string]string
			Keywords []string
			License  string
		}
		if err := yaml.Unmarshal([]byte(c.Work.CFF([]Run{c.Run})), &cff); err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		if cff.Title != s || cff.Abstract != s+"\n"+s || cff.Authors[0]["family-names"] != s ||
			cff.Authors[0]["given-names"] != s ||
			cff.Authors[0]["affiliation"] != s+"; "+s || cff.Authors[1]["name"] != s+" group" || cff.Keywords[0] != s {
			t.Errorf("%q: got %+v", s, cff)
		}
		csl, err := c.CSL()
		var items []cslItem
		if err == nil {
			err = json.Unmarshal(csl, &items)
		}
		if err != nil || len(items) != 1 || items[0].Title != s || items[0].Author[0].Family != s ||
			items[0].Author[1].Literal != s+" group" {
			t.Errorf("%q: got %s, %v", s, csl, err)
		}
		if !key.MatchString(c.Key()) {
			t.Errorf("%q: got the key %q", s, c.Key())
		}
		bib := c.BibTeX()
		if strings.Count(bib, "{") != strings.Count(bib, "}") || strings.Count(bib, "\n@") != 0 {
			t.Errorf("%q: got\n%s", s, bib)
		}
		if strings.Count(c.APA(), "\n") != 1 || strings.ContainsRune(c.APA(), '\x1b') {
			t.Errorf("%q: got %q", s, c.APA())
		}
	}
}

// TestLaTeX: BibTeX takes all entries at once without a complaint, keeps names apart, and LaTeX sets what comes of it.
func TestLaTeX(t *testing.T) {
	othertools.FindLarge(t, "bibtex")
	othertools.FindLarge(t, "pdflatex")
	folder := t.TempDir()
	var all strings.Builder
	entries := 0
	for i, s := range hostile {
		if strings.ContainsAny(s, "銀\U0001f600") {
			continue // has no glyph in the fonts of pdfTeX
		}
		entry := hostileCitation(s).BibTeX()
		_, rest, _ := strings.Cut(entry, ",")
		fmt.Fprintf(&all, "@misc{k%d,%s\n", i, rest)
		entries++
	}
	all.WriteString(full.BibTeX())
	for name, text := range map[string]string{"r.bib": all.String(),
		"p.tex": `\documentclass{article}\begin{document}\nocite{*}\bibliographystyle{plain}\bibliography{r}\end{document}`} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"pdflatex", "-interaction=nonstopmode", "-halt-on-error", "p"}, {"bibtex", "p"},
		{"pdflatex", "-interaction=nonstopmode", "-halt-on-error", "p"}} {
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Dir = folder
		out, err := cmd.CombinedOutput()
		if err != nil || args[0] == "bibtex" && strings.Contains(string(out), "Warning") {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
	}
	bbl, err := os.ReadFile(filepath.Join(folder, "p.bbl"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(bbl)), " ")
	if got := strings.Count(text, `\bibitem{`); got != entries+1 {
		t.Errorf("got %d entries, want %d", got, entries+1)
	}
	if !strings.Contains(text, "Ada~Marie Lovelace, Jean-Paul Sartre, and {Smith and Sons, Ltd.}") {
		t.Errorf("the authors are not three in\n%s", bbl)
	}
}
