package schema

import (
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/simexp/exparchive/internal/othertools"
)

// viewedRun has all that views show: iteration 0 as it is most often, 1 that was not recorded itself, 2 whose objects
// are withheld, and from 3 on sums that are too large, and one that is not.
// The text of a policy may have no UTF-8 form.
const viewedRun = `
INSERT INTO z_experiment VALUES (1, 'r-1', 'n', 't', '2025-12-01', 'completed', NULL, 1, 9007199254740993, -5,
  x'00ff', 18, 2, 5, 8, 2, 2, NULL, NULL, NULL);
INSERT INTO z_iteration VALUES
  (0, 1, 3, 1, 1, 10, 4, 'now', '{"A":9007199254740993,"B":-5}', '{"A":true,"B":false}', '{"A":{"f":0.5}}'),
  (1, 5, 5, 1, 0, 0, NULL, NULL, NULL, NULL, NULL),
  (2, 6, 6, 0, 0, 0, 6, NULL, NULL, NULL, NULL),
  (3, 7, 7, 0, 3, 0, 7, NULL, '{}', '{}', '{}'),
  (4, 8, 8, 0, 0, 0, 8, NULL, '{"A":9223372036854775806,"B":1}', '{}', '{}'),
  (5, 9, 9, 0, 0, 0, 9, NULL, '{"A":-8999999999999998999,"B":-1}', '{}',
    '{"A":"x\ud800","B":"\ud83d\ude00","C":"�"}');
INSERT INTO z_event_type VALUES (1, 'evaluation'), (2, 'other');
INSERT INTO z_event VALUES (1, 0, 1, 'then', '{"b": 1.50}'), (5, 1, 2, NULL, NULL);
INSERT INTO z_section VALUES (1, 'one '), (2, ''), (3, 'two');
INSERT INTO z_llm_interaction VALUES
  (2, 0, 'A', 'm', 1200, 300, 8.25, 'then', '[3,1,3]', '[2]', 'yes', '{"f":0.4}', 'none', '{}'),
  (3, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (13, 3, NULL, NULL, 9223372036854775806, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (14, 3, NULL, NULL, 1, 9223372036854775806, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO z_note VALUES (15, 'derived', '/final_cost', 'x'), (16, 'doubt', NULL, NULL);
INSERT INTO z_attachment VALUES (17, 'a.txt', 'text/plain', x'616263'), (18, 'b', NULL, NULL);
INSERT INTO z_annotation VALUES (1, 'doi', NULL, '10.1000/182', x'aa');
INSERT INTO z_redaction VALUES
  (5, 'config', x'05', NULL), (6, 'salt', x'06', NULL),
  (2*256+10, 'response', NULL, x'aa'),
  (3*256+8, 'system_prompt', x'aa', NULL), (3*256+10, 'response', x'aa', NULL),
  (5*256+4, 'event_data', x'aa', NULL),
  (6*256+3, 'costs_per_agent', x'aa', NULL), (6*256+4, 'accepted_changes', x'aa', NULL),
  (6*256+5, 'policies', x'aa', NULL),
  (16*256+2, 'text', x'aa', NULL),
  (18*256+3, 'data', x'aa', NULL),
  (19*256+6, 'convergence_reason', x'aa', NULL);
`

