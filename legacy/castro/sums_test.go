package castro

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
)

// TestRounded: a number that may be another one that was rounded to it is no amount of money.
func TestRounded(t *testing.T) {
	const double, single = 1 << 53, 1 << 24
	for _, c := range []struct {
		v    any
		want provider.Cents
		err  error
	}{
		{float64(double - 1), double - 1, nil}, {-float64(double - 1), -(double - 1), nil},
		{float64(double), 0, ErrRounded}, {-float64(double), 0, ErrRounded}, {float64(double + 2), 0, ErrRounded},
		{1e300, 0, ErrRounded},
		{float32(single - 1), single - 1, nil}, {-float32(single - 1), -(single - 1), nil},
		{float32(single), 0, ErrRounded}, {-float32(single), 0, ErrRounded}, {float32(single + 2), 0, ErrRounded},
		{float64(single), single, nil}, {0.0, 0, nil}, {float32(0), 0, nil}, {0.5, 0, ErrFraction},
		{float32(0.5), 0, ErrFraction},
		{math.NaN(), 0, ErrNotFinite}, {math.Inf(-1), 0, ErrNotFinite}, {float32(math.Inf(1)), 0, ErrNotFinite},
		{"5", 0, ErrFraction},
		{nil, 0, ErrFraction},
		{math.Copysign(0, -1), 0, ErrMinusZero}, {float32(math.Copysign(0, -1)), 0, ErrMinusZero},
	} {
		if got, err := whole(c.v); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%T %[1]v: got %d, %v, want %d, %v", c.v, got, err, c.want, c.err)
		}
	}
	for _, c := range []struct {
		value, rounds float64
		want          string
	}{
		{double - 1, double, "9007199254740991"}, {double, double, "9.007199254740992e+15"},
		{-double, double, "-9.007199254740992e+15"},
		{1 << 60, double, "1.152921504606847e+18"}, {single - 1, single, "16777215"}, {single, single, "1.6777216e+07"},
		{0.5, single, "0.5"},
	} {
		var o object
		o.addFloat("x", c.value, c.rounds)
		if got := string(o.json()); got != `{"x": `+c.want+"}" {
			t.Errorf("%v: got %s, want %s", c.value, got, c.want)
		}
	}
}

// TestBounds reads such numbers from tables.
func TestBounds(t *testing.T) {
	path := unpack(t, t.TempDir(), "bad/bounds", "bounds.db")
	strict, lenient := mustOpen(t, path, nil), mustOpen(t, path, &Options{Lenient: true})
	for run, want := range map[string]error{
		"double below": nil, "double -below": nil, "double at": ErrRounded, "double -at": ErrRounded,
		"double past": ErrRounded,
		"float below": nil, "float -below": nil, "float at": ErrRounded, "float -at": ErrRounded, "float past": ErrRounded,
		"float fraction": ErrFraction, "float not finite": ErrNotFinite,
	} {
		_, err := mustRun(t, strict, run).Experiment(t.Context())
		var cell *CellError
		if !errors.Is(err, want) || want != nil && (!errors.As(err, &cell) ||
			cell.Column != map[bool]string{true: "old_cost", false: "new_cost"}[run[0] == 'd']) {
			t.Errorf("%s: got %v, want %v", run, err, want)
		}
		e, err := mustRun(t, lenient, run).Experiment(t.Context())
		if err != nil {
			t.Errorf("%s, lenient: %v", run, err)
		}
		if left := notesWith(e, noteLeftOut, ""); (left > 0) != (want != nil) {
			t.Errorf("%s, lenient: got %d notes about what was left out", run, left)
		}
	}
	found := false
	for r, err := range mustRun(t, strict, "double below").Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		switch r := r.(type) {
		case *provider.Iteration:
			if got := r.Costs["BANK_A"]; got != 1<<53-1 {
				t.Errorf("got a cost of %d, want %d", got, int64(1<<53-1))
			}
		case *provider.Event:
			if r.Type == "iteration_context" {
				found = true
				const want = `"cost_mean": 9007199254740991, "cost_std": 9.007199254740992e+15, "settlement_rate_mean": 1.152921504606847e+18}`
				if !strings.HasSuffix(string(r.Data), want) {
					t.Errorf("got %s, want it to end with %s", r.Data, want)
				}
			}
		}
	}
	if !found {
		t.Error("the run has no context of an iteration")
	}
}

