package jsonl_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/replay"
)

// Lines that any program wrote are records, which any sink takes: a printer, and the content hash of the run.
func Example() {
	const lines = `{"type":"experiment","run_id":"exp1-1","experiment_name":"exp1","experiment_type":"castro"}
{"type":"iteration","iteration":0,"costs_per_agent":{"BANK_A":5000,"BANK_B":4000}}
{"type":"result","status":"completed","converged":true,"final_cost":9000}
`
	hash := new(digest.Sink)
	sink := provider.Tee(replay.NewPrinter(os.Stdout, nil), hash)
	for record, err := range jsonl.NewReader(strings.NewReader(lines), nil).Records(context.Background()) {
		if err == nil {
			err = provider.Put(context.Background(), sink, record)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println()
	fmt.Println(hash.Count(), "records, digest", hash.Root())
	// Output:
	// Run         exp1-1
	// Experiment  exp1 (castro)
	//
	// Iteration 0
	//   BANK_A  $50.00
	//   BANK_B  $40.00
	//   total   $90.00
	//
	// Status      completed
	// Converged   yes
	// Iterations  1
	// Final cost  $90.00
	// Best cost   -
	//
	// 3 records, digest 2735d94c89b558f67af3ed06012f2acc38408e9e299f68ad81ad00feff3b929e
}

// A line that is wrong is named by its number.
func ExampleReader_Next() {
	r := jsonl.NewReader(strings.NewReader(`{"type":"experiment","run_id":"r","experiment_name":"e","experiment_type":"t"}
{"type":"iteration","iteration":0,"costs_per_agent":{"BANK_A":50.5}}
`), nil)
	for range 2 {
		record, err := r.Next()
		fmt.Println(record != nil, err)
	}
	// Output:
	// true <nil>
	// false line 2: iteration: costs_per_agent: invalid record: cost of agent "BANK_A" is 50.5: not a whole number of cents
}
