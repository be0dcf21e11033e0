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

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/providertest/randomrun"
)

const (
	start = `{"type":"experiment","run_id":"r","experiment_name":"n","experiment_type":"t"}`
	event = `{"type":"event","iteration":0,"event_type":"e"}`
	done  = `{"type":"result","status":"completed"}`
)

// recorded gives the records of a sink.
func recorded(t testing.TB, l *provider.Live) []provider.Record {
	t.Helper()
	var all []provider.Record
	for r, err := range l.Records(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// sorted parts what a recorder kept of lines that it could not record from the other records. Lines in parts are put
// together.
func sorted(t testing.TB, all []provider.Record) (records []provider.Record, kept []string) {
	t.Helper()
	for len(all) > 0 {
		n := 0
		var line []byte
		for _, r := range all {
			a, ok := r.(*provider.Attachment)
			if !ok || !strings.HasPrefix(a.Name, "rejected") {
				break
			}
			line = append(line, a.Data...)
			n++
		}
		if n == 0 {
			records, all = append(records, all[0]), all[1:]
			continue
		}
		first := all[0].(*provider.Attachment)
		if n == len(all) {
			t.Fatalf("no note follows attachment %q", first.Name)
		}
		note, ok := all[n].(*provider.Note)
		if !ok || !IsRejected(note) || note.Subject != provider.Subject("attachments", first.Name) {
			t.Fatalf("behind attachment %q stands %#v, want a note about it", first.Name, all[n])
		}
		kept, all = append(kept, string(line)), all[n+1:]
	}
	return records, kept
}

// same reports a difference between records.
func same(t testing.TB, got, want []provider.Record) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d records, want %d", len(got), len(want))
	}
	for i := range got {
		got[i].RecordMeta().Seq, want[i].RecordMeta().Seq = int64(i), int64(i)
		if d := providertest.Diff(got[i], want[i]); d != "" {
			t.Fatalf("record %d: %s", i, d)
		}
	}
}

// wantRejected demands the error of a run that was recorded whole but for some lines.
func wantRejected(t testing.TB, err error, lines int64) {
	t.Helper()
	if rejected := (*RejectedError)(nil); !errors.As(err, &rejected) || rejected.Lines != lines || rejected.Err != nil {
		t.Fatalf("got %v, want that %d lines were rejected and nothing else", err, lines)
	}
}

// Each of these stands behind a whole sample but for its result, and is no line of it.
var badLines = map[string]struct{ line, why string }{
	"NaN":         {`{"type":"event","iteration":0,"event_type":"e","event_data":{"x":NaN}}`, "not valid JSON"},
	"half a pair": {`{"type":"llm_interaction","iteration":0,"response":"\ud83d"}`, "unpaired surrogate"},
	"cost":        {`{"type":"iteration","iteration":70,"costs_per_agent":{"A":10.5}}`, "10.5"},
	"member":      {`{"type":"event","iterration":0,"event_type":"e"}`, "iterration"},
	"type":        {`{"type":"events","iteration":0,"event_type":"e"}`, `type "events"`},
	"cut":         {`{"type":"event","iteration":0,`, "not valid JSON"},
	"no object":   {`["event"]`, "want a JSON object"},
	"text":        {"Loading the model …", "not valid JSON"},
	"no UTF-8":    {"{\"type\":\"event\",\"iteration\":0,\"event_type\":\"\xff\"}", "not valid UTF-8"},
	"zero":        {`{"type":"event","iteration":0,"event_type":"a\u0000b"}`, "U+0000"},
	"name": {`{"type":"event","iteration":0,"event_type":"` + strings.Repeat("x", provider.MaxName+1) + `"}`,
		"more than 4096"},
	"second start":      {start, "began already"},
	"repeated":          {`{"type":"iteration","iteration":0}`, "iteration 0 is recorded already"},
	"twice attached":    {`{"type":"attachment","name":"CONFIGS/exp1.yaml","data":""}`, "only the case"},
	"device":            {`{"type":"attachment","name":"aux.txt","data":""}`, "device"},
	"carriage return":   {"bad\r", "not valid JSON"},
	"zero bytes":        {"\x00\x00", "not valid JSON"},
	"status":            {`{"type":"result","status":"running"}`, "running"},
	"white space in it": {"  bad \t", "not valid JSON"},
}

