package castro

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
)

// TestOtherTypes reads a run whose columns are of other types than the project gave them: a value is its text or its
// number, whatever the type. An agent without a name has decided nothing.
func TestOtherTypes(t *testing.T) {
	run := mustRun(t, mustOpen(t, unpack(t, t.TempDir(), "bad/types", "types.db"), nil), "")
	e, err := run.Experiment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e.CreatedAt != "2025-12-15" {
		t.Errorf("got start %q, want 2025-12-15", e.CreatedAt)
	}
	numbers, err := run.Iterations(t.Context())
	if err != nil || !slices.Equal(numbers, []int{0, 1}) {
		t.Fatalf("got iterations %v, %v, want 0 and 1", numbers, err)
	}
	for n, want := range []accepted{{"BANK_B": storyDecided[0]["BANK_B"]}, {}} {
		if got := iterationAt(t, run, n).AcceptedChanges; !maps.Equal(got, want) {
			t.Errorf("iteration %d: got accepted changes %v, want %v", n, got, want)
		}
	}
	for r, err := range run.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := r.(*provider.Event); ok && e.Type == "policy_evaluation" && e.Iteration == 0 &&
			!strings.Contains(string(e.Data), `"new_cost": "4000.00"`) {
			t.Errorf("got %s, want a DECIMAL as text", e.Data)
		}
	}
}
