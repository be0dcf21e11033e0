package viewer

import (
	"net/http"
)

// frameOf gives the frame of a page about a run.
func (v *Viewer) frameOf(run *openRun, title string) frame {
	base := v.runPath(run.ID)
	return frame{
		Title: title, Crumbs: append(v.home(), crumb{run.Summary.RunID, base}), Search: base + "search",
		Live: v.follow(run),
	}
}

func (v *Viewer) runPage(w http.ResponseWriter, r *http.Request, run *openRun) error { return nil }
