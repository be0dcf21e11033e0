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
	costs := make(map[string]Cents)
	err := parseMembers(text, func(agent string, value []byte) (err error) {
		costs[agent], err = ParseCents(string(value))
		if ce, ok := err.(*CostError); ok {
			ce.Agent = agent
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return costs, nil
}

// ParseAcceptedChanges reads a JSON object of booleans by agent; a null leaves the agent out, since it is not known.
func ParseAcceptedChanges(text []byte) (map[string]bool, error) {
	accepted := make(map[string]bool)
	err := parseMembers(text, func(agent string, value []byte) error {
		switch string(value) {
		case "true", "false":
			accepted[agent] = value[0] == 't'
		case "null":
		default:
			return fmt.Errorf("accepted change of agent %q is %.80s, want true or false", agent, value)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return accepted, nil
}

// ParsePolicies reads a JSON object of policies by agent; each policy keeps its text, and a null leaves the agent out.
func ParsePolicies(text []byte) (map[string]json.RawMessage, error) {
	policies := make(map[string]json.RawMessage)
	err := parseMembers(text, func(agent string, value []byte) error {
		if !jsontext.IsNull(value) {
			policies[agent] = value
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return policies, nil
}

// parseMembers gives the agents and the values of a JSON object to take, of null none.
func parseMembers(text []byte, take func(agent string, value []byte) error) error {
	text = jsontext.Trim(text)
	if jsontext.IsNull(text) {
		return nil
	}
	if err := jsontext.Check(text); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	err := jsontext.Members(text, func(agent string, value []byte) error {
		if err := CheckName(agent); err != nil {
			return fmt.Errorf("agent %.80q %w", agent, err)
		}
		return take(agent, value)
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}
