package castro

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
)

// What the fixtures tell, written down apart from their goldens: see fixtures/story.go.

type cents = map[string]provider.Cents

type accepted = map[string]bool

func both(a, b provider.Cents) cents { return cents{"BANK_A": a, "BANK_B": b} }

var storyCosts = []cents{both(5000, 5000), both(4000, 4000), both(3000, 3000), both(2000, 2000), both(1000, 2000),
	both(0, 2000), both(0, 2000)}

var storyFractions = [][2]string{{"0.5", "0.5"}, {"0.4", "0.4"}, {"0.3", "0.3"}, {"0.2", "0.2"}, {"0.1", "0.2"},
	{"0.0", "0.2"}, {"0.0", "0.2"}}

// storyDecided are the decisions of the story; a decision about a proposal that changes nothing can only be recorded.
var storyDecided = []accepted{{"BANK_A": true, "BANK_B": true}, {"BANK_A": true, "BANK_B": true},
	{"BANK_A": true, "BANK_B": true},
	{"BANK_A": true, "BANK_B": false}, {"BANK_A": true, "BANK_B": true}, {"BANK_A": true, "BANK_B": false}, {}}

// storyDerived are those that can be told by comparing policies.
var storyDerived = []accepted{storyDecided[0], storyDecided[1], storyDecided[2], storyDecided[3], {"BANK_A": true},
	{"BANK_B": false}, {}}

// part gives the first n elements, those that a run has.
func part[T any](all []T, n int) []T { return slices.Clone(all)[:n] }

