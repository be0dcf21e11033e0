package providertest

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/simexp/exparchive/provider"
)

// TestSink checks that a sink keeps nothing of what it is given after the call, which is the rule of [provider.Sink].
// open gives a new sink and what became of the run that it took, once it is finished: anything that can be compared and
// that changes with the run. Runs come to the sink twice, as they are and through [Scribble], and have to become the
// same.
func TestSink(t *testing.T, open func(t *testing.T) (sink provider.Sink, took func() string)) {
	t.Helper()
	for name, run := range sinkRuns() {
		t.Run(name, func(t *testing.T) {
			var became [2]string
			for i, wrap := range []func(provider.Sink) provider.Sink{
				func(s provider.Sink) provider.Sink { return s }, Scribble,
			} {
				sink, took := open(t)
				if err := Play(t.Context(), wrap(sink), run); err != nil {
					t.Fatalf("run %d of 2: %v", i+1, err)
				}
				became[i] = took()
			}
			if plain, scribbled := became[0], became[1]; plain != scribbled {
				at := 0
				for at < min(len(plain), len(scribbled)) && plain[at] == scribbled[at] {
					at++
				}
				t.Errorf("the sink keeps what it is given: byte %d of what became of the run: got %s, want %s",
					at, show(scribbled[at:]), show(plain[at:]))
			}
		})
	}
}

// sinkRuns gives runs that have every field of every kind of record, whole and redacted.
func sinkRuns() map[string][]provider.Record {
	salt := make([]byte, provider.SaltSize)
	run := Sample()
	run[0].(*provider.Start).Salt = salt
	last := len(run) - 1
	result := run[last]
	run = append(run[:last],
		&provider.Interaction{
			Iteration: 4, AgentID: AgentA, Model: new("m"), SystemPrompt: new("s"), UserPrompt: new("u"), Response: new("r"),
			ParsedPolicy: json.RawMessage(` {"parameters": {"x": 1}} `), ParsingError: new("e"), PromptTokens: new(int64(1)),
			CompletionTokens: new(int64(2)), LatencySeconds: new(0.5), Timestamp: "t", Extra: json.RawMessage(` {"x": 1} `),
		},
		&provider.Event{Iteration: 4, Type: "unheard_of", Timestamp: "t", Data: json.RawMessage(" [1, 2, 3] ")},
		&provider.Attachment{Name: "a", Data: []byte("data"), MediaType: "text/plain"},
		result)
	withheld := map[string]bool{"salt": true, "event_data": true, "response": true, "policies": true}
	return map[string][]provider.Record{
		"whole":    run,
		"redacted": Redact(run, func(_ provider.Record, field string) bool { return withheld[field] }),
	}
}

// Scribble gives a sink that passes copies of what it takes on to next and writes over them as soon as next returns, as
// a caller may do that uses its buffers again.
func Scribble(next provider.Sink) provider.Sink { return scribbler{next} }

type scribbler struct{ next provider.Sink }

func (s scribbler) put(ctx context.Context, r provider.Record) error {
	r = r.Clone()
	err := provider.Put(ctx, s.next, r)
	scribble(r)
	return err
}

func (s scribbler) Begin(ctx context.Context, r *provider.Start) error { return s.put(ctx, r) }
func (s scribbler) Event(ctx context.Context, r *provider.Event) error { return s.put(ctx, r) }
func (s scribbler) Interaction(ctx context.Context, r *provider.Interaction) error {
	return s.put(ctx, r)
}
func (s scribbler) Iteration(ctx context.Context, r *provider.Iteration) error { return s.put(ctx, r) }
func (s scribbler) Note(ctx context.Context, r *provider.Note) error           { return s.put(ctx, r) }
func (s scribbler) Attachment(ctx context.Context, r *provider.Attachment) error {
	return s.put(ctx, r)
}

func (s scribbler) Finish(ctx context.Context, r *provider.Result) error {
	if r == nil {
		return s.next.Finish(ctx, nil)
	}
	return s.put(ctx, r)
}

// scribble writes over everything in r, and over what its slices, pointers and maps refer to. A JSON text stays one.
func scribble(r provider.Record) {
	const text = "scribbled"
	for f := range r.RecordKind().Fields() {
		switch p := f.Addr(r).(type) {
		case *int:
			*p = 777
		case *string:
			*p = text
		case *[]byte:
			sevens(*p)
		case **string:
			set(*p, text)
		case **int64:
			set(*p, 777)
		case **float64:
			set(*p, 777)
		case **bool:
			if *p != nil {
				**p = !**p
			}
		case **provider.Cents:
			set(*p, 777)
		case *map[string]provider.Cents:
			clear(*p)
			(*p)[text] = 777
		case *map[string]bool:
			clear(*p)
			(*p)[text] = true
		case *map[string]json.RawMessage:
			for _, policy := range *p {
				sevens(policy)
			}
			clear(*p)
			(*p)[text] = json.RawMessage("7")
		}
	}
	*r.RecordMeta() = provider.Meta{Seq: 777}
}

func sevens(b []byte) {
	for i := range b {
		b[i] = '7'
	}
}

func set[T any](p *T, v T) {
	if p != nil {
		*p = v
	}
}
