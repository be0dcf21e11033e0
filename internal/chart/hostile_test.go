package chart

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/png"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/othertools"
	"github.com/simexp/exparchive/internal/visible"
)

// hostile are texts that would do something if a format took them for its own.
var hostile = []string{
	"</title><script>alert(1)</script>", "]]><image href='x'/>", `"/><path d="M0 0"/>`, "&lt;&#x1b;&amp",
	"<!-- --", "<?xml?>",
	") Tj ET Q (", "> Tj <00", "endstream endobj", "<FEFF>", `\) \( \\`, "%%EOF",
	`\input{/etc/passwd}`, `\write18{id}`, "^^5cinput x", `}\end{tikzpicture}`, "{{{", "}}}", "$x^2$ % & # _ ~",
	`\\[9cm]`, "];\\draw (0,0);",
	"--- ``x'' ?` !`", "\x1b[31mred\x1b]0;t\x07", "a\r\nb\x00c\x08\x7f\u009b31m",
	"\u202eexe\u2066\ufeff\u200b", "\xff\xfe\xc0\x80", "\ufffe\U000e0041",
	"銀行 \U0001f3e6 é – € ﷽", "e\u0301\u0301\u0301\u0301\u0301\u0301", strings.Repeat("W", 5000),
	strings.Repeat("\x00", 3000), "",
}

// places put a text into a figure, each in another place.
var places = map[string]func(f *Figure, text string){
	"title of the figure": func(f *Figure, text string) { f.Title = text },
	"description":         func(f *Figure, text string) { f.Description = text },
	"title of a panel":    func(f *Figure, text string) { f.Panels[0].Title = text },
	"axis of iterations":  func(f *Figure, text string) { f.Panels[0].X = text },
	"axis of values":      func(f *Figure, text string) { f.Panels[0].Y = text },
	"line":                func(f *Figure, text string) { f.Panels[0].Lines[0].Name = text },
	"band":                func(f *Figure, text string) { f.Panels[0].Bands[0].Name = text },
	"crosses":             func(f *Figure, text string) { f.Panels[0].CrossName = text },
}

func plain() *Figure {
	one := big.NewRat(1, 1)
	at := []Point{{0, one}, {1, one}}
	return &Figure{Title: "t", Description: "d", Panels: []Panel{{Title: "p", X: "x", Y: "y", CrossName: "c",
		Lines: []Line{{Name: "l", Points: at}}, Bands: []Band{{Name: "b", Spans: []Span{{0, one, one}, {1, one, one}}}},
		Crosses: at[:1]}}}
}

// What PDF is made of, and the commands of TikZ.
var (
	objects  = regexp.MustCompile(`(?s)\d+ 0 obj\n(.*?)\nendobj`)
	hexTexts = regexp.MustCompile(`<[0-9A-F]+>`)
	numbers  = regexp.MustCompile(`\[[0-9 ]*\]|-?[0-9.]+`)
	commands = regexp.MustCompile(`\\([a-zA-Z]+|.)|[{}%;]`)
)

