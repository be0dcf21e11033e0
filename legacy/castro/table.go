package castro

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb"
	"github.com/simexp/exparchive/provider"
)

// A table is one whose columns are known.
type table struct {
	t       *duckdb.Table
	role    role
	columns []duckdb.Column
	index   map[string]int // of columns by lower-case name
	maxRows int64          // most bytes of the rows that one reading may give
	unread  []bool         // columns that are as if they were NULL; nil for none
	event   string         // the only event_type whose rows are read; empty for all
	shelf   *shelf         // shared with the tables that differ only in what is read
}

func newTable(t *duckdb.Table, p *pool) *table {
	r := &table{t: t, index: map[string]int{}, shelf: &shelf{pool: p}}
	for _, c := range t.Columns() {
		if c.Generated {
			continue // nothing was recorded
		}
		r.index[strings.ToLower(c.Name)] = len(r.columns)
		r.columns = append(r.columns, c)
	}
	return r
}

func (t *table) has(columns ...string) bool {
	for _, c := range columns {
		if _, ok := t.index[c]; !ok {
			return false
		}
	}
	return true
}

// isText reports whether the values of a column are text.
func (t *table) isText(column string) bool {
	return t.columns[t.index[column]].Type.ID == duckdb.TypeVarchar
}

// A row holds the values of one row. Reading a value through the [builder] marks its column as used, so that what
// nobody used can be kept as the rest.
type row struct {
	t    *table
	n    int64 // from 1
	v    []any // nil, string, int64, float64, float32, bool, stamp, errUnreadable, or json.RawMessage for other types
	used []bool

	about func(column string) string // subject of notes about a column; nil if it is not known
}

// subject gives what a note about a column of r is about, empty if that is nothing in particular.
func (r *row) subject(column string) string {
	if r.about == nil {
		return ""
	}
	return r.about(column)
}

// aboutRun is row.about for a row of a run: the columns that have a member of their own in the run.
func aboutRun(column string) string {
	switch column {
	case "started_at":
		return "/created_at"
	case "experiment_name", "experiment_type", "config", "created_at", "completed_at", "status", "converged",
		"convergence_reason",
		"final_cost", "best_cost":
		return provider.Subject(column)
	}
	return ""
}

// aboutIteration is row.about for a row of the end of an iteration.
func aboutIteration(n int) func(string) string {
	return func(column string) string {
		switch column {
		case "costs_per_agent", "per_agent_costs":
			return iterationSubject(n, "costs_per_agent")
		case "policies", "accepted_changes", "timestamp":
			return iterationSubject(n, column)
		}
		return iterationSubject(n)
	}
}

// aboutAgent is row.about for a row of what an agent did in an iteration.
func aboutAgent(n int, agent string) func(string) string {
	return func(column string) string {
		switch column {
		case "old_cost":
			return iterationSubject(n, "costs_per_agent", agent)
		case "old_policy_json":
			return iterationSubject(n, "policies", agent)
		case "was_accepted":
			return iterationSubject(n, "accepted_changes", agent)
		}
		return iterationSubject(n)
	}
}

// iterationSubject gives the subject of a note about something of an iteration.
func iterationSubject(n int, names ...string) string {
	return provider.Subject(append([]string{"iterations", strconv.Itoa(n)}, names...)...)
}

// Subjects of notes about something of every iteration, and about the end of the run.
const (
	aboutIterations = "/iterations"
	aboutStatus     = "/status"
)

// A stamp is the text of a value of type TIMESTAMP.
type stamp string

// errUnreadable is the value of a column that the reader cannot decode.
type errUnreadable struct{ err error }

