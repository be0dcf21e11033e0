package castro

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// eventRecord makes a record of a row of an events table. A call of a language model becomes an Interaction if its
// payload is an object; members that an Interaction has no field for, or whose value does not fit, go to Extra.
func eventRecord(iteration int, kind, timestamp string, data json.RawMessage) provider.Record {
	if kind == "llm_interaction" {
		if i := interactionOf(data); i != nil {
			i.Iteration, i.Timestamp = iteration, timestamp
			return i
		}
	}
	return &provider.Event{Iteration: iteration, Type: kind, Timestamp: timestamp, Data: data}
}

func interactionOf(data json.RawMessage) *provider.Interaction {
	if data == nil {
		return nil
	}
	i := &provider.Interaction{}
	var extra object
	err := jsontext.Members(data, func(name string, value []byte) error {
		if jsontext.IsNull(value) && isCallMember(name) {
			return nil // absent
		}
		fits := false
		switch name {
		case "agent_id":
			i.AgentID, fits = stringOf(value)
			fits = fits && i.AgentID != "" && len(i.AgentID) <= provider.MaxName && provider.CheckName(i.AgentID) == nil
			if !fits {
				i.AgentID = ""
			}
		case "model":
			i.Model, fits = textOf(value)
			if fits && (len(*i.Model) > provider.MaxName || provider.CheckName(*i.Model) != nil) {
				i.Model, fits = nil, false
			}
		case "system_prompt":
			i.SystemPrompt, fits = textOf(value)
		case "user_prompt":
			i.UserPrompt, fits = textOf(value)
		case "raw_response":
			i.Response, fits = textOf(value)
		case "parsing_error":
			i.ParsingError, fits = textOf(value)
		case "parsed_policy":
			i.ParsedPolicy, fits = value, true
		case "prompt_tokens":
			i.PromptTokens, fits = countOf(value)
		case "completion_tokens":
			i.CompletionTokens, fits = countOf(value)
		case "latency_seconds":
			i.LatencySeconds, fits = secondsOf(value)
		}
		if !fits {
			extra.add(name, value)
		}
		return nil
	})
	if err != nil {
		return nil
	}
	i.Extra = extra.json()
	return i
}

// isCallMember reports whether a member of a call's payload has a field of its own.
func isCallMember(name string) bool {
	switch name {
	case "agent_id", "model", "system_prompt", "user_prompt", "raw_response", "parsing_error", "parsed_policy",
		"prompt_tokens", "completion_tokens", "latency_seconds":
		return true
	}
	return false
}

func textOf(value []byte) (*string, bool) {
	s, ok := stringOf(value)
	if !ok {
		return nil, false
	}
	return &s, true
}

func countOf(value []byte) (*int64, bool) {
	c := centsOf(value) // an integer, too
	if c == nil || *c < 0 {
		return nil, false
	}
	return new(int64(*c)), true
}

// secondsOf reads a number that its shortest spelling as float64 gives back.
func secondsOf(value []byte) (*float64, bool) {
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil || math.Signbit(f) || math.IsNaN(f) || math.IsInf(f, 0) ||
		!sameNumber(string(value), strconv.FormatFloat(f, 'g', -1, 64)) {
		return nil, false
	}
	return &f, true
}

// calls remembers the calls of a run by what was asked and answered.
type calls map[[sha256.Size]byte]*provider.Interaction

// add gives the earlier call that i repeats word for word, if there is one.
func (c *calls) add(i *provider.Interaction) (first *provider.Interaction, repeats bool) {
	if i.UserPrompt == nil || i.Response == nil {
		return nil, false
	}
	h := sha256.New()
	for _, s := range []*string{i.SystemPrompt, i.UserPrompt, i.Response} {
		if s != nil {
			fmt.Fprintf(h, "%d:%s", len(*s), *s)
		}
	}
	sum := [sha256.Size]byte(h.Sum(nil))
	if first := (*c)[sum]; first != nil {
		return first, true
	}
	if *c == nil {
		*c = calls{}
	}
	(*c)[sum] = i
	return nil, false
}

// checkCalls adds notes about calls of a language model that are doubtful: rows that repeat an earlier answer, and
// counts of words that stand where those of tokens should.
func (b *builder) checkCalls() {
	var all calls
	counted, words := 0, 0
	for n, r := range b.records {
		i, ok := r.(*provider.Interaction)
		if !ok {
			continue
		}
		if first, repeats := all.add(i); repeats {
			seq := strconv.Itoa(n + 1) // behind the start of the run
			b.note(noteDoubtful, provider.Subject("records", seq),
				"the call of iteration %d for agent %q repeats that of iteration %d for agent %q word for word: after an error the runner could save the answer before once more",
				i.Iteration, i.AgentID, first.Iteration, first.AgentID)
		}
		if i.PromptTokens != nil && i.SystemPrompt != nil && i.UserPrompt != nil {
			counted++
			if n := int64(len(strings.Fields(*i.SystemPrompt)) + len(strings.Fields(*i.UserPrompt))); n == *i.PromptTokens {
				words++
			}
		}
	}
	if words > 0 {
		b.note(noteDoubtful, "", "prompt_tokens and completion_tokens count words, not tokens: in %d of %d calls prompt_tokens is the number of words of the prompts", words, counted)
	}
}
