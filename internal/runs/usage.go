package runs

import (
	"context"
	"math"
	"slices"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/evolution"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/provider"
)

// Counts are how many records a run has, by kind.
type Counts struct {
	Records      int64 `json:"records"`
	Events       int64 `json:"events"`
	Interactions int64 `json:"llm_interactions"`
	Iterations   int64 `json:"iterations"`
	Notes        int64 `json:"notes"`
	Attachments  int64 `json:"attachments"`
}

// Count reads all records of p and counts them.
func Count(ctx context.Context, p provider.Provider) (*Counts, error) {
	c, _, err := readWhole(ctx, p)
	return c, err
}

// Decisions count, over all iterations and agents, what came of proposals, by the rule of [provider.Decide]. An
// iteration without a proposal is in neither, nor is a proposal that repeats the policy in force.
type Decisions struct{ Accepted, Rejected int64 }

func decisionsOf(ctx context.Context, p provider.Provider) (*Decisions, error) {
	run, err := evolution.Of(ctx, p, evolution.Options{Brief: true})
	if err != nil {
		return nil, err
	}
	var d Decisions
	for _, agent := range run.Agents() {
		for _, step := range run.Steps(agent) {
			switch step.Decision {
			case provider.DecisionAccepted:
				d.Accepted++
			case provider.DecisionRejected:
				d.Rejected++
			}
		}
	}
	return &d, nil
}

// addMore adds what o asks for beyond what is at hand.
func (s *Summary) addMore(ctx context.Context, p provider.Provider, o *Options) error {
	if o == nil {
		return nil
	}
	if o.Decisions {
		d, err := decisionsOf(ctx, p)
		if err != nil {
			return fileerr.In(s.File, err)
		}
		s.Decisions = d
	}
	if !o.Usage && !o.Counts {
		return nil
	}
	if a, ok := p.(*archive.Archive); ok {
		if !o.Usage {
			return nil
		}
		u, err := a.Usage(ctx)
		s.Usage = &u
		return fileerr.In(s.File, err)
	}
	c, u, err := readWhole(ctx, p)
	s.Counts, s.Usage = c, u
	return fileerr.In(s.File, err)
}

// UsageOf sums up the calls of language models of p. Of an archive it reads them, of anything else the whole run.
func UsageOf(ctx context.Context, p provider.Provider) (*archive.Usage, error) {
	if a, ok := p.(interface {
		Usage(context.Context) (archive.Usage, error)
	}); ok {
		u, err := a.Usage(ctx)
		return &u, err
	}
	_, u, err := readWhole(ctx, p)
	return u, err
}

// readWhole reads all records of p.
func readWhole(ctx context.Context, p provider.Provider) (*Counts, *archive.Usage, error) {
	var n Counts
	var u archive.Usage
	var models = map[string]bool{}
	prompt, completion, total := sum{}, sum{}, sum{}
	for r, err := range p.Records(ctx) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, nil, err
		}
		n.Records++
		switch r := r.(type) {
		case *provider.Event:
			n.Events++
		case *provider.Interaction:
			n.Interactions++
			if r.Model != nil && *r.Model != "" {
				models[*r.Model] = true
			}
			prompt.add(r.PromptTokens)
			completion.add(r.CompletionTokens)
			total.add(r.PromptTokens)
			total.add(r.CompletionTokens)
		case *provider.Iteration:
			n.Iterations++
		case *provider.Note:
			n.Notes++
		case *provider.Attachment:
			n.Attachments++
		}
	}
	for model := range models {
		u.Models = append(u.Models, model)
	}
	slices.Sort(u.Models)
	u.PromptTokens, u.CompletionTokens, u.TotalTokens = prompt.n, completion.n, total.n
	return &n, &u, nil
}

// A sum is nil until something is added, and again when it has more than 63 bits.
type sum struct {
	n    *int64
	past bool
}

func (s *sum) add(n *int64) {
	switch {
	case n == nil || s.past:
	case s.n == nil:
		s.n = new(*n)
	case *n > math.MaxInt64-*s.n:
		s.n, s.past = nil, true
	default:
		*s.n += *n
	}
}
