package jsonl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// linesOf writes records as lines, one string each.
func linesOf(t *testing.T, records []provider.Record) []string {
	t.Helper()
	var text bytes.Buffer
	if err := provider.Copy(t.Context(), NewWriter(&text), providertest.Live(records)); err != nil {
		t.Fatal(err)
	}
	return slices.Collect(strings.Lines(text.String()))
}

// A taker is a sink that tells of every record, and fails from one on.
type taker struct {
	provider.Live
	taken  []provider.Kind
	failAt int // from 1; 0 is never
	err    error
}

func (s *taker) take(ctx context.Context, k provider.Kind, put func() error) error {
	s.taken = append(s.taken, k)
	if ctx.Err() != nil {
		return fmt.Errorf("the sink's context is done: %w", ctx.Err())
	}
	if s.failAt > 0 && len(s.taken) >= s.failAt {
		return fmt.Errorf("record %d: %w", len(s.taken), s.err)
	}
	return put()
}

func (s *taker) Begin(ctx context.Context, r *provider.Start) error {
	return s.take(ctx, r.RecordKind(), func() error { return s.Live.Begin(ctx, r) })
}

func (s *taker) Event(ctx context.Context, r *provider.Event) error {
	return s.take(ctx, r.RecordKind(), func() error { return s.Live.Event(ctx, r) })
}

func (s *taker) Interaction(ctx context.Context, r *provider.Interaction) error {
	return s.take(ctx, r.RecordKind(), func() error { return s.Live.Interaction(ctx, r) })
}

func (s *taker) Iteration(ctx context.Context, r *provider.Iteration) error {
	return s.take(ctx, r.RecordKind(), func() error { return s.Live.Iteration(ctx, r) })
}

func (s *taker) Note(ctx context.Context, r *provider.Note) error {
	return s.take(ctx, r.RecordKind(), func() error { return s.Live.Note(ctx, r) })
}

func (s *taker) Attachment(ctx context.Context, r *provider.Attachment) error {
	return s.take(ctx, r.RecordKind(), func() error { return s.Live.Attachment(ctx, r) })
}

func (s *taker) Finish(ctx context.Context, r *provider.Result) error {
	kind := provider.Kind(0) // without a result
	if r != nil {
		kind = r.RecordKind()
	}
	return s.take(ctx, kind, func() error { return s.Live.Finish(ctx, r) })
}

func TestRecord(t *testing.T) {
	sample := providertest.Sample()
	lines := linesOf(t, sample)
	var s taker
	calls := 0
	err := Record(t.Context(), &s, strings.NewReader(strings.Join(lines, "")), &RecordOptions{Taken: func() { calls++ }})
	if err != nil || calls != len(sample) {
		t.Errorf("got %v and %d calls, want none and %d", err, calls, len(sample))
	}
	providertest.Test(t, &s.Live, sample)

	// The options of the reader hold.
	s = taker{}
	o := &RecordOptions{ReaderOptions: ReaderOptions{RunID: func(string) string { return "made" }}}
	if err := Record(t.Context(), &s, strings.NewReader(`{"type":"experiment","experiment_name":"a","experiment_type":"b"}`), o); !errors.Is(err, ErrNoResult) {
		t.Errorf("got %v, want %v", err, ErrNoResult)
	}
	if e, err := s.Experiment(t.Context()); err != nil || e.RunID != "made" {
		t.Errorf("got run %q, %v, want made", e.RunID, err)
	}
}

// Lines that end without a result are recorded, and the sink goes on.
func TestRecordNoResult(t *testing.T) {
	sample := providertest.Sample()
	for n := 1; n < len(sample); n++ {
		var s taker
		text := strings.Join(linesOf(t, sample[:n]), "")
		if err := Record(t.Context(), &s, strings.NewReader(text), nil); !errors.Is(err, ErrNoResult) {
			t.Fatalf("%d records: got %v, want %v", n, err, ErrNoResult)
		}
		if len(s.taken) != n || s.taken[n-1] == 0 {
			t.Fatalf("%d records: the sink got %v", n, s.taken)
		}
	}
}

// A line that cannot be recorded ends a strict recording with its number, whoever refuses it.
func TestRecordStrict(t *testing.T) {
	sample := providertest.Sample()
	lines := linesOf(t, sample)
	for name, c := range map[string]struct {
		bad    string
		failAt int
		err    error
	}{
		"no JSON":               {"{\n", 0, nil},
		"out of order":          {lines[0], 0, nil},
		"the sink refuses it":   {lines[5], 6, provider.ErrInvalid},
		"the sink is past that": {lines[5], 6, provider.ErrOrder},
	} {
		s := taker{failAt: c.failAt, err: c.err}
		err := Record(t.Context(), &s, strings.NewReader(strings.Join(lines[:5], "")+c.bad+strings.Join(lines[5:], "")),
			&RecordOptions{Strict: true})
		if line := (*LineError)(nil); !errors.As(err, &line) || line.Line != 6 || c.err != nil && !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, want an error of line 6", name, err)
		}
		if got, want := len(s.taken), max(5, c.failAt); got != want {
			t.Errorf("%s: the sink got %d records, want %d", name, got, want)
		}
	}
}

