package provider_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// The tests of this file are those of the original project's provider protocol: each says in its name what it checks.

// The protocol has each method of the original, by whatever name.
func TestProtocol_hasEachMethod(t *testing.T) {
	for _, test := range []struct {
		original string
		is       reflect.Type
		method   string
	}{
		{"get_experiment_info", reflect.TypeFor[provider.Provider](), "Experiment"},
		{"get_run_metadata", reflect.TypeFor[provider.Provider](), "Experiment"},
		{"get_total_iterations", reflect.TypeFor[provider.Provider](), "Iterations"},
		{"get_iteration_costs", reflect.TypeFor[provider.Provider](), "IterationAt"},
		{"get_iteration_events", reflect.TypeFor[provider.Provider](), "IterationRecords"},
		{"get_all_events", reflect.TypeFor[provider.Provider](), "Records"},
		{"save_experiment", reflect.TypeFor[provider.Sink](), "Begin"},
		{"save_event", reflect.TypeFor[provider.Sink](), "Event"},
		{"save_llm_interaction", reflect.TypeFor[provider.Sink](), "Interaction"},
		{"save_iteration", reflect.TypeFor[provider.Sink](), "Iteration"},
		{"get_final_result", reflect.TypeFor[provider.Experiment](), "Status"},
	} {
		if _, ok := test.is.MethodByName(test.method); !ok {
			t.Errorf("%s: got no method %s of %v", test.original, test.method, test.is)
		}
	}
}

func TestProtocol_LiveImplementsProvider(t *testing.T) {
	var l any = new(provider.Live)
	if _, ok := l.(provider.Provider); !ok {
		t.Error("a live run is no Provider")
	}
	if _, ok := l.(provider.Sink); !ok {
		t.Error("a live run is no Sink")
	}
}

func TestProtocol_RequiresRunID(t *testing.T) {
	err := new(provider.Live).Begin(t.Context(), &provider.Start{Name: "n", Type: "t"})
	if !errors.Is(err, provider.ErrInvalid) || !strings.Contains(err.Error(), "run_id") {
		t.Errorf("got %v, want ErrInvalid that names run_id", err)
	}
}

func TestProtocol_GetExperimentInfo(t *testing.T) {
	e, err := providertest.Live(providertest.Sample()).Experiment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e.RunID != "exp1-20251215-084901-866d63" || e.Name != "exp1" || e.Type != "generic" || e.Result == nil ||
		e.Result.Converged == nil || !*e.Result.Converged || *e.Result.ConvergenceReason != "policy_stability" {
		t.Errorf("got %+v, want run_id, name, type and convergence", e)
	}
}

func TestProtocol_GetFinalResult(t *testing.T) {
	sample := providertest.Sample()
	e, err := providertest.Live(sample).Experiment(t.Context())
	if err != nil || e.Result.FinalCost == nil || *e.Result.FinalCost != 2000 || e.Result.BestCost == nil ||
		*e.Result.BestCost != 2000 || e.Status() != provider.StatusCompleted {
		t.Errorf("got %+v, error %v, want final and best cost of 2000 cents", e.Result, err)
	}
	e, err = providertest.Live(sample[:len(sample)-1]).Experiment(t.Context())
	if err != nil || e.Result != nil || e.Status() != provider.StatusUnfinished {
		t.Errorf("not finished: got %+v, error %v, want no result", e.Result, err)
	}
}

func TestProtocol_GetTotalIterations(t *testing.T) {
	p := providertest.Live(providertest.Sample())
	if got, err := p.Iterations(t.Context()); err != nil || !slices.Equal(got, []int{0, 1, 3}) {
		t.Errorf("got %v, error %v, want the three recorded numbers 0, 1, 3", got, err)
	}
	if got, err := providertest.Live(providertest.Sample()[:1]).Iterations(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("nothing recorded: got %v, error %v, want none", got, err)
	}
}

func TestProtocol_GetIterationCosts(t *testing.T) {
	p := providertest.Live(providertest.Sample())
	got, err := provider.Costs(t.Context(), p, 1)
	if err != nil || len(got) != 2 || got[providertest.AgentA] != 4000 || got[providertest.AgentB] != 5000 {
		t.Errorf("got %v, error %v, want 4000 and 5000", got, err)
	}
	if _, err := provider.Costs(t.Context(), p, 2); !errors.Is(err, provider.ErrNoIteration) {
		t.Errorf("iteration 2 was not recorded: got %v, want ErrNoIteration", err)
	}
	if _, err := provider.Costs(t.Context(), p, -1); !errors.Is(err, provider.ErrNoIteration) {
		t.Errorf("negative: got %v, want ErrNoIteration", err)
	}
}

