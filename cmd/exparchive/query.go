package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/csv"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
)

// A rowWriter prints the result of a query.
type rowWriter interface {
	columns(names []string) error
	row(values []any) error
	end() error
}

// rowFormats are the values of --format.
var rowFormats = map[string]func(io.Writer) rowWriter{
	"table": func(w io.Writer) rowWriter { return &tableRows{w: w} },
	"csv":   func(w io.Writer) rowWriter { return &csvRows{w: csv.NewWriter(w)} },
	"json":  func(w io.Writer) rowWriter { return &jsonRows{w: bufio.NewWriter(w)} },
}

func newQueryCommand() *cobra.Command {
	var format string
	var raw bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "query FILE.simexp SQL",
		Short: "Ask an archive with SQL",
		Long: `Ask an archive with SQL. The statement is one SELECT of SQLite; it can only read. The views are

  experiments            run_id, experiment_name, experiment_type, config, created_at, completed_at, num_iterations, converged, ...
  experiment_iterations  run_id, iteration, costs_per_agent, accepted_changes, policies, timestamp
  experiment_events      id, run_id, iteration, event_type, event_data, timestamp
  llm_interactions       id, run_id, iteration, agent_id, system_prompt, user_prompt, response, parsed_policy, ...
  costs                  iteration, agent_id, cost_cents
  policies, accepted_changes

The SQL "-" is read from standard input. The statement runs in a process of its own, which is stopped after a minute or
--timeout, and when you interrupt it. With --timeout 0 it runs in this one, where an interrupt does not reach it within a
single call of a function.`,
		Example: `  exparchive query exp1.simexp "SELECT * FROM costs ORDER BY iteration, agent_id"
  exparchive query exp1.simexp --format csv "SELECT event_type, count(*) FROM experiment_events GROUP BY 1" > events.csv`,
		Args: nArgs(2, 2, "an archive and a statement"),
		RunE: func(cmd *cobra.Command, args []string) error {
			newWriter, ok := rowFormats[format]
			if !ok {
				return usageErrorf("query: --format %q, want table, csv or json", format)
			}
			statement := args[1]
			if statement == "-" {
				text, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), 1<<20))
				if err != nil {
					return fmt.Errorf("standard input: %w", err)
				}
				statement = string(text)
			}
			w := newWriter(cmd.OutOrStdout())
			if c, ok := w.(*csvRows); ok {
				c.w.Raw = raw
			}
			if timeout < 0 {
				return usageErrorf("query: --timeout %v is negative", timeout)
			}
			if timeout > 0 { // in a process of its own, without a limit there
				again := []string{"query", "--timeout", "0", "--format", format, "--raw=" + strconv.FormatBool(raw), "--", args[0], "-"}
				return inFile(args[0], runTimed(cmd.Context(), timeout, again, strings.NewReader(statement), cmd.OutOrStdout(), cmd.ErrOrStderr()))
			}
			return runQuery(cmd.Context(), args[0], statement, w)
		},
	}
	cmd.Flags().StringVar(&format, "format", "table", "print a table, csv or json")
	cmd.Flags().DurationVar(&timeout, "timeout", time.Minute, "stop a statement that runs longer; 0 means never")
	cmd.Flags().BoolVar(&raw, "raw", false, "in csv, leave texts alone that a spreadsheet would take for formulas")
	return cmd
}

func runQuery(ctx context.Context, path, statement string, w rowWriter) error {
	kind, err := sniffFile(path)
	if err != nil {
		return err
	}
	if kind != runs.SQLite {
		return fmt.Errorf("%s: %w; import it, or record its lines, and query the archive", path, archive.ErrNotArchive)
	}
	a, err := archive.Open(path)
	if err != nil {
		return inFile(path, err)
	}
	defer a.Close()
	rows, err := a.Query(ctx, statement)
	if err != nil {
		return inFile(path, err)
	}
	defer rows.Close()
	if err := w.columns(rows.Columns()); err != nil {
		return err
	}
	for rows.Next() {
		if err := w.row(rows.Values()); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return inFile(path, err)
	}
	return w.end()
}

// tableRows prints columns. So that memory does not grow with the result, the first rows settle the widths.
type tableRows struct {
	w       io.Writer
	table   *table
	numeric []bool
	width   []int
}

const (
	tableSample = 1000 // rows that settle the widths
	tableCell   = 200  // characters of the longest cell
)

func (t *tableRows) columns(names []string) error {
	escaped := make([]string, len(names))
	for i, name := range names {
		escaped[i] = terminal.Escape(name)
	}
	t.table = newTable()
	t.table.head, t.table.right = escaped, make([]bool, len(names))
	t.numeric = make([]bool, len(names))
	return nil
}

func (t *tableRows) row(values []any) error {
	cells := make([]string, len(values))
	for i, v := range values {
		switch v.(type) {
		case int64, float64:
			t.numeric[i] = true
		}
		cells[i] = terminal.Clip(cellText(v), tableCell)
	}
	t.table.add(cells...)
	if len(t.table.rows) < tableSample {
		return nil
	}
	return t.flush()
}

func (t *tableRows) flush() error {
	if t.width == nil {
		t.table.right = t.numeric
		t.width = t.table.widths()
		if err := t.table.printRows(t.w, t.width, [][]string{t.table.head}); err != nil {
			return err
		}
	}
	rows := t.table.rows
	t.table.rows = nil
	return t.table.printRows(t.w, t.width, rows)
}

func (t *tableRows) end() error { return t.flush() }

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

func (c *csvRows) columns(names []string) error {
	for _, name := range names {
		c.w.Text(name)
	}
	return c.w.End()
}

func (c *csvRows) row(values []any) error {
	for _, v := range values {
		if v == nil {
			c.w.Absent()
		} else {
			c.w.Text(cellText(v))
		}
	}
	return c.w.End()
}

func (c *csvRows) end() error { return c.w.Flush() }

// jsonRows prints an array of objects, a line each, with the columns in order. A blob is base64; a number that JSON does not
// know is a string.
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
