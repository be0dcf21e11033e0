package castro

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// runObject gives a run as the object that subjects of notes point into.
func runObject(t *testing.T, p provider.Provider) map[string]any {
	t.Helper()
	var lines bytes.Buffer
	if err := provider.Copy(t.Context(), jsonl.NewWriter(&lines), p); err != nil {
		t.Fatal(err)
	}
	run := map[string]any{"status": "running"}
	iterations, records, attachments := map[string]any{}, map[string]any{}, map[string]any{}
	seq := 0
	for line := range bytes.Lines(lines.Bytes()) {
		var record map[string]any
		if err := json.Unmarshal(line, &record); err != nil {
			t.Fatal(err)
		}
		for name, text := range record { // the form for JSON with line breaks
			if base, ok := strings.CutSuffix(name, "_text"); ok {
				var value any
				if err := json.Unmarshal([]byte(text.(string)), &value); err != nil {
					t.Fatal(err)
				}
				record[base] = value
			}
		}
		records[strconv.Itoa(seq)] = record
		seq++
		switch record["type"] {
		case "experiment", "result":
			for name, value := range record {
				run[name] = value
			}
		case "iteration":
			iterations[strconv.Itoa(int(record["iteration"].(float64)))] = record
		case "attachment":
			attachments[record["name"].(string)] = record
		}
	}
	run["iterations"], run["records"], run["attachments"], run["num_iterations"] = iterations, records, attachments,
		len(iterations)
	return run
}

// lookup follows a JSON pointer.
func lookup(v any, pointer string) bool {
	for _, name := range strings.Split(pointer, "/")[1:] {
		object, _ := v.(map[string]any)
		found := false
		if v, found = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]; !found {
			return false
		}
	}
	return true
}

// Whatever a note is about is there, unless the note says that it was left out.
func TestSubjects(t *testing.T) {
	seen := map[string]int{}
	check := func(name string, d *Database) {
		for _, info := range mustRuns(t, d) {
			run := mustRun(t, d, info.ID)
			e, err := run.Experiment(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			object := runObject(t, run)
			for _, n := range e.Notes {
				if n.Subject == "" {
					continue
				}
				seen[strings.Split(n.Subject, "/")[1]]++
				if !lookup(object, n.Subject) && n.Kind != noteLeftOut && !strings.Contains(n.Text, "left out") {
					t.Errorf("%s, %s: %s: %s: there is no such thing in the run", name, info.ID, n.Label(), n.Text)
				}
			}
		}
	}
	for _, name := range fixtures {
		check(name, openSound(t, name))
	}
	for _, name := range []string{"bad/nan", "bad/json", "bad/cents", "bad/double", "bad/values", "bad/bounds",
		"bad/sums_game", "bad/sums_core", "bad/sums_script"} {
		check(name, mustOpen(t, unpack(t, t.TempDir(), name, "x.db"), &Options{Lenient: true}))
	}
	for _, member := range []string{
		"final_cost", "best_cost", "iterations", "records", "status", "run_id", "experiment_name", "num_iterations",
		"created_at", "convergence_reason",
	} {
		if seen[member] == 0 {
			t.Errorf("no note is about %s, got %v", member, seen)
		}
	}
}

// testRow gives a row with one value a column, said to be of some table.
func testRow(t *testing.T, columns []string, values ...any) *row {
	t.Helper()
	db, err := duckdb.Open(unpack(t, t.TempDir(), "c", "castro.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tab := &table{index: map[string]int{}}
	tab.t = db.Tables()[0]
	for i, name := range columns {
		tab.index[name] = i
		tab.columns = append(tab.columns, duckdb.Column{Name: name, Type: &duckdb.Type{ID: duckdb.TypeDouble}})
	}
	return &row{t: tab, n: 1, v: values, used: make([]bool, len(values))}
}

// Minus zero is no amount of money and no duration, in a DOUBLE and a FLOAT.
func TestMinusZero(t *testing.T) {
	for _, v := range []any{math.Copysign(0, -1), float32(math.Copysign(0, -1))} {
		for column, read := range map[string]func(*builder, *row) bool{
			"final_cost":      func(b *builder, r *row) bool { return b.cents(r, "final_cost") != nil },
			"latency_seconds": func(b *builder, r *row) bool { return b.seconds(r, "latency_seconds") != nil },
		} {
			r := testRow(t, []string{column}, v)
			r.about = aboutRun
			b := newBuilder(t.Context(), false)
			if there := read(b, r); there || !errors.As(b.err, new(*CellError)) || column == "final_cost" &&
				!errors.Is(b.err, ErrMinusZero) {
				t.Errorf("%T, %s: got a value: %t, error %v, want a CellError", v, column, there, b.err)
			}
			b = newBuilder(t.Context(), true)
			if there := read(b, r); there || b.err != nil || len(b.notes) != 1 || len(b.attachments) != 1 ||
				string(b.attachments[0].Data) != "-0" {
				t.Errorf("%T, %s, lenient: got a value: %t, error %v, notes %v, want it left out", v, column, there, b.err, b.notes)
				continue
			}
			want := "/final_cost"
			if column != "final_cost" {
				want = provider.Subject("attachments", b.attachments[0].Name)
			}
			if got := b.notes[0].Subject; got != want {
				t.Errorf("%s: got subject %q, want %q", column, got, want)
			}
		}
	}
	// Zero is both.
	b := newBuilder(t.Context(), false)
	r := testRow(t, []string{"final_cost", "latency_seconds"}, 0.0, 0.0)
	if c, s := b.cents(r, "final_cost"), b.seconds(r, "latency_seconds"); b.err != nil || c == nil || *c != 0 ||
		s == nil || *s != 0 {
		t.Errorf("zero: got %v, %v, %v", c, s, b.err)
	}
}

// What is left out of one cell, or of cells with odd names, lies in files of its own, whose names are good everywhere.
func TestLeftOutFiles(t *testing.T) {
	b := newBuilder(t.Context(), true)
	b.start = provider.Start{RunID: "r", Name: "n", Type: "t"}
	long := strings.Repeat("x", 400)
	var got []string
	for _, v := range []struct{ table, column, value string }{
		{"t", "costs", "1.5"}, {"t", "costs", "2.5"}, {"t", "costs", "1.5"}, {"T", "Costs", "3.5"}, {"t", "a b", "1"},
		{"t", "a.b", "2"},
		{"con", "nul", "1"}, {"", "", "1"}, {long, long, "1"}, {long + "y", long, "2"}, {"t", "costs-2", "3"},
	} {
		got = append(got, b.attach(v.table, 7, v.column, v.value))
	}
	cut := long[:100]
	want := []string{
		"left-out/t/row-7/costs.txt", "left-out/t/row-7/costs-2.txt", "left-out/t/row-7/costs.txt",
		"left-out/T/row-7/Costs-3.txt",
		"left-out/t/row-7/a_b.txt", "left-out/t/row-7/a_b-2.txt", "left-out/con_/row-7/nul_.txt", "left-out/_/row-7/_.txt",
		"left-out/" + cut + "/row-7/" + cut + ".txt", "left-out/" + cut + "/row-7/" + cut + "-2.txt",
		"left-out/t/row-7/costs-2-2.txt",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	live, err := b.finish()
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := live.RecordCount(t.Context()); n != int64(len(want)) { // one value twice, and the start
		t.Errorf("got %d records, want %d", n, len(want))
	}
}
