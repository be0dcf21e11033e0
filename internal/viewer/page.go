package viewer

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/report"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/visible"
	"github.com/simexp/exparchive/provider"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed viewer.css
var styleText []byte

//go:embed viewer.js
var scriptText string

// pages are parsed when the first is shown.
var pages = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"shown": func(s string) template.HTML { return report.Text(s).HTML() }, "plain": visible.Line, "brief": brief, "plural": plural, "choice": newChoice, "add": func(a, b int) int { return a + b },
	}).ParseFS(templateFiles, "templates/*.html"))
})

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// A choice is a field of a form with some values to choose from.
type choice struct {
	Label, Name, Value string
	Values             []string
}

func newChoice(label, name, value string, values []string) choice {
	return choice{label, name, value, values}
}

// A frame is what is around the content of every page.
type frame struct {
	Title   string
	Root    string // path of the first page
	Version string
	Crumbs  []crumb // to the pages above this one
	Search  string  // path of the search in the run, empty where there is none
	Query   string  // what is searched for
	Live    string  // path of the stream of changes, empty where nothing changes
	Content any
}

// A crumb is a link to a page above another one.
type crumb struct{ Text, Path string }

// writeWithin is how long a page may take to reach the browser.
const writeWithin = time.Minute

// write makes a page and sends it. Nothing is sent of one that cannot be made.
func (v *Viewer) write(w http.ResponseWriter, r *http.Request, status int, name string, f frame) {
	f.Root, f.Version = v.Path(), v.options.Version
	var text bytes.Buffer
	if err := pages().ExecuteTemplate(&text, name, f); err != nil {
		panic(fmt.Errorf("page %s: %w", name, err))
	}
	send(w, r, status, "text/html; charset=utf-8", text.Bytes())
}

// send answers a request.
func send(w http.ResponseWriter, r *http.Request, status int, kind string, body []byte) {
	// A writer of a test knows no deadlines.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeWithin))
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

// A problem is what an error page says.
type problem struct {
	What string // in a few words
	Text string // the error
	Hint string
}

// statusOf gives the status of the page that tells of an error, and what it says.
func statusOf(err error) (int, problem) {
	p := problem{Text: err.Error()}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.What, p.Hint = "The file is gone", "It was there when the list of runs was made."
		return http.StatusNotFound, p
	case errors.Is(err, provider.ErrNoIteration), errors.Is(err, provider.ErrNoRun), errors.Is(err, errNotThere):
		p.What = "There is no such thing"
		return http.StatusNotFound, p
	case errors.Is(err, errAsked):
		p.What = "The address asks for what cannot be"
		return http.StatusBadRequest, p
	case errors.Is(err, archive.ErrChanged):
		p.What, p.Hint = "The file was written to while it was read", "Load the page again."
		return http.StatusConflict, p
	case errors.Is(err, archive.ErrBusy):
		p.What = "Another program has the file in use"
		return http.StatusConflict, p
	case errors.Is(err, archive.ErrDamaged):
		p.What, p.Hint = "The archive is damaged", "exparchive verify says where, exparchive recover brings out what can still be read."
		return http.StatusUnprocessableEntity, p
	case errors.Is(err, archive.ErrNewer):
		p.What = "The archive was written by a newer release"
		return http.StatusUnprocessableEntity, p
	case errors.Is(err, context.DeadlineExceeded):
		p.What = "It took too long"
		return http.StatusServiceUnavailable, p
	case errors.Is(err, runs.ErrForeign), errors.Is(err, archive.ErrNotArchive):
		p.What = "The file holds no run"
		return http.StatusUnprocessableEntity, p
	}
	p.What = "The run cannot be read"
	return http.StatusUnprocessableEntity, p
}

var (
	errNotThere = errors.New("not there")
	errAsked    = errors.New("not possible")
)

// fail answers a request with a page about an error.
func (v *Viewer) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil { // nobody waits for it
		return
	}
	status, p := statusOf(err)
	v.write(w, r, status, "problem", frame{Title: p.What, Crumbs: v.home(), Content: p})
}

// home leads to the first page.
func (v *Viewer) home() []crumb { return []crumb{{"Runs", v.Path()}} }

// clip gives the beginning of a text, at most so many characters, and how many bytes are missing.
func clip(s string, most int) (string, int) {
	n := 0
	for i := range s {
		if n == most {
			return s[:i], len(s) - i
		}
		n++
	}
	return s, 0
}

// brief gives a name as far as it has room in a line.
func brief(s string) string {
	const most = 40
	some, more := clip(visible.Line(s), most)
	if more > 0 {
		some += "…"
	}
	return some
}
