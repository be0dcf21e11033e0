// Record records a run from Go: go run ./examples/record run.simexp
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/provider"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: record FILE.simexp")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run records three iterations, and seals them.
func run(ctx context.Context, path string) error {
	w, err := record.Create(path, nil)
	if err != nil {
		return err
	}
	defer w.Close() // what was recorded stays if an error comes before the result
	err = w.Begin(ctx, &provider.Start{RunID: "example-1", Name: "example", Type: "demo",
		Config: []byte(`{"agents":["BANK_A"]}`)})
	cost := provider.Cents(5000)
	for i := 0; i < 3 && err == nil; i++ {
		cost -= 1000
		err = iteration(ctx, w, i, cost)
	}
	if err != nil {
		return err
	}
	return w.Finish(ctx, &provider.Result{Status: provider.StatusCompleted, FinalCost: &cost})
}

// iteration records an iteration. A sink may be an archive, a printer or, by provider.Tee, several at once.
func iteration(ctx context.Context, s provider.Sink, i int, cost provider.Cents) error {
	answer := `{"f": 0.4}`
	event := &provider.Event{Iteration: i, Type: "evaluation", Data: fmt.Appendf(nil, `{"total_cost":%d}`, cost)}
	if err := s.Event(ctx, event); err != nil {
		return err
	}
	// A call of a language model costs money: it is on disk when this returns.
	call := &provider.Interaction{Iteration: i, AgentID: "BANK_A", Response: &answer, ParsedPolicy: []byte(answer)}
	if err := s.Interaction(ctx, call); err != nil {
		return err
	}
	return s.Iteration(ctx, &provider.Iteration{Number: i, Costs: map[string]provider.Cents{"BANK_A": cost}})
}
