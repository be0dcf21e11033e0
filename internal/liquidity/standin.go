package liquidity

import (
	"encoding/json"
	"fmt"
)

// Model is what the runs record as the name of the model.
const Model = "deterministic-stand-in"

// A bank is the state of one bank's search.
type bank struct {
	share  Fraction
	policy json.RawMessage
	id     string   // of the policy
	reach  Fraction // how far the next proposal may go
	erred  bool     // the last proposal was a mistake
	past   []string // paragraphs of the history that its prompts show
}

// A reply is what the stand-in says to one prompt.
type reply struct {
	text    string
	mistake bool
	errors  int // calls that failed before this one was answered
	latency int // quarters of a second
}

// Chances in a hundred.
const (
	chanceMistake = 28
	chanceError   = 7
	chanceFence   = 12
	chanceProbe   = 50
)

// respond stands in for a language model. Most of the time it proposes the best response within the bank's reach.
// Sometimes, as r decides, it makes a mistake: a worse share, one that is out of range, an action that does not exist,
// prose, an answer that is cut off. Two mistakes never follow each other, so a search that has not arrived goes on.
// Where nothing better is in reach it keeps its share or probes next to it.
func (s *Scenario) respond(r *random, n, i int, b *bank, shares []Fraction) reply {
	re := reply{latency: 30 + r.below(130)}
	if r.below(100) < chanceError {
		re.errors = 1
	}
	fenced := r.below(100) < chanceFence
	best := s.BestResponse(shares, i, b.reach)
	kind := -1
	if !b.erred && r.below(100) < chanceMistake {
		kind = r.below(5)
		re.mistake = true
	}
	steps := Fraction(1 + r.below(5))
	probe := r.below(100) < chanceProbe

	share := json.Number(best.String())
	why := fmt.Sprintf("Moving from %v to %v sets less money aside while the day's payments still settle in time.",
		b.share, best)
	if best > b.share {
		why = fmt.Sprintf("Payments waited in the queue, so %v instead of %v is worth its price.", best, b.share)
	}
	if best == b.share {
		why = fmt.Sprintf("No share nearby is cheaper than %v, so I keep it.", best)
		if probe && kind < 0 {
			near := best - steps*Percent
			if near < 0 {
				near = best + steps*Percent
			}
			share = json.Number(near.String())
			why = fmt.Sprintf("%v seems to be good; I try %v to see what happens next to it.", best, near)
		}
	}
	action := "Release"
	switch kind {
	case 0:
		worse := b.share + 2*steps*Percent
		if worse > One {
			worse = b.share - 2*steps*Percent
		}
		share = json.Number(worse.String())
		why = fmt.Sprintf("A larger buffer of %v should be safer than %v.", worse, b.share)
	case 1:
		share = number(int64(One)+int64(steps)*50, 3)
		why = "Setting more aside than before covers every payment."
	case 2:
		action = "Delay"
		why = "Waiting for incoming payments first saves liquidity."
	case 3:
		re.text = fmt.Sprintf("I would keep the share at about %v and watch the queue for another iteration before I change anything.", b.share)
		return re
	}
	id := fmt.Sprintf("%s-%03d", s.Banks[i], n)
	if share.String() == b.share.String() && action == "Release" {
		id = b.id // the policy it has
	}
	p := newPolicy(id, share)
	p.Payment.Action = action
	text := string(encode(struct {
		Explanation string `json:"explanation"`
		policy
	}{why, p}))
	if kind == 4 {
		re.text = text[:len(text)*2/3]
		return re
	}
	if fenced {
		text = "```json\n" + text + "\n```"
	}
	re.text = text
	return re
}
