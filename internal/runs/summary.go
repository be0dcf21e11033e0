package runs

import (
	"context"
	"iter"
	"os"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/webfile"
	"github.com/simexp/exparchive/legacy/castro"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// A Summary is what a list says about a run. What is not recorded is nil, which JSON shows as null.
type Summary struct {
	File  string        `json:"file"`
	State archive.State `json:"state,omitempty"` // of archives only
	// another program has written to it since it was sealed
	Touched bool `json:"touched,omitempty"`
	// an archive in packed form, see [archive.Pack]
	Packed            bool                      `json:"packed,omitempty"`
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
	// of the recorder's input, kept as attachments
	Rejected      int64           `json:"rejected_lines,omitempty"`
	Annotations   []Annotation    `json:"annotations,omitempty"` // of archives only
	Digest        *string         `json:"digest"`                // as the seal says
	DigestChecked *bool           `json:"digest_checked,omitempty"`
	Notes         []provider.Note `json:"-"` // not of a list's runs of old databases
	// nil unless it is an archive, or [Options.Counts] or Usage asked
	Counts    *Counts        `json:"-"`
	Usage     *archive.Usage `json:"-"` // nil unless [Options.Usage] asked
	Decisions *Decisions     `json:"-"` // nil unless [Options.Decisions] asked
	Size      int64          `json:"-"` // of the file in bytes, the whole of a database
	Schema    int            `json:"-"` // version of an archive; 0 for anything else
	Withheld  int64          `json:"-"` // values that a redacted copy lacks
	// not read from the file, but from an index of its folder; see package runindex
	FromIndex bool `json:"from_index,omitempty"`
}

// Annotated gives the texts of the annotations of a kind, in their order.
func (s Summary) Annotated(kind string) (texts []string) {
	for _, a := range s.Annotations {
		if a.Kind == kind {
			texts = append(texts, a.Text)
		}
	}
	return texts
}

// An Annotation is an [archive.Annotation] as JSON.
type Annotation struct {
	Kind string `json:"kind"`
	Name string `json:"name,omitempty"`
	Text string `json:"text"`
}

// List yields a summary of each run in the file at path, in its order: one, unless it is a database of the original
// project. It reads only what summaries need; see [castro.Run.Summary] for what it does not find wrong with a run. A
// run that cannot be summarized is yielded as an error, with its File and as far as it is known its RunID, and the
// listing goes on.
func List(ctx context.Context, path string, o *Options) iter.Seq2[Summary, error] {
	return func(yield func(Summary, error) bool) {
		if archive.IsArchiveName(path) && !webfile.Is(path) { // which is opened once less, if it is one
			if a, err := archive.Open(path); err == nil {
				yield(summaryOfRun(ctx, &Run{a, path, a}, o))
				return
			}
		}
		kind, err := Sniff(ctx, path)
		if err != nil {
			yield(Summary{File: path}, err)
			return
		}
		d, err := openDatabase(path, kind, o)
		if err != nil {
			yield(Summary{File: path}, err)
			return
		}
		if d == nil {
			yield(summaryOfOne(ctx, path, kind, o))
			return
		}
		defer d.Close()
		infos, err := d.Runs(ctx)
		if err != nil {
			yield(Summary{File: path}, fileerr.In(path, err))
			return
		}
		for _, info := range infos {
			if s, err := summaryFrom(ctx, path, d, info.ID, o); !yield(s, fileerr.In(path, err)) || ctx.Err() != nil {
				return
			}
		}
	}
}

// summaryOfOne summarizes the run of a file that is no database of the original project.
func summaryOfOne(ctx context.Context, path string, kind Kind, o *Options) (Summary, error) {
	r, err := openOne(ctx, path, kind)
	if err != nil {
		return Summary{File: path}, err
	}
	return summaryOfRun(ctx, r, o)
}

// summaryOfRun summarizes a run and closes it.
func summaryOfRun(ctx context.Context, r *Run, o *Options) (Summary, error) {
	defer r.Close()
	s, err := Summarize(ctx, r.Path, r.Provider)
	if err != nil {
		return s, err
	}
	return s, s.addMore(ctx, r.Provider, o)
}

func summaryFrom(ctx context.Context, path string, d *castro.Database, id string, o *Options) (Summary, error) {
	run, err := d.Run(ctx, id)
	if err != nil {
		return Summary{File: path, RunID: id}, err
	}
	sum, err := run.Summary(ctx)
	if err != nil {
		return Summary{File: path, RunID: id}, err
	}
	s := summaryOf(path, sum.Experiment)
	s.Iterations, s.FirstCosts, s.LastCosts = sum.Iterations, sum.FirstCosts, sum.LastCosts
	s.addSize(ctx, path)
	return s, s.addMore(ctx, run, o)
}

// addSize adds what the file system says, or the server.
func (s *Summary) addSize(ctx context.Context, path string) {
	if webfile.Is(path) {
		if f, err := webfile.From(ctx).Open(ctx, path); err == nil {
			s.Size = f.Size()
		}
	} else if info, err := os.Stat(path); err == nil {
		s.Size = info.Size()
	}
}

// Summarize describes the run of p, which lies in the file at path. It asks p only for what it has at hand; the records
// of an archive are not read.
func Summarize(ctx context.Context, path string, p provider.Provider) (Summary, error) {
	s, err := summarize(ctx, path, p)
	return s, fileerr.In(path, err)
}

func summarize(ctx context.Context, path string, p provider.Provider) (Summary, error) {
	e, err := p.Experiment(ctx)
	if err != nil {
		return Summary{File: path}, err
	}
	s := summaryOf(path, e)
	s.addSize(ctx, path)
	if a, ok := p.(*archive.Archive); ok {
		s.Status = StatusOf(a, e)
		return s, s.addArchive(ctx, a)
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

// StatusOf gives the status of the run of an archive: that of the experiment e, but [provider.StatusRunning] for a run
// without a result that a process records at this moment.
func StatusOf(a *archive.Archive, e provider.Experiment) provider.Status {
	if e.Result == nil && a.State() == archive.Recording {
		return provider.StatusRunning
	}
	return e.Status()
}

func (s *Summary) addArchive(ctx context.Context, a *archive.Archive) error {
	s.State, s.Touched, s.Packed, s.Schema = a.State(), a.Touched(), a.Packed(), a.SchemaVersion()
	if seal, ok := a.Seal(); ok {
		s.Digest, s.DigestChecked = new(seal.Root.String()), new(false)
	}
	sum, err := a.Summary(ctx)
	if err != nil {
		return err
	}
	s.Iterations, s.FirstCosts, s.LastCosts = sum.Iterations, sum.FirstCosts, sum.LastCosts
	s.Counts = &Counts{sum.Records, sum.Events, sum.Interactions, sum.Iterations, sum.Notes, sum.Attachments}
	s.Withheld = sum.Withheld
	annotations, err := a.Annotations(ctx)
	for _, n := range annotations {
		s.Annotations = append(s.Annotations, Annotation(n))
	}
	return err
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
func summaryOf(path string, e provider.Experiment) Summary {
	s := Summary{File: path, Notes: e.Notes}
	s.RunID, s.Experiment, s.Type, s.Status = e.RunID, e.Name, e.Type, e.Status()
	s.CreatedAt = orNil(e.CreatedAt)
	for i := range e.Notes {
		if jsonl.IsRejected(&e.Notes[i]) {
			s.Rejected++
		}
	}
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
