package archive_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/redact"
	"github.com/simexp/exparchive/provider/replay"
)

// A story is a run made up by a seed, of records that the printer compares with those of earlier iterations.
type story struct {
	random     *rand.Rand
	records    []provider.Record
	iterations int
	orderly    bool // nothing of an iteration stands in another one, and each says all
}

func (s *story) add(r provider.Record) { s.records = append(s.records, r) }

func (s *story) oneOf(list ...string) string { return list[s.random.IntN(len(list))] }

func (s *story) policy() json.RawMessage {
	return fmt.Appendf(nil, `{"parameters":{"f":0.%d}}`, s.random.IntN(4))
}

// record adds a record of an iteration.
func (s *story) record(n int) {
	agent := s.oneOf("A", "B", "C")
	data := func(format string, args ...any) json.RawMessage {
		return fmt.Appendf(nil, `{"agent_id":%q,`+format+`}`, append([]any{agent}, args...)...)
	}
	kinds := 9
	if s.orderly {
		kinds = 5
	}
	e := &provider.Event{Iteration: n}
	switch s.random.IntN(kinds) {
	case 0:
		e.Type, e.Data = "evaluation", data(`"total_cost":%d,"per_agent_costs":{"A":%d,"C":7}`, s.random.IntN(900),
			s.random.IntN(9))
	case 1:
		e.Type, e.Data = "tick", data(`"x":%d`, s.random.IntN(9))
	case 2:
		s.add(&provider.Interaction{Iteration: n, AgentID: agent, ParsedPolicy: s.policy(), UserPrompt: new("u"),
			Response: new("r")})
		return
	case 3:
		e.Type, e.Data = "policy_change", data(`"new_policy":%s,"accepted":%v`, s.policy(), s.random.IntN(2) == 0)
	case 4:
		e.Type, e.Data = "policy_rejected", data(`"proposed_policy":%s,"rejection_reason":"x"`, s.policy())
	case 5:
		e.Type, e.Data = "policy_init", data(`"policy":%s`, s.policy())
	case 6:
		e.Type, e.Data = "policy_evaluation", data(`"proposed_policy":%s,"old_cost":5,"new_cost":%d`, s.policy(),
			s.random.IntN(9))
	case 7:
		e.Type, e.Data = s.oneOf("experiment_start", "experiment_end", "experiment_summary"), data(`"num_iterations":5`)
	case 8:
		if s.random.IntN(200) == 0 {
			s.add(&provider.Note{Kind: "doubtful", Text: fmt.Sprint("note ", len(s.records))})
		}
		return
	}
	s.add(e)
}

// newStory makes up a run.
func newStory(seed uint64, orderly bool) *story {
	s := &story{random: rand.New(rand.NewPCG(seed, 1)), iterations: 40, orderly: orderly}
	s.add(&provider.Start{RunID: "r", Name: "n", Type: "t", Salt: bytes.Repeat([]byte{7}, provider.SaltSize)})
	s.add(&provider.Event{Type: "experiment_start", Data: json.RawMessage(`{"description":"made up"}`)})
	s.add(&provider.Attachment{Name: "a.txt", Data: []byte("attached")})
	numbers := s.random.Perm(s.iterations)
	for i, n := range numbers {
		if orderly {
			n = i
		}
		size := 30 + s.random.IntN(200)
		for range size {
			of := n
			if !orderly && s.random.IntN(50) == 0 {
				of = numbers[max(i-1, 0)] // which goes on
			}
			s.record(of)
		}
		if orderly || s.random.IntN(10) > 0 {
			it := &provider.Iteration{Number: n, AcceptedChanges: map[string]bool{"A": s.random.IntN(2) == 0}}
			it.Costs = map[string]provider.Cents{"A": provider.Cents(s.random.IntN(100))}
			it.Policies = map[string]json.RawMessage{}
			for _, agent := range []string{"A", "B", "C"} {
				if orderly || s.random.IntN(3) > 0 {
					it.Policies[agent] = s.policy()
				}
			}
			s.add(it)
		}
	}
	s.add(&provider.Note{Kind: "derived", Text: "the last one"})
	s.add(&provider.Result{Status: provider.StatusCompleted})
	return s
}

