package readcmd

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/sign"
)

// need says what a column is read from beyond what lies at hand of every run.
type need int

const (
	needCounts    need = 1 << iota // all records, unless it is an archive
	needUsage                      // the calls of language models; all records, unless it is an archive
	needDecisions                  // all records
)

// Kinds of annotations that ls knows.
const (
	TagKind     = "tag"
	invalidKind = "invalidated"
)

// A column is one of a list of runs, for people and for SQL.
type column struct {
	name  string // as views and JSON have it, where they have it
	short string // another name; with a blank for each "_" and in capitals the title
	about string
	need  need
	// value gives nil, int64, float64 or string.
	value func(runs.Summary) any
	show  func(any) string // nil for texts and numbers as they are
	flag  bool             // a truth value: 0 or 1 for SQL, which JSON shows as false or true
	right bool             // aligned to the right
	most  int              // characters of a cell; 0 for any number
}

func (c *column) title() string {
	title := strings.ToUpper(strings.ReplaceAll(cmp.Or(c.short, c.name), "_", " "))
	if c.name == "digest" {
		title += " (AS SEALED, NOT CHECKED)"
	}
	if c.right {
		return ">" + title
	}
	return title
}

// cell gives the text of a run in the table.
func (c *column) cell(r runs.Summary) string {
	v := c.value(r)
	switch {
	case v == nil:
		return "-"
	case c.show != nil:
		return c.show(v)
	case c.most > 0:
		return terminal.Clip(cellText(v), c.most)
	}
	return cellText(v)
}

// lsColumns are the columns, in the order of the help.
var lsColumns = []*column{
	{name: "run_id", short: "run", about: "the run's id", most: 60, value: func(r runs.Summary) any { return r.RunID }},
	{name: "experiment_name", short: "experiment", about: "name of the experiment", most: 40,
		value: func(r runs.Summary) any { return r.Experiment }},
	{name: "experiment_type", short: "type", about: "type of the experiment", most: 20,
		value: func(r runs.Summary) any { return r.Type }},
	{name: "status", about: "unfinished, completed, failed, interrupted",
		value: func(r runs.Summary) any { return string(r.Status) }},
	{name: "state", about: "of archives: sealed, recording or unfinished",
		value: func(r runs.Summary) any { return textOrNil(string(r.State)) }},
	{name: "num_iterations", short: "iterations", about: "iterations recorded", right: true,
		value: func(r runs.Summary) any { return r.Iterations }},
	{name: "final_cost", about: "cost at the end", right: true, show: showCents,
		value: func(r runs.Summary) any { return centsOrNil(r.FinalCost) }},
	{name: "best_cost", about: "lowest cost", right: true, show: showCents,
		value: func(r runs.Summary) any { return centsOrNil(r.BestCost) }},
	{name: "converged", about: "1 or 0", flag: true, show: showYesNo,
		value: func(r runs.Summary) any { return flagOrNil(r.Converged) }},
	{name: "convergence_reason", short: "reason", about: "why the run ended", most: 40,
		value: func(r runs.Summary) any { return valueOrNil(r.ConvergenceReason) }},
	{name: "created_at", short: "started", about: "time as recorded",
		value: func(r runs.Summary) any { return valueOrNil(r.CreatedAt) }},
	{name: "completed_at", short: "completed", about: "time as recorded",
		value: func(r runs.Summary) any { return valueOrNil(r.CompletedAt) }},
	{name: "duration", about: "seconds between the two, if both tell", right: true, show: showSeconds, value: durationOf},
	{name: "records", about: "all records", right: true, need: needCounts,
		value: countOf(func(c *runs.Counts) int64 { return c.Records })},
	{name: "events", about: "events", right: true, need: needCounts,
		value: countOf(func(c *runs.Counts) int64 { return c.Events })},
	{name: "llm_interactions", short: "calls", about: "calls of language models", right: true, need: needCounts,
		value: countOf(func(c *runs.Counts) int64 { return c.Interactions })},
	{name: "notes", about: "notes", right: true, need: needCounts,
		value: countOf(func(c *runs.Counts) int64 { return c.Notes })},
	{name: "attachments", about: "attached files", right: true, need: needCounts,
		value: countOf(func(c *runs.Counts) int64 { return c.Attachments })},
	{name: "prompt_tokens", about: "sum over the calls", right: true, need: needUsage,
		value: usageOf(func(r runs.Summary) any { return numberOrNil(r.Usage.PromptTokens) })},
	{name: "completion_tokens", about: "sum over the calls", right: true, need: needUsage,
		value: usageOf(func(r runs.Summary) any { return numberOrNil(r.Usage.CompletionTokens) })},
	{name: "tokens", about: "the sum of both", right: true, need: needUsage, value: usageOf(tokensOf)},
	{name: "models", about: "names of the models, with \", \" between them", need: needUsage, most: 40,
		value: usageOf(func(r runs.Summary) any { return textOrNil(strings.Join(r.Usage.Models, ", ")) })},
	{name: "acceptance_rate", short: "acceptance", about: "accepted proposals of those accepted or rejected, 0 to 1",
		right: true, need: needDecisions, show: showShare, value: acceptanceOf},
	{name: "tags", about: "annotations of kind tag, with \", \" between them", most: 40, value: annotated(TagKind, ", ")},
	{name: "invalidated", about: "why, if an annotation says so", most: 40, value: annotated(invalidKind, "; ")},
	{name: "annotated", about: "kinds of other annotations by people", most: 40,
		value: func(r runs.Summary) any { return textOrNil(annotationKinds(r)) }},
	{name: "rejected_lines", about: "lines that could not be recorded, kept as attachments", right: true,
		value: func(r runs.Summary) any {
			if r.Rejected == 0 {
				return nil
			}
			return r.Rejected
		}},
	{name: "withheld", about: "values that a redacted copy lacks", right: true,
		value: archiveNumber(func(r runs.Summary) int64 { return r.Withheld })},
	{name: "digest", about: "as sealed, not checked", value: func(r runs.Summary) any { return valueOrNil(r.Digest) }},
	{name: "schema_version", short: "schema", about: "schema version of the archive", right: true,
		value: archiveNumber(func(r runs.Summary) int64 { return int64(r.Schema) })},
	{name: "file_bytes", short: "size", about: "size of the file, which may hold other runs too", right: true,
		value: func(r runs.Summary) any { return r.Size }},
	{name: "file", about: "its name", value: func(r runs.Summary) any { return r.File }},
}