// each calls f for the rows that want wants by the column key, in the order of the table; all rows if key is empty.
func (t *table) each(ctx context.Context, key string, want *wanted, f func(*row) error) error {
	if t == nil {
		return nil
	}
	r := reading{table: t, key: key, keyAt: -1, eventAt: -1, want: want, left: t.maxRows, f: f}
	for i, c := range t.columns {
		if c.Err == nil && (t.unread == nil || !t.unread[i]) {
			r.columns, r.at = append(r.columns, c.Name), append(r.at, i)
		}
	}
	for i, name := range r.columns {
		if key != "" && strings.EqualFold(name, key) {
			r.keyAt = i
		}
		if t.event != "" && strings.EqualFold(name, "event_type") {
			r.eventAt = i
		}
	}
	if key == "" {
		return r.all(t.t.Scan(ctx, r.columns...))
	}
	if r.keyAt < 0 {
		return fmt.Errorf("table %s: column %s: %w", t.t.Name(), key, t.columns[t.index[key]].Err)
	}
	if x := t.shelf.index(key); x != nil {
		return r.byIndex(ctx, x)
	}
	if !t.shelf.known(key) {
		r.index = newKeyIndex(t.maxRows / 4)
	}
	if err := r.all(t.t.Scan(ctx, r.columns...)); err != nil {
		return err
	}
	if r.index != nil {
		t.shelf.keep(key, r.index)
	}
	return nil
}

// A reading is one call of [table.each].
type reading struct {
	table   *table
	columns []string // of a batch
	at      []int    // column of the table for each of them
	key     string   // the column that the rows are chosen by; empty for all rows
	keyAt   int      // its place in a batch, -1 for all rows
	eventAt int      // and that of the event's type, -1 if it does not matter
	want    *wanted
	index   *keyIndex // that is being made; nil for none
	left    int64     // bytes of rows
	given   int64     // rows that f was given
	f       func(*row) error
}

// all reads the whole table.
func (r *reading) all(s *duckdb.Scanner) error {
	n := int64(0)
	for s.Next() {
		b := s.Batch()
		if r.index != nil {
			r.index.mark(s.Row(), n)
		}
		for i := range b.Len() {
			if err := r.row(b, i, n); err != nil {
				return err
			}
			n++
		}
	}
	return s.Err() // which names the table
}

// byIndex reads the rows that the index leads to.
func (r *reading) byIndex(ctx context.Context, x *keyIndex) error {
	shelf, keys := r.table.shelf, x.match(r.want)
	if len(keys) > 0 && !r.want.none {
		rows, ok := shelf.takeAhead(r, keys)
		if !ok && shelf.isWasteful(r.key, r.table.t.RowCount()) {
			if err := r.readAhead(ctx, x, keys); err != nil {
				return err
			}
			rows, ok = shelf.takeAhead(r, keys)
		}
		for _, row := range rows {
			row.t = r.table
			if err := r.give(row); err != nil {
				return err
			}
		}
		if ok {
			return nil
		}
	}
	before, given := shelf.pool.decoded(), r.given
	err := r.spans(ctx, x, x.find(keys, r.want.none))
	shelf.waste(r.key, shelf.pool.decoded()-before-(r.given-given))
	return err
}

// spans reads the rows of some spans.
func (r *reading) spans(ctx context.Context, x *keyIndex, found []span) error {
	if len(found) == 0 {
		return nil
	}
	c := r.table.shelf.take(ctx, r.table.t, r.columns)
	defer r.table.shelf.giveBack(c)
	c.SetContext(ctx)
	for _, s := range found {
		for n := s.from; n < s.to; n++ {
			if !c.goTo(x, n) {
				return c.Err()
			}
			if err := r.row(c.Batch(), int(n-c.n), n); err != nil {
				return err
			}
		}
	}
	return nil
}

// row gives f row i of a batch, number n of the table, if it is wanted.
func (r *reading) row(b *duckdb.Batch, i int, n int64) error {
	if r.keyAt >= 0 {
		k := value(b.Column(r.keyAt), i)
		if r.index != nil {
			r.index.add(k, n)
		}
		if !r.want.has(k) {
			return nil
		}
	}
	if !r.isEvent(b, i) {
		return nil
	}
	return r.give(r.make(b, i, n))
}

// isEvent reports whether row i of a batch is of the type of event that is read.
func (r *reading) isEvent(b *duckdb.Batch, i int) bool {
	return r.eventAt < 0 || asText(value(b.Column(r.eventAt), i)) == r.table.event
}

