package series

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
)

// A Pointer leads to a value in a JSON text (RFC 6901). The zero value leads to the whole text.
type Pointer struct {
	tokens []string
	agent  bool // one of the tokens stands for the agent
}

// AgentToken is the part of a pointer that stands for the name of each agent in turn, as in /costs/{agent}/total.
const AgentToken = "{agent}"

// EachToken is the part of a pointer that stands for each element of an array, or each value of an object, as in
// /samples/{each}/cost: the pointer then leads to the array of what is found in them.
const EachToken = "{each}"

var errPointer = errors.New("not a JSON pointer, which begins with / and has ~ only as ~0 and ~1")

// ParsePointer reads a JSON pointer.
func ParsePointer(text string) (Pointer, error) {
	var p Pointer
	if text == "" {
		return p, nil
	}
	rest, ok := strings.CutPrefix(text, "/")
	if !ok {
		return p, fmt.Errorf("%.80q is %w", text, errPointer)
	}
	for token := range strings.SplitSeq(rest, "/") {
		for i := range len(token) {
			if token[i] == '~' && (i+1 == len(token) || token[i+1] != '0' && token[i+1] != '1') {
				return Pointer{}, fmt.Errorf("%.80q is %w", text, errPointer)
			}
		}
		p.agent = p.agent || token == AgentToken
		p.tokens = append(p.tokens, jsontext.UnescapePointer(token))
	}
	return p, nil
}

// String gives the pointer as it is written.
func (p Pointer) String() string {
	var b strings.Builder
	for _, token := range p.tokens {
		b.WriteByte('/')
		b.WriteString(jsontext.EscapePointer(token))
	}
	return b.String()
}

// PerAgent reports whether the pointer has an [AgentToken].
func (p Pointer) PerAgent() bool { return p.agent }

// In gives what the pointer leads to in a valid JSON text, which it shares memory with, and nil if there is no such
// value or it is null. The agent stands for [AgentToken]. An element in which there is none of what [EachToken] looks
// for is null in the array; if none has it, there is no array.
func (p Pointer) In(text []byte, agent string) json.RawMessage { return in(p.tokens, text, agent) }

func in(tokens []string, text []byte, agent string) json.RawMessage {
	for i, token := range tokens {
		switch token {
		case EachToken:
			return inEach(tokens[i+1:], text, agent)
		case AgentToken:
			token = agent
		}
		if text = member(text, token); text == nil {
			return nil
		}
	}
	if text = jsontext.Trim(text); jsontext.IsNull(text) {
		return nil
	}
	return text
}

// inEach gives the array of what is found in the elements of an array or in the values of an object.
func inEach(tokens []string, text []byte, agent string) json.RawMessage {
	var list []json.RawMessage
	switch text = jsontext.Trim(text); {
	case len(text) > 0 && text[0] == '[':
		if json.Unmarshal(text, &list) != nil {
			return nil
		}
	case len(text) == 0 || text[0] != '{' || jsontext.Members(text, func(_ string, v []byte) error {
		list = append(list, v)
		return nil
	}) != nil:
		return nil
	}
	array, some := []byte{'['}, len(list) == 0
	for i, x := range list {
		if i > 0 {
			array = append(array, ',')
		}
		if v := in(tokens, x, agent); v != nil {
			array, some = append(array, v...), true
		} else {
			array = append(array, "null"...)
		}
	}
	if !some {
		return nil
	}
	return append(array, ']')
}

// Agents gives the names that [AgentToken] can stand for in a text, in the order of the text.
func (p Pointer) Agents(text []byte) (names []string) {
	for _, token := range p.tokens {
		if token == AgentToken {
			_ = jsontext.Members(text, func(name string, _ []byte) error {
				names = append(names, name)
				return nil
			})
			return names
		}
		if text = member(text, token); text == nil {
			return nil
		}
	}
	return nil
}

var errFound = errors.New("found")

// member gives the member of an object or the element of an array, nil if there is none.
func member(text []byte, token string) (value []byte) {
	text = jsontext.Trim(text)
	if len(text) > 0 && text[0] == '[' {
		n, err := strconv.ParseUint(token, 10, 31)
		if err != nil || strconv.FormatUint(n, 10) != token {
			return nil
		}
		var elements []json.RawMessage
		if json.Unmarshal(text, &elements) != nil || n >= uint64(len(elements)) {
			return nil
		}
		return elements[n]
	}
	_ = jsontext.Members(text, func(name string, v []byte) error {
		if name != token {
			return nil
		}
		value = v
		return errFound
	})
	return value
}