func TestKnownRuns(t *testing.T) {
	halved := func(totals ...provider.Cents) (all []cents) {
		for _, total := range totals {
			all = append(all, both(total/2, total/2))
		}
		return all
	}
	none := make([]accepted, 7)
	for _, c := range []struct {
		fixture, run string
		first        int // number of the first iteration
		costs        []cents
		accepted     []accepted
		result       string // status, converged, final and best cost
		notes        []string
	}{
		{"s1", "", 1, halved(10000, 8000, 6000, 4000), none, "unfinished", []string{
			"the file does not say whether the run came to its end: it has 4 of at most 25", "was not recorded in this version",
			"each was given half of the total"}},
		{"s2", "", 1, halved(10001, 8001, 6001, 4001, 3001, 2001, 2001), none, "completed true 2001 2001", []string{
			"in 7 iterations the costs of the banks do not add up to total_cost", "an iteration is marked as converged"}},
		{"s3", "", 1, halved(10000, 8000, 6000, 4000, 3000, 2000, 2000), none, "completed true 2000 2000", []string{
			"tokens_used is 4000 in all 6 calls", `name the agents as "Bank A"`}},
		{"killed", "", 1, halved(10000, 8000, 6000, 4000, 3000, 2000, 2000), none, "completed true 2000 2000", nil},
		{"s4", "", 1, []cents{both(5001, 5002), both(4001, 4002), {"BANK_A": 3001}, both(2001, 2002), both(1001, 2002),
			both(1, 2002), both(1, 2002)},
			storyDecided, "completed true 2003 2003", []string{"iteration 3: the mean cost of BANK_B over 2 seeds is 6005/2 cents"}},
		{"s5", "", 1, []cents{both(5001, 5002), both(4001, 4002), {"BANK_A": 3001}, both(2001, 2002), both(1001, 2002),
			both(1, 2002), both(1, 2002)},
			storyDecided, "completed true 2003 2003", nil},
		{"g", "exp1", 1, part(storyCosts, 6), part(storyDecided, 6), "completed true 2000 2000", []string{
			"a second run of that name replaced", "cost_improvement, new_cost, old_cost", `status: "converged"`}},
		{"g", "tuning", 1, []cents{{"BANK_A": 5000}}, []accepted{{"BANK_A": false}}, "unfinished",
			[]string{`the status is "running"`}},
		{"c", "exp1-20251209", 1, make([]cents, 3), none, "completed false 4000 4000", []string{
			"as if every proposal had been accepted", "final_cost is the best cost",
			"counts 4 iterations, of which 3 left records"}},
		{"c", "exp3", 1, make([]cents, 2), none, "unfinished", []string{`the status is "running"`}},
		{"joined", "exp1-20251210", 1, part(storyCosts, 6), part(storyDecided, 6), "completed true 2000 2000", []string{
			`from the session "exp1" in exp1.db`}},
		{"joined", "exp1-20251209", 1, make([]cents, 3), none, "completed false 4000 4000", []string{
			"are lost: exp1.db keeps only those of the latest run"}},
		{"hybrid", "exp2", 0, part(storyCosts, 2), none, "unfinished", []string{"no end was recorded"}},
		{"k0", "", 0, storyCosts, storyDerived, "completed true 2000 2000", []string{"final_cost of the configuration"}},
		{"k1", "exp1-20251215-08", 0, storyCosts, storyDerived, "completed true 2000 2000", []string{
			"count words, not tokens: in 12 of 12", "2 proposals repeat the policy in force",
			"accepted_changes is false for every agent"}},
		{"k1", "exp1-20251215-09", 0, part(storyCosts, 2), []accepted{storyDecided[0], {}}, "unfinished",
			[]string{"2 iterations are complete"}},
		{"k1", "exp2", 0, part(storyCosts, 4), []accepted{storyDecided[0], storyDecided[1], storyDecided[2], {}},
			"completed false 4001 4001", []string{
				"equal part of the total, rounded down", `the call of iteration 2 for agent "BANK_A" repeats that of iteration 1 for agent "BANK_B"`}},
		{"k2", "", 0, storyCosts, storyDecided, "completed true 2000 2000",
			[]string{"accepted changes are the decisions in policy_evaluations"}},
		{"k3", "", 0, storyCosts, storyDecided, "completed true 2000 2000", nil},
		{"k4", "", 0, storyCosts, storyDecided, "completed true 2000 2000", []string{"their ids are random"}},
		{"u", "", 0, part(storyCosts, 5), append(part(storyDerived, 4), accepted{}), "completed false 3000 3000",
			[]string{`"master_seed": 9007199254740993`}},
		{"w", "", 0, part(storyCosts, 4), none, "unfinished", []string{"1 of 4 days hold exactly 200 events"}},
		{"web", "", 0, []cents{both(5000, 5000), both(4000, 4000), both(1000, 2000)}, none, "completed - 3000 3000", []string{
			`marks its quality as "compromised"`, "in 3 of 3 days the export holds fewer events"}},
	} {
		t.Run(c.fixture+"/"+c.run, func(t *testing.T) {
			run := mustRun(t, openSound(t, c.fixture), c.run)
			numbers, err := run.Iterations(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(numbers) != len(c.costs) {
				t.Fatalf("got iterations %v, want %d", numbers, len(c.costs))
			}
			for i, n := range numbers {
				if n != c.first+i {
					t.Errorf("got iteration %d, want %d", n, c.first+i)
				}
				it := iterationAt(t, run, n)
				if !maps.Equal(it.Costs, c.costs[i]) {
					t.Errorf("iteration %d: got costs %v, want %v", n, it.Costs, c.costs[i])
				}
				if !maps.Equal(it.AcceptedChanges, c.accepted[i]) {
					t.Errorf("iteration %d: got accepted changes %v, want %v", n, it.AcceptedChanges, c.accepted[i])
				}
			}
			e, err := run.Experiment(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := resultText(e); got != c.result {
				t.Errorf("got result %q, want %q", got, c.result)
			}
			for _, want := range c.notes {
				if !slices.ContainsFunc(e.Notes, func(n provider.Note) bool { return strings.Contains(n.Text, want) }) {
					t.Errorf("got no note with %q", want)
				}
			}
		})
	}
}

func resultText(e provider.Experiment) string {
	if e.Result == nil {
		return string(e.Status())
	}
	r := e.Result
	text := []string{string(r.Status), "-", "-", "-"}
	if r.Converged != nil {
		text[1] = fmt.Sprint(*r.Converged)
	}
	for i, c := range []*provider.Cents{r.FinalCost, r.BestCost} {
		if c != nil {
			text[2+i] = fmt.Sprint(int64(*c))
		}
	}
	return strings.Join(text, " ")
}

// TestPoliciesInForce compares the policies of runs that took part in the whole story.
func TestPoliciesInForce(t *testing.T) {
	for fixture, first := range map[string]int{"s3": 1, "k0": 0, "k2": 0, "k4": 0, "u": 0, "w": 0} {
		run := mustRun(t, openSound(t, fixture), "")
		numbers, err := run.Iterations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i, n := range numbers {
			it := iterationAt(t, run, n)
			for j, agent := range []string{"BANK_A", "BANK_B"} {
				if got := string(member(it.Policies[agent], "parameters",
					"initial_liquidity_fraction")); got != storyFractions[i][j] {
					t.Errorf("%s: iteration %d: got fraction %q for %s, want %q", fixture, n, got, agent, storyFractions[i][j])
				}
			}
		}
		if len(numbers) == 0 || numbers[0] != first {
			t.Errorf("%s: got iterations %v, want them from %d", fixture, numbers, first)
		}
	}
}

// TestOrder checks the order of the records of one iteration in each generation that has one.
func TestOrder(t *testing.T) {
	for _, c := range []struct {
		fixture, run string
		iteration    int
		want         string
	}{
		{"s3", "", 0, "policy_init policy_init"},
		{"s3", "", 4, "simulation_run evaluation iteration validation_error validation_error llm_interaction policy_change"},
		{"s5", "", 1, "simulation_run simulation_run evaluation iteration llm_interaction policy_change policy_change"},
		{"g", "tuning", 1, "llm_interaction policy_change iteration_context policy_diff iteration"},
		{"c", "exp1-20251209", 1, "llm_interaction llm_interaction iteration"},
		{"joined", "exp1-20251210", 1, "llm_interaction policy_change llm_interaction policy_change iteration"},
		{"k1", "exp1-20251215-08", 0, "evaluation iteration llm_interaction llm_interaction"},
		{"k2", "", 0, "evaluation iteration llm_interaction policy_evaluation llm_interaction policy_evaluation"},
		{"k3", "", 0, "simulation_run evaluation iteration llm_interaction policy_evaluation llm_interaction policy_evaluation"},
		{"k4", "", 0, "simulation_run simulation simulation_event simulation_event agent_state_register evaluation iteration llm_interaction policy_evaluation llm_interaction policy_evaluation"},
		{"w", "", 0, "day optimization_prompt optimization_prompt iteration"},
		{"web", "", 0, "day iteration"},
	} {
		var got []string
		for r, err := range mustRun(t, openSound(t, c.fixture), c.run).IterationRecords(t.Context(), c.iteration) {
			if err != nil {
				t.Fatal(err)
			}
			if e, ok := r.(*provider.Event); ok {
				got = append(got, e.Type)
			} else {
				got = append(got, r.RecordKind().String())
			}
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s %s, iteration %d: got\n%s, want\n%s", c.fixture, c.run, c.iteration, text, c.want)
		}
	}
}

// TestKilledHasTheWholeRun compares a database that has everything in its log with one that was closed.
func TestKilledHasTheWholeRun(t *testing.T) {
	if got, want := digestOf(t, mustRun(t, openSound(t, "killed"), "")),
		digestOf(t, mustRun(t, openSound(t, "s3"), "")); got != want {
		t.Errorf("got digest %s of the killed database, want %s", got, want)
	}
	about, err := openSound(t, "killed").Describe(t.Context())
	if err != nil || !strings.Contains(about.Log, "transactions that the file itself does not hold") {
		t.Errorf("got log %q, %v, want that it was read", about.Log, err)
	}
}

func TestChoosingARun(t *testing.T) {
	d := openSound(t, "k1")
	for id, want := range map[string]string{
		"exp2":                        "exp2-20251215-100000-1234ab",
		"exp1-20251215-09":            "exp1-20251215-093000-866e00",
		"exp1-20251215-084901-866d63": "exp1-20251215-084901-866d63",
	} {
		if got := mustRun(t, d, id).Info().ID; got != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
	for _, c := range []struct {
		fixture, id string
		want        error
		text        string
	}{
		{"k1", "", ErrManyRuns, "there are exp1-20251215-084901-866d63, exp1-20251215-093000-866e00, exp2-20251215-100000-1234ab"},
		{"k1", "exp1", ErrManyRuns, "there are exp1-20251215-084901-866d63, exp1-20251215-093000-866e00"},
		{"k1", "exp9", provider.ErrNoRun, "there are exp1-20251215-084901-866d63, "},
		{"s3", "exp9", provider.ErrNoRun, "there is only exp1_2025-12-03-110217"},
	} {
		_, err := openSound(t, c.fixture).Run(t.Context(), c.id)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: run %q: got %v, want %v with %q", c.fixture, c.id, err, c.want, c.text)
		}
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		fixture     string
		generations string
		table       string // name, rows, generation of one table
		notKept     string
		note        string
	}{
		{"s1", "script S1", "simulation_runs 4 script S1", "", ""},
		{"s2", "script S2", "validation_errors", "", ""},
		{"s3", "script S3", "validation_errors 4 script S3", "", ""},
		{"s4", "script S4", "", "", ""},
		{"s5", "script S5", "", "", ""},
		{"g", "game G", "policy_iterations 13 game G", "", ""},
		{"c", "castro C", "experiment_events 22 castro C", "experiment_events.event_id",
			`costs and decisions of experiment "exp1" would be in exp1.db`},
		{"hybrid", "castro C, core K0", "experiment_iterations 2 core K0", "experiment_events.event_id", ""},
		{"k1", "core K1", "experiments 3 core K1", "experiment_events.id", ""},
		{"k2", "core K2", "", "", ""},
		{"k3", "core K3", "", "", ""},
		{"k4", "core K4", "agent_state_registers 1 core K4", "",
			`1 rows of table simulation_events belong to no run that the file lists (simulation_id: "sim-20251218")`},
		{"u", "unified U", "experiments 1 unified U", "experiment_events.id", ""},
		{"w", "web W", "days 4 web W", "", ""},
		{"web", "web W", "", "", ""},
	} {
		about, err := openSound(t, c.fixture).Describe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var generations, tables []string
		for _, g := range about.Generations {
			generations = append(generations, g.Name)
			if g.Explanation == "" {
				t.Errorf("%s: generation %s is not explained", c.fixture, g.Name)
			}
		}
		for _, table := range about.Tables {
			tables = append(tables, fmt.Sprintf("%s %d %s", table.Name, table.Rows, table.Generation))
		}
		if got := strings.Join(generations, ", "); got != c.generations {
			t.Errorf("%s: got generations %q, want %q", c.fixture, got, c.generations)
		}
		if strings.Contains(c.table, " ") && !slices.Contains(tables, c.table) {
			t.Errorf("%s: got tables %q, want %q among them", c.fixture, tables, c.table)
		}
		if c.notKept != "" && !slices.Contains(about.NotKept, c.notKept) {
			t.Errorf("%s: got %q left out, want %q", c.fixture, about.NotKept, c.notKept)
		}
		if !slices.ContainsFunc(about.Notes, func(n string) bool { return strings.Contains(n, c.note) }) && c.note != "" {
			t.Errorf("%s: got notes %q, want one with %q", c.fixture, about.Notes, c.note)
		}
		if c.fixture != "web" && (about.StorageVersion != 64 || !strings.HasPrefix(about.EngineVersion, "v1.4.")) {
			t.Errorf("%s: got DuckDB %q, storage version %d, want v1.4, 64", c.fixture, about.EngineVersion,
				about.StorageVersion)
		}
	}
}

func TestSameJSON(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`{"a": 1, "b": [1, 2]}`, `{"b":[1,2],"a":1}`, true},
		{`{"a": 0.2}`, `{"a": 0.20}`, true},
		{`{"a": 1}`, `{"a": 1.0}`, true},
		{`{"a": 1e2}`, `{"a": 100}`, true},
		{`{"a": 9007199254740993}`, `{"a": 9007199254740992}`, false},
		{`{"a": 0.2}`, `{"a": 0.3}`, false},
		{`{"a": 1}`, `{"a": 1, "b": null}`, false},
		{`{"a": null}`, `{"b": null}`, false},
		{`[1, 2]`, `[2, 1]`, false},
		{`[1]`, `[1, 1]`, false},
		{`"x"`, `"x"`, true},
		{`"\u0041"`, `"A"`, true},
		{`true`, `1`, false},
		{`1e999999999`, `10e999999998`, false}, // not worth the time
	} {
		if got := sameJSON(json.RawMessage(c.a), json.RawMessage(c.b)); got != c.want {
			t.Errorf("%s and %s: got %t, want %t", c.a, c.b, got, c.want)
		}
	}
}