// make makes row i of a batch, number n of the table.
func (r *reading) make(b *duckdb.Batch, i int, n int64) *row {
	t := r.table
	row := &row{t: t, n: n + 1, v: make([]any, len(t.columns)), used: make([]bool, len(t.columns))}
	for j, c := range t.columns {
		if c.Err != nil && (t.unread == nil || !t.unread[j]) {
			row.v[j] = errUnreadable{c.Err}
		}
	}
	for j, column := range r.at {
		row.v[column] = value(b.Column(j), i)
	}
	return row
}

// give gives f a row.
func (r *reading) give(row *row) error {
	t := r.table
	if r.left -= row.size(); r.left < 0 {
		return fmt.Errorf("table %s, row %d: %w: MaxRows = %d bytes in memory", t.t.Name(), row.n, duckdb.ErrLimit, t.maxRows)
	}
	r.given++
	return r.f(row)
}

// size gives about how many bytes of memory the row and what is made of it take.
func (r *row) size() int64 {
	n := int64(200 + 40*len(r.v))
	for _, v := range r.v {
		switch v := v.(type) {
		case string:
			n += int64(len(v))
		case json.RawMessage:
			n += int64(len(v))
		}
	}
	return n
}

// keys calls f with the text of one column in every row, and reads no other column.
func (t *table) keys(ctx context.Context, column string, f func(string)) error {
	s := t.t.Scan(ctx, t.columns[t.index[column]].Name)
	for s.Next() {
		v := s.Batch().Column(0)
		for i := range s.Batch().Len() {
			f(asText(value(v, i)))
		}
	}
	return s.Err()
}

func value(v *duckdb.Vector, i int) any {
	if v.Null(i) {
		return nil
	}
	switch v.Type().ID {
	case duckdb.TypeVarchar, duckdb.TypeChar:
		return string(v.Bytes(i))
	case duckdb.TypeBoolean:
		return v.Bool(i)
	case duckdb.TypeDouble:
		return v.Float64s()[i]
	case duckdb.TypeFloat:
		return v.Float32s()[i]
	case duckdb.TypeTimestamp:
		return isoformat(duckdb.Timestamp(v.Int64s()[i]))
	case duckdb.TypeTinyInt, duckdb.TypeSmallInt, duckdb.TypeInteger, duckdb.TypeBigInt, duckdb.TypeUTinyInt,
		duckdb.TypeUSmallInt, duckdb.TypeUInteger, duckdb.TypeUBigInt:
		if x, ok := v.Int64(i); ok {
			return x
		}
	case duckdb.TypeHugeInt: // of sums
		if x, err := strconv.ParseInt(string(v.AppendText(nil, i)), 10, 64); err == nil {
			return x
		}
	}
	text := v.AppendJSON(nil, i)
	if text[0] == '"' { // of a type that JSON has not, such as DATE, UUID or DECIMAL
		return string(v.AppendText(nil, i))
	}
	return json.RawMessage(text)
}

// isoformat gives t as Python's datetime.isoformat does.
func isoformat(t duckdb.Timestamp) stamp {
	at, ok := t.Time()
	if !ok {
		return stamp(t.String())
	}
	if at.Nanosecond() == 0 {
		return stamp(at.Format("2006-01-02T15:04:05"))
	}
	return stamp(at.Format("2006-01-02T15:04:05.000000"))
}

// raw gives a value without marking it as used; nil for a column that is not there.
func (r *row) raw(column string) any {
	if i, ok := r.t.index[column]; ok {
		return r.v[i]
	}
	return nil
}

// text gives a value as text for lists and messages.
func (r *row) text(column string) string { return asText(r.raw(column)) }

func asText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case stamp:
		return string(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case json.RawMessage:
		return string(v)
	}
	return ""
}

// key names the row by its primary key.
func (r *row) key() string {
	var parts []string
	for _, c := range r.t.t.PrimaryKey() {
		switch v := r.raw(strings.ToLower(c)).(type) {
		case string:
			parts = append(parts, fmt.Sprintf("%s %s", c, shorten(v)))
		default:
			parts = append(parts, fmt.Sprintf("%s %s", c, asText(v)))
		}
	}
	return strings.Join(parts, ", ")
}

// cell gives the error for a value of r.
func (r *row) cell(column, value string, err error) *CellError {
	return &CellError{Table: r.t.t.Name(), Row: r.n, Key: r.key(), Column: column, Value: value, Err: err}
}
