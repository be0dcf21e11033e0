package main

import (
	"context"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/provider"
)

// A runSummary is what info and ls say about a run. What is not recorded is nil, which JSON shows as null.
type runSummary struct {
	File              string                    `json:"file"`
	State             archive.State             `json:"state,omitempty"` // of archives only
	RunID             string                    `json:"run_id"`
	Experiment        string                    `json:"experiment_name"`
	Type              string                    `json:"experiment_type"`
	Status            provider.Status           `json:"status"`
	CreatedAt         *string                   `json:"created_at"`
	CompletedAt       *string                   `json:"completed_at"`
	Iterations        int64                     `json:"num_iterations"`
	Converged         *bool                     `json:"converged"`
	ConvergenceReason *string                   `json:"convergence_reason"`
	FinalCost         *provider.Cents           `json:"final_cost"`
	BestCost          *provider.Cents           `json:"best_cost"`
	FirstCosts        map[string]provider.Cents `json:"first_costs"`
	LastCosts         map[string]provider.Cents `json:"last_costs"`
	Annotations       []infoAnnotation          `json:"annotations,omitempty"`

	notes []provider.Note
}

// summarize asks p only for what it has at hand; the records of an archive are not read.
func summarize(ctx context.Context, path string, p provider.Provider) (runSummary, error) {
	e, err := p.Experiment(ctx)
	if err != nil {
		return runSummary{File: path}, err
	}
	s := summaryOf(path, e)
	if a, ok := p.(*archive.Archive); ok {
		s.State = a.State()
		sum, err := a.Summary(ctx)
		s.Iterations, s.FirstCosts, s.LastCosts = sum.Iterations, sum.FirstCosts, sum.LastCosts
		if err != nil {
			return s, err
		}
		annotations, err := a.Annotations(ctx)
		for _, n := range annotations {
			s.Annotations = append(s.Annotations, infoAnnotation(n))
		}
		return s, err
	}
	numbers, err := p.Iterations(ctx)
	if err != nil || len(numbers) == 0 {
		return s, err
	}
	s.Iterations = int64(len(numbers))
	if s.FirstCosts, err = keptCosts(ctx, p, numbers[0]); err != nil {
		return s, err
	}
	s.LastCosts, err = keptCosts(ctx, p, numbers[len(numbers)-1])
	return s, err
}

// keptCosts gives the costs of an iteration, nil if they were withheld.
func keptCosts(ctx context.Context, p provider.Provider, n int) (map[string]provider.Cents, error) {
	it, err := p.IterationAt(ctx, n)
	if _, withheld := it.Withheld("costs_per_agent"); err != nil || withheld {
		return nil, err
	}
	if it.Costs == nil {
		it.Costs = map[string]provider.Cents{}
	}
	return it.Costs, nil
}

// summaryOf gives what an experiment itself tells.
func summaryOf(path string, e provider.Experiment) runSummary {
	s := runSummary{File: path}
	s.RunID, s.Experiment, s.Type, s.Status = e.RunID, e.Name, e.Type, e.Status()
	s.CreatedAt = orNil(e.CreatedAt)
	s.notes = e.Notes
	if r := e.Result; r != nil {
		s.CompletedAt = orNil(r.CompletedAt)
		s.Converged, s.ConvergenceReason = r.Converged, r.ConvergenceReason
		s.FinalCost, s.BestCost = r.FinalCost, r.BestCost
	}
	return s
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func orDash(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}