// TestInteraction checks that nothing of a payload is lost where it does not fit.
func TestInteraction(t *testing.T) {
	i := interactionOf(json.RawMessage(`{"agent_id": 7, "prompt_tokens": 1.5, "completion_tokens": 3, "latency_seconds": 0.1000000000000000055,
		"raw_response": "x", "parsed_policy": null, "model": null, "reasoning": {"effort": "high"}, "note": null}`))
	if i == nil {
		t.Fatal("got none")
	}
	const want = `{"agent_id": 7, "prompt_tokens": 1.5, "latency_seconds": 0.1000000000000000055, "reasoning": {"effort": "high"}, "note": null}`
	if string(i.Extra) != want {
		t.Errorf("got extra %s, want %s", i.Extra, want)
	}
	if i.AgentID != "" || i.PromptTokens != nil || *i.CompletionTokens != 3 || i.LatencySeconds != nil ||
		*i.Response != "x" || i.Model != nil {
		t.Errorf("got %+v", i)
	}
	// Minus zero is no number of seconds and no count.
	i = interactionOf(json.RawMessage(`{"prompt_tokens": -0, "completion_tokens": 0, "latency_seconds": -0.0}`))
	if i == nil || i.PromptTokens != nil || *i.CompletionTokens != 0 || i.LatencySeconds != nil ||
		string(i.Extra) != `{"prompt_tokens": -0, "latency_seconds": -0.0}` {
		t.Errorf("minus zero: got %+v, want it in extra", i)
	}
	for _, text := range []string{`[]`, `"x"`, `{"a": 1, "a": 2}`} {
		r := eventRecord(3, "llm_interaction", "", json.RawMessage(text))
		if e, ok := r.(*provider.Event); !ok || string(e.Data) != text {
			t.Errorf("%s: got %+v, want an event that holds it", text, r)
		}
	}
}
