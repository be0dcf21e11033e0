package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"sync"
)

//go:embed page
var files embed.FS

// templates are parsed when the first page is written, which most commands never do.
var templates = sync.OnceValues(func() (*template.Template, error) {
	return template.New("page").ParseFS(files, "page/*.html")
})

// asset gives an embedded file.
func asset(name string) string {
	text, err := files.ReadFile("page/" + name)
	if err != nil {
		panic(err) // it is in the program
	}
	return string(text)
}

// A Served says how a page is written that a server answers for.
type Served struct {
	// Base is the address below which the script asks for what it lays out, such as /TOKEN/run/0/.
	Base string
	// From and Count are the iterations that are listed, by their places; a Count of 0 is all.
	From, Count int
	// More is HTML of the server above the run, such as the way back to a list, Pages stands behind the iterations, and
	// Script is what it adds to the script.
	More, Pages template.HTML
	Script      string
}

// A page is what the template of a page takes.
type page struct {
	*Run
	Served  bool
	More    template.HTML
	Pages   template.HTML
	CSP     string
	Style   template.CSS
	Script  template.JS
	Data    template.JS
	Packed  template.HTML
	Listed  []Iteration
	Skipped string // iterations between those listed, in words
	After   int    // so many of Listed come before them
	Width   string // class of columns of money
}

// policy is the Content-Security-Policy of a page with one style and one script.
func policy(style, script string, served bool) string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	connect := ""
	if served {
		connect = "connect-src 'self'; "
	}
	return "default-src 'none'; script-src " + hash(script) + "; style-src " + hash(style) + "; img-src data:; " +
		connect + "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
}

// Policy gives the Content-Security-Policy of served pages with what a server adds to the script, for a header.
func Policy(s Served) string {
	return policy(asset("report.css"), asset("report.js")+s.Script, true) + "; frame-ancestors 'none'"
}

// Style gives the style sheet of the pages.
func Style() template.CSS { return template.CSS(asset("report.css")) }

func (r *Run) page(script string) *page {
	style := asset("report.css")
	script = asset("report.js") + script
	return &page{Run: r, CSP: policy(style, script, false), Style: template.CSS(style), Script: template.JS(script),
		Width: r.width()}
}

// WriteFile writes the report: one page that needs nothing else. The same run has the same bytes.
func (r *Run) WriteFile(w io.Writer) error {
	p := r.page("")
	p.Data, p.Packed = template.JS(r.data.small), template.HTML(r.data.packed)
	p.Listed, p.After, p.Skipped = r.bounded()
	return p.write(w)
}

// WriteServed writes the page of a server.
func (r *Run) WriteServed(w io.Writer, s Served) error {
	p := r.page(s.Script)
	p.Served, p.More, p.Pages, p.CSP = true, s.More, s.Pages, policy(string(p.Style), string(p.Script), true)
	p.Data = template.JS(r.data.served(s.Base))
	p.Listed = r.Iterations[min(max(s.From, 0), len(r.Iterations)):]
	if s.Count > 0 && len(p.Listed) > s.Count {
		p.Listed = p.Listed[:s.Count]
	}
	p.After = len(p.Listed)
	return p.write(w)
}

func (p *page) write(w io.Writer) error {
	t, err := templates()
	if err != nil {
		return err
	}
	return t.ExecuteTemplate(w, "page", p)
}

// What a file has of the list of iterations.
const (
	maxRows   = 2000 // of agents
	maxRowsOf = 500  // of an iteration
	maxBodies = 9000 // parts of policies and facts
)

// bounded gives the iterations that a file has room for, the first and the last of a long run, with how many come
// before those that are left out, and which these are.
func (r *Run) bounded() (listed []Iteration, after int, skipped string) {
	rows := 0
	for _, it := range r.Iterations {
		rows += len(it.Rows) + 1
	}
	if rows <= maxRows {
		return r.Iterations, len(r.Iterations), ""
	}
	first, last, n := 0, len(r.Iterations), 0
	for first < last && n+len(r.Iterations[first].Rows)+1 <= maxRows/2 {
		n += len(r.Iterations[first].Rows) + 1
		first++
	}
	for n = 0; last > first && n+len(r.Iterations[last-1].Rows)+1 <= maxRows/2; last-- {
		n += len(r.Iterations[last-1].Rows) + 1
	}
	listed = append(append(listed, r.Iterations[:first]...), r.Iterations[last:]...)
	return listed, first, fmt.Sprintf("iterations %d to %d",
		r.Iterations[first].Number, r.Iterations[last-1].Number)
}

// width gives the class of columns of money, by the longest amount.
func (r *Run) width() string {
	longest := 0
	for _, it := range r.Iterations {
		for _, row := range it.Rows {
			longest = max(longest, len([]rune(row.Cost)), len([]rune(row.Change)))
		}
		longest = max(longest, len([]rune(it.Total)))
	}
	switch {
	case longest <= 9:
		return "w1"
	case longest <= 13:
		return "w2"
	}
	return "w3"
}
