package providertest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// Hostile are texts that would act on a page if they were taken for a part of it.
var Hostile = []string{
	`<script>window.broken=1</script>`, `</script><script>window.broken=1</script>`, `<!--<script>`, `-->`, `]]>`,
	`"><img src=x onerror="window.broken=1">`, `' onmouseover='window.broken=1`, `<svg onload=window.broken=1>`,
	`</title><b>`, `</style><b>`, `</textarea><b>`, `<a href="javascript:window.broken=1">x</a>`,
	`javascript:window.broken=1`,
	`<base href="https://example.org/">`, `<meta http-equiv="refresh" content="0;url=https://example.org/">`,
	`<img src="https://example.org/x.png">`, `{{.}}`, "`${window.broken=1}`", `&lt;b&gt;&amp;`, `<bdi></bdi></bdi>`,
	"\u202etxt.exe\u202c", "a\u200bb\ufeff", "\u2028\u2029", "\x1b[2J\x00\x07", "\x7f\u0085", `\u003cscript\u003e`,
	strings.Repeat("x", 4000), strings.Repeat("\u0301", 300), "\u05d0\u05d1 (123) \u05d2",
}

// HostileRun gives a run that has a text in every field that may have any.
func HostileRun(text string) *provider.Live {
	name := strings.ToValidUTF8(text[:min(len(text), 4000)], "")
	if provider.CheckName(name) != nil {
		name = strings.ReplaceAll(name, "\x00", "\x01")
	}
	quoted, _ := json.Marshal(text)
	agent, _ := json.Marshal(name)
	object := func(members string) json.RawMessage {
		return json.RawMessage(fmt.Sprintf(`{"agent_id":%s,%s:%s%s}`, agent, quoted, quoted, members))
	}
	policy := func(x string) json.RawMessage { return object(`,"x":` + x + `,"deep":{"y":[` + string(quoted) + `]}`) }
	records := []provider.Record{
		&provider.Start{RunID: name, Name: name, Type: name, CreatedAt: name,
			Config: object(`,"description":` + string(quoted))},
		&provider.Attachment{Name: "a/" + shortName(strings.Map(plainName, name)), MediaType: name, Data: []byte(text)},
	}
	for n := range 3 {
		records = append(records,
			&provider.Event{Iteration: n, Type: name, Timestamp: name, Data: object("")},
			&provider.Event{Iteration: n, Type: name, Data: json.RawMessage(quoted)},
			&provider.Event{Iteration: n, Type: "policy_rejected", Data: object(`,"validation_errors":[` + string(quoted) +
				`],"rejection_reason":` + string(quoted) + `,"old_cost":1,"new_cost":2`)},
			&provider.Interaction{Iteration: n, AgentID: name, Model: &name, SystemPrompt: &text, UserPrompt: new(text +
				fmt.Sprint(n) + "\n" + text), Response: &text, ParsedPolicy: policy(fmt.Sprint(n + 1)), Timestamp: name,
				Extra: object("")},
			&provider.Interaction{Iteration: n, AgentID: name + "2", ParsingError: &text},
			&provider.Iteration{Number: n, Timestamp: name,
				Costs:    map[string]provider.Cents{name: provider.Cents(n), name + "2": 5},
				Policies: map[string]json.RawMessage{name: policy(fmt.Sprint(n))}, AcceptedChanges: map[string]bool{name: n == 0}})
	}
	return Live(append(records,
		&provider.Note{Kind: name, Text: text, Subject: provider.Subject("iterations", "1", "costs_per_agent", name)},
		&provider.Note{Kind: "doubtful", Text: text},
		&provider.Result{Status: "completed", CompletedAt: name, Converged: new(true), ConvergenceReason: &text}))
}

// shortName gives a name that a file can have.
func shortName(name string) string {
	r := []rune(name)
	return "_" + string(r[:min(len(r), 50)]) + "_"
}

// plainName makes a character one that the name of a file may have.
func plainName(r rune) rune {
	if r < ' ' || r == 0x7f || strings.ContainsRune(`\:/."<>|?*`, r) {
		return '_'
	}
	return r
}