// Costs are integer cents both ways.
func TestProtocol_IntegerCents(t *testing.T) {
	l := new(provider.Live)
	const odd = 1<<53 + 1
	records := []provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t"},
		&provider.Iteration{Number: 0, Costs: map[string]provider.Cents{"A": odd, "B": -odd}},
		&provider.Iteration{Number: 1},
	}
	if err := providertest.Play(t.Context(), l, records); err != nil {
		t.Fatal(err)
	}
	got, err := provider.Costs(t.Context(), l, 0)
	if err != nil || got["A"] != odd || got["B"] != -odd {
		t.Errorf("got %v, error %v, want %d both ways", got, err, int64(odd))
	}
	if reflect.TypeOf(got["A"]).Kind() != reflect.Int64 {
		t.Errorf("got a %v, want an integer of 64 bits", reflect.TypeOf(got["A"]).Kind())
	}
	if got, err := provider.Costs(t.Context(), l, 1); err != nil || got == nil || len(got) != 0 {
		t.Errorf("no costs recorded: got %v, error %v, want an empty map", got, err)
	}
}

func TestProtocol_GetIterationPolicies(t *testing.T) {
	p := providertest.Live(providertest.Sample())
	got, err := provider.Policies(t.Context(), p, 3)
	if err != nil || len(got) != 2 {
		t.Fatalf("got %d policies, error %v, want 2", len(got), err)
	}
	var policy struct {
		Parameters map[string]json.Number
	}
	if err := json.Unmarshal(got[providertest.AgentB], &policy); err != nil ||
		policy.Parameters["initial_liquidity_fraction"] != "0.2" {
		t.Errorf("got %s, error %v, want a fraction of 0.2", got[providertest.AgentB], err)
	}
	if _, err := provider.Policies(t.Context(), p, 9); !errors.Is(err, provider.ErrNoIteration) {
		t.Errorf("got %v, want ErrNoIteration", err)
	}
}

func TestProtocol_GetIterationAcceptedChanges(t *testing.T) {
	p := providertest.Live(providertest.Sample())
	got, err := provider.AcceptedChanges(t.Context(), p, 0)
	if err != nil || len(got) != 2 || !got[providertest.AgentA] || got[providertest.AgentB] {
		t.Errorf("got %v, error %v, want A accepted and B not", got, err)
	}
	if got, err := provider.AcceptedChanges(t.Context(), p, 3); err != nil || got == nil || len(got) != 0 {
		t.Errorf("not known: got %v, error %v, want an empty map", got, err)
	}
	if _, err := provider.AcceptedChanges(t.Context(), p, 2); !errors.Is(err, provider.ErrNoIteration) {
		t.Errorf("got %v, want ErrNoIteration", err)
	}
}

func TestProtocol_GetIterationEvents(t *testing.T) {
	p := providertest.Live(providertest.Sample())
	var types []string
	for e, err := range provider.Events(t.Context(), p, 3) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Iteration != 3 {
			t.Errorf("%s: got iteration %d, want 3", e.Type, e.Iteration)
		}
		types = append(types, e.Type)
	}
	if want := []string{"evaluation", "experiment_end", "experiment_summary"}; !slices.Equal(types, want) {
		t.Errorf("got %v, want %v", types, want)
	}
	yields := 0
	for _, err := range provider.Events(t.Context(), p, 2) {
		if yields++; !errors.Is(err, provider.ErrNoIteration) {
			t.Errorf("got %v, want ErrNoIteration", err)
		}
	}
	if yields != 1 {
		t.Errorf("unknown iteration: got %d yields, want 1", yields)
	}
}

// Events come in the order in which they were recorded, each with its iteration, and payloads never override it.
func TestProtocol_GetAllEvents(t *testing.T) {
	sample := providertest.Sample()
	p := providertest.Live(sample)
	var want []*provider.Event
	for _, r := range sample {
		if e, ok := r.(*provider.Event); ok {
			want = append(want, e)
		}
	}
	n, last := 0, int64(-1)
	for e, err := range provider.AllEvents(t.Context(), p) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Type != want[n].Type || e.Iteration != want[n].Iteration || string(e.Data) != string(want[n].Data) ||
			e.Seq <= last {
			t.Errorf("event %d: got %d %s in iteration %d, want %s in %d", n, e.Seq, e.Type, e.Iteration, want[n].Type,
				want[n].Iteration)
		}
		last = e.Seq
		n++
	}
	if n != len(want) {
		t.Errorf("got %d events, want %d", n, len(want))
	}
}

func TestProtocol_GetLLMInteractions(t *testing.T) {
	p := providertest.Live(providertest.Sample())
	var agents []string
	for i, err := range provider.Interactions(t.Context(), p, 1) {
		if err != nil {
			t.Fatal(err)
		}
		agents = append(agents, i.AgentID)
	}
	if want := []string{providertest.AgentA, providertest.AgentB}; !slices.Equal(agents, want) {
		t.Errorf("got %v, want %v", agents, want)
	}
	n := 0
	for _, err := range provider.AllInteractions(t.Context(), p) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 4 {
		t.Errorf("got %d interactions in all, want 4", n)
	}
}
