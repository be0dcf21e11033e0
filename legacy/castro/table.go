package castro

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb"
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
}

func newTable(t *duckdb.Table) *table {
	r := &table{t: t, index: map[string]int{}}
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

// A row holds the values of one row. Reading a value through the [builder] marks its column as used, so that what nobody
// used can be kept as the rest.
type row struct {
	t    *table
	n    int64 // from 1
	v    []any // nil, string, int64, float64, float32, bool, stamp, errUnreadable, or json.RawMessage for other types
	used []bool
}

// A stamp is the text of a value of type TIMESTAMP.
type stamp string

// errUnreadable is the value of a column that the reader cannot decode.
type errUnreadable struct{ err error }

// each calls f for the rows whose column key satisfies want, in the order of the table; all rows if key is empty.
func (t *table) each(ctx context.Context, key string, want func(string) bool, f func(*row) error) error {
	if t == nil {
		return nil
	}
	var names []string
	var at []int // column of the table for each column of a batch
	for i, c := range t.columns {
		if c.Err == nil && (t.unread == nil || !t.unread[i]) {
			names, at = append(names, c.Name), append(at, i)
		}
	}
	keyAt, eventAt := -1, -1
	for i, name := range names {
		if key != "" && strings.EqualFold(name, key) {
			keyAt = i
		}
		if t.event != "" && strings.EqualFold(name, "event_type") {
			eventAt = i
		}
	}
	if key != "" && keyAt < 0 {
		return fmt.Errorf("table %s: column %s: %w", t.t.Name(), key, t.columns[t.index[key]].Err)
	}
	n, left := int64(0), t.maxRows
	s := t.t.Scan(ctx, names...)
	for s.Next() {
		b := s.Batch()
		for i := range b.Len() {
			n++
			if keyAt >= 0 {
				k, ok := value(b.Column(keyAt), i).(string)
				if !ok || !want(k) {
					continue
				}
			}
			if eventAt >= 0 && asText(value(b.Column(eventAt), i)) != t.event {
				continue
			}
			r := &row{t: t, n: n, v: make([]any, len(t.columns)), used: make([]bool, len(t.columns))}
			for j, c := range t.columns {
				if c.Err != nil && (t.unread == nil || !t.unread[j]) {
					r.v[j] = errUnreadable{c.Err}
				}
			}
			for j, column := range at {
				r.v[column] = value(b.Column(j), i)
			}
			if left -= r.size(); left < 0 {
				return fmt.Errorf("table %s, row %d: %w: MaxRows = %d bytes in memory", t.t.Name(), n, duckdb.ErrLimit, t.maxRows)
			}
			if err := f(r); err != nil {
				return err
			}
		}
	}
	return s.Err() // which names the table
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

// is makes a condition for [table.each].
func is(id string) func(string) bool { return func(s string) bool { return s == id } }

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
	case duckdb.TypeTimestampS, duckdb.TypeTimestampMS, duckdb.TypeTimestampNS, duckdb.TypeTimestampTZ, duckdb.TypeEnum, duckdb.TypeUUID:
		return string(v.AppendText(nil, i))
	}
	return json.RawMessage(v.AppendJSON(nil, i))
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