func TestRecordRejected(t *testing.T) {
	sample := providertest.Sample()
	lines := linesOf(t, sample)
	last := len(lines) - 1
	for name, c := range badLines {
		t.Run(name, func(t *testing.T) {
			for _, at := range []int{last, len(lines)} { // before and behind the result
				why := c.why
				if at == len(lines) && (name == "second start" || name == "repeated" || name == "twice attached") {
					why = "" // out of order too
				}
				text := strings.Join(slices.Insert(slices.Clone(lines), at, c.line+"\n"), "")
				var s taker
				var told []Rejection
				err := Record(t.Context(), &s, strings.NewReader(text), &RecordOptions{Rejected: func(r Rejection) {
					if len(s.taken) < last+2 {
						t.Errorf("told of before it was kept")
					}
					told = append(told, r)
				}})
				wantRejected(t, err, 1)
				all := recorded(t, &s.Live)
				records, kept := sorted(t, all)
				same(t, records, sample)
				if len(kept) != 1 || kept[0] != c.line {
					t.Errorf("kept %q, want %q", kept, c.line)
				}
				a, n := all[last].(*provider.Attachment), all[last+1].(*provider.Note)
				want := fmt.Sprintf("rejected/%d", at+1)
				if a.Name != want || n.Kind != "rejected" || !strings.HasPrefix(n.Text, fmt.Sprintf("line %d: ", at+1)) ||
					!strings.Contains(n.Text, why) {
					t.Errorf("got %q, %q: %q, want %q and a text about line %d with %q", a.Name, n.Kind, n.Text, want, at+1, why)
				}
				if len(told) != 1 || told[0].Line != at+1 || told[0].Attachment != want {
					t.Errorf("told of %v, want line %d", told, at+1)
				}
			}
		})
	}
}

// What is not rejected is recorded as if nothing else had been there, and what is comes back byte for byte.
func TestRecordStrewn(t *testing.T) {
	randomrun.Checks(t, 150)
	rapid.Check(t, func(rt *rapid.T) {
		sample := randomrun.Draw(rt)
		var text bytes.Buffer
		if err := provider.Copy(context.Background(), NewWriter(&text), providertest.Live(sample)); err != nil {
			rt.Fatal(err)
		}
		sample, err := providertest.Kept(sample)
		if err != nil {
			rt.Fatal(err)
		}
		_, hasResult := sample[len(sample)-1].(*provider.Result)
		var input bytes.Buffer
		var bad []string
		strew := func() {
			for range rapid.IntRange(0, 2).Draw(rt, "bad lines") {
				line := rapid.SampledFrom([]string{
					"bad", "\ufeff", "{", start, `{"type":"event","x":1}`, `{"type":"llm_interaction","iteration":NaN}`, "x\r",
					"\xff\xfe", "\x00",
				}).Draw(rt, "line")
				if rapid.Bool().Draw(rt, "any") {
					line = "x" + strings.ReplaceAll(string(rapid.SliceOf(rapid.Byte()).Draw(rt, "bytes")), "\n", "")
				}
				bad = append(bad, line)
				input.WriteString(line + "\n")
				if rapid.Bool().Draw(rt, "blank") {
					input.WriteString(" \r\n")
				}
			}
		}
		for line := range strings.Lines(text.String()) {
			input.WriteString(line)
			strew()
		}
		var live provider.Live
		var reader io.Reader = &input
		if rapid.Bool().Draw(rt, "slowly") {
			reader = iotest.OneByteReader(&input)
		}
		err = Record(context.Background(), &live, reader, nil)
		if lines := int64(len(bad)); lines > 0 {
			rejected := (*RejectedError)(nil)
			if !errors.As(err, &rejected) || rejected.Lines != lines {
				rt.Fatalf("got %v, want %d rejected lines", err, lines)
			}
			err = rejected.Err
		}
		if hasResult && err != nil || !hasResult && err != ErrNoResult {
			rt.Fatalf("got %v, result %v", err, hasResult)
		}
		records, kept := sorted(t, recorded(t, &live))
		same(t, records, sample)
		if !slices.Equal(kept, bad) {
			rt.Fatalf("kept %q, want %q", kept, bad)
		}
	})
}

