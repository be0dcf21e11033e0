package viewer

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/simexp/exparchive/internal/report"
)

// readWithin bounds what a request may read.
const readWithin = 30 * time.Second

// routes gives the handler of what lies below the token.
func (v *Viewer) routes() http.Handler {
	mux := http.NewServeMux()
	get := func(path string, page func(http.ResponseWriter, *http.Request) error) {
		mux.HandleFunc("GET "+path, v.page(page))
	}
	ofRun := func(path string, page func(http.ResponseWriter, *http.Request, *openRun) error) {
		get("/run/{run}"+path, func(w http.ResponseWriter, r *http.Request) error { return v.withRun(w, r, page) })
	}
	mux.HandleFunc("GET /viewer.css", func(w http.ResponseWriter, r *http.Request) {
		send(w, r, http.StatusOK, "text/css; charset=utf-8", append([]byte(report.Style()), styleText...))
	})
	mux.HandleFunc("GET /viewer.js", func(w http.ResponseWriter, r *http.Request) {
		send(w, r, http.StatusOK, "text/javascript; charset=utf-8", []byte("'use strict';\n"+followScript+scriptText))
	})
	get("/{$}", v.listPage)
	get("/compare", v.comparePage)
	get("/compare.svg", v.compareChart)
	ofRun("/{$}", v.runPage)
	ofRun("/events", v.eventsPage)
	ofRun("/record/{seq}", v.recordPage)
	ofRun("/search", v.searchPage)
	ofRun("/file/{seq}", v.filePage)
	ofRun("/data/call/{seq}", v.dataCall)
	ofRun("/data/events", v.dataEvents)
	ofRun("/data/search", v.dataSearch)
	mux.HandleFunc("GET /live", v.stream(v.watchList))
	mux.HandleFunc("GET /run/{run}/live", v.stream(v.watchRun))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		v.fail(w, r, fmt.Errorf("%w: the viewer has no page of this address", errNotThere))
	})
	return mux
}

// An answer is kept until the run that it was read from is closed: a browser that takes its time holds no other up.
type answer struct {
	http.ResponseWriter // whose header is written to
	status              int
	body                []byte
}

// WriteHeader implements [http.ResponseWriter].
func (a *answer) WriteHeader(status int) { a.status = status }

// Write implements [http.ResponseWriter].
func (a *answer) Write(p []byte) (int, error) {
	a.body = append(a.body, p...)
	return len(p), nil
}

// send sends what was kept.
func (a *answer) send() {
	// A writer of a test knows no deadlines.
	_ = http.NewResponseController(a.ResponseWriter).SetWriteDeadline(time.Now().Add(writeWithin))
	a.ResponseWriter.WriteHeader(a.status)
	a.ResponseWriter.Write(a.body)
}

// page makes a handler of what shows a page or gives an error. Few read runs at a time.
func (v *Viewer) page(show func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				v.write(w, r, http.StatusInternalServerError, "problem", frame{Title: "An error of the program", Crumbs: v.home(),
					Content: problem{What: "An error of the program", Text: fmt.Sprint(p), Hint: "Please report it."}})
			}
		}()
		a := &answer{ResponseWriter: w}
		if err := v.read(r, func(r *http.Request) error { return show(a, r) }); err != nil {
			v.fail(w, r, err)
		} else {
			a.send()
		}
	}
}

// read calls show for a request when it may read runs, and bounds how long it does.
func (v *Viewer) read(r *http.Request, show func(*http.Request) error) error {
	ctx, cancel := context.WithTimeout(r.Context(), readWithin)
	defer cancel()
	select {
	case v.reading <- struct{}{}:
		defer func() { <-v.reading }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return show(r.WithContext(ctx))
}

// withRun shows a page about the run that the path names.
func (v *Viewer) withRun(
	w http.ResponseWriter, r *http.Request, show func(http.ResponseWriter, *http.Request, *openRun) error,
) error {
	run, err := v.openRun(r.Context(), r.PathValue("run"))
	if err != nil {
		return err
	}
	defer run.close()
	return show(w, r, run)
}

// openRun opens a run by its name in addresses.
func (v *Viewer) openRun(ctx context.Context, id string) (*openRun, error) {
	e, ok, err := v.catalog.find(ctx, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: no run of this address", errNotThere)
	}
	if e.far() { // of what is open on the web other requests read too
		ctx = v.ended
	}
	run, err := v.opener.open(ctx, e, v.options.Runs)
	if err != nil {
		return nil, e.error(err)
	}
	return run, nil
}

// runPath gives the path of the pages about a run, which ends with a slash.
func (v *Viewer) runPath(id string) string { return v.Path() + "run/" + id + "/" }
