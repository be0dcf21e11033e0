package runs

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/sign"
)

// A Need says what a column is read from beyond what lies at hand of every run.
type Need int

const (
	NeedCounts    Need = 1 << iota // all records, unless it is an archive
	NeedUsage                      // the calls of language models; all records, unless it is an archive
	NeedDecisions                  // all records
)

// Options gives the options of [List] with which it reads what is needed.
func (n Need) Options() *Options {
	return &Options{Counts: n&NeedCounts != 0, Usage: n&NeedUsage != 0, Decisions: n&NeedDecisions != 0}
}

// Kinds of annotations that ls knows.
const (
	TagKind     = "tag"
	invalidKind = "invalidated"
)

// A Column is one of a list of runs, for people and for SQL.
type Column struct {
	Name  string // as views and JSON have it, where they have it
	Short string // another name; empty for none
	About string
	Need  Need
	// Value gives nil, int64, float64 or string.
	Value func(Summary) any
	Flag  bool // a truth Value: 0 or 1 for SQL, which JSON shows as false or true
	Right bool // aligned to the right
	Most  int  // characters of a cell in a table of text; 0 for any number

	show func(any) string // nil for texts and numbers as they are
}

// Title gives the words that stand over the column.
func (c *Column) Title() string {
	title := strings.ReplaceAll(cmp.Or(c.Short, c.Name), "_", " ")
	if c.Name == "digest" {
		title += " (as sealed, not checked)"
	}
	return title
}

// Text gives the value of a run as people read it; ok is false if it has none.
func (c *Column) Text(r Summary) (text string, ok bool) {
	switch v := c.Value(r).(type) {
	case nil:
		return "", false
	case string:
		return v, true
	case int64:
		if c.show == nil {
			return strconv.FormatInt(v, 10), true
		}
		return c.show(v), true
	default:
		return c.show(v), true
	}
}