// views says of each view its columns with their types, its rows as SQL literals in the order of the columns, and a
// condition that chooses one of them.
var views = []struct {
	name, columns string
	rows          []string
	one           string
}{
	{"accepted_changes", "iteration INTEGER, agent_id TEXT, accepted INTEGER, withheld TEXT",
		[]string{"0,'A',1,NULL", "0,'B',0,NULL", "2,NULL,NULL,'accepted_changes'"}, "iteration = 0"},
	{"annotations", "id INTEGER, kind TEXT, name TEXT, text TEXT", []string{"1,'doi',NULL,'10.1000/182'"}, "id = 1"},
	{"attachments", "id INTEGER, name TEXT, media_type TEXT, size INTEGER, data BLOB, withheld TEXT",
		[]string{"17,'a.txt','text/plain',3,X'616263',NULL", "18,'b',NULL,NULL,NULL,'data'"}, "id = 17"},
	{"costs", "iteration INTEGER, agent_id TEXT, cost_cents INTEGER, withheld TEXT",
		[]string{
			"0,'A',9007199254740993,NULL", "0,'B',-5,NULL", "2,NULL,NULL,'costs_per_agent'",
			"4,'A',9223372036854775806,NULL", "4,'B',1,NULL", "5,'A',-8999999999999998999,NULL", "5,'B',-1,NULL",
		}, "iteration = 0"},
	{"experiment_events", "id INTEGER, run_id TEXT, iteration INTEGER, event_type TEXT, event_data TEXT, " +
		"timestamp TEXT, withheld TEXT",
		[]string{`1,'r-1',0,'evaluation','{"b": 1.50}','then',NULL`, "5,'r-1',1,'other',NULL,NULL,'event_data'"}, "id = 1"},
	{"experiment_iterations", "run_id TEXT, iteration INTEGER, costs_per_agent TEXT, accepted_changes TEXT, policies TEXT, " +
		"timestamp TEXT, id INTEGER, withheld TEXT",
		[]string{
			`'r-1',0,'{"A":9007199254740993,"B":-5}','{"A":true,"B":false}','{"A":{"f":0.5}}','now',4,NULL`,
			"'r-1',2,NULL,NULL,NULL,NULL,6,'costs_per_agent,accepted_changes,policies'",
			"'r-1',3,'{}','{}','{}',NULL,7,NULL",
			`'r-1',4,'{"A":9223372036854775806,"B":1}','{}','{}',NULL,8,NULL`,
			`'r-1',5,'{"A":-8999999999999998999,"B":-1}','{}','{"A":"x\ud800","B":"\ud83d\ude00","C":"` + "\ufffd" +
				`"}',NULL,9,NULL`,
		}, "iteration = 0"},
	{"experiments", "run_id TEXT, experiment_name TEXT, experiment_type TEXT, config TEXT, created_at TEXT, " +
		"completed_at TEXT, num_iterations INTEGER, converged INTEGER, convergence_reason TEXT, status TEXT, " +
		"final_cost INTEGER, best_cost INTEGER, digest TEXT, records INTEGER, withheld TEXT",
		[]string{"'r-1','n','t',NULL,'2025-12-01',NULL,5,1,NULL,'completed',9007199254740993,-5,'00ff',18," +
			"'config,salt,convergence_reason'"}, "run_id = 'r-1'"},
	{"llm_interactions", "id INTEGER, run_id TEXT, iteration INTEGER, agent_id TEXT, system_prompt TEXT, user_prompt TEXT, " +
		"response TEXT, parsed_policy TEXT, parsing_error TEXT, prompt_tokens INTEGER, completion_tokens INTEGER, " +
		"latency_seconds REAL, timestamp TEXT, model TEXT, extra TEXT, withheld TEXT",
		[]string{
			`2,'r-1',0,'A','twoone two','','yes','{"f":0.4}','none',1200,300,8.25,'then','m','{}',NULL`,
			"3,'r-1',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'system_prompt,response'",
			"13,'r-1',3,NULL,NULL,NULL,NULL,NULL,NULL,9223372036854775806,1,NULL,NULL,NULL,NULL,NULL",
			"14,'r-1',3,NULL,NULL,NULL,NULL,NULL,NULL,1,9223372036854775806,NULL,NULL,NULL,NULL,NULL",
		}, "id = 2"},
	{"notes", "id INTEGER, kind TEXT, text TEXT, subject TEXT, withheld TEXT",
		[]string{"15,'derived','x','/final_cost',NULL", "16,'doubt',NULL,NULL,'text'"}, "id = 15"},
	{"policies", "iteration INTEGER, agent_id TEXT, policy TEXT, json_type TEXT, withheld TEXT",
		[]string{
			`0,'A','{"f":0.5}','object',NULL`, "2,NULL,NULL,NULL,'policies'", `5,'A','"x\ud800"','text',NULL`,
			"5,'B','\U0001F600','text',NULL", "5,'C','\ufffd','text',NULL",
		}, "iteration = 0"},
	{"totals", "iteration INTEGER, agents INTEGER, total_cents INTEGER, events INTEGER, interactions INTEGER, " +
		"prompt_tokens INTEGER, completion_tokens INTEGER, withheld TEXT",
		[]string{
			"0,2,9007199254740988,1,1,1200,300,NULL", "1,NULL,NULL,1,0,NULL,NULL,NULL",
			"2,NULL,NULL,0,0,NULL,NULL,'costs_per_agent'",
			"3,0,NULL,0,3,9223372036854775807,9223372036854775807,NULL",
			"4,2,NULL,0,0,NULL,NULL,NULL", "5,2,-8999999999999999000,0,0,NULL,NULL,NULL",
		}, "iteration = 0"},
	{"withheld", "id INTEGER, field TEXT, commitment TEXT",
		[]string{
			"0,'config','05'", "0,'salt','06'", "3,'system_prompt','aa'", "3,'response','aa'", "5,'event_data','aa'",
			"6,'costs_per_agent','aa'", "6,'accepted_changes','aa'", "6,'policies','aa'", "16,'text','aa'", "18,'data','aa'",
			"19,'convergence_reason','aa'",
		}, "id = 3"},
}

