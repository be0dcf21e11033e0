package readcmd

import (
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/runs"
)

// A narrow terminal loses the least useful columns; one that is too wide itself takes none of the others with it.
func TestFitColumns(t *testing.T) {
	short := []runs.Summary{{File: "f", RunID: "r", Experiment: "e", Type: "t", Status: "completed"}}
	long := []runs.Summary{{File: "f", RunID: "r", Experiment: strings.Repeat("e", 60), Type: "t", Status: "completed"}}
	for _, c := range []struct {
		all   []runs.Summary
		width int
		want  string
		left  int
	}{
		{short, 200, "run_id experiment_name experiment_type status num_iterations final_cost best_cost converged created_at file", 0},
		{short, 82, "run_id experiment_name experiment_type status num_iterations final_cost best_cost created_at file", 1},
		{short, 10, "run_id status final_cost file", 6},
		{long, 70, "run_id experiment_type status num_iterations final_cost best_cost created_at file", 2},
	} {
		fit, left := fitColumns(runs.UsualColumns(c.all), c.all, c.width, true)
		var names []string
		for _, column := range fit {
			names = append(names, column.Name)
		}
		if got := strings.Join(names, " "); got != c.want || left != c.left {
			t.Errorf("width %d: got %s, %d left out, want %s, %d", c.width, got, left, c.want, c.left)
		}
	}
	columns := runs.UsualColumns(short)
	if fit, left := fitColumns(columns, short, 1, false); !slices.Equal(fit, columns) || left != 0 {
		t.Errorf("got %d columns, %d left out, where none may be", len(fit), left)
	}
}
