package recordcmd

import (
	"encoding/json"
	"io"
	"sync"

	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/provider/jsonl"
)

// maxRejections is how many lines that could not be recorded wait to be told of if nobody reads. Those behind are only
// counted, in the last acknowledgement.
const maxRejections = 1000

// Acks tell the program that writes the lines which of them are on disk, one JSON object a line; PROTOCOL.md of package
// jsonl describes them. The recording never waits for whoever reads them: as long as nobody does, a later
// acknowledgement takes the place of an earlier one, which it includes. Only close waits.
type acks struct {
	out  io.Writer
	wake chan struct{} // has a value if there is something to say
	done chan struct{} // closed when all is said

	mu       sync.Mutex
	count    func() int64 // of the records of the lines that were given, and those before them
	durable  int64        // records on disk
	waiting  []givenLine  // whose records may not be on disk yet, in order
	ack      *ackLine     // to be said
	queue    []any        // to be said before ack
	told     int          // rejections in queue
	last     []any        // to be said in the end
	failed   bool         // nothing more comes to disk
	finished bool
}

// A givenLine is a line of the input, and how many records the run has up to it.
type givenLine struct {
	line    int
	records int64
}

// What acknowledgements say.
type (
	ackBegin struct {
		Type    string `json:"type"` // "recording"
		File    string `json:"file"`
		RunID   string `json:"run_id,omitempty"` // of a recording that is resumed
		Records int64  `json:"records"`
		Version string `json:"version"` // of this program
	}
	ackLine struct {
		Type    string `json:"type"` // "ack"
		Line    int    `json:"line"`
		Records int64  `json:"records"`
	}
	ackRejected struct {
		Type       string `json:"type"` // "rejected", or "waiting" for the run to begin
		Line       int    `json:"line"`
		Attachment string `json:"attachment,omitempty"`
		Error      string `json:"error"`
	}
	ackFailed struct {
		Type  string `json:"type"` // "failed"
		Error string `json:"error"`
	}
)

func newAcks(out io.Writer) *acks {
	return &acks{out: out, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// begin says that w takes lines, and starts the goroutine that writes, which close ends.
func (a *acks) begin(w *record.Writer) {
	a.mu.Lock()
	a.count, a.durable = w.Count, w.Count()
	a.queue = append(a.queue, ackBegin{"recording", w.LivePath(), w.RunID(), a.durable, cli.ProgramVersion()})
	a.mu.Unlock()
	go a.write()
	a.rouse()
}

func (a *acks) rouse() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// given notes that all up to a line was given to the recorder.
func (a *acks) given(line int) {
	records := a.count()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed { // then the recorder counts no more records
		return
	}
	a.waiting = append(a.waiting, givenLine{line, records})
	a.settle()
}

// written notes how many records are on disk.
func (a *acks) written(records int64, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.durable = records
	if err != nil && !a.failed {
		a.failed = true
		a.queue = append(a.queue, ackFailed{"failed", err.Error()})
	}
	a.settle()
}

// settle sees to it that the lines are acknowledged of which all is on disk. The caller holds mu.
func (a *acks) settle() {
	n := 0
	for n < len(a.waiting) && a.waiting[n].records <= a.durable {
		n++
	}
	if n > 0 {
		a.ack = &ackLine{"ack", a.waiting[n-1].line, a.waiting[n-1].records}
		a.waiting = append(a.waiting[:0], a.waiting[n:]...)
	}
	a.rouse()
}

// rejected notes that a line is kept as an attachment.
func (a *acks) rejected(l jsonl.Rejection) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed || a.told == maxRejections {
		return
	}
	a.told++
	a.queue = append(a.queue, ackRejected{"rejected", l.Line, l.Attachment, l.Err.Error()})
	a.rouse()
}

// held notes that a line could not be recorded, and waits for the run to begin.
func (a *acks) held(l *jsonl.LineError) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.told == maxRejections {
		return
	}
	a.told++
	a.queue = append(a.queue, ackRejected{Type: "waiting", Line: l.Line, Error: l.Err.Error()})
	a.rouse()
}

// end notes what became of the recording, which is said last.
func (a *acks) end(outcome recordingOutcome) {
	a.mu.Lock()
	defer a.mu.Unlock()
	outcome.Type = "end"
	a.last = []any{outcome}
}

// close waits until all is said or cannot be.
func (a *acks) close() {
	a.mu.Lock()
	a.finished = true
	a.mu.Unlock()
	a.rouse()
	<-a.done
}

// write says what there is to say, until close. Whoever reads may go away: that ends no recording.
func (a *acks) write() {
	defer close(a.done)
	for range a.wake {
		a.mu.Lock()
		all, finished := a.queue, a.finished
		a.queue, a.told = nil, 0
		if a.ack != nil {
			all = append(all, a.ack)
			a.ack = nil
		}
		if finished {
			all = append(all, a.last...)
		}
		a.mu.Unlock()
		var text []byte
		for _, one := range all {
			line, err := json.Marshal(one)
			if err != nil { // never: they are texts and numbers
				return
			}
			text = append(append(text, line...), '\n')
		}
		if len(text) > 0 {
			if _, err := a.out.Write(text); err != nil {
				return
			}
		}
		if finished {
			return
		}
	}
}
