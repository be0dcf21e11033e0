package provider

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/simexp/exparchive/internal/jsontext"
)

// The functions of this file turn the maps of an [Iteration] into JSON objects and back. The objects are canonical:
// agents in ascending order of their UTF-8 bytes, no white space, names escaped as little as JSON allows, integers in
// decimal. Both the archive's columns and the content hash use this form.

// AppendCosts appends costs as a canonical JSON object.
func AppendCosts(dst []byte, costs map[string]Cents) []byte {
	return appendMap(dst, costs, func(dst []byte, c Cents) []byte { return fmt.Appendf(dst, "%d", int64(c)) })
}

// AppendAcceptedChanges appends accepted as a canonical JSON object.
func AppendAcceptedChanges(dst []byte, accepted map[string]bool) []byte {
	return appendMap(dst, accepted, func(dst []byte, b bool) []byte { return fmt.Appendf(dst, "%t", b) })
}

// AppendPolicies appends policies as a canonical JSON object; the policies themselves stand as they are.
func AppendPolicies(dst []byte, policies map[string]json.RawMessage) []byte {
	return appendMap(dst, policies, func(dst []byte, p json.RawMessage) []byte { return append(dst, p...) })
}

func appendMap[V any](dst []byte, m map[string]V, value func([]byte, V) []byte) []byte {
	dst = append(dst, '{')
	for i, agent := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(jsontext.AppendString(dst, agent), ':')
		dst = value(dst, m[agent])
	}
	return append(dst, '}')
}

// ParseCosts reads a JSON object of costs by agent. White space and the order of agents do not matter; a cost that is
// not a whole number of cents is a [*CostError] that names the agent. Absent text (empty or null) gives an empty map.
func ParseCosts(text []byte) (map[string]Cents, error) {
	return parseMap(text, func(agent string, value []byte) (Cents, error) {
		c, err := ParseCents(string(value))
		if ce, ok := err.(*CostError); ok {
			ce.Agent = agent
		}
		return c, err
	})
}

// ParseAcceptedChanges reads a JSON object of booleans by agent; a null leaves the agent out, since it is not known.
func ParseAcceptedChanges(text []byte) (map[string]bool, error) {
	accepted, err := parseMap(text, func(agent string, value []byte) (*bool, error) {
		switch string(value) {
		case "true":
			return new(true), nil
		case "false":
			return new(false), nil
		case "null":
			return nil, nil
		}
		return nil, fmt.Errorf("%w: accepted change of agent %q is %.80s, want true or false", ErrInvalid, agent, value)
	})
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(accepted))
	for agent, a := range accepted {
		if a != nil {
			known[agent] = *a
		}
	}
	return known, nil
}

// ParsePolicies reads a JSON object of policies by agent; each policy keeps its text, and a null leaves the agent out.
func ParsePolicies(text []byte) (map[string]json.RawMessage, error) {
	policies, err := parseMap(text, func(_ string, value []byte) (json.RawMessage, error) {
		return json.RawMessage(value), nil
	})
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(policies, func(_ string, p json.RawMessage) bool { return jsontext.IsNull(p) })
	return policies, nil
}

func parseMap[V any](text []byte, value func(agent string, text []byte) (V, error)) (map[string]V, error) {
	m := make(map[string]V)
	text = jsontext.Trim(text)
	if jsontext.IsNull(text) {
		return m, nil
	}
	if err := jsontext.Check(text); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	err := jsontext.Members(text, func(agent string, text []byte) error {
		if err := CheckName(agent); err != nil {
			return fmt.Errorf("agent %.80q %w", agent, err)
		}
		v, err := value(agent, text)
		m[agent] = v
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return m, nil
}