func notesWith(e provider.Experiment, kind, text string) (n int) {
	for _, note := range e.Notes {
		if note.Kind == kind && strings.Contains(note.Text, text) {
			n++
		}
	}
	return n
}

// A sums is what the result of a run says, and of which iterations a note says that their total cannot be known.
type sums struct {
	final, best string // "-" for absent
	unknown     string // of the note about the best cost, or the final one
	strict      bool   // the run can be read without lenient
}

// TestPartialSums: a cost of the result that would be a partial sum, or the least of those that happen to be known, is
// absent.
func TestPartialSums(t *testing.T) {
	for fixture, runs := range map[string]map[string]sums{
		"sums_game": {
			"whole":     {"-", "200", "", true},
			"null":      {"-", "-", "best cost 2", true},
			"nan":       {"-", "-", "best cost 2", false},
			"fraction":  {"-", "-", "best cost 2", false},
			"agent":     {"-", "-", "best cost 1", false},
			"agents":    {"-", "-", "best cost 1", false},
			"iteration": {"-", "-", "best cost 1", false},
			"no row":    {"-", "-", "best cost 2", true},
		},
		"sums_core": {
			"whole":              {"300", "100", "", true},
			"null":               {"300", "-", "best cost 1", true},
			"null last":          {"-", "-", "final cost 2, best cost 2", true},
			"agent null":         {"300", "-", "best cost 1", false},
			"agent left out":     {"300", "-", "best cost 1", true},
			"fraction":           {"300", "-", "best cost 1", false},
			"fraction last":      {"-", "-", "final cost 2, best cost 2", false},
			"broken":             {"300", "-", "best cost 1", false},
			"twice":              {"300", "-", "best cost 1", false},
			"past":               {"300", "-", "best cost 1", true},
			"evaluated":          {"300", "100", "", true},
			"evaluated null":     {"300", "100", "", true},
			"evaluated fraction": {"300", "-", "best cost 1", true},
			"nameless":           {"-", "-", "final cost 2, best cost 0", false},
			"lost":               {"-", "-", "final cost 2, best cost 0", false},
		},
		"sums_script": {
			"whole":         {"400", "200", "", true},
			"bank":          {"400", "200", "", true}, // which are recorded means
			"iteration":     {"400", "200", "", false},
			"large":         {"-", "200", "", true},
			"mean fraction": {"400", "-", "", true},
			"mean last":     {"-", "-", "final cost 3, best cost 3", true},
			"mean null":     {"400", "-", "best cost 2", true},
			"mean nan":      {"400", "-", "", false},
			"metrics":       {"-", "-", "final cost 3, best cost 1", false},
		},
	} {
		path := unpack(t, t.TempDir(), "bad/"+fixture, fixture+".db")
		strict, lenient := mustOpen(t, path, nil), mustOpen(t, path, &Options{Lenient: true})
		compareSummaries(t, fixture, lenient)
		if got, want := len(mustRuns(t, lenient)), len(runs); got != want {
			t.Errorf("%s: got %d runs, want %d", fixture, got, want)
		}
		for _, run := range slices.Sorted(maps.Keys(runs)) {
			want := runs[run]
			if _, err := mustRun(t, strict, run).Experiment(t.Context()); (err == nil) != want.strict {
				t.Errorf("%s, %s: got %v, want an error: %v", fixture, run, err, !want.strict)
			}
			e, err := mustRun(t, lenient, run).Experiment(t.Context())
			if err != nil {
				t.Errorf("%s, %s: %v", fixture, run, err)
				continue
			}
			checkSums(t, fixture+", "+run, e, want)
		}
	}
}

