package series

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The sources of columns besides types of events.
const (
	SourceConfig   = "config"   // the configuration of the run
	SourcePolicy   = "policy"   // the policy of each agent in each iteration
	SourceProposed = "proposed" // the policy that was proposed for each agent in each iteration, accepted or not
)

// A Column is a value that rows have besides those that all rows have.
type Column struct {
	Name    string // as its head says, and its member in JSON
	Source  string // SourceConfig, SourcePolicy, SourceProposed or a type of events
	Pointer Pointer

	gather bool // of several events in an iteration all values count; see [Source]
}

// ErrColumn is the class of errors about a text that describes no column.
var ErrColumn = errors.New("not a column")

// fixedNames are the columns that all rows have, by their names in JSON.
var fixedNames = []string{"run_id", "iteration", "agent_id", "cost_cents", "accepted", "decision"}

// ParseColumn reads NAME=SOURCE:POINTER, such as fraction=policy:/parameters/initial_liquidity_fraction. It returns
// [ErrColumn] for anything else.
func ParseColumn(text string) (Column, error) {
	name, rest, ok := strings.Cut(text, "=")
	source, pointer, ok2 := strings.Cut(rest, ":")
	switch {
	case !ok || !ok2 || name == "" || source == "":
		return Column{}, fmt.Errorf("%w: %.200q, want NAME=SOURCE:POINTER, such as settled=day:/total_settled", ErrColumn, text)
	case !utf8.ValidString(text):
		return Column{}, fmt.Errorf("%w: %.200q is not UTF-8", ErrColumn, text)
	case slices.Contains(fixedNames, name):
		return Column{}, fmt.Errorf("%w: %.200q: every row has a column %s already", ErrColumn, text, name)
	}
	p, err := ParsePointer(pointer)
	if err != nil {
		return Column{}, fmt.Errorf("%w: %.200q: %w", ErrColumn, text, err)
	}
	if source == SourceConfig && p.PerAgent() {
		return Column{}, fmt.Errorf("%w: %.200q: the configuration is of the run, not of an agent: name the agent in the place of %s",
			ErrColumn, text, AgentToken)
	}
	return Column{Name: name, Source: source, Pointer: p}, nil
}

// ParseColumns reads a list of columns, whose names are all different.
func ParseColumns(texts []string) ([]Column, error) {
	var list []Column
	for _, text := range texts {
		c, err := ParseColumn(text)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(list, func(x Column) bool { return x.Name == c.Name }) {
			return nil, fmt.Errorf("%w: %.200q: there is a column %s before it", ErrColumn, text, c.Name)
		}
		list = append(list, c)
	}
	return list, nil
}

// String gives the column as it is written.
func (c Column) String() string { return c.Name + "=" + c.Source + ":" + c.Pointer.String() }

// ofEvents reports whether the values of the column come from events.
func (c Column) ofEvents() bool {
	return c.Source != SourceConfig && c.Source != SourcePolicy && c.Source != SourceProposed
}
