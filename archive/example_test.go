package archive_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/replay"
)

// A run is recorded and printed at once, and then printed again from the archive.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "run.simexp")
	if err := recordRun(context.Background(), path); err != nil {
		log.Fatal(err)
	}
	fmt.Println("--- again")
	if err := show(context.Background(), path); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Run         demo-1
	// Experiment  demo (example)
	//
	// Iteration 0
	//   BANK_A  $50.00  accepted
	//
	// Status      completed
	// Converged   -
	// Iterations  1
	// Final cost  $50.00
	// Best cost   -
	// --- again
	// Run         demo-1
	// Experiment  demo (example)
	//
	// Iteration 0
	//   BANK_A  $50.00  accepted
	//
	// Status      completed
	// Converged   -
	// Iterations  1
	// Final cost  $50.00
	// Best cost   -
}

func recordRun(ctx context.Context, path string) (err error) {
	w, err := record.Create(path, nil)
	if err != nil {
		return err
	}
	defer w.Close() // after Finish it does nothing; before, it leaves a recording that can be resumed
	sink := provider.Tee(w, replay.NewPrinter(os.Stdout, nil))
	if err := sink.Begin(ctx, &provider.Start{RunID: "demo-1", Name: "demo", Type: "example",
		Config: json.RawMessage(`{"seed": 42}`)}); err != nil {
		return err
	}
	if err := sink.Iteration(ctx, &provider.Iteration{
		Number:          0,
		Costs:           map[string]provider.Cents{"BANK_A": 5000},
		AcceptedChanges: map[string]bool{"BANK_A": true},
	}); err != nil {
		return err
	}
	return sink.Finish(ctx, &provider.Result{Status: provider.StatusCompleted, FinalCost: new(provider.Cents(5000))})
}

func show(ctx context.Context, path string) error {
	a, err := archive.Open(path)
	if err != nil {
		return err
	}
	defer a.Close()
	return provider.Copy(ctx, replay.NewPrinter(os.Stdout, nil), a)
}

// The costs of one iteration, in cents.
func ExampleArchive_IterationAt() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "run.simexp")
	w, err := record.Create(path, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	ctx := context.Background()
	for _, r := range []provider.Record{
		&provider.Start{RunID: "demo-2", Name: "demo", Type: "example"},
		&provider.Iteration{Number: 7, Costs: map[string]provider.Cents{"BANK_A": 9007199254740993}},
		&provider.Result{Status: provider.StatusCompleted},
	} {
		if err := provider.Put(ctx, w, r); err != nil {
			log.Fatal(err)
		}
	}
	a, err := archive.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	it, err := a.IterationAt(ctx, 7)
	fmt.Println(int64(it.Costs["BANK_A"]), err)
	_, err = a.IterationAt(ctx, 8)
	fmt.Println(err)
	// Output:
	// 9007199254740993 <nil>
	// iteration 8: no such iteration (the run has only 7)
}