// Columns are the columns that there are, in the order of the help.
var Columns = []*Column{
	{Name: "run_id", Short: "run", About: "the run's id", Most: 60, Value: func(r Summary) any { return r.RunID }},
	{Name: "experiment_name", Short: "experiment", About: "name of the experiment", Most: 40,
		Value: func(r Summary) any { return r.Experiment }},
	{Name: "experiment_type", Short: "type", About: "type of the experiment", Most: 20,
		Value: func(r Summary) any { return r.Type }},
	{Name: "status", About: "unfinished, completed, failed, interrupted",
		Value: func(r Summary) any { return string(r.Status) }},
	{Name: "state", About: "of archives: sealed, recording or unfinished",
		Value: func(r Summary) any { return textOrNil(string(r.State)) }},
	{Name: "num_iterations", Short: "iterations", About: "iterations recorded", Right: true,
		Value: func(r Summary) any { return r.Iterations }},
	{Name: "final_cost", About: "cost at the end", Right: true, show: showCents,
		Value: func(r Summary) any { return centsOrNil(r.FinalCost) }},
	{Name: "best_cost", About: "lowest cost", Right: true, show: showCents,
		Value: func(r Summary) any { return centsOrNil(r.BestCost) }},
	{Name: "converged", About: "1 or 0", Flag: true, show: showYesNo,
		Value: func(r Summary) any { return flagOrNil(r.Converged) }},
	{Name: "convergence_reason", Short: "reason", About: "why the run ended", Most: 40,
		Value: func(r Summary) any { return valueOrNil(r.ConvergenceReason) }},
	{Name: "created_at", Short: "started", About: "time as recorded",
		Value: func(r Summary) any { return valueOrNil(r.CreatedAt) }},
	{Name: "completed_at", Short: "completed", About: "time as recorded",
		Value: func(r Summary) any { return valueOrNil(r.CompletedAt) }},
	{Name: "duration", About: "seconds between the two, if both tell", Right: true, show: showSeconds, Value: durationOf},
	{Name: "records", About: "all records", Right: true, Need: NeedCounts,
		Value: countOf(func(c *Counts) int64 { return c.Records })},
	{Name: "events", About: "events", Right: true, Need: NeedCounts,
		Value: countOf(func(c *Counts) int64 { return c.Events })},
	{Name: "llm_interactions", Short: "calls", About: "calls of language models", Right: true, Need: NeedCounts,
		Value: countOf(func(c *Counts) int64 { return c.Interactions })},
	{Name: "notes", About: "notes", Right: true, Need: NeedCounts,
		Value: countOf(func(c *Counts) int64 { return c.Notes })},
	{Name: "attachments", About: "attached files", Right: true, Need: NeedCounts,
		Value: countOf(func(c *Counts) int64 { return c.Attachments })},
	{Name: "prompt_tokens", About: "sum over the calls", Right: true, Need: NeedUsage,
		Value: usageOf(func(r Summary) any { return numberOrNil(r.Usage.PromptTokens) })},
	{Name: "completion_tokens", About: "sum over the calls", Right: true, Need: NeedUsage,
		Value: usageOf(func(r Summary) any { return numberOrNil(r.Usage.CompletionTokens) })},
	{Name: "tokens", About: "the sum of both", Right: true, Need: NeedUsage,
		Value: usageOf(func(r Summary) any { return numberOrNil(r.Usage.TotalTokens) })},
	{Name: "models", About: "names of the models, with \", \" between them", Need: NeedUsage, Most: 40,
		Value: usageOf(func(r Summary) any { return textOrNil(strings.Join(r.Usage.Models, ", ")) })},
	{Name: "acceptance_rate", Short: "acceptance", About: "accepted proposals of those accepted or rejected, 0 to 1",
		Right: true, Need: NeedDecisions, show: showShare, Value: acceptanceOf},
	{Name: "tags", About: "annotations of kind tag, with \", \" between them", Most: 40, Value: annotated(TagKind, ", ")},
	{Name: "invalidated", About: "why, if an annotation says so", Most: 40, Value: annotated(invalidKind, "; ")},
	{Name: "annotated", About: "kinds of other annotations by people", Most: 40,
		Value: func(r Summary) any { return textOrNil(annotationKinds(r)) }},
	{Name: "rejected_lines", About: "lines that could not be recorded, kept as attachments", Right: true,
		Value: func(r Summary) any {
			if r.Rejected == 0 {
				return nil
			}
			return r.Rejected
		}},
	{Name: "withheld", About: "values that a redacted copy lacks", Right: true,
		Value: archiveNumber(func(r Summary) int64 { return r.Withheld })},
	{Name: "digest", About: "as sealed, not checked", Value: func(r Summary) any { return valueOrNil(r.Digest) }},
	{Name: "schema_version", Short: "schema", About: "schema version of the archive", Right: true,
		Value: archiveNumber(func(r Summary) int64 { return int64(r.Schema) })},
	{Name: "file_bytes", Short: "size", About: "size of the file, which may hold other runs too", Right: true,
		Value: func(r Summary) any { return r.Size }},
	{Name: "file", About: "its name", Value: func(r Summary) any { return r.File }},
}

// usual are the columns of a list for which none were chosen, and when they make room; see [Column.Goes].
var usual = []struct {
	name string
	goes int
}{
	{"run_id", 0}, {"experiment_name", 1}, {"experiment_type", 5}, {"status", 0}, {"invalidated", 0}, {"annotated", 0},
	{"tags", 0}, {"rejected_lines", 0},
	{"num_iterations", 3}, {"final_cost", 0}, {"best_cost", 4}, {"converged", 6}, {"created_at", 2}, {"file", 0},
}

// onlyIfAny are those of the usual columns that the list has only if a run has something there.
var onlyIfAny = []string{"invalidated", "annotated", "tags", "rejected_lines"}