// The run begins without its experiment line when something comes that is worth it.
func TestRecordStandIn(t *testing.T) {
	made := RecordOptions{Name: "output", ReaderOptions: ReaderOptions{RunID: func(name string) string {
		return name +
			"-made"
	}, Now: func() string { return "now" }}}
	bare := RecordOptions{ReaderOptions: ReaderOptions{RunID: made.RunID}}
	for name, c := range map[string]struct {
		lines []string
		o     RecordOptions
		want  provider.Start // a zero one is a run that does not begin
		note  string
		kept  int
	}{
		"none": {[]string{event, done}, made, provider.Start{RunID: "output-made", Name: "output", Type: "unknown",
			CreatedAt: "now"},
			"no experiment line could be recorded before the run began; not recorded but filled in: run_id, experiment_name, experiment_type, created_at", 0},
		"nothing is known": {[]string{event}, bare, provider.Start{RunID: "unknown-made", Name: "unknown", Type: "unknown"},
			"no experiment line could be recorded before the run began; not recorded but filled in: run_id, experiment_name, experiment_type", 0},
		"NaN": {[]string{"hello", `{"type": "experiment", "experiment_name": "n", "config": {"experiment_type": "x", "y": NaN}, "experiment_type": "t"}`, event, start}, made,
			provider.Start{RunID: "n-made", Name: "n", Type: "t", CreatedAt: "now"},
			"no experiment line could be recorded before the run began; read from line 2: experiment_name, experiment_type; not recorded but filled in: run_id, created_at", 3},
		"a whole one": {[]string{start[:len(start)-1] + `,"created_at":"then","what":1}`, event}, made,
			provider.Start{RunID: "r", Name: "n", Type: "t", CreatedAt: "then"},
			"no experiment line could be recorded before the run began; read from line 1: run_id, experiment_name, experiment_type, created_at", 1},
		"twice, and no type": {[]string{`{"experiment_name":"n","experiment_type":"t","experiment_name":"m","run_id":"r","created_at":"c"}`, event}, made,
			provider.Start{RunID: "r", Name: "n", Type: "t", CreatedAt: "c"},
			"no experiment line could be recorded before the run began; read from line 1: run_id, experiment_name, experiment_type, created_at", 1},
		"Python's own way": {[]string{`{'type': 'experiment', 'experiment_name': 'n', 'experiment_type': "t's", 'x': None}`,
			`{'type': 'llm_interaction', 'iteration': 0}`}, made,
			provider.Start{RunID: "n-made", Name: "n", Type: "t's", CreatedAt: "now"},
			"no experiment line could be recorded before the run began; read from line 1: experiment_name, experiment_type; not recorded but filled in: run_id, created_at", 2},
		"no line feeds": {[]string{start + `{"type":"event"}` + event +
			`{"type":"llm_interaction","iteration":0,"response":"paid"}` + done}, made,
			provider.Start{RunID: "r", Name: "n", Type: "t", CreatedAt: "now"},
			"no experiment line could be recorded before the run began; read from line 1: run_id, experiment_name, experiment_type; not recorded but filled in: created_at", 1},
		"carriage returns": {[]string{start + "\r" + `{"type":"llm_interaction"}` + "\r"}, made,
			provider.Start{RunID: "r", Name: "n", Type: "t", CreatedAt: "now"},
			"no experiment line could be recorded before the run began; read from line 1: run_id, experiment_name, experiment_type; not recorded but filled in: created_at", 1},
		"an array": {[]string{"[" + start + ", {\"x\": [1], \"type\": \"llm_interaction\"}]"}, made,
			provider.Start{RunID: "r", Name: "n", Type: "t", CreatedAt: "now"},
			"no experiment line could be recorded before the run began; read from line 1: run_id, experiment_name, experiment_type; not recorded but filled in: created_at", 1},
		"spread over lines": {[]string{"{", `  "type": "llm_interaction",`, `  "response": "paid"`, "}"}, made,
			provider.Start{RunID: "output-made", Name: "output", Type: "unknown", CreatedAt: "now"},
			"no experiment line could be recorded before the run began; not recorded but filled in: run_id, experiment_name, experiment_type, created_at", 4},
		"UTF-16": {[]string{"\xff\xfe" + wide(start, 2, 0), wide("\n", 2, 0)[1:] + wide(`{"type":"llm_interaction"}`, 2, 0),
			"\x00"}, made,
			provider.Start{RunID: "r", Name: "n", Type: "t", CreatedAt: "now"},
			"no experiment line could be recorded before the run began; read from line 1: run_id, experiment_name, experiment_type; not recorded but filled in: created_at", 3},
		"UTF-32": {[]string{wide(start, 4, 3) + "\x00\x00\x00", wide(`{"type":"llm_interaction"}`, 4, 3)}, made,
			provider.Start{RunID: "r", Name: "n", Type: "t", CreatedAt: "now"},
			"no experiment line could be recorded before the run began; read from line 1: run_id, experiment_name, experiment_type; not recorded but filled in: created_at", 2},
		"a call inside of an event is none": {[]string{`{"type":"experiment","config":{"type":"llm_interaction"},"x":NaN}`,
			start, done}, made,
			provider.Start{RunID: "r", Name: "n", Type: "t", CreatedAt: "now"}, "", 1},
		"a name that is none": {[]string{`{"type":"experiment","experiment_name":"a\u0000b","experiment_type":""}`, event},
			RecordOptions{Name: "\xff", ReaderOptions: bare.ReaderOptions},
			provider.Start{RunID: "unknown-made", Name: "unknown", Type: "unknown"},
			"no experiment line could be recorded before the run began; not recorded but filled in: run_id, experiment_name, experiment_type", 1},
		"the result": {[]string{"x", done}, bare,
			provider.Start{RunID: "unknown-made", Name: "unknown", Type: "unknown"},
			"no experiment line could be recorded before the run began; not recorded but filled in: run_id, experiment_name, experiment_type", 1},
		"better late": {[]string{"x", `{"type":"experiment"}`, start, event}, made,
			provider.Start{RunID: "r", Name: "n", Type: "t", CreatedAt: "now"}, "", 2},
		"no run": {[]string{"x", `{"type":"experiment"}`, `{"type":"event"}`}, made, provider.Start{}, "", 0},
		"no id": {[]string{"x", `{"type":"experiment","experiment_name":"n","experiment_type":"t"}`, event},
			RecordOptions{}, provider.Start{}, "", 0},
		"no id for a call": {[]string{`{"type":"llm_interaction","x":1}`}, RecordOptions{}, provider.Start{}, "", 0},
		"nothing":          {[]string{"", " "}, made, provider.Start{}, "", 0},
		"a mistaken event is no": {[]string{`{"type":"event","x":1}`, start}, made,
			provider.Start{RunID: "r", Name: "n", Type: "t", CreatedAt: "now"}, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			var live provider.Live
			told := 0
			c.o.Rejected = func(r Rejection) {
				if told++; (r.Attachment == "") != (c.want.Name == "") {
					t.Errorf("line %d is told to be kept as %q", r.Line, r.Attachment)
				}
			}
			err := Record(t.Context(), &live, strings.NewReader(strings.Join(c.lines, "\n")), &c.o)
			if c.want.Name == "" {
				if line := (*LineError)(nil); !errors.Is(err, provider.ErrNoRun) || !errors.As(err, &line) ||
					line.Line != len(c.lines) {
					t.Errorf("got %v, want %v in the last line", err, provider.ErrNoRun)
				}
				if len(recorded(t, &live)) != 0 {
					t.Error("a run began")
				}
				if rejected := (*RejectedError)(nil); errors.As(err, &rejected) && rejected.Lines != int64(told) {
					t.Errorf("got %v, and was told of %d", err, told)
				}
				return
			}
			records, kept := sorted(t, recorded(t, &live))
			if d := providertest.Diff(records[0], &c.want); d != "" {
				t.Errorf("experiment: %s", d)
			}
			rejected := (*RejectedError)(nil)
			if !errors.As(err, &rejected) || rejected.FilledIn != (c.note != "") || rejected.Lines != int64(c.kept) {
				t.Errorf("got %v, want %d rejected lines and a note %q", err, c.kept, c.note)
			}
			note, ok := append(records, nil)[1].(*provider.Note)
			if got := ok && note.Kind == "derived"; got != (c.note != "") || got && note.Text != c.note {
				t.Errorf("got %+v, want a note %q", note, c.note)
			}
			if len(kept) != c.kept || told != c.kept {
				t.Errorf("kept %q and told of %d, want %d", kept, told, c.kept)
			}
		})
	}
}

