package publishcmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/redact"
)

// reportPlan lists what the user may not expect of a plan: flags that fit nothing, and what stays, a line for each
// field and reason.
func reportPlan(stderr io.Writer, path string, plan *redact.Plan) {
	reportUnmatched(stderr, path, plan.Unmatched, "of the run, or none that is not withheld already")
	type group struct {
		field string
		why   redact.Reason
	}
	var order []group
	records := map[group][]int64{}
	for _, r := range plan.Remaining {
		g := group{r.Field, r.Why}
		if records[g] == nil {
			order = append(order, g)
		}
		records[g] = append(records[g], r.Seq)
	}
	for _, g := range order {
		cli.Warnf(stderr, "%s: %s %s", someRecords(records[g]), g.field, g.why)
	}
}

// reportUnmatched names the flags of a filter that fit no value of those that it chooses among.
func reportUnmatched(stderr io.Writer, path string, unmatched []redact.Selector, among string) {
	for _, s := range unmatched {
		cli.Warnf(stderr, "%s: --%s %s fits no value %s", path, s.List, s.Value, among)
	}
}

// someRecords names records, the first of them if they are many.
func someRecords(list []int64) string { return someNumbers("record", list) }

// someNumbers is someRecords for what else has numbers.
func someNumbers(noun string, list []int64) string {
	const most = 10
	if len(list) == 1 {
		return fmt.Sprintf("%s %d", noun, list[0])
	}
	text := fmt.Sprintf("%ss %d", noun, list[0])
	for _, seq := range list[1:min(len(list), most)] {
		text += fmt.Sprintf(", %d", seq)
	}
	if more := len(list) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// warnOutcome says what of the outcome the user may not expect.
func warnOutcome(stderr io.Writer, path string, plan *redact.Plan) {
	for _, what := range plan.Unseen {
		cli.Warnf(stderr, "%s: not looked into: %s", path, what)
	}
	var masked []string
	list, _ := plan.Counts()
	for _, c := range list {
		if c.Masked > 0 {
			masked = append(masked, fmt.Sprintf("%s (%s)", c.Field, cli.Plural(c.Masked, "value")))
		}
	}
	if len(masked) > 0 {
		cli.Warnf(stderr, "the proof of what is masked is gone, in %s: it is not what was recorded, so the copy has a digest of its own, "+
			"and no signature or proof of the run holds for it", strings.Join(masked, ", "))
	}
	if plan.Guessable > 0 {
		against := "the commitment"
		if len(masked) > 0 {
			against = "its commitment or the digest of the run"
		}
		cli.Warnf(stderr, "the run has no salt: of what is withheld, %s can perhaps be guessed, "+
			"and a guess be checked against %s (record, run and import have --salt)", cli.Plural(int64(plan.Guessable), "value"),
			against)
	}
	if plan.SearchFull() {
		cli.Warnf(stderr, "too much matches to look for all of it byte by byte in the file; what is not looked for was withheld all the same")
	}
}

// warnRejected says that lines which could not be recorded are attachments, which choosing other fields does not
// withhold.
func warnRejected(ctx context.Context, stderr io.Writer, path string, p provider.Provider,
	filter *redact.Filter) error {
	if len(filter.Fields) == 0 || slices.Contains(filter.Fields, "data") {
		return nil
	}
	e, err := p.Experiment(ctx)
	if err != nil {
		return cli.InFile(path, err)
	}
	lines := int64(0)
	for i := range e.Notes {
		if jsonl.IsRejected(&e.Notes[i]) {
			lines++
		}
	}
	if lines > 0 {
		cli.Warnf(stderr, "%s: %s of the recording could not be recorded and can be read in attachments, whatever stands in them; "+
			"--field data,text withholds attachments and the notes about them", path, cli.Plural(lines, "line"))
	}
	return nil
}

// print says what was withheld, or would be.
func (o *redactOptions) print(cmd *cobra.Command, path string, plan *redact.Plan) error {
	w := cmd.OutOrStdout()
	list, values := plan.Counts()
	original := ""
	if plan.Copied != plan.Root {
		original = plan.Root.String()
	}
	if o.json {
		return json.NewEncoder(w).Encode(struct {
			File      string             `json:"file"`
			Output    string             `json:"output,omitempty"` // the copy; none with --dry-run
			Digest    string             `json:"digest"`
			Original  string             `json:"digest_of_original,omitempty"` // if it is another
			Values    int64              `json:"values"`
			Masked    int64              `json:"masked,omitempty"` // of these
			Records   int                `json:"records"`
			Fields    []redact.Count     `json:"fields"`
			Remaining []redact.Remainder `json:"remaining"`
			Unmatched []redact.Selector  `json:"unmatched,omitempty"`
			Unseen    []string           `json:"not_looked_into,omitempty"`
		}{path, o.written(), plan.Copied.String(), original, values, plan.Masked(), plan.Records, orEmpty(list),
			orEmpty(plan.Remaining),
			plan.Unmatched, plan.Unseen})
	}
	masked := plan.Masked()
	if len(list) > 0 {
		t := cli.NewTable("FIELD", ">VALUES", ">BYTES")
		if masked > 0 {
			t = cli.NewTable("FIELD", ">VALUES", ">BYTES", ">MASKED")
		}
		for _, c := range list {
			t.Add(c.Field, fmt.Sprint(c.Values), fmt.Sprint(c.Bytes), fmt.Sprint(c.Masked))
		}
		if err := t.Print(w); err != nil {
			return err
		}
	}
	done := "withheld "
	what := fmt.Sprintf("%s of %s", cli.Plural(values, "value"), cli.Plural(int64(plan.Records), "record"))
	if masked > 0 {
		done = "masked "
		if rest := values - masked; rest > 0 {
			what = fmt.Sprintf("%s and withheld %d, of %s", cli.Plural(masked, "value"), rest,
				cli.Plural(int64(plan.Records), "record"))
		}
	}
	if o.dryRun {
		_, err := fmt.Fprintf(w, "would be %s\n", strings.Replace(done, " ", ": ", 1)+what)
		return err
	}
	digest := fmt.Sprintf("digest %s as before", plan.Root)
	if original != "" {
		digest = fmt.Sprintf("digest %s, that of the run was %s", plan.Copied, original)
	}
	_, err := fmt.Fprintf(w, "%s: %s%s, %s\n", terminal.Escape(o.output), done, what, digest)
	return err
}

// written gives the name of the copy, if there is one.
func (o *redactOptions) written() string {
	if o.dryRun {
		return ""
	}
	return o.output
}

// orEmpty gives a list that JSON does not write as null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
