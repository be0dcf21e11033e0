package liquidity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/simexp/exparchive/provider"
)

// start is when every run begins, on its simulated clock.
var start = time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)

// step is how far each record moves the clock.
const step = 7 * time.Millisecond

// A recorder gives the records of a run to a sink. After the first error it does nothing more.
type recorder struct {
	ctx   context.Context
	sink  provider.Sink
	pause time.Duration
	skip  int64 // records that the sink has already
	count int64 // records so far
	clock time.Time
	err   error
}

// put gives one record. Cancelling takes effect between records, so that the sink never sees a cancelled context.
func (r *recorder) put(record provider.Record) {
	if r.err != nil {
		return
	}
	if r.err = context.Cause(r.ctx); r.err != nil {
		return
	}
	r.count++
	if r.count <= r.skip {
		return
	}
	if r.pause > 0 && r.count > 1 {
		timer := time.NewTimer(r.pause)
		select {
		case <-timer.C:
		case <-r.ctx.Done():
			timer.Stop()
			r.err = context.Cause(r.ctx)
			return
		}
	}
	if err := provider.Put(context.WithoutCancel(r.ctx), r.sink, record); err != nil {
		r.err = &sinkError{err}
	}
}

// A sinkError marks an error of the sink, which must not be called again after it.
type sinkError struct{ error }

func (e *sinkError) Unwrap() error { return e.error }

// now gives the time of the next record.
func (r *recorder) now() string {
	r.clock = r.clock.Add(step)
	return r.time()
}

func (r *recorder) time() string { return r.clock.Format("2006-01-02T15:04:05.000Z") }

// wait moves the clock.
func (r *recorder) wait(d time.Duration) { r.clock = r.clock.Add(d) }

func (r *recorder) event(n int, kind string, payload any) {
	if r.err == nil {
		r.put(&provider.Event{Iteration: n, Type: kind, Timestamp: r.now(), Data: encode(payload)})
	}
}

func (r *recorder) note(kind, subject, format string, args ...any) {
	r.put(&provider.Note{Kind: kind, Subject: subject, Text: fmt.Sprintf(format, args...)})
}

// words counts words, which is what the original recorded as tokens.
func words(text string) int64 { return int64(len(strings.Fields(text))) }

// runID gives the run id of an experiment that is played with the given options: the name, the start of the run on its
// simulated clock, and six hexadecimal digits that depend on the name, the seed and the limit on iterations.
func (s *Scenario) runID(seed uint64) string {
	return fmt.Sprintf("%s-%s-%06x", s.Name, start.Format("20060102-150405"),
		uint64(*s.derive(seed, placeRunID, uint64(s.MaxIter))>>40))
}