// structure gives what of a file is not text from outside: the elements of SVG, the operators of PDF, the commands of
// TikZ, the lines of a terminal's characters.
var structure = map[string]func(t *testing.T, f *Figure) []string{
	"SVG": func(t *testing.T, f *Figure) (list []string) {
		var b bytes.Buffer
		if err := f.Scene().WriteSVG(&b); err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(&b); ; {
			token, err := d.Token()
			if err == io.EOF {
				return list
			} else if err != nil {
				t.Fatal(err)
			}
			switch x := token.(type) {
			case xml.StartElement:
				list = append(list, x.Name.Local)
				for _, a := range x.Attr {
					list = append(list, a.Name.Local)
				}
			case xml.CharData:
				if s := string(x); visible.LineBut(s, '\n') != s {
					t.Errorf("hidden characters: %q", s)
				}
			default:
				if _, ok := token.(xml.EndElement); !ok {
					t.Errorf("SVG has a %T", token)
				}
			}
		}
	},
	"PDF": func(t *testing.T, f *Figure) (list []string) {
		var b bytes.Buffer
		if err := f.Scene().WritePDF(&b); err != nil {
			t.Fatal(err)
		}
		objects := objects.FindAllString(b.String(), -1)
		list = append(list, fmt.Sprint(len(objects)))
		for _, i := range []int{3, len(objects) - 1} { // the content and the title
			text := hexTexts.ReplaceAllString(objects[i], " <> ")
			text = numbers.ReplaceAllString(text, " ")
			for _, word := range strings.Fields(text) {
				if !slices.Contains(list, word) {
					list = append(list, word)
				}
			}
		}
		slices.Sort(list)
		return list
	},
	"TikZ": func(t *testing.T, f *Figure) (list []string) {
		var b bytes.Buffer
		if err := f.Scene().WriteTikZ(&b); err != nil {
			t.Fatal(err)
		}
		depth := 0
		known := strings.Fields(`\char \{ \} \% \$ \# \& \_ \textbackslash \textasciitilde \textasciicircum \textquotedbl
			\textquotesingle \textless \textgreater \textbar \textendash \texteuro \ifdefined \Umathcode \else \fi`)
		for line := range strings.Lines(b.String()) {
			if strings.HasPrefix(line, "%") {
				list = append(list, "%")
				continue
			}
			at := 0
			for _, r := range line {
				if visible.Hidden(r) && r != '\n' {
					t.Errorf("hidden character %q", r)
				}
			}
			for _, c := range commands.FindAllString(line, -1) {
				switch {
				case c == "{":
					depth++
				case c == "}":
					depth--
				case at == 0 || !slices.Contains(known, c) && (depth == 0 || c != ";"):
					list = append(list, c)
				}
				at++
			}
			if depth < 0 {
				t.Errorf("unbalanced: %.300s", line)
			}
		}
		return append(list, fmt.Sprint(depth))
	},
	"terminal": func(t *testing.T, f *Figure) []string {
		var b strings.Builder
		if err := f.WriteText(&b, 80); err != nil {
			t.Fatal(err)
		}
		for _, r := range b.String() {
			if visible.Hidden(r) && r != '\n' || r == '\ufffd' {
				t.Errorf("character %q", r)
			}
		}
		return []string{fmt.Sprint(strings.Count(b.String(), "\n"))}
	},
	"PNG": func(t *testing.T, f *Figure) []string {
		var b bytes.Buffer
		if err := f.Scene().WritePNG(&b); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		return []string{img.Bounds().String()}
	},
}

// TestHostile: whatever text stands in whichever place, a file has the same structure as with harmless text.
func TestHostile(t *testing.T) {
	for format, of := range structure {
		want := of(t, plain())
		for place, put := range places {
			for i, text := range hostile {
				if format == "PNG" && i%16 != 0 { // which takes long, and has no text to take for something
					continue
				}
				f := plain()
				put(f, text)
				if got := of(t, f); !slices.Equal(got, want) {
					t.Errorf("%s, %s, %.40q: got %.2000q, want %.2000q", format, place, text, got, want)
				}
			}
		}
	}
}

// TestHostile_LaTeX: other programs draw them, and find short texts in a PDF again.
func TestHostile_LaTeX(t *testing.T) {
	reader := othertools.FindLarge(t, "pdftotext")
	f := plain()
	for i, text := range hostile {
		for _, put := range places {
			if i < len(places) {
				put(f, text)
			}
		}
		f.Panels = append(f.Panels, Panel{Title: text, X: text, Y: text, CrossName: text,
			Crosses: []Point{{0, big.NewRat(1, 1)}},
			Lines:   []Line{{Name: text, Points: []Point{{0, big.NewRat(1, 1)}}}}})
	}
	s := f.Scene()
	for _, format := range []string{"svg", "pdf", "tex"} {
		if got := rendered(t, s, format); got.Rect.Dy() < s.Height/(3*64)-2 {
			t.Errorf("%s: a picture of %v", format, got.Rect)
		}
	}
	dir := t.TempDir()
	write(t, s, filepath.Join(dir, "a.pdf"))
	run(t, dir, reader, "-layout", "a.pdf", "a.txt")
	found, err := os.ReadFile(filepath.Join(dir, "a.txt"))
	if err != nil {
		t.Fatal(err)
	}
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	all := squeeze(string(found))
	for _, text := range []string{"%%EOF", ") Tj ET Q (", "</title><script>alert(1)</script>", "銀行", "– €"} {
		if !strings.Contains(all, squeeze(text)) {
			t.Errorf("%q is not found in the PDF", text)
		}
	}
}