// Goes says when one of the usual columns makes room where there is little: those with the highest number first, 0
// never.
func (c *Column) Goes() int {
	for _, u := range usual {
		if u.name == c.Name {
			return u.goes
		}
	}
	return 0
}

// UsualColumns gives the columns of a list of these runs for which none were chosen.
func UsualColumns(all []Summary) (columns []*Column) {
	for _, u := range usual {
		c := ColumnOf(u.name)
		has := func(r Summary) bool { return c.Value(r) != nil }
		if !slices.Contains(onlyIfAny, u.name) || slices.ContainsFunc(all, has) {
			columns = append(columns, c)
		}
	}
	return columns
}

// ColumnOf gives the column of a name, nil for none.
func ColumnOf(name string) *Column {
	name = strings.ToLower(strings.TrimSpace(name))
	for _, c := range Columns {
		if name == c.Name || name != "" && name == c.Short {
			return c
		}
	}
	return nil
}

// A SortKey is a column to sort by.
type SortKey struct {
	Column *Column
	Down   bool // from the largest
}

// Sort sorts runs by keys, of which the first counts most; what has no value comes last, whichever way. Where the keys do
// not tell, the run that started last comes first.
func Sort(all []Summary, keys ...SortKey) {
	slices.SortStableFunc(all, func(a, b Summary) int {
		for _, k := range keys {
			x, y := k.Column.Value(a), k.Column.Value(b)
			if (x == nil) != (y == nil) {
				return cmp.Or(order(x == nil), -order(y == nil))
			}
			c := compareValues(x, y)
			if k.Down {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return byStart(a, b)
	})
}

// byStart orders runs by when they started, the last first.
func byStart(a, b Summary) int {
	return cmp.Or(-strings.Compare(textOf(a.CreatedAt), textOf(b.CreatedAt)), strings.Compare(a.RunID, b.RunID),
		strings.Compare(a.File, b.File))
}

func order(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
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
func showYesNo(v any) string { return yesNo(v.(int64) != 0) }
func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func showShare(v any) string { return strconv.FormatFloat(v.(float64)*100, 'f', 0, 64) + "%" }

func showSeconds(v any) string {
	d := time.Duration(v.(float64) * float64(time.Second))
	if d < 10*time.Second && d > -10*time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// durationOf gives the seconds from the start to the end of a run, nil unless both times are of one form.
func durationOf(r Summary) any {
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

func countOf(n func(*Counts) int64) func(Summary) any {
	return func(r Summary) any {
		if r.Counts == nil {
			return nil
		}
		return n(r.Counts)
	}
}

func usageOf(value func(Summary) any) func(Summary) any {
	return func(r Summary) any {
		if r.Usage == nil {
			return nil
		}
		return value(r)
	}
}

// archiveNumber gives a number that only an archive has.
func archiveNumber(n func(Summary) int64) func(Summary) any {
	return func(r Summary) any {
		if r.State == "" {
			return nil
		}
		return n(r)
	}
}

func acceptanceOf(r Summary) any {
	if r.Decisions == nil || r.Decisions.Accepted+r.Decisions.Rejected == 0 {
		return nil
	}
	return float64(r.Decisions.Accepted) / float64(r.Decisions.Accepted+r.Decisions.Rejected)
}

func annotated(kind, between string) func(Summary) any {
	return func(r Summary) any { return textOrNil(strings.Join(r.Annotated(kind), between)) }
}

// annotationKinds gives the kinds of annotations that people made, as against those of this program, and that have no
// column of their own.
func annotationKinds(s Summary) string {
	not := []string{"provenance", sign.KindSSH, sign.KindNote, TagKind, invalidKind}
	var kinds []string
	for _, a := range s.Annotations {
		if !slices.Contains(not, a.Kind) && !slices.Contains(kinds, a.Kind) {
			kinds = append(kinds, a.Kind)
		}
	}
	return strings.Join(kinds, ", ")
}
