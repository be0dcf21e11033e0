package castro

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/legacy/duckdb"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

func digestOf(t testing.TB, p provider.Provider) digest.Hash {
	t.Helper()
	root, _, err := digest.Of(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// TestBadFiles opens what is no database of ours.
func TestBadFiles(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole := readGzip(t, filepath.Join("testdata", "k1.db.gz"))
	for _, c := range []struct {
		path string
		want error
		text string
	}{
		{filepath.Join(folder, "missing.db"), os.ErrNotExist, ""},
		{unpack(t, folder, "bad/foreign", "foreign.db"), ErrForeign, "its tables are experiments, odd name"},
		{write("lost.db", readGzip(t, filepath.Join("testdata", "killed.db.gz"))), ErrNoTables,
			"all that it recorded is in a file " + filepath.Join(folder, "lost.db.wal")},
		{write("pointer.db", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n")),
			duckdb.ErrLFSPointer, "git lfs pull"},
		{write("encrypted.db", readGzip(t, filepath.Join("..", "duckdb", "testdata", "encrypted_e15", "db.gz"))),
			duckdb.ErrEncrypted, ""},
		{write("text.db", []byte("hello")), duckdb.ErrNotDuckDB, ""},
		{write("empty.db", nil), duckdb.ErrNotDuckDB, ""},
		{write("object.json", []byte(`{"runs": []}`)), ErrForeign, "without a list of days"},
		{write("broken.json", []byte(`{"days": [`)), jsontext.ErrSyntax, ""},
		{write("nan.json", []byte(`{"days": [{"day": 0, "total_cost": NaN}]}`)), jsontext.ErrSyntax, "byte"},
		{write("twice.json", []byte(`{"days": [{"day": 0}, {"day": 0}]}`)), nil, "day 0 stands twice"},
		{write("number.json", []byte(`{"days": [{"day": -1}]}`)), ErrForeign, "element 0"},
		{write("minus.json", []byte(`{"days": [{"day": -0}]}`)), ErrForeign, "element 0"},
	} {
		d, err := Open(c.path, nil)
		if err == nil {
			d.Close()
			t.Errorf("%s: opened", filepath.Base(c.path))
			continue
		}
		if c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want %v with %q", filepath.Base(c.path), err, c.want, c.text)
		}
	}
	for _, size := range []int{100, 4096, 12288, 12288 + 16384, len(whole) / 2} {
		d, err := Open(write("cut.db", whole[:size]), nil)
		if err == nil { // what was cut off is needed by a table
			run := mustRun(t, d, "exp2")
			_, _, err = digest.Of(t.Context(), run)
			d.Close()
		}
		if err == nil {
			t.Errorf("first %d of %d bytes: read without an error", size, len(whole))
		}
	}
}

// TestBadValues reads runs with a value that cannot be kept, which is named, and left out if asked for.
func TestBadValues(t *testing.T) {
	for _, c := range []struct {
		fixture, run  string
		want          error
		table, column string
		row           int64
		text          string // of the error
		kept          string // the value, in an attachment
		subject       string // of the note
	}{
		{"bad/nan", "", jsontext.ErrSyntax, "experiment_events", "event_data", 4, "id 4",
			`{"total_cost": NaN, "per_agent_costs": {"BANK_A": NaN}}`,
			"/iterations/1"},
		{"bad/json", "", jsontext.ErrSyntax, "experiment_iterations", "policies", 2, "iteration 1",
			`{"BANK_A": {"version": "2.0"`,
			"/iterations/1/policies"},
		{"bad/cents", "", ErrFraction, "experiment_iterations", "costs_per_agent", 2, `cost of agent "BANK_A" is 4000.5`,
			"4000.5",
			"/iterations/1/costs_per_agent/BANK_A"},
		{"bad/double", "exp1", ErrFraction, "policy_iterations", "old_cost", 4,
			`game_id "exp1", agent_id "BANK_B", iteration_number 2`, "3999.5",
			"/iterations/2/costs_per_agent/BANK_B"},
	} {
		path := unpack(t, t.TempDir(), c.fixture, filepath.Base(c.fixture)+".db")
		strict := mustRun(t, mustOpen(t, path, nil), c.run)
		_, err := strict.Experiment(t.Context())
		var cell *CellError
		if !errors.As(err, &cell) || !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want a CellError that wraps %v, with %q", c.fixture, err, c.want, c.text)
			continue
		}
		if cell.Table != c.table || cell.Column != c.column {
			t.Errorf("%s: got %s.%s, want %s.%s", c.fixture, cell.Table, cell.Column, c.table, c.column)
		}
		if cell.Row != c.row {
			t.Errorf("%s: got row %d, want %d", c.fixture, cell.Row, c.row)
		}

		lenient := mustRun(t, mustOpen(t, path, &Options{Lenient: true}), c.run)
		left, kept := 0, 0
		for r, err := range lenient.Records(t.Context()) {
			if err != nil {
				t.Fatalf("%s: %v", c.fixture, err)
			}
			switch r := r.(type) {
			case *provider.Note:
				if r.Kind == noteLeftOut {
					left++
					if r.Subject != c.subject {
						t.Errorf("%s: got subject %q, want %q", c.fixture, r.Subject, c.subject)
					}
				}
			case *provider.Attachment:
				if bytes.HasPrefix(r.Data, []byte(c.kept)) && strings.HasPrefix(r.Name, "left-out/"+c.table+"/row-") {
					kept++
				}
			}
		}
		if left != 1 || kept != 1 {
			t.Errorf("%s: got %d notes and %d attachments about the value, want 1 and 1", c.fixture, left, kept)
		}
	}
	run := mustRun(t, mustOpen(t, unpack(t, t.TempDir(), "bad/cents", "x.db"), &Options{Lenient: true}), "")
	if got := iterationAt(t, run, 1).Costs; len(got) != 1 || got["BANK_B"] != 4000 {
		t.Errorf("got costs %v, want only those that are whole", got)
	}
}

// TestBadCells reads runs whose tables hold numbers and texts that cannot be kept.
func TestBadCells(t *testing.T) {
	path := unpack(t, t.TempDir(), "bad/values", "values.db")
	strict, lenient := mustOpen(t, path, nil), mustOpen(t, path, &Options{Lenient: true})
	if _, err := mustRun(t, strict, "sound").Experiment(t.Context()); err != nil {
		t.Error(err)
	}
	for run, c := range map[string]struct {
		column string
		want   error
		text   string
	}{
		"nan":       {"old_cost", ErrNotFinite, "NaN"},
		"infinite":  {"new_cost", ErrNotFinite, "-Inf"},
		"large":     {"cost_improvement", nil, "2^53"},
		"iteration": {"iteration_number", nil, "not the number of an iteration"},
		"latency":   {"llm_latency_seconds", ErrNotFinite, "NaN"},
		"policy":    {"new_policy_json", jsontext.ErrSyntax, "python"},
		"number":    {"new_policy_json", jsontext.ErrSyntax, "Infinity"},
	} {
		_, err := mustRun(t, strict, run).Experiment(t.Context())
		var cell *CellError
		if !errors.As(err, &cell) || cell.Column != c.column || c.want != nil && !errors.Is(err, c.want) ||
			!strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want a CellError about %s with %q", run, err, c.column, c.text)
		}
		e, err := mustRun(t, lenient, run).Experiment(t.Context())
		if err != nil {
			t.Errorf("%s: lenient: %v", run, err)
		}
		left := 0
		for _, n := range e.Notes {
			if n.Kind == noteLeftOut && strings.Contains(n.Text, c.column) {
				left++
			}
		}
		if left != 1 {
			t.Errorf("%s: got %d notes about what was left out, want 1", run, left)
		}
	}
}

