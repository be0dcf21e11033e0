package series

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/jsontext"
)

// The sources of columns besides types of events.
const (
	SourceConfig   = "config"   // the configuration of the run
	SourcePolicy   = "policy"   // the policy of each agent in each iteration
	SourceProposed = "proposed" // the policy that was proposed for each agent in each iteration, accepted or not
	SourceLabel    = "label"    // what an author says of the run, in an object; see [Labelled]
)

// A Column is a value that rows have besides those that all rows have.
type Column struct {
	Name    string // as its head says, and its member in JSON
	Source  string // one of those above or a type of events; empty for a column that is computed
	Pointer Pointer
	Default Value  // stands where nothing was recorded; nil for none
	Title   string // what people read for Name; empty for that
	Hidden  bool   // it is there for the formulas of others only

	gather  bool // of several events in an iteration all values count; see [Source]
	formula *formula
	ofRun   bool  // it has one value for the whole run
	label   Value // of a column of SourceLabel
}

// ErrColumn is the class of errors about a text that describes no column.
var ErrColumn = errors.New("not a column")

// fixedNames are the columns that all rows have, by their names in JSON.
var fixedNames = []string{
	"run_id", "iteration", "agent_id", "cost_cents", "accepted", "decision", "derived_columns", "defaulted_columns",
}

// ParseColumn reads NAME=SOURCE:POINTER, such as fraction=policy:/parameters/initial_liquidity_fraction, behind which
// " else " and a JSON string, number, true or false may stand: the value where nothing was recorded. Without a colon
// before the first double quote, what follows = is a formula over the columns before; see the package's documentation.
// It returns [ErrColumn] for anything else.
func ParseColumn(text string, before ...Column) (Column, error) {
	name, rest, ok := strings.Cut(text, "=")
	unquoted, _, _ := strings.Cut(rest, `"`)
	source, _, ok2 := strings.Cut(unquoted, ":")
	switch {
	case !ok || name == "" || rest == "" || ok2 && source == "":
		return Column{}, fmt.Errorf("%w: %.200q, want NAME=SOURCE:POINTER, such as settled=day:/total_settled, or NAME=FORMULA",
			ErrColumn, text)
	case !utf8.ValidString(text):
		return Column{}, fmt.Errorf("%w: %.200q is not UTF-8", ErrColumn, text)
	case slices.Contains(fixedNames, name):
		return Column{}, fmt.Errorf("%w: %.200q: every row has a column %s already", ErrColumn, text, name)
	case slices.ContainsFunc(before, func(x Column) bool { return x.Name == name }):
		return Column{}, fmt.Errorf("%w: %.200q: there is a column %s before it", ErrColumn, text, name)
	case !ok2:
		f, err := parseFormula(rest, before)
		if err != nil {
			return Column{}, fmt.Errorf("%w: column %s: %w", ErrColumn, name, err)
		}
		return Column{Name: name, formula: f, ofRun: !f.root.has(func(n *node) bool {
			return n.op == opCost || n.op == opIndex || n.op == "agents" || n.op == opColumn && !before[n.column].ofRun
		})}, nil
	}
	pointer, standIn, err := cutDefault(rest[len(source)+1:])
	if err != nil {
		return Column{}, fmt.Errorf("%w: column %s: %w", ErrColumn, name, err)
	}
	p, err := ParsePointer(pointer)
	if err != nil {
		return Column{}, fmt.Errorf("%w: %.200q: %w", ErrColumn, text, err)
	}
	ofRun := source == SourceConfig || source == SourceLabel
	if ofRun && p.PerAgent() {
		return Column{}, fmt.Errorf("%w: %.200q: what %s has is of the run, not of an agent: name the agent in the place of %s",
			ErrColumn, text, source, AgentToken)
	}
	return Column{Name: name, Source: source, Pointer: p, Default: standIn, ofRun: ofRun}, nil
}

// cutDefault divides what stands behind the colon of a column into the pointer and the value behind the last " else ".
func cutDefault(text string) (pointer string, value Value, err error) {
	const word = " else "
	i := strings.LastIndex(text, word)
	if i < 0 {
		return text, nil, nil
	}
	value = Value(strings.TrimSpace(text[i+len(word):]))
	if len(value) == 0 || !json.Valid(value) || jsontext.IsNull(value) || value[0] == '{' || value[0] == '[' {
		return "", nil, fmt.Errorf("%.200q: want a number, a string in quotes, true or false behind else", text)
	}
	return text[:i], value, nil
}

// ParseColumns reads a list of columns, whose names are all different and which may name those before them.
func ParseColumns(texts []string) ([]Column, error) {
	var list []Column
	for _, text := range texts {
		c, err := ParseColumn(text, list...)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// String gives the column as it is written.
func (c Column) String() string {
	switch {
	case c.formula != nil:
		return c.Name + "=" + c.formula.text
	case c.Default != nil:
		return c.Name + "=" + c.Source + ":" + c.Pointer.String() + " else " + string(c.Default)
	}
	return c.Name + "=" + c.Source + ":" + c.Pointer.String()
}

// Heading gives what people read for the name.
func (c Column) Heading() string {
	if c.Title != "" {
		return c.Title
	}
	return c.Name
}

// Derived reports whether the column is computed from others, by the formula that Formula gives.
func (c Column) Derived() bool { return c.formula != nil }

// Formula gives the formula of a column that is computed, empty for any other.
func (c Column) Formula() string {
	if c.formula == nil {
		return ""
	}
	return c.formula.text
}

// Money reports whether the values are whole cents, which people read as money.
func (c Column) Money() bool { return c.formula != nil && c.formula.money }

// NeedsBaseline reports whether the values compare the run with another; see [Run.Against].
func (c Column) NeedsBaseline() bool {
	return c.formula != nil && c.formula.root.has(func(n *node) bool { return n.op == "change" })
}

// OfRun reports whether the column has one value for the whole run.
func (c Column) OfRun() bool { return c.ofRun }

// Labelled gives the columns for a run of which somebody says something, as a JSON object: columns of [SourceLabel]
// have their values from it. Without it they have none.
func Labelled(columns []Column, labels []byte) []Column {
	columns = slices.Clone(columns)
	for i, c := range columns {
		if c.Source == SourceLabel && len(labels) > 0 {
			columns[i].label = c.Pointer.In(labels, "")
		}
	}
	return columns
}

// has reports whether the node or a part of it is of a kind.
func (n *node) has(kind func(*node) bool) bool {
	return kind(n) || slices.ContainsFunc(n.args, func(x *node) bool { return x.has(kind) })
}

// ofEvents reports whether the values of the column come from events.
func (c Column) ofEvents() bool {
	return c.formula == nil && !c.ofRun && c.Source != SourcePolicy && c.Source != SourceProposed
}
