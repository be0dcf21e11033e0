package castro

import (
	"context"
	"testing"
)

// A lateContext is done when it was asked so many times.
type lateContext struct {
	context.Context
	left int
}

func (c *lateContext) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestRun_cancelled: a reading that is called off leaves nothing to later ones that is not whole, wherever it was.
func TestRun_cancelled(t *testing.T) {
	sound, _ := manyRuns(t, "mixed")
	db, _ := manyRuns(t, "mixed")
	for _, info := range mustRuns(t, db)[:2] {
		want := digestOf(t, mustRun(t, sound, info.ID))
		for asked := range 40 {
			_, _ = mustRun(t, db, info.ID).Experiment(&lateContext{t.Context(), asked})
			if got := digestOf(t, mustRun(t, db, info.ID)); got != want {
				t.Fatalf("run %q after %d questions: digest %v, want %v", info.ID, asked, got, want)
			}
		}
	}
}
