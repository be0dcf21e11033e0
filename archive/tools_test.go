package archive_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// viewQueries ask every view for something that only the right answer satisfies. Their answer is one line of text.
var viewQueries = []struct{ name, sql, want string }{
	{"experiments", "SELECT run_id || '|' || experiment_name || '|' || experiment_type || '|' || num_iterations || '|' || converged || '|' || final_cost || '|' || status FROM experiments",
		"r-1|n|t|2|1|9007199254740993|completed"},
	{"experiment_iterations", "SELECT group_concat(iteration || costs_per_agent || accepted_changes || policies, ';') FROM (SELECT * FROM experiment_iterations ORDER BY iteration)",
		`0{"A":9007199254740993,"B":-5}{"A":true}{"A":{"f": 0.50}};4{}{}{}`},
	{"experiment_events", "SELECT id || '|' || run_id || '|' || iteration || '|' || event_type || '|' || event_data || '|' || timestamp FROM experiment_events",
		`1|r-1|0|evaluation|{"b": 1.50, "a":[1, 2]}|2025-12-01T10:00:00.5`},
	{"llm_interactions", "SELECT id || '|' || iteration || '|' || agent_id || '|' || length(system_prompt) || '|' || substr(user_prompt, -4) || '|' || response || '|' || parsed_policy || '|' || coalesce(parsing_error, 'none') || '|' || prompt_tokens || '|' || latency_seconds FROM llm_interactions",
		`2|0|A|1200|tail|yes|{"f":0.4}|none|9007199254740993|8.25`},
	{"costs", "SELECT group_concat(iteration || agent_id || cost_cents, ' ') FROM (SELECT * FROM costs ORDER BY iteration, agent_id)", "0A9007199254740993 0B-5"},
	{"policies", "SELECT iteration || agent_id || json_extract(policy, '$.f') FROM policies", "0A0.5"},
	{"accepted_changes", "SELECT iteration || agent_id || accepted FROM accepted_changes", "0A1"},
	{"notes", "SELECT kind || ':' || text FROM notes", "derived:of something"},
}

// TestViews asks the views through three readers: the one in this program, the sqlite3 shell and Python's sqlite3.
func TestViews(t *testing.T) {
	path := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), archivetest.ViewRun(), nil)
	readers := map[string]func(t *testing.T, query string) string{
		"modernc": func(t *testing.T, statement string) string {
			_, rows, err := archivetest.Query(t.Context(), archivetest.Open(t, path), statement)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(rows[0][0])
		},
		"sqlite3": func(t *testing.T, query string) string {
			return archivetest.RunTool(t, "sqlite3", "-readonly", path, query)
		},
		"python3": func(t *testing.T, query string) string {
			return archivetest.RunTool(t, "python3", "-c", "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])", path, query)
		},
	}
	for name, read := range readers {
		t.Run(name, func(t *testing.T) {
			for _, q := range viewQueries {
				if got := read(t, q.sql); got != q.want {
					t.Errorf("%s: got %q, want %q", q.name, got, q.want)
				}
			}
		})
	}
	archivetest.WantFiles(t, filepath.Dir(path), "run.simexp")
}

// TestPromptsInSQL: the view joins prompts byte for byte, however they were cut into sections.
func TestPromptsInSQL(t *testing.T) {
	var records []provider.Record
	var want []string
	records = append(records, &provider.Start{RunID: "r", Name: "n", Type: "t"})
	for i := range 200 {
		var b strings.Builder
		for j := range i % 17 {
			b.WriteString(strings.Repeat(fmt.Sprintf("%d ", (i*j)%5), 20*(j%9)))
			b.WriteString(strings.Repeat("\n", (i+j)%4))
		}
		want = append(want, b.String())
		records = append(records, &provider.Interaction{Iteration: i, UserPrompt: new(b.String())})
	}
	a := archivetest.Open(t, recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil))
	_, rows, err := archivetest.Query(t.Context(), a, "SELECT user_prompt FROM llm_interactions ORDER BY id")
	if err != nil || len(rows) != len(want) {
		t.Fatalf("got %d prompts, %v, want %d", len(rows), err, len(want))
	}
	for i, row := range rows {
		if row[0] != want[i] {
			t.Errorf("prompt %d: got %q, want %q", i, row[0], want[i])
		}
	}
}

// TestPromptsShareSections: a prompt that is mostly known takes little room.
func TestPromptsShareSections(t *testing.T) {
	records := providertest.Sample()[:1]
	history, total := "", 0
	for i := range 100 {
		history += strings.Repeat(fmt.Sprintf("In iteration %d this and that happened. ", i), 20) + "\n\n"
		records = append(records, &provider.Interaction{Iteration: i, SystemPrompt: new(strings.Repeat("Rules. ", 2000)),
			UserPrompt: new(history + "Now decide.")})
		total += len(history) + 14000
	}
	path := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil)
	info := archivetest.Look(t, path)
	var size int
	if _, err := fmt.Sscan(strings.Fields(strings.SplitN(info, "\n", 2)[1])[0], &size); err != nil {
		t.Fatal(err)
	}
	if size*10 > total {
		t.Errorf("got a file of %d bytes for prompts of %d", size, total)
	}
}
