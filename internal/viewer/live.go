package viewer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/simexp/exparchive/archive"
)

// How often a page's stream looks whether something has changed: at the files of a run, at those of a folder. It looks at
// what the file system says of them, and reads nothing.
const (
	lookEach     = 300 * time.Millisecond
	lookListEach = 2 * time.Second
	// A browser, or something between, takes a connection for lost on which nothing comes.
	pulseEach = 15 * time.Second
)

// A watch tells in what state something is: a text that is another one when it has changed.
type watch struct {
	each  time.Duration
	state func(context.Context) (string, error)
}

// stream makes a handler of server-sent events. It sends the state of what the page shows when that is no longer the one
// that the page was made of, which the address says, and each time that it changes. It ends with the client or the viewer,
// which it says, so that the page does not ask again.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html
func (v *Viewer) stream(watched func(*http.Request) (watch, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x, err := watched(r)
		if err != nil {
			v.fail(w, r, err)
			return
		}
		select {
		case v.streams <- struct{}{}:
			defer func() { <-v.streams }()
		default:
			http.Error(w, "too many pages follow runs", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		s := &events{w: w, control: http.NewResponseController(w)}
		if r.Method == http.MethodHead || s.send(": following\n\n") != nil {
			return
		}
		was := r.URL.Query().Get("since")
		look := time.NewTicker(x.each)
		defer look.Stop()
		pulse := time.NewTicker(pulseEach)
		defer pulse.Stop()
		for {
			now, err := x.state(r.Context())
			if err != nil {
				now = "error"
			}
			if now != was {
				was = now
				if s.send("event: change\ndata: "+now+"\n\n") != nil {
					return
				}
			}
			select {
			case <-look.C:
			case <-pulse.C:
				if s.send(": still here\n\n") != nil {
					return
				}
			case <-r.Context().Done():
				return
			case <-v.ended.Done():
				s.send("event: end\ndata: end\n\n")
				return
			}
		}
	}
}

// events is a stream of server-sent events.
type events struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// send sends text now, or fails if the client takes nothing.
func (s *events) send(text string) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(pulseEach)) // which not every writer knows
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}

// watchRun watches the file of a run.
func (v *Viewer) watchRun(r *http.Request) (watch, error) {
	e, ok, err := v.catalog.find(r.Context(), r.PathValue("run"))
	if err != nil {
		return watch{}, err
	}
	if !ok {
		return watch{}, fmt.Errorf("%w: no run of this address", errNotThere)
	}
	return watch{lookEach, func(context.Context) (string, error) {
		state := e.state()
		path := e.now()
		if v.checks.over(path) {
			state += "-checked"
		}
		if v.outlines.over(path) {
			state += "-read"
		}
		return state, nil
	}}, nil
}

// state tells in what state the file of a run is.
func (e entry) state() string {
	path := e.now()
	m, err := markOf(path)
	if err != nil {
		return "gone"
	}
	return stateText(path, m)
}

func stateText(of ...any) string {
	sum := sha256.Sum256(fmt.Append(nil, of...))
	return hex.EncodeToString(sum[:8])
}

// watchList watches the files of all sources.
func (v *Viewer) watchList(*http.Request) (watch, error) {
	return watch{lookListEach, v.listState}, nil
}

func (v *Viewer) listState(ctx context.Context) (string, error) {
	sum := sha256.New()
	for from, err := range v.options.Sources(ctx) {
		m, markErr := markOf(from.Path)
		fmt.Fprintln(sum, from.Path, err != nil, m, markErr != nil)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), ctx.Err()
}

// follow gives the path of the stream of a run for its pages; empty for one that never changes.
func (v *Viewer) follow(run *openRun) string {
	if run.archive == nil || run.archiveState() == archive.Sealed {
		return ""
	}
	return v.runPath(run.ID) + "live?since=" + run.mark
}