// seal records the run, and gives the path of its archive.
func (s *story) seal(t *testing.T, filter *redact.Filter) string {
	t.Helper()
	var live provider.Live
	if err := providertest.Play(t.Context(), &live, s.records); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.simexp")
	w, err := record.Create(path, &record.Options{Bulk: true})
	if err != nil {
		t.Fatal(err)
	}
	sink := provider.Sink(w)
	if filter != nil {
		plan, err := redact.NewPlan(t.Context(), &live, filter)
		if err != nil {
			t.Fatal(err)
		}
		sink = plan.Sink(w)
	}
	if err := errors.Join(provider.Copy(t.Context(), sink, &live), w.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCopyPart: what is printed of a part is what is printed of it when the whole run is read.
func TestCopyPart(t *testing.T) {
	for _, orderly := range []bool{true, false} {
		for seed := range uint64(3) {
			s := newStory(seed, orderly)
			var filter *redact.Filter
			if seed%2 == 1 {
				filter = &redact.Filter{Fields: []string{"parsed_policy", "response"}}
			}
			a, err := archive.Open(s.seal(t, filter))
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			parts, tried := 0, 0
			for range 10 {
				first := s.random.IntN(s.iterations)
				last := min(first+s.random.IntN(3), s.iterations-1)
				o := replay.Options{Start: &first, End: &last, Verbose: s.random.IntN(2) == 0, Audit: s.random.IntN(4) == 0}
				tried++
				if samePart(t, a, o) {
					parts++
				}
			}
			t.Logf("seed %d, orderly %v: %d of %d by parts", seed, orderly, parts, tried)
			if parts == 0 || orderly && parts < tried {
				t.Errorf("seed %d, orderly %v: only %d of %d replays read a part", seed, orderly, parts, tried)
			}
		}
	}
}

// samePart compares a replay of a part with that of the whole run, and reports whether there was one.
func samePart(t *testing.T, a *archive.Archive, o replay.Options) bool {
	t.Helper()
	var got, shown, want bytes.Buffer
	p, q := replay.NewPrinter(&got, &o), replay.NewPrinter(&shown, &o)
	err := a.CopyPart(t.Context(), p, *o.Start, *o.End)
	if err != nil && !errors.Is(err, archive.ErrNoPart) {
		t.Fatal(err)
	}
	if err != nil || !p.Whole() {
		return false
	}
	if err := a.ShowPart(t.Context(), q, *o.Start, *o.End); err != nil {
		t.Errorf("iterations %d to %d without the proof: %v", *o.Start, *o.End, err)
	}
	if !q.Whole() {
		t.Errorf("iterations %d to %d, %+v, without the proof: more is needed", *o.Start, *o.End, o)
	} else if shown.String() != got.String() {
		t.Errorf("iterations %d to %d, %+v, without the proof:\n%s\nwant\n%s", *o.Start, *o.End, o, &shown, &got)
	}
	if err := provider.Copy(t.Context(), replay.NewPrinter(&want, &o), a.Checked()); err != nil {
		t.Fatal(err)
	}
	if got.String() != want.String() {
		t.Errorf("iterations %d to %d, %+v:\n%s\nwant\n%s", *o.Start, *o.End, o, &got, &want)
	}
	return true
}

// ignorant takes a part and nothing of it.
type ignorant struct {
	provider.Sink
	begun bool
}

func (*ignorant) Skip(int64, int64) {}
func (s *ignorant) Begun() bool     { return s.begun }
func (s *ignorant) Iteration(context.Context, *provider.Iteration) error {
	s.begun = true
	return nil
}

// TestCopyPart_changed: a part is given only if what it has, and what says where it lies, is as it was sealed.
func TestCopyPart_changed(t *testing.T) {
	const n = 20
	path := newStory(1, true).seal(t, nil)
	span := fmt.Sprintf("(SELECT first_seq FROM z_iteration WHERE number = %d)", n)
	for _, test := range []struct {
		statement string
		part      bool // is given all the same
	}{
		{"", true},
		{`UPDATE z_event SET data = '1' WHERE seq = (SELECT min(seq) FROM z_event WHERE seq >= ` + span + `)`, false},
		{`UPDATE z_llm_interaction SET response = 'x' WHERE iteration = 20`, false},
		{`UPDATE z_section SET body = 'x'`, false},
		{`UPDATE z_event_type SET name = 'x' || name`, false},
		{`UPDATE z_iteration SET costs_per_agent = '{}' WHERE number = 20`, false},
		{`UPDATE z_iteration SET costs_per_agent = '{}' WHERE number = 19`, false}, // with which it is compared
		{`UPDATE z_iteration SET costs_per_agent = '{}' WHERE number = 30`, true},
		{`UPDATE z_event SET data = '1' WHERE iteration = 30`, true},
		{`UPDATE z_experiment SET run_id = 'x'`, false},
		{`UPDATE z_experiment SET convergence_reason = 'x'`, false},
		{`UPDATE z_experiment SET status = NULL`, false},
		{`UPDATE z_experiment SET records = records + 1`, false},
		{`UPDATE z_experiment SET records = records - 1`, false},
		{`UPDATE z_experiment SET iterations = iterations + 1`, false},
		{`UPDATE z_experiment SET notes = notes + 1`, false},
		{`UPDATE z_experiment SET digest = zeroblob(32)`, false},
		{`UPDATE z_note SET text = 'x'`, false},
		{`DELETE FROM z_note`, false},
		{`UPDATE z_attachment SET data = x'00'`, false},
		{`INSERT INTO z_note (seq, kind, text) VALUES (3000, 'x', 'y')`, false},
		{`UPDATE z_leaf_block SET root = zeroblob(32) WHERE first_seq = 0`, false},
		{`UPDATE z_leaf_block SET root = zeroblob(32) WHERE first_seq > 5000`, false},
		{`DELETE FROM z_leaf_block WHERE first_seq = 256`, false},
		{`DELETE FROM z_leaf_block`, false},
		{`UPDATE z_iteration SET last_seq = last_seq - 1 WHERE number = 20`, false},
		{`UPDATE z_iteration SET first_seq = first_seq + 1 WHERE number = 20`, false},
		{`UPDATE z_iteration SET last_seq = last_seq + 1 WHERE number = 20`, false},
		{`UPDATE z_iteration SET first_seq = first_seq - 1 WHERE number = 20`, false},
		// The next one swallows its end.
		{`UPDATE z_iteration SET first_seq = first_seq - 2 * (number = 21), last_seq = last_seq - 2 * (number = 20),
			events = events + (number = 21) - (number = 20), seq = seq - (number = 20) WHERE number IN (20, 21)`, false},
		// The one before swallows its beginning.
		{`UPDATE z_iteration SET first_seq = first_seq + (number = 20), last_seq = last_seq + (number = 19)
			WHERE number IN (19, 20)`, false},
		{`UPDATE z_iteration SET events = events + 1 WHERE number = 20`, false},
		{`UPDATE z_iteration SET events = events + 1 - 2 * (number = 20) WHERE number IN (20, 21)`, false},
		{`UPDATE z_iteration SET seq = seq - 1 WHERE number = 20`, false},
		{`UPDATE z_iteration SET seq = last_seq + 1 WHERE number = 20`, false},
		{`UPDATE z_iteration SET number = 99 WHERE number = 20`, false},
		{`DELETE FROM z_iteration WHERE number = 30`, false},
		{`UPDATE z_iteration SET first_seq = 1, last_seq = 1 << 62 WHERE number = 30`, false},
	} {
		changed := archivetest.Write(t, archivetest.ReadFile(t, path))
		if test.statement != "" {
			db := archivetest.OpenSQL(t, changed)
			result, err := db.Exec(test.statement)
			if err := errors.Join(err, db.Close()); err != nil {
				t.Fatalf("%s: %v", test.statement, err)
			}
			if n, err := result.RowsAffected(); err != nil || n == 0 {
				t.Fatalf("%s: changed %d rows, %v", test.statement, n, err)
			}
		}
		a, err := archive.Open(changed)
		if err != nil {
			t.Fatal(err)
		}
		err = a.CopyPart(t.Context(), &ignorant{Sink: provider.Tee()}, n, n)
		known := err == nil || errors.Is(err, archive.ErrNoPart) || errors.Is(err, archive.ErrDamaged)
		if test.part != (err == nil) || !known {
			t.Errorf("%s: got %v, a part is %v", test.statement, err, test.part)
		}
		err = a.ShowPart(t.Context(), &ignorant{Sink: provider.Tee()}, n, n)
		if test.part && err != nil || err == nil && strings.Contains(test.statement, "UPDATE z_iteration SET") &&
			!strings.Contains(test.statement, "costs") {
			t.Errorf("%s: without the proof: got %v", test.statement, err)
		}
		a.Close()
	}
}

// TestCopyPart_scattered: records of an iteration that the archive does not tell of, and that lie behind others, are
// missed by what accounts for every record.
func TestCopyPart_scattered(t *testing.T) {
	s := &story{random: rand.New(rand.NewPCG(1, 1)), orderly: true}
	s.add(&provider.Start{RunID: "r", Name: "n", Type: "t"})
	for _, piece := range []struct {
		iteration, events int
		recorded          bool
	}{{0, 300, true}, {1, 10, true}, {2, 600, true}, {1, 3, false}, {3, 4000, true}} {
		for range piece.events {
			s.add(&provider.Event{Iteration: piece.iteration, Type: "tick"})
		}
		if piece.recorded {
			s.add(&provider.Iteration{Number: piece.iteration})
		}
	}
	s.add(&provider.Result{Status: provider.StatusCompleted})
	path := s.seal(t, nil)
	for _, hide := range []bool{false, true} {
		changed := archivetest.Write(t, archivetest.ReadFile(t, path))
		if hide {
			db := archivetest.OpenSQL(t, changed)
			_, err := db.Exec(`UPDATE z_iteration SET events = events + 3 - 6 * (number = 1),
				last_seq = CASE number WHEN 1 THEN seq ELSE last_seq END WHERE number IN (1, 3)`)
			if err := errors.Join(err, db.Close()); err != nil {
				t.Fatal(err)
			}
		}
		a := archivetest.Open(t, changed)
		err := a.CopyPart(t.Context(), &ignorant{Sink: provider.Tee()}, 1, 1)
		if errors.Is(err, archive.ErrNoPart) != hide || !hide && err != nil {
			t.Errorf("records hidden %v: got %v", hide, err)
		}
	}
}

// TestSummaryEnds: the costs that a summary has are those of the first and the last iteration, and its counts those of
// the seal, whether it goes by the seal or by the tables.
func TestSummaryEnds(t *testing.T) {
	path := newStory(1, true).seal(t, nil)
	touched := archivetest.Write(t, archivetest.ReadFile(t, path))
	db := archivetest.OpenSQL(t, touched)
	_, err := db.Exec(`UPDATE z_note SET text = 'x'`)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, touched} {
		a := archivetest.Open(t, path)
		s, err := a.Summary(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		seal, _ := a.Seal()
		if s.Records != seal.Records || s.Events != seal.Events || s.Iterations != seal.Iterations {
			t.Errorf("touched %v: got %+v, the seal says %v", a.Touched(), s, seal)
		}
		numbers, err := a.Iterations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for n, got := range map[int]map[string]provider.Cents{0: s.FirstCosts, len(numbers) - 1: s.LastCosts} {
			it, err := a.IterationAt(t.Context(), numbers[n])
			if err != nil || !maps.Equal(got, it.Costs) {
				t.Errorf("touched %v: got costs %v of iteration %d, want %v, %v", a.Touched(), got, n, it.Costs, err)
			}
		}
	}
}
