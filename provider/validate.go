package provider

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/jsontext"
)

// Limits on what a record may hold.
const (
	// MaxText is the length in bytes of the longest text, JSON value or attachment of a record.
	MaxText = 64 << 20
	// MaxName is the length in bytes of the longest name: run ids, agents, event types, timestamps and the like.
	MaxName = 4096
	// MaxIteration is the highest number of an iteration.
	MaxIteration = math.MaxInt32
)

var (
	errEmpty       = errors.New("empty")
	errNoAgentName = errors.New("an agent without a name")
	errNegative    = errors.New("negative")
	errNotFinite   = errors.New("not a finite number")
	errMinusZero   = errors.New("minus zero")
	errZeroByte    = errors.New("has the character U+0000, where many programs end a text")
)

// A checker collects the first fault of a record.
type checker struct {
	record Kind
	err    error
}

func (c *checker) fail(field string, err error) {
	if c.err == nil && err != nil {
		c.err = &FieldError{Record: c.record.String(), Field: field, Err: err}
	}
}

// name checks a short text.
func (c *checker) name(field, s string, required bool) {
	switch {
	case s == "" && required:
		c.fail(field, errEmpty)
	case len(s) > MaxName:
		c.fail(field, fmt.Errorf("%d bytes, more than %d", len(s), MaxName))
	case simple(s):
	case !utf8.ValidString(s):
		c.fail(field, jsontext.ErrUTF8)
	default:
		c.fail(field, CheckName(s))
	}
}

// simple reports whether s is ASCII without U+0000, as nearly all names are.
func simple(s string) bool {
	const ones, highest = 0x0101010101010101, 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] {
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		if (x|(x-ones))&highest != 0 {
			return false
		}
	}
	for i := range len(s) {
		if s[i]-1 >= utf8.RuneSelf-1 {
			return false
		}
	}
	return true
}

// CheckName gives nil for a text without the character U+0000, which no name, time, subject or model may have.
func CheckName(s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return errZeroByte
	}
	return nil
}

// agent checks the name of an agent in a map.
func (c *checker) agent(field, agent string) {
	if agent == "" {
		c.fail(field, errNoAgentName)
	}
	c.name(field, agent, false)
}

// text checks a long text that may be absent.
func (c *checker) text(field string, s *string) {
	switch {
	case s == nil:
	case len(*s) > MaxText:
		c.fail(field, fmt.Errorf("%d bytes, more than %d", len(*s), MaxText))
	case !utf8.ValidString(*s):
		c.fail(field, jsontext.ErrUTF8)
	}
}

// json checks a JSON value and gives it in the form in which it is kept.
func (c *checker) json(field string, text []byte) []byte {
	return c.jsonWithin(field, text, jsontext.MaxDepth)
}

func (c *checker) jsonWithin(field string, text []byte, maxDepth int) []byte {
	text = jsontext.Trim(text)
	if jsontext.IsNull(text) {
		return nil
	}
	if len(text) > MaxText {
		c.fail(field, fmt.Errorf("%d bytes, more than %d", len(text), MaxText))
		return text
	}
	c.fail(field, jsontext.CheckWithin(text, maxDepth))
	return text
}

// object checks the length of a canonical JSON object by agent, whose members have at most longest bytes. Only one that
// may be too long is made.
func (c *checker) object(field string, longest int, text func() []byte) {
	if c.err != nil || longest+len("{}") <= MaxText {
		return
	}
	if n := len(text()); n > MaxText {
		c.fail(field, fmt.Errorf("%d bytes, more than %d", n, MaxText))
	}
}

// longestMember gives how long a member of a JSON object can be: a byte of a name takes at most six.
func longestMember(name string, value int) int { return 6*len(name) + len(`"":,`) + value }

func (c *checker) iteration(n int) {
	if n < 0 {
		c.fail("iteration", fmt.Errorf("%d is %w", n, errNegative))
	} else if n > MaxIteration {
		c.fail("iteration", fmt.Errorf("%d is more than %d", n, MaxIteration))
	}
}

func (c *checker) tokens(field string, n *int64) {
	if n != nil && *n < 0 {
		c.fail(field, fmt.Errorf("%d is %w", *n, errNegative))
	}
}

// Validate implements [Record].
func (s *Start) Validate() error {
	c := checker{record: KindStart}
	c.name("run_id", s.RunID, true)
	c.name("experiment_name", s.Name, true)
	c.name("experiment_type", s.Type, true)
	c.name("created_at", s.CreatedAt, false)
	s.Config = c.json("config", s.Config)
	if s.Salt != nil && len(s.Salt) != SaltSize {
		c.fail("salt", fmt.Errorf("%d bytes, want %d", len(s.Salt), SaltSize))
	}
	c.redaction(s)
	return c.err
}

