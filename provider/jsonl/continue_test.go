package jsonl_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/jsonl"
)

// TestRecord_given: a line is said to be given to the sink when it is, but not before the run begins, and not the
// result.
func TestRecord_given(t *testing.T) {
	const lines = `no line
{"type":"experiment","run_id":"r","experiment_name":"n","experiment_type":"t"}

{"type":"event","iteration":0,"event_type":"e"}
{"type":"event","iteration":0}
{"type":"result","status":"completed"}
{"type":"event","iteration":0,"event_type":"late"}
`
	var given, held, rejected []int
	err := jsonl.Record(t.Context(), &digest.Sink{}, strings.NewReader(lines), &jsonl.RecordOptions{
		Given:    func(line int) { given = append(given, line) },
		Held:     func(l *jsonl.LineError) { held = append(held, l.Line) },
		Rejected: func(l jsonl.Rejection) { rejected = append(rejected, l.Line) },
	})
	if !errors.As(err, new(*jsonl.RejectedError)) {
		t.Fatalf("got %v, want a RejectedError", err)
	}
	if !slices.Equal(given, []int{2, 4, 5}) || !slices.Equal(held, []int{1}) || !slices.Equal(rejected, []int{1, 5, 7}) {
		t.Errorf("got given %d, held %d, rejected %d, want 2 4 5, 1 and 1 5 7", given, held, rejected)
	}
}

// TestRecord_continue: what a continue line says is asked about before anything is recorded, and only of the first line
// of an input that continues a run.
func TestRecord_continue(t *testing.T) {
	const event = `{"type":"event","iteration":0,"event_type":"e"}` + "\n"
	wrong := errors.New("another run")
	for _, test := range []struct {
		lines    string
		resume   bool
		answer   error
		asked    int
		recorded int
		refused  bool
	}{
		{` {"records":3,"type":"continue","run_id":"r"}` + "\n" + event, true, nil, 1, 1, false},
		{"\ufeff\n{\"type\":\"continue\",\"run_id\":\"r\",\"records\":3}\n" + event, true, nil, 1, 1, false},
		{event, true, nil, 0, 1, false},
		{`{"type":"continue","run_id":"r","records":3}` + "\n" + event, true, wrong, 1, 0, true},
		{`{"type":"continue","run_id":"r"}` + "\n" + event, true, nil, 0, 0, true},
		{`{"type":"continue","run_id":"r","records":-1}` + "\n" + event, true, nil, 0, 0, true},
		{`{"type":"continue","run_id":"r","records":3.0}` + "\n" + event, true, nil, 0, 0, true},
		{`{"type":"continue","run_id":"","records":3}` + "\n" + event, true, nil, 0, 0, true},
		{`{"type":"continue","run_id":7,"records":3}` + "\n" + event, true, nil, 0, 0, true},
		{`{"type":"continue","run_id":"r","records":3,"more":1}` + "\n" + event, true, nil, 0, 0, true},
		{event + `{"type":"continue","run_id":"r","records":3}` + "\n", true, nil, 0, 3, false}, // kept with a note
		{`{"type":"continue","run_id":"r","records":3}` + "\n", false, nil, 0, 0, false},
	} {
		asked, recorded := 0, 0
		sink := &digest.Sink{}
		if test.resume {
			sink = begun(t)
		}
		err := jsonl.Record(t.Context(), sink, strings.NewReader(test.lines), &jsonl.RecordOptions{
			ReaderOptions: jsonl.ReaderOptions{Resume: test.resume},
			Taken:         func() { recorded++ },
			Continue: func(runID string, records int64) error {
				if asked++; runID != "r" || records != 3 || recorded > 0 {
					t.Errorf("%q: asked of %q, %d, after %d records", test.lines, runID, records, recorded)
				}
				return test.answer
			},
		})
		refused := errors.Is(err, jsonl.ErrContinue)
		if asked != test.asked || recorded != test.recorded || refused != test.refused {
			t.Errorf("%q: asked %d times, %d records, refused %v (%v), want %d, %d, %v", test.lines, asked, recorded, refused,
				err, test.asked, test.recorded, test.refused)
		}
		if test.answer != nil && !errors.Is(err, test.answer) {
			t.Errorf("%q: got %v, want %v", test.lines, err, test.answer)
		}
	}
}

// begun gives a sink that takes records of a run that has begun.
func begun(t *testing.T) *digest.Sink {
	t.Helper()
	s := &digest.Sink{}
	if err := s.Begin(t.Context(), &provider.Start{RunID: "r", Name: "n", Type: "t"}); err != nil {
		t.Fatal(err)
	}
	return s
}
