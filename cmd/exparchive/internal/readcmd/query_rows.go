package readcmd

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/csv"
)

// A rowWriter prints the result of a query.
type rowWriter interface {
	columns(names []string) error
	row(values []any) error
	end() error
}

// RowFormats are the values of --format.
var RowFormats = map[string]func(io.Writer, *queryOptions) rowWriter{
	"table": newTableRows,
	"csv":   func(w io.Writer, o *queryOptions) rowWriter { return newCSVRows(w, o.raw) },
	"json":  func(w io.Writer, _ *queryOptions) rowWriter { return &jsonRows{w: bufio.NewWriter(w)} },
}

// cellText writes a value for people and for CSV.
func cellText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []byte:
		return fmt.Sprintf("%x", v)
	case string:
		return v
	}
	return fmt.Sprint(v)
}

// csvRows prints RFC 4180. NULL is the empty cell and the empty text a quoted one; a blob is hexadecimal.
type csvRows struct{ w *csv.Writer }

func newCSVRows(w io.Writer, raw bool) *csvRows {
	c := &csvRows{csv.NewWriter(w)}
	c.w.Raw = raw
	return c
}

func (c *csvRows) columns(names []string) error {
	for _, name := range names {
		c.w.Text(name)
	}
	return c.w.End()
}

func (c *csvRows) row(values []any) error {
	for _, v := range values {
		switch v.(type) {
		case nil:
			c.w.Absent()
		case int64, float64:
			c.w.Number(cellText(v))
		default:
			c.w.Text(cellText(v))
		}
	}
	return c.w.End()
}

func (c *csvRows) end() error { return c.w.Flush() }

// jsonRows prints an array of objects, a line each, with the columns in order. A blob is base64; a number that JSON
// does not know is a string.
type jsonRows struct {
	w    *bufio.Writer
	keys [][]byte
	any  bool
}

func (j *jsonRows) columns(names []string) error {
	seen := map[string]int{}
	for _, name := range names {
		seen[name]++
		if n := seen[name]; n > 1 { // an object has each member once
			name = fmt.Sprintf("%s:%d", name, n-1)
		}
		j.keys = append(j.keys, jsonText(name))
	}
	_, err := j.w.WriteString("[")
	return err
}

func (j *jsonRows) row(values []any) error {
	if j.any {
		j.w.WriteByte(',')
	}
	j.any = true
	j.w.WriteString("\n{")
	for i, v := range values {
		if i > 0 {
			j.w.WriteByte(',')
		}
		j.w.Write(j.keys[i])
		j.w.WriteByte(':')
		if f, ok := v.(float64); ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
			v = cellText(f)
		}
		if b, ok := v.([]byte); ok {
			v = base64.StdEncoding.EncodeToString(b)
		}
		j.w.Write(jsonText(v))
	}
	return j.w.WriteByte('}')
}

func (j *jsonRows) end() error {
	if j.any {
		j.w.WriteByte('\n')
	}
	j.w.WriteString("]\n")
	return j.w.Flush()
}

// jsonText gives v, a value of a database, as JSON.
func jsonText(v any) []byte {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // nil, numbers and strings always encode
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}
