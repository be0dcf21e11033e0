package replay_test

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/replay"
)

// Neither the printer nor the lines on the way to it hold on to a run: after many iterations there is as much in memory
// as after a few.
func TestMemory(t *testing.T) {
	ctx := t.Context()
	r, w := io.Pipe()
	const iterations = 400
	go func() {
		lines := jsonl.NewWriter(w)
		err := lines.Begin(ctx, start())
		prompt := make([]byte, 20000)
		for n := 0; n < iterations && err == nil; n++ {
			for i := range prompt {
				prompt[i] = 'a' + byte((i*n)%26)
			}
			for i := 0; i < 100 && err == nil; i++ {
				err = lines.Event(ctx, event(n, "evaluation", fmt.Sprintf(`{"total_cost": %d, "per_agent_costs": {"A": %d}}`, n,
					i)))
			}
			if err == nil {
				err = lines.Interaction(ctx, &provider.Interaction{Iteration: n, AgentID: "A", UserPrompt: new(string(prompt)),
					ParsedPolicy: fmt.Appendf(nil, `{"parameters":{"x":%d}}`, n)})
			}
			if err == nil {
				err = lines.Iteration(ctx, &provider.Iteration{Number: n, Costs: map[string]provider.Cents{"A": provider.Cents(n)},
					Policies: map[string]json.RawMessage{"A": fmt.Appendf(nil, `{"parameters":{"x":%d}}`, n)}})
			}
		}
		w.CloseWithError(err) // nil is the end
	}()
	printer := provider.Tee(replay.NewPrinter(io.Discard, &replay.Options{Verbose: true}),
		replay.NewPrinter(io.Discard, &replay.Options{Audit: true}))
	inUse := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	var early int64
	done := 0
	for record, err := range jsonl.NewReader(r, nil).Records(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if err := provider.Put(ctx, printer, record); err != nil {
			t.Fatal(err)
		}
		if record.RecordKind() == provider.KindIteration {
			if done++; done == iterations/10 {
				early = inUse()
			}
		}
	}
	if done != iterations {
		t.Fatalf("got %d iterations, want %d", done, iterations)
	}
	// 360 iterations more; a tenth of their prompts would be 700 kB.
	if grown := inUse() - early; grown > 500_000 {
		t.Errorf("memory in use grew by %d bytes over %d iterations", grown, iterations-iterations/10)
	}
}
