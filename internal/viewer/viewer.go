package viewer

import (
	"context"
	"io"
	"iter"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/webfile"
)

// A Source is a file that may hold runs.
type Source struct {
	Name string // as people know it
	Path string
}

// Options say what a Viewer shows.
type Options struct {
	// Sources yields the files that there are, each time that it is called. What cannot be looked at comes with an error.
	Sources func(context.Context) iter.Seq2[Source, error]
	// Title stands over the list of runs.
	Title string
	// RunID chooses one run of a file that holds several, by its id or how that begins; empty for all.
	RunID string
	// Runs is how runs are read; nil is the usual way.
	Runs *runs.Options
	// Version is that of the program, which pages name.
	Version string
}

// A Viewer serves pages about runs over HTTP. It keeps no archive open, so that each page shows a file as it is when the
// page is asked for, and never writes one. The pages have addresses below one that is not to be guessed.
type Viewer struct {
	options Options
	token   string
	handler http.Handler
	catalog catalog
	opener  opener
	counts  counter
	checks  checker
	places  places
	// of runs with many events
	outlines outliner
	once     once
	reading  chan struct{} // holds one for each request that reads runs
	streams  chan struct{} // holds one for each page that follows a run
	ended    context.Context
	end      context.CancelFunc
}

const (
	mostReading = 4  // requests at a time that read runs
	mostStreams = 64 // pages that follow a run
)

// New makes a Viewer. What lies at addresses of the web is opened as the files of ctx are; see [webfile.From].
func New(ctx context.Context, o Options) *Viewer {
	v := &Viewer{options: o, token: newToken(), reading: make(chan struct{}, mostReading),
		streams: make(chan struct{}, mostStreams)}
	v.ended, v.end = context.WithCancel(webfile.With(context.Background(), webfile.From(ctx)))
	v.catalog.viewer = v
	v.handler = v.guard(v.routes())
	return v
}

// ServeHTTP implements [http.Handler].
func (v *Viewer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.handler.ServeHTTP(w, r.WithContext(webfile.With(r.Context(), webfile.From(v.ended))))
}

// Path gives the path of the first page, which begins and ends with a slash. Who knows it sees everything.
func (v *Viewer) Path() string { return "/" + v.token + "/" }

// Once gives, for the address of the first page, one that leads there once, within two minutes: for the command line of a
// browser.
func (v *Viewer) Once(address string) string {
	return strings.TrimSuffix(address, v.Path()) + v.once.make()
}

// A Found is what a first look at the sources found.
type Found struct {
	Runs     int
	Touched  []string // sealed archives that another program has written to
	Troubles []error  // of files that cannot be read
}

// Look looks at the sources, as the list of runs does.
func (v *Viewer) Look(ctx context.Context) (f Found, err error) {
	all, err := v.catalog.list(ctx)
	if err != nil {
		return f, err
	}
	f.Runs, f.Troubles = len(all.Entries), all.Troubles
	for _, e := range all.Entries {
		if e.Summary.Touched {
			f.Touched = append(f.Touched, e.Name)
		}
	}
	return f, nil
}

// Listen gives a listener on 127.0.0.1, at a port that is free if port is 0, and the address of the first page there.
func (v *Viewer) Listen(port int) (l net.Listener, address string, err error) {
	l, err = net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, "", err
	}
	return l, "http://" + l.Addr().String() + v.Path(), nil
}

// Serve answers requests until ctx is done, and gives its error then. It closes l and all that pages have open.
func (v *Viewer) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           v,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // of clients that go away
	}
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		v.Close()
		waiting, cancel := context.WithTimeout(context.Background(), endWithin)
		defer cancel()
		if server.Shutdown(waiting) != nil {
			server.Close()
		}
	})
	err := server.Serve(l)
	if stop() { // or else ctx is done
		v.Close()
		return err
	}
	<-closed
	return ctx.Err()
}

// endWithin is how long requests may go on when the viewer ends.
const endWithin = 2 * time.Second

// Close ends what pages have open.
func (v *Viewer) Close() {
	v.end()
	v.opener.close()
}