// untrusting is how SQLite's documentation wants the files of strangers to be read.
const untrusting = "PRAGMA trusted_schema = OFF"

// engines run queries and give the rows of each as text, NULL as "NULL". Two of them are what other people have.
var engines = map[string]func(t *testing.T, path string, queries []string) [][][]string{
	"modernc": func(t *testing.T, path string, queries []string) (all [][][]string) {
		db, err := sqlx.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		db.SetMaxOpenConns(1)
		if _, err := db.Exec(untrusting); err != nil {
			t.Fatal(err)
		}
		for _, query := range queries {
			rows, err := db.Queryx(query)
			if err != nil {
				t.Fatalf("%s: %v", query, err)
			}
			var texts [][]string
			for rows.Next() {
				row, err := rows.SliceScan()
				if err != nil {
					t.Fatalf("%s: %v", query, err)
				}
				texts = append(texts, nil)
				for _, x := range row {
					if x == nil {
						x = "NULL"
					}
					texts[len(texts)-1] = append(texts[len(texts)-1], fmt.Sprint(x))
				}
			}
			if err := rows.Err(); err != nil {
				t.Fatalf("%s: %v", query, err)
			}
			all = append(all, texts)
		}
		return all
	},
	"sqlite3": func(t *testing.T, path string, queries []string) (all [][][]string) {
		for _, query := range queries {
			out := tool(t, "sqlite3", "-readonly", "-csv", "-nullvalue", "NULL", path, untrusting, query)
			rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
			if err != nil {
				t.Fatalf("%s: %v in %q", query, err, out)
			}
			all = append(all, rows)
		}
		return all
	},
	"python3": func(t *testing.T, path string, queries []string) (all [][][]string) {
		const program = `import json, sqlite3, sys
db = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro&immutable=1", uri=True)
db.execute(sys.argv[2])
text = lambda row: ["NULL" if x is None else str(x) for x in row]
json.dump([[text(row) for row in db.execute(query)] for query in sys.argv[3:]], sys.stdout)`
		out := tool(t, "python3", append([]string{"-c", program, path, untrusting}, queries...)...)
		if err := json.Unmarshal([]byte(out), &all); err != nil {
			t.Fatalf("%v in %q", err, out)
		}
		return all
	},
}

func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), othertools.Find(t, name), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// viewed makes a database of the current version that holds viewedRun.
func viewed(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if err := Create(db); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(viewedRun); err != nil {
		t.Fatal(err)
	}
	return path
}

// onEach runs a query about each view in each engine.
func onEach(t *testing.T, query func(i int) string, test func(t *testing.T, i int, rows [][]string)) {
	path := viewed(t)
	var queries []string
	for i := range views {
		queries = append(queries, query(i))
	}
	for name, run := range engines {
		t.Run(name, func(t *testing.T) {
			for i, rows := range run(t, path, queries) {
				test(t, i, rows)
			}
		})
	}
}

