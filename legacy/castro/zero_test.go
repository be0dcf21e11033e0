package castro

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
	"github.com/simexp/exparchive/provider"
)

// zeroRow is a row whose columns, texts, have the values.
func zeroRow(values map[string]string) *row {
	tab := &table{t: &duckdb.Table{}, index: map[string]int{}}
	r := &row{t: tab, n: 1}
	for name, value := range values {
		tab.index[name] = len(tab.columns)
		tab.columns = append(tab.columns, duckdb.Column{Name: name, Type: &duckdb.Type{ID: duckdb.TypeVarchar}})
		r.v, r.used = append(r.v, value), append(r.used, false)
	}
	return r
}

// TestZeroInNames: a name or a time with U+0000, which no record may have, is an error that names the cell; read
// leniently it is left out, kept in an attachment and said. What stands beside it stays.
func TestZeroInNames(t *testing.T) {
	read := map[string]func(b *builder, r *row) any{
		"id": func(b *builder, r *row) any { return b.str(r, "id") },
		"costs": func(b *builder, r *row) any {
			costs, complete := b.costs(r, 0, "costs_per_agent")
			if _, ok := costs["B"]; len(costs) != 1 || !ok || complete {
				return costs
			}
			return ""
		},
		"policies": func(b *builder, r *row) any {
			policies := b.policies(r, 0)
			if _, ok := policies["B"]; len(policies) != 1 || !ok {
				return policies
			}
			return ""
		},
	}
	values := map[string]string{
		"id": "a\x00b", "costs_per_agent": `{"a\u0000b":1,"B":2}`, "policies": `{"a\u0000b":{},"B":{}}`,
	}
	for name, get := range read {
		b := newBuilder(t.Context(), true)
		if got := get(b, zeroRow(values)); got != "" {
			t.Errorf("%s: got %q, want it left out", name, got)
		}
		if b.err != nil || len(b.attachments) != 1 || len(b.notes) != 1 || !strings.Contains(b.notes[0].Text, "U+0000") {
			t.Errorf("%s: got %v, %d attachments and notes %v, want one of each that names U+0000", name, b.err,
				len(b.attachments), b.notes)
		}
		for _, n := range b.notes {
			if err := n.Validate(); err != nil {
				t.Errorf("%s: note: %v", name, err)
			}
		}
		b = newBuilder(t.Context(), false)
		get(b, zeroRow(values))
		if !errors.As(b.err, new(*CellError)) || !strings.Contains(b.err.Error(), "U+0000") {
			t.Errorf("%s: got %v, want a CellError that names U+0000", name, b.err)
		}
	}
}

// TestZeroInCalls: agent and model of a call that cannot be kept as such stay with what has no field of its own.
func TestZeroInCalls(t *testing.T) {
	i := interactionOf(json.RawMessage(`{"agent_id": "a\u0000b", "model": "m\u0000", "raw_response": "x\u0000"}`))
	if i.AgentID != "" || i.Model != nil || *i.Response != "x\x00" ||
		string(i.Extra) != `{"agent_id": "a\u0000b", "model": "m\u0000"}` {
		t.Errorf("got agent %q, model %v, response %q, extra %s", i.AgentID, i.Model, *i.Response, i.Extra)
	}
	if err := i.Validate(); err != nil {
		t.Error(err)
	}
}

// TestZeroInExport: an agent of an export whose name cannot be kept takes no other agent's cost with it.
func TestZeroInExport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "web.json")
	if err := os.WriteFile(path, []byte(`{"experiment_id": "e", "days": [{"day": 0, "per_agent_costs": {"a\u0000b": 1, "B": 2}}]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	it, err := mustRun(t, mustOpen(t, path, &Options{Lenient: true}), "").IterationAt(t.Context(), 0)
	if err != nil || len(it.Costs) != 1 || it.Costs["B"] != provider.Cents(2) {
		t.Errorf("got %v, %v, want the cost of B", it.Costs, err)
	}
	if _, err := mustRun(t, mustOpen(t, path, nil), "").IterationAt(t.Context(), 0); err == nil ||
		!strings.Contains(err.Error(), "U+0000") {
		t.Errorf("without lenient: got %v, want an error that names U+0000", err)
	}
}