// TestBadSibling joins with a file that cannot be read.
func TestBadSibling(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "exp1.db"), []byte("version https://git-lfs.github.com/spec/v1\n"),
		0o666); err != nil {
		t.Fatal(err)
	}
	run := mustRun(t, mustOpen(t, unpack(t, folder, "c", "castro.db"), nil), "exp1-20251210")
	e, err := run.Experiment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, n := range e.Notes {
		found = found || strings.Contains(n.Text, "exp1.db beside the file may hold costs and decisions, but cannot be read")
	}
	if !found {
		t.Errorf("got notes %v, want one about exp1.db", e.Notes)
	}
}

// TestBadSiblingValue joins with a file in which a value cannot be kept: the error must name that file.
func TestBadSiblingValue(t *testing.T) {
	folder := t.TempDir()
	unpack(t, folder, "bad/double", "exp1.db")
	_, err := mustRun(t, mustOpen(t, unpack(t, folder, "c", "castro.db"), nil), "exp1-20251210").Experiment(t.Context())
	if !errors.As(err, new(*CellError)) || !strings.HasPrefix(err.Error(),
		"exp1.db beside the file: table policy_iterations, row 4") {
		t.Errorf("got %v, want a CellError that names exp1.db", err)
	}
}

func TestSiblingPath(t *testing.T) {
	d := &Database{path: filepath.Join("results", "castro.db")}
	if got, want := d.siblingPath("exp1"), filepath.Join("results", "exp1.db"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, name := range []string{"", "..", "../x", "a/b", `a\b`, "c:x", "/etc/x", "a\x00b"} {
		if got := d.siblingPath(name); got != "" {
			t.Errorf("%q: got %q, want none", name, got)
		}
	}
}

// FuzzWeb reads any text as an export.
func FuzzWeb(f *testing.F) {
	text, err := os.ReadFile(filepath.Join("testdata", "web.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"experiment_id": 5, "days": [{"day": 3, "per_agent_costs": {"A": 9223372036854775807, "B": 1}, "total_cost": null}], "status": "failed"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		w, err := readWeb("fuzz", text)
		if err != nil {
			return
		}
		for _, lenient := range []bool{false, true} {
			b := newBuilder(t.Context(), lenient)
			if err := w.build(b, ""); err != nil {
				continue
			}
			live, err := b.finish()
			if err != nil {
				t.Fatalf("built, but got %v", err)
			}
			if n, _ := live.Iterations(t.Context()); len(n) != len(w.days) {
				t.Fatalf("got %d iterations, want %d", len(n), len(w.days))
			}
		}
	})
}

// FuzzRest puts any values into a payload, which must be JSON that a record can hold.
func FuzzRest(f *testing.F) {
	f.Add("text", `{"a": 1}`, 1.5, "2025-12-01T10:00:00")
	f.Add("\xff", "[", 1e300, "\x00")
	f.Fuzz(func(t *testing.T, text, jsonText string, number float64, at string) {
		tab := &table{t: &duckdb.Table{}, index: map[string]int{}}
		for i, name := range []string{"text", "json", "number", "at", "details"} {
			tab.index[name] = i
			tab.columns = append(tab.columns, duckdb.Column{Name: name, Type: &duckdb.Type{ID: duckdb.TypeVarchar}})
		}
		tab.columns[1].Type = &duckdb.Type{ID: duckdb.TypeVarchar, Alias: "JSON"}
		for _, lenient := range []bool{false, true} {
			r := &row{t: tab, n: 1, v: []any{text, jsonText, number, stamp(strings.ToValidUTF8(at, "?")), jsonText},
				used: make([]bool, 5)}
			b := newBuilder(t.Context(), lenient)
			data := b.payload(r)
			if lenient && b.err != nil {
				t.Fatalf("lenient: got %v", b.err)
			}
			if b.err != nil {
				continue
			}
			if err := (&provider.Event{Type: "x", Data: data}).Validate(); err != nil && !errors.Is(err, jsontext.ErrDepth) {
				t.Fatalf("%s: got %v", data, err)
			}
		}
	})
}

// FuzzInteraction reads any JSON as the payload of a call; what it makes of it must be a valid record.
func FuzzInteraction(f *testing.F) {
	f.Add([]byte(`{"agent_id": "A", "raw_response": "x", "prompt_tokens": 5, "latency_seconds": 1.25, "parsed_policy": {"a": 1}, "more": [1]}`))
	f.Add([]byte(`{"agent_id": "\ud800", "latency_seconds": -0.0}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if jsontext.Check(data) != nil {
			return
		}
		r := eventRecord(1, "llm_interaction", "", jsontext.Trim(data))
		if err := r.Validate(); err != nil {
			t.Fatalf("%s: got %v", data, err)
		}
	})
}

// TestWebCosts: a cost that is not whole cents takes no other agent's with it.
func TestWebCosts(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "web.json"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "web.json")
	bad := bytes.Replace(text, []byte(`"BANK_A": 4000,`), []byte(`"BANK_A": 4000.5,`), 1)
	if bytes.Equal(bad, text) {
		t.Fatal("the fixture has no such cost")
	}
	if err := os.WriteFile(path, bad, 0o666); err != nil {
		t.Fatal(err)
	}
	run := mustRun(t, mustOpen(t, path, &Options{Lenient: true}), "")
	found := false
	for r, err := range run.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if it, ok := r.(*provider.Iteration); ok && len(it.Costs) == 1 {
			found = true
			if it.Costs["BANK_B"] != 4000 {
				t.Errorf("got costs %v, want those of BANK_B", it.Costs)
			}
		}
	}
	if !found {
		t.Error("no iteration has one cost only")
	}
	if _, _, err := digest.Of(t.Context(), mustRun(t, mustOpen(t, path, nil), "")); err == nil ||
		!strings.Contains(err.Error(), "BANK_A") {
		t.Errorf("without lenient: got %v, want an error about BANK_A", err)
	}
}

// TestDamage damages one block after another: an error names its table, and names it once.
func TestDamage(t *testing.T) {
	whole := readGzip(t, filepath.Join("testdata", "k4.db.gz"))
	named := 0
	for at := 12288 + 100; at < len(whole); at += 16384 {
		bad := bytes.Clone(whole)
		bad[at] ^= 0xff
		path := filepath.Join(t.TempDir(), "bad.db")
		if err := os.WriteFile(path, bad, 0o666); err != nil {
			t.Fatal(err)
		}
		d, err := Open(path, nil)
		if err != nil {
			continue
		}
		_, errDescribe := d.Describe(t.Context())
		run, err := d.Run(t.Context(), "")
		if err == nil {
			_, err = run.Experiment(t.Context())
		}
		d.Close()
		for _, err := range []error{errDescribe, err} {
			if err == nil {
				continue
			}
			if got := strings.Count(err.Error(), "table "); got != 1 {
				t.Errorf("damage at %d: %v: the table is named %d times", at, err, got)
			}
			named++
		}
	}
	if named < 4 {
		t.Errorf("got %d errors about tables, want at least 4", named)
	}
}