// usual are the columns of the table without --columns, and when they make room on a narrow terminal: those with the
// highest number first, 0 never.
var usual = []struct {
	name string
	goes int
}{
	{"run_id", 0}, {"experiment_name", 1}, {"experiment_type", 5}, {"status", 0}, {"invalidated", 0}, {"annotated", 0},
	{"tags", 0}, {"rejected_lines", 0},
	{"num_iterations", 3}, {"final_cost", 0}, {"best_cost", 4}, {"converged", 6}, {"created_at", 2}, {"file", 0},
}

// onlyIfAny are those of the usual columns that the table has only if a run has something there.
var onlyIfAny = []string{"invalidated", "annotated", "tags", "rejected_lines"}

// usualColumns gives the columns of the table without --columns.
func usualColumns(all []runs.Summary) (columns []*column) {
	for _, u := range usual {
		c := columnOf(u.name)
		has := func(r runs.Summary) bool { return c.value(r) != nil }
		if !slices.Contains(onlyIfAny, u.name) || slices.ContainsFunc(all, has) {
			columns = append(columns, c)
		}
	}
	return columns
}

// columnOf gives the column of a name, nil for none.
func columnOf(name string) *column {
	name = strings.ToLower(strings.TrimSpace(name))
	for _, c := range lsColumns {
		if name == c.name || name != "" && name == c.short {
			return c
		}
	}
	return nil
}

