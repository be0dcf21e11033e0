package castro

import (
	"maps"
	"testing"
)

// TestRowOrder: of several proposals and totals of an iteration that counts which came last, wherever it stands in the
// table.
func TestRowOrder(t *testing.T) {
	folder := t.TempDir()
	run := mustRun(t, mustOpen(t, unpack(t, folder, "bad/order_core", "core.db"), nil), "")
	if got := iterationAt(t, run, 0).AcceptedChanges; !maps.Equal(got, accepted{"A": true}) {
		t.Errorf("core: got accepted changes %v, want that A's last proposal was accepted", got)
	}
	e, err := run.Experiment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := resultText(e), "completed - 9 5"; got != want {
		t.Errorf("core: got result %q, want %q", got, want)
	}
	run = mustRun(t, mustOpen(t, unpack(t, folder, "bad/order_castro", "castro.db"), nil), "")
	if got := string(iterationAt(t, run, 2).Policies["A"]); got != `{"f": 3}` {
		t.Errorf("castro: got policy %s, want the last one proposed", got)
	}
}
