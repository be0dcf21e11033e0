package recordcmd

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/provider/jsonl"
)

// A gate is a writer that waits until it is opened.
type gate struct {
	open  chan struct{}
	tried chan struct{} // gets a value when somebody writes
	bytes.Buffer
	err error
}

func (g *gate) Write(p []byte) (int, error) {
	select {
	case g.tried <- struct{}{}:
	default:
	}
	<-g.open
	if g.err != nil {
		return 0, g.err
	}
	return g.Buffer.Write(p)
}

func startAcks(t *testing.T, g *gate) *acks {
	t.Helper()
	w, err := record.Create(filepath.Join(t.TempDir(), "run.simexp"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	g.open, g.tried = make(chan struct{}), make(chan struct{}, 1)
	a := newAcks(g)
	a.begin(w)
	<-g.tried // the first object is on its way, and the pipe is full
	records := int64(0)
	a.count = func() int64 { records++; return records }
	return a
}

// TestAcks_unread: as long as nobody reads, nothing waits for that, and what is to be said does not grow.
func TestAcks_unread(t *testing.T) {
	var g gate
	a := startAcks(t, &g)
	const lines = 100_000
	for line := range lines {
		a.given(line + 1)
		if line%100 == 99 {
			a.written(int64(line+1), nil)
			a.rejected(jsonl.Rejection{LineError: &jsonl.LineError{Line: line + 1, Err: errors.New("wrong")},
				Attachment: fmt.Sprintf("rejected/%d", line+1)})
			a.rejected(jsonl.Rejection{LineError: &jsonl.LineError{Line: line + 1, Err: errors.New("wrong")}})
		}
	}
	if len(a.waiting) > 0 || cap(a.waiting) > 1000 || len(a.queue) > maxRejections {
		t.Errorf("got %d lines of %d and %d objects that wait, want none and %d", len(a.waiting), cap(a.waiting),
			len(a.queue), maxRejections)
	}
	close(g.open)
	a.end(recordingOutcome{File: "run.simexp", Records: lines})
	a.close()
	said := strings.Split(strings.TrimSpace(g.String()), "\n")
	if want := 1 + maxRejections + 2; len(said) != want {
		t.Fatalf("got %d objects, want %d", len(said), want)
	}
	if want := fmt.Sprintf(`{"type":"ack","line":%d,"records":%d}`, lines, lines); said[len(said)-2] != want {
		t.Errorf("got %s, want %s", said[len(said)-2], want)
	}
}

// TestAcks_failed: what is not on disk is not acknowledged, and that nothing more comes there is said at once.
func TestAcks_failed(t *testing.T) {
	var g gate
	a := startAcks(t, &g)
	close(g.open)
	for line := 1; line <= 5; line++ {
		a.given(line)
	}
	a.written(3, nil)
	a.written(3, errors.New("no room"))
	a.written(3, errors.New("no room, and again"))
	a.count = func() int64 { return 3 } // what fails is not counted
	a.given(6)
	a.rejected(jsonl.Rejection{LineError: &jsonl.LineError{Line: 7, Err: errors.New("wrong")}}) // which is not kept either
	a.close()
	text := g.String()
	if strings.Count(text, `"type":"failed","error":"no room"}`) != 1 || strings.Contains(text, "again") ||
		strings.Contains(text, "rejected") || !strings.Contains(text, `"line":3,`) || strings.Contains(text, `"line":4,`) ||
		strings.Contains(text, `"line":6,`) {
		t.Errorf("got %s", text)
	}
}

// TestAcks_gone: nobody waits for a reader that has gone away.
func TestAcks_gone(t *testing.T) {
	g := gate{err: errors.New("broken pipe")}
	a := startAcks(t, &g)
	close(g.open)
	a.given(1)
	a.written(1, nil)
	a.close()
}
