package export

import (
	"errors"
	"io"
	"strings"
	"testing"

	"encoding/json"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

func tablesOf(t *testing.T, raw bool, names []string, records []provider.Record) map[string]string {
	t.Helper()
	to := map[string]io.Writer{}
	for _, name := range names {
		to[name] = new(strings.Builder)
	}
	s, err := NewCSV(to, raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := providertest.Play(t.Context(), s, records); err != nil {
		t.Fatal(err)
	}
	text := map[string]string{}
	for name, w := range to {
		text[name] = w.(*strings.Builder).String()
	}
	return text
}

func TestCSV(t *testing.T) {
	records := []provider.Record{
		&provider.Start{RunID: "r1", Name: "=exp", Type: "t", Config: json.RawMessage(`{"a": 1}`)},
		&provider.Event{Iteration: 0, Type: "empty"},
		&provider.Attachment{Name: "f", Data: []byte("hi")},
		&provider.Interaction{Iteration: 1, Model: new(""), Response: new("a\nb"), PromptTokens: new(int64(0)),
			LatencySeconds: new(8.25)},
		&provider.Iteration{Number: 1, Costs: map[string]provider.Cents{"B": -5, "A": 9007199254740993},
			AcceptedChanges: map[string]bool{"A": false}, Policies: map[string]json.RawMessage{"A": json.RawMessage(`[1, 2]`)}},
		&provider.Note{Kind: "k", Text: "t"},
		&provider.Note{Kind: "k", Text: "t", Subject: "/final_cost"},
		&provider.Result{Status: "completed", Converged: new(false), FinalCost: new(provider.Cents(0))},
	}
	want := map[string]string{
		"experiment": "run_id,experiment_name,experiment_type,config,created_at,completed_at,status,converged,convergence_reason,final_cost,best_cost,withheld\n" +
			"r1,'=exp,t,\"{\"\"a\"\": 1}\",,,completed,false,,0,,\n",
		"events": "run_id,id,iteration,event_type,event_data,timestamp,withheld\nr1,1,0,empty,,,\n",
		"iterations": "run_id,iteration,costs_per_agent,accepted_changes,policies,timestamp,withheld\n" +
			`r1,1,"{""A"":9007199254740993,""B"":-5}","{""A"":false}","{""A"":[1, 2]}",,` + "\n",
		"costs":    "run_id,iteration,agent_id,cost_cents\nr1,1,A,9007199254740993\nr1,1,B,-5\n",
		"policies": "run_id,iteration,agent_id,policy\nr1,1,A,\"[1, 2]\"\n",
		"accepted": "run_id,iteration,agent_id,accepted\nr1,1,A,false\n",
		"interactions": "run_id,id,iteration,agent_id,model,system_prompt,user_prompt,response,parsed_policy,parsing_error,prompt_tokens,completion_tokens,latency_seconds,timestamp,extra,withheld\n" +
			"r1,3,1,,\"\",,,\"a\nb\",,,0,,8.25,,,\n",
		"notes":       "run_id,id,kind,text,subject,withheld\nr1,5,k,t,,\nr1,6,k,t,/final_cost,\n",
		"attachments": "run_id,id,name,media_type,data_base64,withheld\nr1,2,f,,aGk=,\n",
	}
	got := tablesOf(t, false, Tables(), records)
	for _, table := range Tables() {
		if got[table] != want[table] {
			t.Errorf("%s: got\n%swant\n%s", table, got[table], want[table])
		}
	}
	if got := tablesOf(t, true, []string{"experiment"}, records)["experiment"]; !strings.Contains(got, "r1,=exp,") {
		t.Errorf("raw: got\n%s, want the name as it is", got)
	}
	// A run without a result goes on.
	if got := tablesOf(t, false, []string{"experiment"}, records[:2])["experiment"]; !strings.HasSuffix(got,
		",unfinished,,,,,\n") {
		t.Errorf("cut short: got\n%s, want status unfinished", got)
	}
}

// TestCSV_withheld: of a value that was taken out the cell is empty and the last one says so; what was empty is not.
func TestCSV_withheld(t *testing.T) {
	withheld := func(fields ...string) *provider.Redaction {
		r := &provider.Redaction{Withheld: map[string]provider.Commitment{}}
		for _, field := range fields {
			r.Withheld[field] = provider.Commitment{1}
		}
		return r
	}
	records := []provider.Record{
		&provider.Start{RunID: "r1", Name: "n", Type: "t", Meta: provider.Meta{Redaction: withheld("salt", "config")}},
		&provider.Event{Type: "e", Meta: provider.Meta{Redaction: withheld("event_data")}},
		&provider.Interaction{AgentID: "A", Response: new(""),
			Meta: provider.Meta{Redaction: withheld("user_prompt", "extra", "system_prompt")}},
		&provider.Iteration{Costs: map[string]provider.Cents{"A": 1},
			Meta: provider.Meta{Redaction: withheld("accepted_changes", "policies")}},
		&provider.Note{Kind: "k", Subject: "/final_cost", Meta: provider.Meta{Redaction: withheld("text")}},
		&provider.Attachment{Name: "f", Meta: provider.Meta{Redaction: withheld("data")}},
		&provider.Attachment{Name: "g"},
		&provider.Result{Status: "completed", Meta: provider.Meta{Redaction: withheld("convergence_reason")}},
	}
	got := tablesOf(t, false, Tables(), records)
	for table, want := range map[string]string{
		"experiment":   "r1,n,t,,,,completed,,,,,config salt convergence_reason\n",
		"events":       "r1,1,0,e,,,event_data\n",
		"interactions": `r1,2,0,A,,,,"",,,,,,,,system_prompt user_prompt extra` + "\n",
		"iterations":   `r1,0,"{""A"":1}",,,,accepted_changes policies` + "\n",
		"costs":        "r1,0,A,1\n",
		"policies":     "",
		"accepted":     "",
		"notes":        "r1,4,k,,/final_cost,text\n",
		"attachments":  "r1,5,f,,,data\nr1,6,g,,\"\",\n",
	} {
		if _, rows, _ := strings.Cut(got[table], "\n"); rows != want {
			t.Errorf("%s: got\n%swant\n%s", table, rows, want)
		}
	}
}

func TestUnknownTable(t *testing.T) {
	if _, err := NewCSV(map[string]io.Writer{"none": io.Discard}, false); !errors.Is(err, ErrTable) {
		t.Errorf("got %v, want ErrTable", err)
	}
}
