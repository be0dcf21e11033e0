package sample

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// Lines is the size of a run that is written as lines of JSON.
type Lines struct {
	Iterations int
	Events     int // of each iteration
	Calls      int // of a language model, in each iteration, with prompts of 8 to 30 KB
}

// Write writes the run as any program in any language does, in memory that does not grow with it.
func (l Lines) Write(w io.Writer) error {
	random := rand.New(rand.NewPCG(seed, seed+2))
	out := bufio.NewWriter(w)
	words := strings.Fields("liquidity delay cost queue settle bank payment tick policy tree release hold balance " +
		"deadline pool fraction")
	text := func(size int) string {
		var b strings.Builder
		for b.Len() < size {
			b.WriteString(words[random.IntN(len(words))])
			b.WriteByte(' ')
		}
		return b.String()
	}
	system := text(17000)
	fmt.Fprintln(out, `{"type":"experiment","run_id":"large-1","experiment_name":"large","experiment_type":"benchmark"}`)
	for i := range l.Iterations {
		for tick := range l.Events {
			fmt.Fprintf(out, `{"type":"event","iteration":%d,"event_type":"RtgsImmediateSettlement",`+
				`"timestamp":"2025-12-15T09:00:00","event_data":{"tick":%d,"tx_id":"%016x","sender":"BANK_A",`+
				`"receiver":"BANK_B","amount":%d,"sender_balance_before":%d,"sender_balance_after":%d}}`+"\n",
				i, tick, random.Uint64(), random.IntN(1e6), random.IntN(1e7), random.IntN(1e7))
		}
		for range l.Calls {
			fmt.Fprintf(out, `{"type":"llm_interaction","iteration":%d,"agent_id":"BANK_A","model":"some-model",`+
				`"system_prompt":%q,"user_prompt":%q,"response":"{}","prompt_tokens":9000,"completion_tokens":300,`+
				`"latency_seconds":8.25}`+"\n", i, system, text(8000+random.IntN(22000)))
		}
		fmt.Fprintf(out, `{"type":"iteration","iteration":%d,"costs_per_agent":{"BANK_A":%d,"BANK_B":%d},`+
			`"accepted_changes":{"BANK_A":true},"policies":{"BANK_A":{"initial_liquidity_fraction":0.5}}}`+"\n",
			i, random.IntN(1e6), random.IntN(1e6))
	}
	fmt.Fprintln(out, `{"type":"result","status":"completed"}`)
	return out.Flush()
}
