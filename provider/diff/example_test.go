package diff_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/diff"
	"github.com/simexp/exparchive/provider/providertest"
)

// What differs between two runs is named by record, agent and JSON pointer.
func ExampleCompare() {
	run := func(fraction string, cost provider.Cents) provider.Provider {
		return providertest.Live([]provider.Record{
			&provider.Start{RunID: "r", Name: "exp1", Type: "castro"},
			&provider.Iteration{Number: 3, Costs: map[string]provider.Cents{"BANK_A": cost},
				Policies: map[string]json.RawMessage{"BANK_A": json.RawMessage(`{"fraction":` + fraction + `}`)}},
			&provider.Result{Status: provider.StatusCompleted},
		})
	}
	summary, err := diff.Compare(context.Background(), run("0.5", 5000), run("0.50", 4000), nil,
		func(d diff.Difference) error {
			fmt.Println("iteration", *d.Iteration, d.Agent, d.Pointer, d.Sort, string(d.A.JSON), string(d.B.JSON))
			return nil
		})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(summary.Differences, "differences")
	// Output:
	// iteration 3 BANK_A /costs_per_agent/BANK_A changed 5000 4000
	// iteration 3 BANK_A /policies/BANK_A/fraction rewritten 0.5 0.50
	// 2 differences
}