// TestViews: in every program that reads SQLite files, each view has its columns, and they hold what they should, each
// value of the type of its column.
func TestViews(t *testing.T) {
	onEach(t, func(i int) string {
		var literals []string
		for c := range strings.SplitSeq(views[i].columns, ", ") {
			name, _, _ := strings.Cut(c, " ")
			literals = append(literals, "quote("+name+")")
		}
		return "SELECT " + strings.Join(literals, ", ") + " FROM " + views[i].name
	}, func(t *testing.T, i int, rows [][]string) {
		var got []string
		for _, row := range rows {
			got = append(got, strings.Join(row, ","))
		}
		if want := views[i].rows; !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", views[i].name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// TestViewTypes: the columns of views have a type wherever SQLite tells one of an expression: old releases tell none,
// and all of them INT for INTEGER.
func TestViewTypes(t *testing.T) {
	query := func(i int) string { return "PRAGMA table_info(" + views[i].name + ")" }
	onEach(t, query, func(t *testing.T, i int, rows [][]string) {
		silent := !strings.HasSuffix(t.Name(), "modernc")
		var got, want []string
		for _, row := range rows {
			got = append(got, row[1])
		}
		for n, c := range strings.Split(views[i].columns, ", ") {
			name, kind, _ := strings.Cut(c, " ")
			want = append(want, name)
			if n >= len(rows) {
				break
			}
			if got := rows[n][2]; got != kind && (got != "INT" || kind != "INTEGER") && (got != "" || !silent) {
				t.Errorf("%s.%s: got type %q, want %q", views[i].name, name, got, kind)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got columns %q, want %q", views[i].name, got, want)
		}
	})
}

// TestViewsComeFirst: people who look through a file see the views before the tables; and these are all the views
// there are.
func TestViewsComeFirst(t *testing.T) {
	objects, err := Objects(Version)
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, o := range objects {
		if o.Type == "view" {
			got = append(got, o.Name)
		} else if !strings.HasPrefix(o.Name, "z_") {
			t.Errorf("%s %s is not behind the views", o.Type, o.Name)
		}
	}
	for _, v := range views {
		want = append(want, v.name)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("got views %q, want %q", got, want)
	}
}

// scan is a step of a query's plan that goes through a whole table of the file.
var scan = regexp.MustCompile(`^SCAN (z_\w+|[a-su-z]) *$`)

// TestViewPlans: no view goes through a table once for each row of another.
func TestViewPlans(t *testing.T) {
	query := func(i int) string { return "EXPLAIN QUERY PLAN SELECT * FROM " + views[i].name }
	onEach(t, query, func(t *testing.T, i int, rows [][]string) {
		eachRow := map[string]bool{} // of the steps of the plan
		for _, row := range rows {
			if len(row) != 4 {
				t.Skip("the shell draws plans as pictures")
			}
			eachRow[row[0]] = eachRow[row[1]] || strings.HasPrefix(row[3], "CORRELATED")
			if eachRow[row[0]] && scan.MatchString(row[3]) {
				t.Errorf("%s: for each row: %s", views[i].name, row[3])
			}
		}
		if len(rows) == 0 {
			t.Errorf("%s: no plan", views[i].name)
		}
	})
}

// TestViewPlansOfOne: for one row, or one iteration, no view goes through a table. There is one experiment; and totals
// has to go through the interactions, once.
func TestViewPlansOfOne(t *testing.T) {
	onEach(t, func(i int) string {
		return fmt.Sprintf("EXPLAIN QUERY PLAN SELECT * FROM %s WHERE %s", views[i].name, views[i].one)
	}, func(t *testing.T, i int, rows [][]string) {
		var got, want []string
		for _, row := range rows {
			if len(row) != 4 {
				t.Skip("the shell draws plans as pictures")
			}
			if scan.MatchString(row[3]) && row[3] != "SCAN z_experiment" {
				got = append(got, row[3])
			}
		}
		switch views[i].name {
		case "totals":
			want = []string{"SCAN z_llm_interaction"}
		case "experiments":
			want = []string{"SCAN z_iteration"} // which it counts
		case "withheld":
			want = []string{"SCAN z_redaction"}
		}
		if len(rows) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s of one: got %q in %q, want %q", views[i].name, got, rows, want)
		}
	})
}

// TestUnsealedDigest: a run that was not sealed has no digest.
func TestUnsealedDigest(t *testing.T) {
	db := fresh(t)
	if err := Create(db.DB); err != nil {
		t.Fatal(err)
	}
	const insert = "INSERT INTO z_experiment (id, run_id, experiment_name, experiment_type) VALUES (1, 'r', 'n', 't')"
	if _, err := db.Exec(insert); err != nil {
		t.Fatal(err)
	}
	var got string
	err := db.Get(&got, "SELECT quote(digest) || quote(status) || quote(withheld) FROM experiments")
	if err != nil || got != "NULL'unfinished'NULL" {
		t.Errorf("got %s, %v, want no digest, running, nothing withheld", got, err)
	}
}
