package series_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/series"
)

// Any run is rows of iterations and agents, with columns of one's own.
func Example() {
	policy := func(fraction string) map[string]json.RawMessage {
		return map[string]json.RawMessage{"BANK_A": json.RawMessage(`{"parameters":{"fraction":` + fraction + `}}`)}
	}
	run := providertest.Live([]provider.Record{
		&provider.Start{RunID: "r", Name: "exp1", Type: "castro"},
		&provider.Iteration{Number: 0, Costs: map[string]provider.Cents{"BANK_A": 5000}, Policies: policy("0.50")},
		&provider.Iteration{Number: 1, Costs: map[string]provider.Cents{"BANK_A": 4050}, Policies: policy("0.4")},
		&provider.Result{Status: provider.StatusCompleted},
	})
	columns, err := series.ParseColumns([]string{"fraction=policy:/parameters/fraction", "twice=round(2*fraction, 1)"})
	if err != nil {
		log.Fatal(err)
	}
	rows, err := series.Of(context.Background(), run, columns)
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range rows.Rows {
		fmt.Println(row.Iteration, row.Agent, row.Cost, string(row.Values[0]), string(row.Values[1]))
	}
	// Output:
	// 0 BANK_A $50.00 0.50 1.0
	// 1 BANK_A $40.50 0.4 0.8
}