func columnNames() string {
	var names []string
	for _, c := range lsColumns {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}

// ColumnChoices gives what the flags that take a column are completed to.
func ColumnChoices() (names []string) {
	for _, c := range lsColumns {
		names = append(names, cmp.Or(c.short, c.name))
	}
	return names
}

// columnHelp lists the columns for the help.
func columnHelp() string {
	var b strings.Builder
	for _, c := range lsColumns {
		name, mark := c.name, ""
		if c.short != "" {
			name += ", " + c.short
		}
		if c.need != 0 {
			mark = " *"
		}
		fmt.Fprintf(&b, "  %-28s%s%s\n", name, c.about, mark)
	}
	return b.String()
}

// compareValues orders values: numbers, then texts. A nil is less than both.
func compareValues(a, b any) int {
	rank := func(v any) int {
		switch v.(type) {
		case nil:
			return 0
		case string:
			return 2
		}
		return 1
	}
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	switch a := a.(type) {
	case int64:
		if b, ok := b.(int64); ok { // of which a float would lose digits
			return cmp.Compare(a, b)
		}
	case string:
		return strings.Compare(a, b.(string))
	}
	return cmp.Compare(floatOf(a), floatOf(b))
}

func floatOf(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

func textOrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func valueOrNil(s *string) any {
	if s == nil {
		return nil
	}
	return *s
}

func numberOrNil(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

func centsOrNil(c *provider.Cents) any {
	if c == nil {
		return nil
	}
	return int64(*c)
}

func flagOrNil(b *bool) any {
	if b == nil {
		return nil
	}
	return int64(order(*b))
}

func showCents(v any) string { return provider.Cents(v.(int64)).String() }
func showYesNo(v any) string { return cli.YesNoOrDash(new(v.(int64) != 0)) }
func showShare(v any) string { return strconv.FormatFloat(v.(float64)*100, 'f', 0, 64) + "%" }

func showSeconds(v any) string {
	d := time.Duration(v.(float64) * float64(time.Second))
	if d < 10*time.Second && d > -10*time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// durationOf gives the seconds from the start to the end of a run, nil unless both times are of one form.
func durationOf(r runs.Summary) any {
	if r.CreatedAt == nil || r.CompletedAt == nil {
		return nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05",
		"2006-01-02 15:04:05Z07:00"} {
		from, err := time.Parse(form, *r.CreatedAt)
		if err != nil {
			continue
		}
		to, err := time.Parse(form, *r.CompletedAt)
		if err != nil {
			return nil
		}
		d := to.Sub(from)
		if !from.Add(d).Equal(to) { // more than a Duration holds
			return nil
		}
		return d.Seconds()
	}
	return nil
}

func countOf(n func(*runs.Counts) int64) func(runs.Summary) any {
	return func(r runs.Summary) any {
		if r.Counts == nil {
			return nil
		}
		return n(r.Counts)
	}
}

func usageOf(value func(runs.Summary) any) func(runs.Summary) any {
	return func(r runs.Summary) any {
		if r.Usage == nil {
			return nil
		}
		return value(r)
	}
}

// archiveNumber gives a number that only an archive has.
func archiveNumber(n func(runs.Summary) int64) func(runs.Summary) any {
	return func(r runs.Summary) any {
		if r.State == "" {
			return nil
		}
		return n(r)
	}
}

// tokensOf sums up the tokens of both kinds, of those kinds that were recorded; nil if that is past 63 bits.
func tokensOf(r runs.Summary) any {
	prompt, completion := r.Usage.PromptTokens, r.Usage.CompletionTokens
	switch {
	case prompt == nil:
		return numberOrNil(completion)
	case completion == nil:
		return *prompt
	case *prompt+*completion < *prompt:
		return nil
	}
	return *prompt + *completion
}

func acceptanceOf(r runs.Summary) any {
	if r.Decisions == nil || r.Decisions.Accepted+r.Decisions.Rejected == 0 {
		return nil
	}
	return float64(r.Decisions.Accepted) / float64(r.Decisions.Accepted+r.Decisions.Rejected)
}

func annotated(kind, between string) func(runs.Summary) any {
	return func(r runs.Summary) any { return textOrNil(strings.Join(r.Annotated(kind), between)) }
}

// annotationKinds gives the kinds of annotations that people made, as against those of this program, and that have no
// column of their own.
func annotationKinds(s runs.Summary) string {
	not := []string{"provenance", sign.KindSSH, sign.KindNote, TagKind, invalidKind}
	var kinds []string
	for _, a := range s.Annotations {
		if !slices.Contains(not, a.Kind) && !slices.Contains(kinds, a.Kind) {
			kinds = append(kinds, a.Kind)
		}
	}
	return strings.Join(kinds, ", ")
}
