package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/internal/terminal"
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
		warnf(stderr, "%s: %s %s", someRecords(records[g]), g.field, g.why)
	}
}

// reportUnmatched names the flags of a filter that fit no value of those that it chooses among.
func reportUnmatched(stderr io.Writer, path string, unmatched []redact.Selector, among string) {
	for _, s := range unmatched {
		warnf(stderr, "%s: --%s %s fits no value %s", path, s.List, s.Value, among)
	}
}

// someRecords names records, the first of them if they are many.
func someRecords(list []int64) string {
	const most = 10
	if len(list) == 1 {
		return fmt.Sprintf("record %d", list[0])
	}
	text := fmt.Sprintf("records %d", list[0])
	for _, seq := range list[1:min(len(list), most)] {
		text += fmt.Sprintf(", %d", seq)
	}
	if more := len(list) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// warnOutcome says what of the outcome the user may not expect. dropped are the numbers of annotations, and verb what
// happens to them.
func warnOutcome(stderr io.Writer, plan *redact.Plan, dropped []int, verb string) {
	for _, n := range dropped {
		warnf(stderr, "annotation %d matches and %s", n, verb)
	}
	if plan.Guessable > 0 {
		warnf(stderr, "the run has no salt: of what is withheld, %s can perhaps be guessed, "+
			"and a guess be checked against the commitment (record, run and import have --salt)", plural(int64(plan.Guessable), "value"))
	}
	if plan.SearchFull() {
		warnf(stderr, "too much matches to look for all of it byte by byte in the file; what is not looked for was withheld all the same")
	}
}

// print says what was withheld, or would be.
func (o *redactOptions) print(cmd *cobra.Command, plan *redact.Plan) error {
	w := cmd.OutOrStdout()
	list, values := plan.Counts()
	if o.json {
		return json.NewEncoder(w).Encode(struct {
			File      string             `json:"file,omitempty"`
			Digest    string             `json:"digest"`
			Values    int64              `json:"values"`
			Records   int                `json:"records"`
			Fields    []redact.Count     `json:"fields"`
			Remaining []redact.Remainder `json:"remaining"`
			Unmatched []redact.Selector  `json:"unmatched,omitempty"`
		}{o.output, plan.Root.String(), values, plan.Records, orEmpty(list), orEmpty(plan.Remaining), plan.Unmatched})
	}
	if len(list) > 0 {
		t := newTable("FIELD", ">VALUES", ">BYTES")
		for _, c := range list {
			t.add(c.Field, fmt.Sprint(c.Values), fmt.Sprint(c.Bytes))
		}
		if err := t.print(w); err != nil {
			return err
		}
	}
	what := fmt.Sprintf("%s of %s", plural(values, "value"), plural(int64(plan.Records), "record"))
	if o.dryRun {
		_, err := fmt.Fprintf(w, "would be withheld: %s\n", what)
		return err
	}
	_, err := fmt.Fprintf(w, "%s: withheld %s, digest %s as before\n", terminal.Escape(o.output), what, plan.Root)
	return err
}

// orEmpty gives a list that JSON does not write as null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
