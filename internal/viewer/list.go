package viewer

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/runs"
)

// A listQuery is what the address of the list asks for.
type listQuery struct {
	Text       string // that a run has in one of its columns
	Experiment string
	Type       string
	Status     string
	Sort       string // a column, with - before it from the largest; empty is the last that started first
	From       int    // how many runs are passed over
}

const (
	mostListed   = 500 // runs on a page of the list
	mostUnbroken = 26  // bytes of a cell that is not broken within words
	mostOfCell   = 120 // characters of what is in a column without a bound of its own
)

func parseList(q url.Values) (listQuery, []runs.SortKey, error) {
	l := listQuery{Text: q.Get("q"), Experiment: q.Get("experiment"), Type: q.Get("type"), Status: q.Get("status"),
		Sort: q.Get("sort")}
	var keys []runs.SortKey
	if l.Sort != "" {
		name, down := strings.CutPrefix(l.Sort, "-")
		c := runs.ColumnOf(name)
		if c == nil || c.Need != 0 {
			return l, nil, fmt.Errorf("%w: a list has no column %q", errAsked, name)
		}
		keys = []runs.SortKey{{Column: c, Down: down}}
	}
	if text := q.Get("from"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return l, nil, fmt.Errorf("%w: from=%q, want how many runs are passed over", errAsked, text)
		}
		l.From = n
	}
	return l, keys, nil
}

// address gives the path of the list that is asked for, below its own.
func (l listQuery) address() string {
	q := url.Values{}
	for _, x := range [][2]string{{"q", l.Text}, {"experiment", l.Experiment}, {"type", l.Type}, {"status", l.Status},
		{"sort", l.Sort}} {
		if x[1] != "" {
			q.Set(x[0], x[1])
		}
	}
	if l.From > 0 {
		q.Set("from", strconv.Itoa(l.From))
	}
	return "?" + q.Encode()
}

// picks reports whether a run is wanted.
func (l listQuery) picks(s runs.Summary, columns []*runs.Column) bool {
	if l.Experiment != "" && s.Experiment != l.Experiment || l.Type != "" && s.Type != l.Type ||
		l.Status != "" && string(s.Status) != l.Status {
		return false
	}
	if l.Text == "" {
		return true
	}
	want := strings.ToLower(l.Text)
	for _, c := range columns {
		if text, ok := c.Text(s); ok && strings.Contains(strings.ToLower(text), want) {
			return true
		}
	}
	return false
}

// A listPage is the list of runs.
type listPage struct {
	Query    listQuery
	Found    int // runs that there are
	Wanted   int // of them
	Choices  choices
	Columns  []listColumn
	Rows     []listRow
	Next     string
	Previous string
	Troubles []error
	Compare  string
}

// choices are what runs can be filtered by.
type choices struct{ Experiments, Types, Statuses []string }

type listColumn struct {
	Title  string
	Sort   string // address of the list sorted by it
	Sorted string // as aria-sort has it, empty if the list is not
	Right  bool
	Goes   int // see [runs.Column.Goes]
}

type listRow struct {
	ID, Path, Name string
	Live           bool
	Touched        bool
	Cells          []listCell
}

type listCell struct {
	Title string
	Text  string
	Has   bool
	Right bool
	Link  bool
	Long  bool // it may be broken anywhere
	Goes  int
}

func (v *Viewer) listPage(w http.ResponseWriter, r *http.Request) error {
	asked, keys, err := parseList(r.URL.Query())
	if err != nil {
		return err
	}
	all, err := v.catalog.list(r.Context())
	if err != nil {
		return err
	}
	if len(all.Entries) == 1 && len(all.Troubles) == 0 && r.URL.RawQuery == "" {
		// A recording that was sealed, or a second run, makes another page of this address.
		http.Redirect(w, r, v.runPath(all.Entries[0].ID), http.StatusFound)
		return nil
	}
	v.write(w, r, http.StatusOK, "list", frame{
		Title: v.options.Title, Live: v.Path() + "live", Content: v.list(all, asked, keys),
	})
	return nil
}

// list makes the page of what was found.
func (v *Viewer) list(all listing, asked listQuery, keys []runs.SortKey) *listPage {
	p := &listPage{Query: asked, Found: len(all.Entries), Troubles: all.Troubles, Compare: v.Path() + "compare"}
	var wanted []runs.Summary
	byKey := map[string]entry{}
	key := func(s runs.Summary) string { return s.File + "\x00" + s.RunID }
	for _, e := range all.Entries {
		p.Choices.add(e.Summary)
		byKey[key(e.Summary)] = e
		if asked.picks(e.Summary, runs.Columns) {
			wanted = append(wanted, e.Summary)
		}
	}
	p.Choices.sort()
	runs.Sort(wanted, keys...)
	p.Wanted = len(wanted)
	from := min(asked.From, len(wanted))
	to := min(from+mostListed, len(wanted))
	columns := runs.UsualColumns(wanted)
	for _, c := range columns {
		p.Columns = append(p.Columns, column(asked, c))
	}
	for _, s := range wanted[from:to] {
		e := byKey[key(s)]
		row := listRow{ID: e.ID, Path: v.runPath(e.ID), Name: s.RunID, Live: s.Status == "running", Touched: s.Touched}
		for _, c := range columns {
			text, has := c.Text(s)
			text, more := clip(text, cmp.Or(c.Most, mostOfCell))
			if more > 0 {
				text += "…"
			}
			row.Cells = append(row.Cells, listCell{c.Title(), text, has, c.Right, c.Name == "run_id", len(text) > mostUnbroken, c.Goes()})
		}
		p.Rows = append(p.Rows, row)
	}
	move := func(from int) string {
		asked.From = from
		return asked.address()
	}
	if to < len(wanted) {
		p.Next = move(to)
	}
	if from > 0 {
		p.Previous = move(max(from-mostListed, 0))
	}
	return p
}

// column gives the head of a column: it leads to the list sorted by it, or to that turned around.
func column(asked listQuery, c *runs.Column) listColumn {
	col := listColumn{Title: c.Title(), Right: c.Right, Goes: c.Goes()}
	switch asked.From = 0; asked.Sort {
	case c.Name:
		asked.Sort, col.Sorted = "-"+c.Name, "ascending"
	case "-" + c.Name:
		asked.Sort, col.Sorted = c.Name, "descending"
	default:
		asked.Sort = c.Name
	}
	col.Sort = asked.address()
	return col
}

func (c *choices) add(s runs.Summary) {
	c.Experiments = append(c.Experiments, s.Experiment)
	c.Types = append(c.Types, s.Type)
	c.Statuses = append(c.Statuses, string(s.Status))
}

// sort leaves each choice once.
func (c *choices) sort() {
	for _, list := range []*[]string{&c.Experiments, &c.Types, &c.Statuses} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
}
