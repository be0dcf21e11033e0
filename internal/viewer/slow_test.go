package viewer

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
)

// A tired writer waits with what it is told to write.
type tired struct {
	*httptest.ResponseRecorder
	begun chan struct{}
	goOn  chan struct{}
}

func (w tired) Write(p []byte) (int, error) {
	w.begun <- struct{}{}
	<-w.goOn
	return w.ResponseRecorder.Write(p)
}

// TestSlowBrowser: browsers that take no answer, more than may read at a time, hold no other up.
func TestSlowBrowser(t *testing.T) {
	v := of(t, played(t, filepath.Join(t.TempDir(), "a.simexp"), "exp1", "r"))
	path := onlyRun(t, v) + "events"
	begun, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	for range 2 * mostReading {
		go func() {
			defer func() { ended <- struct{}{} }()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8080"+v.Path()+path, nil)
			v.ServeHTTP(tired{httptest.NewRecorder(), begun, goOn}, r)
		}()
		<-begun
	}
	if w := get(t, v, path); w.Code != http.StatusOK {
		t.Errorf("got %d, want %d", w.Code, http.StatusOK)
	}
	close(goOn)
	for range 2 * mostReading {
		<-ended
	}
}