// wide gives an ASCII text in an encoding of width bytes a character, the byte at index of which is not zero.
func wide(text string, width, index int) string {
	b := make([]byte, width*len(text))
	for i := range len(text) {
		b[width*i+index] = text[i]
	}
	return string(b)
}

// An encoding that is none of the protocol's is named.
func TestReadWide(t *testing.T) {
	for name, text := range map[string]string{
		"UTF-16LE": wide(start, 2, 0), "with a mark": "\xff\xfe" + wide(start, 2, 0),
		"UTF-16BE": "\xfe\xff" + wide(start, 2, 1),
		"UTF-32LE": "\xff\xfe\x00\x00" + wide(start, 4, 0), "UTF-32BE": "\x00\x00\xfe\xff" + wide(start, 4, 3),
	} {
		for _, before := range []string{"", "\x00", "\x00\x00\x00"} {
			_, err := NewReader(strings.NewReader(before+text+"\n"), nil).Next()
			if !errors.Is(err, jsontext.ErrUTF8) || !strings.Contains(err.Error(), "UTF-16") {
				t.Errorf("%s, %d zeros before it: got %v", name, len(before), err)
			}
		}
	}
	for _, text := range []string{"\x00abc\n", "{\"a\":\xff\xfe}\n", "\xff\xfe{\n"} {
		if _, err := NewReader(strings.NewReader(text), nil).Next(); errors.Is(err, jsontext.ErrUTF8) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

// Lines wait for the run to begin, but not in any amount of memory.
func TestRecordHeld(t *testing.T) {
	defer func(before int) { maxHeld = before }(maxHeld)
	maxHeld = 4 * (heldCost + 10)
	for n, begins := range map[int]bool{4: false, 5: true} {
		var live provider.Live
		o := &RecordOptions{ReaderOptions: ReaderOptions{RunID: func(string) string { return "made" }}}
		err := Record(t.Context(), &live, strings.NewReader(strings.Repeat("0123456789\n", n)), o)
		_, kept := sorted(t, recorded(t, &live))
		if began := len(kept) == n; began != begins || errors.Is(err, ErrNoResult) != begins {
			t.Errorf("%d lines: %d are kept, %v; want that the run begins: %v", n, len(kept), err, begins)
		}
	}
}

// A line too long for an attachment is kept in parts, however long it is.
func TestRecordLong(t *testing.T) {
	defer func(before int) { maxPart = before }(maxPart)
	for _, maxPart = range []int{100 << 10, 128 << 10} { // of which one is a multiple of what is read at once
		for _, length := range []int{maxPart - 1, maxPart, maxPart + 1, 3 * maxPart, 1 << 20} {
			for _, limit := range []int{0, 10, maxPart + 7, 2 * maxPart} {
				for _, held := range []bool{false, true} {
					line := strings.Repeat("0123456789abcdef", length/16+1)[:length]
					before, number := start+"\n", 2
					if held { // it does not wait for the run to begin
						before, number = "", 1
					}
					o := &RecordOptions{ReaderOptions: ReaderOptions{MaxLine: limit, RunID: func(string) string { return "made" }}}
					if limit == 10 {
						o.MaxLine = len(start)
					}
					for _, end := range []string{"\n" + event + "\n", ""} {
						var live provider.Live
						err := Record(t.Context(), &live, strings.NewReader(before+line+end), o)
						if held && end == "" && !errors.Is(err, provider.ErrNoRun) && limit == 0 {
							t.Fatalf("%d bytes: got %v", length, err)
						}
						all := recorded(t, &live)
						if len(all) == 0 {
							continue // it waited, and the run did not begin
						}
						records, kept := sorted(t, all)
						if len(kept) != 1 || kept[0] != line {
							t.Fatalf("%d bytes, limit %d: kept %d lines, want the one", length, limit, len(kept))
						}
						if _, ok := records[len(records)-1].(*provider.Event); ok != (end != "") {
							t.Errorf("%d bytes, limit %d: the line behind it is lost", length, limit)
						}
						var names []string
						for _, r := range all {
							if a, ok := r.(*provider.Attachment); ok {
								names = append(names, a.Name)
								if len(a.Data) > maxPart {
									t.Errorf("%s has %d bytes", a.Name, len(a.Data))
								}
							}
						}
						if length > maxPart && (len(names) != (length+maxPart-1)/maxPart ||
							names[0] != fmt.Sprintf("rejected/%d-1", number)) {
							t.Errorf("%d bytes: got parts %q", length, names)
						}
					}
				}
			}
		}
	}
}

// A reading that fails within a line too long for an attachment ends the recording with that line, though the input
// would give more: it may only have been interrupted.
func TestReader_restFails(t *testing.T) {
	input := io.MultiReader(strings.NewReader(start+"\n"+event),
		iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("x\n"+event+"\n"))))
	r := NewReader(input, &ReaderOptions{MaxLine: len(start)})
	r.keepPart = true
	if _, err := r.next(); err != nil {
		t.Fatal(err)
	}
	line, more := r.rest(nil, 1<<20)
	if string(line) != event+"x" || more {
		t.Errorf("got %q, more: %v; want %q and no more", line, more, event+"x")
	}
	if _, err := r.next(); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("got %v, want %v", err, iotest.ErrTimeout)
	}
}