// A sink that failed gets what is on its way all the same, and a stream that stays open does not hold up the end.
func TestRecordSinkFails(t *testing.T) {
	lines := linesOf(t, providertest.Sample())
	broken := errors.New("disk full")
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		go func() {
			for _, line := range lines[:8] {
				io.WriteString(w, line)
				time.Sleep(drainPause / 2)
			}
		}()
		s := taker{failAt: 3, err: broken}
		err := Record(t.Context(), &s, r, nil)
		if sink := (*SinkError)(nil); !errors.As(err, &sink) || !errors.Is(err, broken) ||
			!strings.HasPrefix(err.Error(), "record 8:") || len(s.taken) != 8 {
			t.Errorf("got %v after %d records, want the failure of record 8", err, len(s.taken))
		}
		w.Close()
	})
	// A bad line among them is told of too.
	s := taker{failAt: 3, err: broken}
	err := Record(t.Context(), &s, strings.NewReader(strings.Join(lines[:5], "")+"bad\n"+lines[5]),
		&RecordOptions{Strict: true})
	if line := (*LineError)(nil); !errors.Is(err, broken) || !errors.As(err, &line) || line.Line != 6 ||
		len(s.taken) != 5 {
		t.Errorf("got %v after %d records, want the failure and line 6", err, len(s.taken))
	}
	// And so is a result that could not be recorded.
	s = taker{failAt: len(lines), err: broken}
	if err := Record(t.Context(), &s, strings.NewReader(strings.Join(lines, "")), nil); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

// An interrupt ends the recording when what was on its way is recorded; a source that does not stop is not waited for
// long.
func TestRecordInterrupted(t *testing.T) {
	lines := linesOf(t, providertest.Sample())
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r, w := io.Pipe()
		go io.WriteString(w, strings.Join(lines[:8], ""))
		var s taker
		if err := Record(ctx, &s, r, nil); err != ErrInterrupted || len(s.taken) != 8 {
			t.Errorf("got %v after %d records, want %v after 8", err, len(s.taken), ErrInterrupted)
		}
		w.Close()
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r, w := io.Pipe()
		go func() {
			io.WriteString(w, lines[0])
			for {
				if _, err := io.WriteString(w, `{"type":"event","iteration":0,"event_type":"e"}`+"\n"); err != nil {
					return
				}
				time.Sleep(drainPause / 2)
			}
		}()
		begun := time.Now()
		time.AfterFunc(time.Second, cancel)
		var s taker
		err := Record(ctx, &s, r, nil)
		if took := time.Since(begun); err != ErrInterrupted || took < time.Second+drainTime-drainPause ||
			took > time.Second+drainTime {
			t.Errorf("got %v after %v, want %v after %v", err, took, ErrInterrupted, time.Second+drainTime)
		}
		r.Close()
		time.Sleep(drainPause) // for the source to see it
	})
	// Nor is one that comes between the result and the end of the lines.
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r, w := io.Pipe()
		go func() {
			io.WriteString(w, strings.Join(lines, ""))
			cancel()
		}()
		var s taker
		if err := Record(ctx, &s, r, nil); err != nil || len(s.taken) != len(lines) {
			t.Errorf("got %v after %d records, want that the whole run was recorded", err, len(s.taken))
		}
		w.Close()
	})
	// With the result on its way, it is not even noticed.
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var s taker
		if err := Record(ctx, &s, strings.NewReader(strings.Join(lines, "")), nil); err != nil {
			t.Errorf("got %v, want that the whole run was recorded", err)
		}
	})
}

func TestRecordReadError(t *testing.T) {
	lines := linesOf(t, providertest.Sample())
	broken := errors.New("broken")
	var s taker
	err := Record(t.Context(), &s, io.MultiReader(strings.NewReader(strings.Join(lines[:3], "")),
		iotest.ErrReader(broken)), nil)
	if !errors.Is(err, broken) || len(s.taken) != 3 {
		t.Errorf("got %v after %d records, want %v after 3", err, len(s.taken), broken)
	}
}

// The goroutine that reads ends with Record, once the read that waits returns; otherwise the bubble would not end.
func TestRecordLetsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		go func() {
			for range 5 { // the first ends Record
				io.WriteString(w, "bad\n")
			}
			w.Close()
		}()
		if err := Record(t.Context(), new(taker), r, &RecordOptions{Strict: true}); !errors.As(err, new(*LineError)) {
			t.Errorf("got %v, want an error of a line", err)
		}
		r.Close()
	})
}