func checkSums(t *testing.T, name string, e provider.Experiment, want sums) {
	t.Helper()
	text := func(c *provider.Cents) string {
		if c == nil {
			return "-"
		}
		return fmt.Sprint(int64(*c))
	}
	if final, best := text(e.Result.FinalCost), text(e.Result.BestCost); final != want.final || best != want.best {
		t.Errorf("%s: got final cost %s, best cost %s, want %s, %s", name, final, best, want.final, want.best)
	}
	var unknown []string
	for _, n := range e.Notes {
		var n1, n2, kind string
		var at int
		if got, _ := fmt.Sscanf(n.Text, "the %s %s is left out of the result: the total of %s %d cannot", &n1, &n2, &kind,
			&at); got == 4 && n.Kind == noteDerived {
			unknown = append(unknown, fmt.Sprintf("%s %s %d", n1, n2, at))
			if want := "/" + n1 + "_" + n2; n.Subject != want {
				t.Errorf("%s: %s: got subject %q, want %q", name, n.Text, n.Subject, want)
			}
		}
	}
	if got := strings.Join(unknown, ", "); got != want.unknown {
		t.Errorf("%s: got notes about %q, want %q", name, got, want.unknown)
	}
	for cost, c := range map[string]*provider.Cents{"final cost": e.Result.FinalCost, "best cost": e.Result.BestCost} {
		if said := notesWith(e, noteDerived, cost+": the") > 0; said != (c != nil) {
			t.Errorf("%s: %s: a note says that it is derived: %v", name, cost, said)
		}
	}
}

