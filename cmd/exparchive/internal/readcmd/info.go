package readcmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// A runInfo is everything that info says about a run.
type runInfo struct {
	runs.Summary
	Size     int64        `json:"file_bytes"`
	Schema   int          `json:"schema_version,omitempty"`
	Counts   *runs.Counts `json:"counts"`
	Withheld int64        `json:"withheld,omitempty"` // values that a redacted copy lacks
	Notes    []runio.Note `json:"notes"`
	About    [][2]string  `json:"about,omitempty"` // what kind of file a legacy database is
}

// NewInfo makes the command info.
func NewInfo() *cobra.Command {
	var which runio.Choice
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "info FILE",
		Short: "Say what a file holds",
		Long: `Say what a file holds: the run, how it ended, what it cost at first and at last, how many records there are, its digest, and
the notes about it. Reading an archive's info does not read its records, however many there are: the digest is what the seal
says, and was not compared with them ("verify" and "digest" do).`,
		Example: `  exparchive info exp1.simexp
  exparchive info exp1.simexp-live --json`,
		Args: cli.NArgs(1, 1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			from, err := runio.SourceOf(ctx, cmd.ErrOrStderr(), args[0])
			if err != nil {
				return err
			}
			path, err := runs.Find(ctx, from.Path, which.ID, which.Options())
			if err != nil {
				return runio.WithRunHint(err)
			}
			if from.Name == from.Path {
				from = runio.Source{Name: path, Path: path} // in the folder
			}
			description, err := runs.Describe(ctx, path, which.Options())
			if err != nil {
				return runio.WithRunHint(from.Named(err))
			}
			var about [][2]string
			if description != nil {
				about = runio.AboutFields(*description)
			}
			if description != nil && which.ID == "" {
				if ids, err := runs.IDs(ctx, path, which.Options()); err == nil && len(ids) != 1 {
					return showDescription(cmd.OutOrStdout(), from.Name, about, ids, asJSON)
				}
			}
			info, err := infoOf(ctx, cmd.ErrOrStderr(), from, which)
			if err != nil {
				return err
			}
			info.About = about
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(info)
			}
			return cli.PrintFields(cmd.OutOrStdout(), info.fields())
		},
	}
	runio.AddChoice(cmd, &which)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object; amounts are cents")
	return cmd
}

// showDescription is info for a legacy database of several runs, or of none.
func showDescription(w io.Writer, path string, about [][2]string, ids []string, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(struct {
			File  string      `json:"file"`
			About [][2]string `json:"about"`
			Runs  []string    `json:"runs"`
		}{path, about, ids})
	}
	fields := append([][2]string{{"file", path}}, about...)
	fields = append(fields, [2]string{"runs", fmt.Sprintf("%d; choose one with --run", len(ids))})
	for _, id := range ids {
		fields = append(fields, [2]string{"", id})
	}
	return cli.PrintFields(w, fields)
}

func infoOf(ctx context.Context, stderr io.Writer, from runio.Source, which runio.Choice) (runInfo, error) {
	p, c, err := runio.OpenSource(ctx, stderr, from, which)
	if err != nil {
		return runInfo{}, err
	}
	defer c.Close()
	info, err := collectInfo(ctx, from.Path, p)
	info.File = from.Name
	return info, cli.InFile(from.Name, from.Named(err))
}

func collectInfo(ctx context.Context, path string, p provider.Provider) (info runInfo, err error) {
	if info.Summary, err = runs.Summarize(ctx, path, p); err != nil {
		return info, err
	}
	s := info.Summary
	info.Size, info.Schema, info.Counts, info.Withheld = s.Size, s.Schema, s.Counts, s.Withheld
	info.Notes = []runio.Note{}
	for _, n := range info.Summary.Notes {
		text := n.Text
		if c, withheld := n.Withheld("text"); withheld {
			text = "withheld " + c.String()
		}
		info.Notes = append(info.Notes, runio.Note{
			Kind: n.Kind, Subject: n.Subject, Text: text, Label: n.Label(), Rejected: jsonl.IsRejected(&n),
		})
	}
	if info.Counts == nil {
		info.Counts, err = runs.Count(ctx, p)
	}
	return info, err
}

// fields lays an info out for people.
func (i runInfo) fields() [][2]string {
	state := map[archive.State]string{
		"":                 "",
		archive.Sealed:     "sealed: it never changes again",
		archive.Recording:  "being recorded",
		archive.Unfinished: "the recording was cut short; resume or seal it",
	}[i.State]
	if i.Touched {
		state = "sealed, but another program has written to it since"
	}
	f := [][2]string{
		{"file", fmt.Sprintf("%s (%s)", i.File, cli.Plural(i.Size, "byte"))},
		{"state", state},
	}
	if i.Packed {
		f[1][1] += "; packed with zstd"
	}
	f = append(f, i.About...)
	f = append(f, [][2]string{
		{"run", i.RunID},
		{"experiment", i.Experiment},
		{"type", i.Type},
		{"status", string(i.Status)},
		{"started", orDash(i.CreatedAt)},
		{"completed", orDash(i.CompletedAt)},
		{"iterations", fmt.Sprint(i.Iterations)},
		{"converged", cli.YesNoOrDash(i.Converged)},
		{"because", textOf(i.ConvergenceReason)},
		{"final cost", cli.CentsOrDash(i.FinalCost)},
		{"best cost", cli.CentsOrDash(i.BestCost)},
		{"first costs", costsText(i.FirstCosts)},
		{"last costs", costsText(i.LastCosts)},
		{"records", countsText(i.Counts)},
	}...)
	if i.Withheld > 0 {
		f = append(f, [2]string{"withheld", cli.Plural(i.Withheld, "value") + ", of which only commitments are here"})
	}
	if i.Digest != nil {
		f = append(f, [2]string{"digest", *i.Digest + " (as sealed, not checked)"})
	}
	if i.Schema != 0 {
		f = append(f, [2]string{"schema", fmt.Sprintf("version %d", i.Schema)})
	}
	if i.Rejected > 0 {
		f = append(f, [2]string{"rejected", cli.Plural(i.Rejected,
			"line") + " of the input could not be recorded; kept as attachments"})
	}
	shown := 0
	for _, n := range i.Notes {
		if n.Rejected {
			if shown++; shown > runio.MaxRejectedLines {
				continue
			}
		}
		f = append(f, [2]string{"note", n.Label + ": " + n.Text})
	}
	if more := i.Rejected - runio.MaxRejectedLines; more > 0 {
		f = append(f, [2]string{"note", fmt.Sprintf("%s more about rejected lines; --json has all",
			cli.Plural(more, "note"))})
	}
	for _, n := range i.Annotations {
		f = append(f, [2]string{n.Kind, strings.TrimPrefix(n.Name+": "+n.Text, ": ")})
	}
	return f
}

func countsText(n *runs.Counts) string {
	text := fmt.Sprint(n.Records)
	for _, part := range []struct {
		n    int64
		noun string
	}{{n.Events, "event"}, {n.Interactions, "llm interaction"}, {n.Notes, "note"}, {n.Attachments, "attachment"}} {
		if part.n > 0 {
			text += ", " + cli.Plural(part.n, part.noun)
		}
	}
	return text
}

func orDash(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// costsText lists costs by agent in order.
func costsText(costs map[string]provider.Cents) string {
	var parts []string
	for _, agent := range slices.Sorted(maps.Keys(costs)) {
		parts = append(parts, agent+" "+costs[agent].String())
	}
	return strings.Join(parts, ", ")
}
