package jsonl

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/simexp/exparchive/provider"
)

// A result that cannot be recorded, by the reader or the sink, is told of as such, unless another one is: the last of
// several, however broken, and by what it says of itself alone.
func TestRecordLostResult(t *testing.T) {
	const fraction = `{"type":"result","status":"completed","final_cost":1.5}`
	for _, c := range []struct {
		lines []string
		lost  int // 0 for none
		says  []bool
	}{
		{lines: []string{start, fraction}, lost: 2, says: []bool{true}},
		{lines: []string{start, `{"type":"result","status":"completed","best_cost":NaN}`}, lost: 2, says: []bool{true}},
		{lines: []string{start, event, `{"status": "completed", 'type': 'result', "final`}, lost: 3, says: []bool{true}},
		{lines: []string{start, `{"type":"result"}`, `{"type":"event"}`, fraction, "result"}, lost: 4,
			says: []bool{true, false, true, false}},
		{lines: []string{start, `{"type":"result","status":"refused"}`}, lost: 2, says: []bool{true}},
		{lines: []string{start, fraction, done}, says: []bool{true}},
		{lines: []string{start, done, fraction, done}, says: []bool{false, false}},
		{lines: []string{start, event, `{"type":"event","iteration":0,"event_type":"result","event_data":NaN}`},
			says: []bool{false}},
	} {
		s := picky{refuses: func(r provider.Record) error {
			if result, ok := r.(*provider.Result); ok && result.Status == "refused" {
				return provider.ErrInvalid
			}
			return nil
		}}
		err := Record(t.Context(), &s, strings.NewReader(strings.Join(c.lines, "\n")+"\n"), nil)
		lost := (*LostResultError)(nil)
		if errors.As(err, &lost) != (c.lost > 0) || lost != nil && (lost.Line != c.lost || !errors.Is(err, ErrNoResult)) {
			t.Errorf("%q: got %v, want that line %d is lost", c.lines, err, c.lost)
		}
		var says []bool
		for _, r := range recorded(t, &s.Live) {
			if n, ok := r.(*provider.Note); ok {
				says = append(says, strings.HasSuffix(n.Text, "claims to be the result"))
			}
		}
		if !slices.Equal(says, c.says) {
			t.Errorf("%q: got %v, want %v", c.lines, says, c.says)
		}
	}
}

// The sink gets the result when the input ends, in whatever way.
func TestRecordResultWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r, w := io.Pipe()
		var s taker
		go func() {
			io.WriteString(w, strings.Join([]string{start, done, event, `{"type":"result","status":"failed"}`}, "\n")+"\n")
			synctest.Wait()
			if n := len(s.taken); n != 5 || s.taken[4] != provider.KindNote {
				t.Errorf("before the end the sink has %v", s.taken)
			}
			cancel()
		}()
		wantRejected(t, Record(ctx, &s, r, nil), 2)
		if s.taken[len(s.taken)-1] != provider.KindResult {
			t.Errorf("the sink has %v", s.taken)
		}
		w.Close()
	})
	broken := errors.New("broken")
	var s taker
	err := Record(t.Context(), &s, io.MultiReader(strings.NewReader(start+"\n"+done+"\n"), iotest.ErrReader(broken)), nil)
	if !errors.Is(err, broken) || len(s.taken) != 2 || s.taken[1] != provider.KindResult {
		t.Errorf("got %v, and the sink has %v", err, s.taken)
	}
}

// What a failed read leaves of a line is kept, or recorded if it is all of it.
func TestRecordCutOff(t *testing.T) {
	broken := errors.New("broken")
	for text, want := range map[string][2]int{event: {2, 0}, event[:20]: {1, 1}, "": {1, 0}, " ": {1, 0}} {
		for _, end := range []error{broken, ErrInterrupted, nil} {
			var in io.Reader = strings.NewReader(start + "\n" + text)
			if end != nil {
				in = io.MultiReader(in, iotest.ErrReader(end))
			}
			var live provider.Live
			err := Record(t.Context(), &live, in, nil)
			if end == nil {
				end = ErrNoResult
			}
			records, kept := sorted(t, recorded(t, &live))
			if !errors.Is(err, end) || len(records) != want[0] || len(kept) != want[1] || want[1] == 1 && kept[0] != text {
				t.Errorf("%q: got %v, %d records and %q, want %v and %v", text, err, len(records), kept, end, want)
			}
		}
	}
}

// A read that fails in the middle of a line that is too long is told of, and what came of the line is kept.
func TestRecordLongCutOff(t *testing.T) {
	broken := errors.New("broken")
	once := iotest.ErrReader(broken)
	long := strings.Repeat("x", 200<<10)
	var live provider.Live
	in := &failsOnce{parts: []io.Reader{strings.NewReader(start + "\n" + long), once, strings.NewReader("y\n")}}
	err := Record(t.Context(), &live, in, &RecordOptions{ReaderOptions: ReaderOptions{MaxLine: 100}})
	if _, kept := sorted(t, recorded(t, &live)); !errors.Is(err, broken) || len(kept) != 1 || kept[0] != long {
		t.Errorf("got %v, and kept %d lines", err, len(kept))
	}
}

// failsOnce reads on behind an error.
type failsOnce struct{ parts []io.Reader }

func (r *failsOnce) Read(p []byte) (int, error) {
	for len(r.parts) > 0 {
		n, err := r.parts[0].Read(p)
		if err == io.EOF && n == 0 {
			r.parts = r.parts[1:]
			continue
		}
		if err != nil {
			r.parts = r.parts[1:]
		}
		return n, err
	}
	return 0, io.EOF
}