// TestPartialMeans: the costs of an iteration of a script are those of all its seeds.
func TestPartialMeans(t *testing.T) {
	d := mustOpen(t, unpack(t, t.TempDir(), "bad/sums_script", "x.db"), &Options{Lenient: true})
	for run, want := range map[string]string{
		"whole": `[{"BANK_A":150,"BANK_B":150} {"BANK_A":100,"BANK_B":100} {"BANK_A":200,"BANK_B":200}] 0`,
		"bank":  `[{"BANK_A":150,"BANK_B":150} {} {"BANK_A":200,"BANK_B":200}] 1`,
		// The seed without a number may be of any iteration.
		"iteration": `[{} {} {}] 1`,
	} {
		r := mustRun(t, d, run)
		e, err := r.Experiment(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var costs []string
		for n := 1; n <= 3; n++ {
			text, err := json.Marshal(iterationAt(t, r, n).Costs)
			if err != nil {
				t.Fatal(err)
			}
			costs = append(costs, string(text))
		}
		if got := fmt.Sprint(costs, " ", notesWith(e, noteDerived, "a seed has no cost of a bank")); got != want {
			t.Errorf("%s: got %s, want %s", run, got, want)
		}
	}
}

// TestWebSums: the final cost is the total of the last day, whatever the order of the days, or absent.
func TestWebSums(t *testing.T) {
	for _, c := range []struct {
		days string
		want sums
	}{
		{`{"day": 1, "total_cost": 7}, {"day": 0, "total_cost": 5}`, sums{"7", "5", "", true}},
		{`{"day": 0, "per_agent_costs": {"A": 1, "B": 4}}, {"day": 1, "per_agent_costs": {"A": 3, "B": 4}}`,
			sums{"7", "5", "", true}},
		{`{"day": 0, "total_cost": 5}, {"day": 1}`, sums{"-", "-", "final cost 1, best cost 1", true}},
		{`{"day": 0, "total_cost": 5}, {"day": 1, "total_cost": null, "per_agent_costs": null}`,
			sums{"-", "-", "final cost 1, best cost 1", true}},
		{`{"day": 0}, {"day": 1, "total_cost": 5}`, sums{"5", "-", "best cost 0", true}},
		{`{"day": 0, "total_cost": 5}, {"day": 1, "total_cost": 4.5, "per_agent_costs": {"A": 4}}`,
			sums{"-", "-", "final cost 1, best cost 1", true}},
		{`{"day": 0, "per_agent_costs": {"A": 1, "B": 4}}, {"day": 1, "per_agent_costs": {"A": 3}}`,
			sums{"-", "-", "final cost 1, best cost 1", true}},
		{`{"day": 0, "per_agent_costs": {"A": 1, "B": 0.5}}, {"day": 1, "per_agent_costs": {"A": 3, "B": 4}}`,
			sums{"7", "-", "best cost 0", false}},
		{`{"day": 0, "per_agent_costs": {"A": 1, "B": -0}}, {"day": 1, "per_agent_costs": {"A": 3, "B": 4}}`,
			sums{"7", "-", "best cost 0", false}},
		{`{"day": 0, "total_cost": -0}, {"day": 1, "total_cost": 5}`, sums{"5", "-", "best cost 0", true}},
		{`{"day": 0, "per_agent_costs": {"A": 1, "B": null}}, {"day": 1, "per_agent_costs": {"A": 3, "B": 4}}`,
			sums{"7", "-", "best cost 0", false}},
		{`{"day": 0, "per_agent_costs": {"A": 1, "B": 0.5}, "total_cost": 9}, {"day": 1, "per_agent_costs": {"A": 3, "B": 4}}`, sums{"7", "7", "", false}},
		// Every cost of B is left out: no iteration shows that there was one.
		{`{"day": 0, "per_agent_costs": {"A": 1, "B": 0.5}}, {"day": 1, "per_agent_costs": {"A": 3, "B": 0.5}}`,
			sums{"-", "-", "final cost 1, best cost 0", false}},
		{``, sums{"-", "-", "", true}},
	} {
		path := filepath.Join(t.TempDir(), "web.json")
		if err := os.WriteFile(path, []byte(`{"status": "complete", "days": [`+c.days+`]}`), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := mustRun(t, mustOpen(t, path, nil), "").Experiment(t.Context()); (err == nil) != c.want.strict {
			t.Errorf("%s: got %v, want an error: %v", c.days, err, !c.want.strict)
		}
		e, err := mustRun(t, mustOpen(t, path, &Options{Lenient: true}), "").Experiment(t.Context())
		if err != nil {
			t.Errorf("%s: %v", c.days, err)
			continue
		}
		checkSums(t, c.days, e, c.want)
	}
}

// TestHalvedTotals: parts of a total that were rounded down do not make it again.
func TestHalvedTotals(t *testing.T) {
	run := &coreRun{builder: newBuilder(t.Context(), false), totals: map[int]*provider.Cents{0: new(provider.Cents(7))},
		iterations: map[int]*provider.Iteration{0: {Costs: map[string]provider.Cents{"A": 3, "B": 3}},
			1: {Costs: map[string]provider.Cents{"A": 2, "B": 2}}}}
	for _, halved := range []bool{false, true} {
		run.halved = halved
		lowest := run.iterationTotals().lowest()
		if lowest.iteration != 1 || (lowest.cents == nil) != halved {
			t.Errorf("halved: %v: got iteration %d, %v", halved, lowest.iteration, lowest.cents)
		}
	}
}

func TestSumOf(t *testing.T) {
	agents := map[string]bool{"A": true, "B": true}
	for range 20 { // orders of adding
		if got := sumOf(map[string]provider.Cents{"A": math.MaxInt64, "B": 1, "C": -1}, agents); got == nil ||
			*got != math.MaxInt64 {
			t.Fatalf("got %v, want %d", got, int64(math.MaxInt64))
		}
	}
	for _, costs := range []map[string]provider.Cents{nil, {"A": 1}, {"A": 1, "C": 1}, {"A": math.MaxInt64, "B": 1},
		{"A": math.MinInt64, "B": -1}} {
		if got := sumOf(costs, agents); got != nil {
			t.Errorf("%v: got %d, want none", costs, *got)
		}
	}
}
