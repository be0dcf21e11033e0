package readcmd

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
)

// leastCell is how many characters of a text remain on a narrow terminal.
const leastCell = 10

// fitColumns leaves out, if it may, what a table of the runs that is as wide as the terminal has no room for: of the
// columns that go those that go last are kept first. It gives how many it left out.
func fitColumns(columns []*runs.Column, all []runs.Summary, width int, may bool) (fit []*runs.Column, left int) {
	if !may {
		return columns, 0
	}
	order := slices.Clone(columns)
	slices.SortStableFunc(order, func(a, b *runs.Column) int { return cmp.Compare(a.Goes(), b.Goes()) })
	var out []*runs.Column
	for _, c := range order {
		if c.Goes() > 0 {
			out = append(out, c)
		}
	}
	without := func(out []*runs.Column) []*runs.Column {
		return slices.DeleteFunc(slices.Clone(columns), func(c *runs.Column) bool { return slices.Contains(out, c) })
	}
	for i := 0; i < len(out); {
		less := slices.Delete(slices.Clone(out), i, i+1)
		if tableWidth(columnWidths(without(less), all)) > width {
			i++
			continue
		}
		out = less
	}
	return without(out), len(out)
}

// columnWidths gives the characters of the longest cell of each column, its title among them.
func columnWidths(columns []*runs.Column, all []runs.Summary) []int {
	t := runsTable(columns, all, nil)
	return t.Widths()
}

func tableWidth(widths []int) int {
	total := 2 * max(len(widths)-1, 0)
	for _, w := range widths {
		total += w
	}
	return total
}

// printRuns prints a table of the runs. With a width, that of a terminal, texts are cut as far as it takes.
func printRuns(w io.Writer, columns []*runs.Column, all []runs.Summary, width int) error {
	var most []int
	if width > 0 {
		most = columnWidths(columns, all)
		for over := tableWidth(most) - width; over > 0; over-- {
			widest := -1
			for i, c := range columns {
				if !c.Right && most[i] > max(leastCell, len(titleOf(c))) && (widest < 0 || most[i] > most[widest]) {
					widest = i
				}
			}
			if widest < 0 {
				break
			}
			most[widest]--
		}
	}
	return runsTable(columns, all, most).Print(w)
}

// runsTable makes a table of the runs, whose cells have at most so many characters.
func runsTable(columns []*runs.Column, all []runs.Summary, most []int) *cli.Table {
	var titles []string
	for _, c := range columns {
		titles = append(titles, titleOf(c))
	}
	t := cli.NewTable(titles...)
	for _, r := range all {
		var cells []string
		for i, c := range columns {
			cell := cellOf(c, r)
			if most != nil && !c.Right {
				if cell = terminal.Escape(cell); c.Name == "file" {
					cell = clipStart(cell, most[i])
				} else {
					cell = terminal.Clip(cell, most[i])
				}
			}
			cells = append(cells, cell)
		}
		t.Add(cells...)
	}
	return t
}

// clipStart is [terminal.Clip] that keeps the end.
func clipStart(s string, width int) string {
	n := utf8.RuneCountInString(s)
	if n <= width {
		return s
	}
	return "…" + string([]rune(s)[n-width+1:])
}

// printJSON prints an object for each run: all that ls knows without reading more, or the columns that were asked for.
func (o *lsOptions) printJSON(w io.Writer, all []runs.Summary) error {
	enc := json.NewEncoder(w)
	for _, r := range all {
		var line any = r
		if o.shown != nil {
			line = json.RawMessage(jsonColumns(o.shown, r))
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	if !o.totals {
		return nil
	}
	return enc.Encode(struct {
		Totals totals `json:"totals"`
	}{totalsOf(all)})
}

// jsonColumns gives an object of the columns of a run, in their order.
func jsonColumns(columns []*runs.Column, r runs.Summary) []byte {
	b := bytes.NewBufferString("{")
	member := func(name string, v any) {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.Write(jsonText(name))
		b.WriteByte(':')
		b.Write(jsonText(v))
	}
	for i, c := range columns {
		if slices.Contains(columns[:i], c) { // an object has each member once
			continue
		}
		v := c.Value(r)
		if c.Flag && v != nil {
			v = v != int64(0)
		}
		member(c.Name, v)
		if c.Name == "digest" && v != nil {
			member("digest_checked", false)
		}
	}
	b.WriteByte('}')
	return b.Bytes()
}

// totals are sums over a list of runs. What no run has, and a sum that is past 63 bits, is nil.
type totals struct {
	Runs      int64           `json:"runs"`
	Records   *int64          `json:"records"`
	Tokens    *int64          `json:"tokens"`
	FinalCost *provider.Cents `json:"final_cost"`
	WithCost  int64           `json:"runs_with_final_cost"`
}

func totalsOf(all []runs.Summary) totals {
	t := totals{Runs: int64(len(all))}
	var cost *int64
	past := map[string]bool{}
	add := func(what string, sum **int64, v any) {
		n, ok := v.(int64)
		switch {
		case !ok || past[what]:
		case *sum == nil:
			*sum = new(n)
		case n > 0 && **sum > math.MaxInt64-n || n < 0 && **sum < math.MinInt64-n:
			*sum, past[what] = nil, true
		default:
			**sum += n
		}
	}
	for _, r := range all {
		add("records", &t.Records, runs.ColumnOf("records").Value(r))
		add("tokens", &t.Tokens, runs.ColumnOf("tokens").Value(r))
		if r.FinalCost != nil {
			t.WithCost++
		}
		add("cost", &cost, runs.ColumnOf("final_cost").Value(r))
	}
	if cost != nil {
		t.FinalCost = new(provider.Cents(*cost))
	}
	return t
}

func (t totals) text() string {
	text := cli.Plural(t.Runs, "run")
	if t.Records != nil {
		text += ", " + cli.Plural(*t.Records, "record")
	}
	if t.Tokens != nil {
		text += ", " + cli.Plural(*t.Tokens, "token")
	}
	if t.FinalCost != nil {
		text += fmt.Sprintf(", final cost %s of %s", *t.FinalCost, cli.Plural(t.WithCost, "run"))
	}
	return text
}