// picky is a sink that refuses some records.
type picky struct {
	provider.Live
	refuses func(provider.Record) error
}

func (s *picky) Begin(ctx context.Context, r *provider.Start) error {
	if err := s.refuses(r); err != nil {
		return err
	}
	return s.Live.Begin(ctx, r)
}

func (s *picky) Iteration(ctx context.Context, r *provider.Iteration) error {
	if err := s.refuses(r); err != nil {
		return err
	}
	return s.Live.Iteration(ctx, r)
}

func (s *picky) Attachment(ctx context.Context, r *provider.Attachment) error {
	if err := s.refuses(r); err != nil {
		return err
	}
	return s.Live.Attachment(ctx, r)
}

func (s *picky) Finish(ctx context.Context, r *provider.Result) error {
	if err := s.refuses(r); err != nil {
		return err
	}
	return s.Live.Finish(ctx, r)
}

// What the sink refuses is kept too, and does not stand in the way of the line that puts it right.
func TestRecordSinkRefuses(t *testing.T) {
	const (
		salted = `{"type":"experiment","run_id":"bad","experiment_name":"n","experiment_type":"t","salt":"` +
			"0000000000000000000000000000000000000000000000000000000000000000" + `"}`
		iteration  = `{"type":"iteration","iteration":1,"timestamp":"bad"}`
		iteration2 = `{"type":"iteration","iteration":1}`
		attached   = `{"type":"attachment","name":"a","media_type":"bad","data":""}`
		attached2  = `{"type":"attachment","name":"a","data":""}`
		result     = `{"type":"result","status":"bad"}`
	)
	s := picky{refuses: func(r provider.Record) error {
		bad := false
		switch r := r.(type) {
		case *provider.Start:
			bad = r.RunID == "bad"
		case *provider.Iteration:
			bad = r.Timestamp == "bad"
		case *provider.Attachment:
			bad = r.MediaType == "bad"
		case *provider.Result:
			bad = r.Status == "bad"
		}
		if bad {
			return fmt.Errorf("%w: so it is \xff", provider.ErrInvalid) // which no note can hold
		}
		return nil
	}}
	lines := []string{salted, start, iteration, iteration2, attached, attached2, result, event}
	err := Record(t.Context(), &s, strings.NewReader(strings.Join(lines, "\n")), nil)
	rejected := (*RejectedError)(nil)
	if !errors.As(err, &rejected) || rejected.Lines != 5 || !errors.Is(err, ErrNoResult) {
		t.Errorf("got %v, want 5 rejected lines and no result", err)
	}
	records, kept := sorted(t, recorded(t, &s.Live))
	if want := []string{salted, iteration, attached, event, result}; !slices.Equal(kept, want) {
		t.Errorf("kept %q, want %q", kept, want)
	}
	if len(records) != 3 {
		t.Errorf("got %d other records, want 3", len(records))
	}

	// A sink that takes nothing more has failed.
	s = picky{refuses: func(r provider.Record) error {
		if r.RecordKind() == provider.KindStart {
			return nil
		}
		return provider.ErrInvalid
	}}
	err = Record(t.Context(), &s, strings.NewReader(strings.Join([]string{start, iteration, event}, "\n")), nil)
	if !errors.As(err, new(*SinkError)) {
		t.Errorf("got %v, want that the sink failed", err)
	}
}

