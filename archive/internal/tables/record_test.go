package tables

import (
	"testing"

	"github.com/simexp/exparchive/archive/internal/btree"
)

// TestIterationCost: what was accepted and the policies are left out only if every agent that they name has a cost;
// what is not as it should be is left to Iteration.
func TestIterationCost(t *testing.T) {
	for _, c := range []struct {
		costs, accepted, policies string
		want                      bool
	}{
		{`{"A":1,"B":-2}`, `{"A":true,"B":null}`, `{"A":{"f":[1,"}"]}}`, true}, {`{"A":1}`, "", "", true},
		{`{"A":1}`, `{"B":true}`, "", false}, {`{"A":1}`, `{"A":true}`, `{"A":{},"B":{}}`, false},
		{"", "", "", false}, {`{"A":1.5}`, "", "", false}, {`{"A":1}`, "[]", "", false}, {`{"A":1}`, "", `{"A":{`, false},
	} {
		row := make(Row, len(Columns[TableIteration]))
		text := func(column int, s string) {
			if s != "" {
				row[column] = btree.Value{Kind: btree.Text, Bytes: []byte(s)}
			}
		}
		row[IterationNumber], row[IterationSeq] = btree.Value{Kind: btree.Integer, Int: 3}, btree.Value{Kind: btree.Integer, Int: 7}
		text(IterationCosts, c.costs)
		text(IterationAcceptedChanges, c.accepted)
		text(IterationPolicies, c.policies)
		got := IterationCost(row)
		if (got != nil) != c.want {
			t.Errorf("%v: got %v, want one: %v", c, got, c.want)
			continue
		}
		if got == nil {
			continue
		}
		if whole, err := Iteration(row); err != nil || len(got.Costs) != len(whole.Costs) || got.Costs["A"] != 1 ||
			got.Number != 3 || got.Seq != 7 {
			t.Errorf("%v: got %v, want %v (%v)", c, got, whole, err)
		}
	}
}