// Validate implements [Record].
func (e *Event) Validate() error {
	c := checker{record: KindEvent}
	c.iteration(e.Iteration)
	c.name("event_type", e.Type, true)
	c.name("timestamp", e.Timestamp, false)
	e.Data = c.json("event_data", e.Data)
	c.redaction(e)
	return c.err
}

// Validate implements [Record].
func (i *Interaction) Validate() error {
	c := checker{record: KindInteraction}
	c.iteration(i.Iteration)
	c.name("agent_id", i.AgentID, false)
	c.name("timestamp", i.Timestamp, false)
	if i.Model != nil {
		c.name("model", *i.Model, false)
	}
	c.text("system_prompt", i.SystemPrompt)
	c.text("user_prompt", i.UserPrompt)
	c.text("response", i.Response)
	c.text("parsing_error", i.ParsingError)
	i.ParsedPolicy = c.json("parsed_policy", i.ParsedPolicy)
	c.tokens("prompt_tokens", i.PromptTokens)
	c.tokens("completion_tokens", i.CompletionTokens)
	if l := i.LatencySeconds; l != nil {
		switch {
		case math.IsNaN(*l) || math.IsInf(*l, 0):
			c.fail("latency_seconds", fmt.Errorf("%v is %w", *l, errNotFinite))
		case *l < 0:
			c.fail("latency_seconds", fmt.Errorf("%v is %w", *l, errNegative))
		case math.Signbit(*l):
			c.fail("latency_seconds", errMinusZero)
		}
	}
	i.Extra = c.json("extra", i.Extra)
	if len(i.Extra) > 0 && i.Extra[0] != '{' {
		c.fail("extra", jsontext.ErrNotObject)
	}
	c.redaction(i)
	return c.err
}

// Validate implements [Record].
func (i *Iteration) Validate() error {
	c := checker{record: KindIteration}
	c.iteration(i.Number)
	c.name("timestamp", i.Timestamp, false)
	longest := 0
	for agent := range i.Costs {
		c.agent("costs_per_agent", agent)
		longest += longestMember(agent, len("-9223372036854775808"))
	}
	c.object("costs_per_agent", longest, func() []byte { return AppendCosts(nil, i.Costs) })
	longest = 0
	for agent := range i.AcceptedChanges {
		c.agent("accepted_changes", agent)
		longest += longestMember(agent, len("false"))
	}
	c.object("accepted_changes", longest, func() []byte { return AppendAcceptedChanges(nil, i.AcceptedChanges) })
	size := 0
	longest = 0
	for agent, policy := range i.Policies {
		c.agent("policies", agent)
		policy = c.jsonWithin(fmt.Sprintf("policies: agent %q", agent), policy, jsontext.MaxDepth-1) // it stands in an object
		if policy == nil {
			c.fail("policies", fmt.Errorf("agent %q has no policy: leave it out", agent))
		}
		i.Policies[agent] = policy
		size += len(policy) + len(agent)
		longest += longestMember(agent, len(policy))
	}
	if size > MaxText {
		c.fail("policies", fmt.Errorf("%d bytes, more than %d", size, MaxText))
	}
	c.object("policies", longest, func() []byte { return AppendPolicies(nil, i.Policies) })
	c.redaction(i)
	return c.err
}

// Validate implements [Record].
func (n *Note) Validate() error {
	c := checker{record: KindNote}
	c.name("kind", n.Kind, true)
	c.text("text", &n.Text)
	if _, withheld := n.Withheld("text"); n.Text == "" && !withheld {
		c.fail("text", errEmpty)
	}
	c.name("subject", n.Subject, false)
	c.fail("subject", CheckSubject(n.Subject))
	c.redaction(n)
	return c.err
}

// Validate implements [Record].
func (a *Attachment) Validate() error {
	c := checker{record: KindAttachment}
	c.name("name", a.Name, true)
	c.name("media_type", a.MediaType, false)
	if a.Name != "" {
		c.fail("name", CheckPlain(a.Name))
		c.fail("name", CheckPortable(a.Name))
	}
	if len(a.Data) > MaxText {
		c.fail("data", fmt.Errorf("%d bytes, more than %d", len(a.Data), MaxText))
	}
	c.redaction(a)
	return c.err
}

// Validate implements [Record].
func (r *Result) Validate() error {
	c := checker{record: KindResult}
	c.name("completed_at", r.CompletedAt, false)
	c.name("status", string(r.Status), true)
	if r.Status.Reserved() {
		c.fail("status", fmt.Errorf("%q is for a run without a result", r.Status))
	}
	c.text("convergence_reason", r.ConvergenceReason)
	c.redaction(r)
	return c.err
}