// The sink that failed gets the lines that could not be recorded, too.
func TestRecordRejectedSinkFails(t *testing.T) {
	broken := errors.New("disk full")
	s := taker{failAt: 2, err: broken}
	err := Record(t.Context(), &s, strings.NewReader(strings.Join([]string{start, event, "bad", event, done}, "\n")), nil)
	rejected := (*RejectedError)(nil)
	if !errors.Is(err, broken) || !errors.As(err, &rejected) || rejected.Lines != 1 {
		t.Errorf("got %v, want %v and a rejected line", err, broken)
	}
	want := []provider.Kind{provider.KindStart, provider.KindEvent, provider.KindAttachment, provider.KindNote,
		provider.KindEvent, provider.KindResult}
	if !slices.Equal(s.taken, want) {
		t.Errorf("the sink got %v, want %v", s.taken, want)
	}
}

// Names of what is kept do not clash with those of other attachments, nor with those of an earlier input.
func TestRecordRejectedNames(t *testing.T) {
	attach := func(name string) string { return fmt.Sprintf(`{"type":"attachment","name":%q,"data":""}`, name) }
	for name, c := range map[string]struct {
		lines []string
		want  []string
	}{
		"a file in the way": {[]string{start, attach("rejected"), "x", "y"},
			[]string{"rejected", "rejected.2/3", "rejected.2/4"}},
		"a name in the way": {[]string{start, attach("Rejected/3"), "x", "y"},
			[]string{"Rejected/3", "rejected.2/3", "rejected.2/4"}},
		"and another": {[]string{start, attach("rejected/4"), attach("rejected.2"), "x"},
			[]string{"rejected/4", "rejected.2", "rejected.3/4"}},
		"too late": {[]string{start, "x", attach("rejected/2"), attach("rejected/7")},
			[]string{"rejected/2", "rejected/3", "rejected/7"}},
		"none of its making": {[]string{start, attach("rejected/2")}, []string{"rejected/2"}},
	} {
		var live provider.Live
		_ = Record(t.Context(), &live, strings.NewReader(strings.Join(c.lines, "\n")), nil)
		var got []string
		for _, r := range recorded(t, &live) {
			if a, ok := r.(*provider.Attachment); ok {
				got = append(got, a.Name)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}

	// Nor do they in a sink that does not look.
	var text bytes.Buffer
	wantRejected(t, Record(t.Context(), NewWriter(&text),
		strings.NewReader(strings.Join([]string{start, attach("rejected/3"), "x", done}, "\n")), nil), 1)
	for _, err := range NewReader(&text, nil).Records(t.Context()) {
		if err != nil {
			t.Error(err)
		}
	}

	var live provider.Live
	_ = Record(t.Context(), &live, strings.NewReader(start+"\nx\n"), nil)
	o := &RecordOptions{ReaderOptions: ReaderOptions{Resume: true}, Recorded: 3}
	err := Record(t.Context(), &live, strings.NewReader("x\ny\n"+start+"\n"), o)
	if rejected := (*RejectedError)(nil); !errors.As(err, &rejected) || rejected.Lines != 3 {
		t.Errorf("got %v, want 3 rejected lines", err)
	}
	var got []string
	for _, r := range recorded(t, &live) {
		if a, ok := r.(*provider.Attachment); ok {
			got = append(got, a.Name)
		}
	}
	if want := []string{"rejected/2", "rejected-3/1", "rejected-3/2", "rejected-3/3"}; !slices.Equal(got, want) {
		t.Errorf("continued: got %q, want %q", got, want)
	}
}

// In a run whose salt is withheld what is kept has keys, or no sink would take it.
func TestRecordRejectedWithoutSalt(t *testing.T) {
	first := `{"type":"experiment","run_id":"r","experiment_name":"n","experiment_type":"t","withheld":{"salt":"` +
		strings.Repeat("0", 64) + `"}}`
	var live provider.Live
	wantRejected(t, Record(t.Context(), &live, strings.NewReader(first+"\nx\n"+done), nil), 1)
	_, kept := sorted(t, recorded(t, &live))
	if !slices.Equal(kept, []string{"x"}) {
		t.Errorf("kept %q", kept)
	}
	var text bytes.Buffer
	if err := provider.Copy(t.Context(), NewWriter(&text), &live); err != nil {
		t.Error(err)
	}
}

// A line that is refused leaves the rules of the run as they were.
func TestRecordRejectedSalt(t *testing.T) {
	salted := `{"type":"experiment","run_id":"r","experiment_name":"n","experiment_type":"t","salt":"` +
		strings.Repeat("0", 64) + `"}`
	withheld := `{"type":"note","kind":"k","withheld":{"text":"` + strings.Repeat("0", 64) + `"}}`
	r := NewReader(strings.NewReader(strings.Join([]string{salted, start, withheld, event}, "\n")), nil)
	for i, want := range []error{nil, provider.ErrOrder, provider.ErrInvalid, nil} {
		record, err := r.next()
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("line %d: got %v, want %v", i+1, err, want)
		}
		if i == 3 && record != nil && record.RecordMeta().Seq != 1 {
			t.Errorf("got Seq %d behind two lines that were refused, want 1", record.RecordMeta().Seq)
		}
	}
}

// Every line of any input is a record of the run, or is kept as it came, or the run did not begin.
func FuzzRecord(f *testing.F) {
	for _, c := range badLines {
		f.Add([]byte(start+"\n"+event+"\n"+c.line+"\n"+done+"\n"), 0)
	}
	f.Add([]byte(event+"\r\n"+start), 10)
	f.Add([]byte("\ufeff"+start+"\n\n"+done+"\nx"), 100)
	f.Fuzz(func(t *testing.T, input []byte, limit int) {
		var live provider.Live
		lost := false
		o := &RecordOptions{ReaderOptions: ReaderOptions{MaxLine: limit, RunID: func(string) string { return "made" }},
			Rejected: func(r Rejection) { lost = lost || r.Attachment == "" }}
		err := Record(t.Context(), &live, bytes.NewReader(input), o)
		if errors.As(err, new(*SinkError)) {
			t.Fatal(err)
		}
		all := recorded(t, &live)
		if lost && len(all) > 0 {
			t.Fatal("a line was not kept, though the run began")
		}
		if len(all) == 0 {
			return
		}
		rejected := map[int][]byte{}
		others := 0
		for _, r := range all {
			a, ok := r.(*provider.Attachment)
			var number int
			if ok {
				if n, _ := fmt.Sscanf(a.Name, "rejected/%d", &number); n == 1 && a.MediaType == rejectedType {
					rejected[number] = a.Data
				}
			}
			if note, ok := r.(*provider.Note); !ok || !IsRejected(note) {
				others++
			}
			if note, ok := r.(*provider.Note); ok && note.Kind == "derived" &&
				strings.HasPrefix(note.Text, "no experiment line") {
				others -= 2 // and the experiment before it
			}
		}
		lines := 0
		for i, line := range bytes.Split(input, []byte{'\n'}) {
			if i == 0 {
				if kept, ok := rejected[1]; ok && !bytes.Equal(kept, line) {
					t.Fatalf("line 1: kept %q, want %q", kept, line)
				}
				line = bytes.TrimPrefix(line, []byte("\ufeff"))
			} else if kept, ok := rejected[i+1]; ok && !bytes.Equal(kept, line) {
				t.Fatalf("line %d: kept %q, want %q", i+1, kept, line)
			}
			if len(bytes.Trim(line, " \t\r\n")) > 0 {
				lines++
			}
		}
		if lines != others {
			t.Fatalf("%d lines, and %d records of them", lines, others)
		}
	})
}
