package evolution

import (
	"encoding/json"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// A Proposal is what was proposed for an agent in an iteration, the latest if there were several, and what came of it.
type Proposal struct {
	Proposed  json.RawMessage      // nil if none was recorded, or it was withheld
	Proposes  []Change             // from the policy in force to Proposed; nil if that is not known
	Against   json.RawMessage      // the policy in force that Proposes is from; nil if it is not known
	Concealed *provider.Commitment // to a proposal that was withheld
	Decision  provider.Decision    // as package replay prints it
}

// latest is what is known of the latest proposal for an agent in an iteration.
type latest struct {
	policy    json.RawMessage
	old       json.RawMessage // what it replaces, if an event said so
	concealed *provider.Commitment
	accepted  *bool // by an event
	failed    bool  // a call gave none
}

// propose notes a proposal, and forgets what was decided about another one.
func (l *latest) propose(policy json.RawMessage) {
	if jsontext.IsNull(policy) {
		return
	}
	if l.policy == nil || len(Diff(l.policy, policy)) > 0 {
		*l = latest{policy: policy}
	}
}

func (l *latest) call(i *provider.Interaction) {
	l.propose(i.ParsedPolicy)
	if c, ok := i.Withheld("parsed_policy"); ok {
		*l = latest{concealed: &c}
	}
	if _, withheld := i.Withheld("parsing_error"); withheld || i.ParsingError != nil {
		l.failed = true
	}
}

// decide fills in what came of the proposal. Force is the policy in force before the step, as far as it is known; the
// result is the one behind it.
func (l *latest) decide(s *Step, force json.RawMessage) json.RawMessage {
	accepted := l.accepted
	if s.Accepted != nil {
		accepted = s.Accepted
	}
	old := l.old
	if old == nil {
		old = s.Policy
	}
	if old == nil {
		old = force
	}
	s.Proposed, s.Concealed = l.policy, l.concealed
	repeats := false
	if l.policy != nil && old != nil {
		s.Proposes, s.Against = Diff(old, l.policy), old
		repeats = len(s.Proposes) == 0 && (l.old != nil || force == nil || len(Diff(force, l.policy)) == 0)
	}
	proposed := l.policy != nil || l.concealed != nil
	refused := l.accepted != nil && !l.failed // by an event that does not have the proposal
	s.Decision = provider.Decide(accepted, proposed || refused, repeats, l.failed)
	if s.Policy != nil {
		force = s.Policy
	}
	switch {
	case l.concealed != nil, l.policy != nil && accepted == nil:
		return nil
	case l.policy != nil && *accepted:
		return l.policy
	}
	return force
}

// proposalEvent reads an event about a proposal. It gives the agent, and what is to be done with what is known of its
// proposal; nil for other events.
func proposalEvent(e *provider.Event) (agent string, note func(*latest)) {
	m := map[string]json.RawMessage{}
	switch e.Type {
	case "policy_change", "policy_evaluation", "policy_rejected", "llm_interaction", "llm_error":
		if jsontext.Members(e.Data, func(name string, value []byte) error {
			if !jsontext.IsNull(value) {
				m[name] = value
			}
			return nil
		}) != nil {
			return "", nil
		}
	}
	if id := m["agent_id"]; len(id) > 0 && id[0] == '"' {
		agent, _ = jsontext.Unquote(id)
	}
	if agent == "" {
		return "", nil
	}
	switch e.Type {
	case "llm_error":
		return agent, func(l *latest) { l.failed = true }
	case "llm_interaction":
		return agent, func(l *latest) {
			l.propose(m["parsed_policy"])
			l.failed = l.failed || m["parsing_error"] != nil
		}
	case "policy_rejected":
		return agent, func(l *latest) {
			l.propose(m["proposed_policy"])
			l.accepted = new(false)
		}
	}
	return agent, func(l *latest) {
		l.propose(m["new_policy"])
		l.propose(m["proposed_policy"])
		if old := m["old_policy"]; old != nil {
			l.old = old
		}
		switch string(m["accepted"]) {
		case "true":
			l.accepted = new(true)
		case "false":
			l.accepted = new(false)
		default:
			l.accepted = nil
		}
	}
}
