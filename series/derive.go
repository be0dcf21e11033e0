package series

import (
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/simexp/exparchive/internal/decimal"
)

// ErrFormula is the class of errors about a formula that cannot be computed for a run: a value is no number, or one
// becomes too long.
var ErrFormula = errors.New("cannot be computed")

// maxBits bounds the numerator and the denominator of what is computed.
const maxBits = 1 << 16

// defaultPlaces are the decimal places of a quotient that has no end, if none are asked for.
const defaultPlaces = 6

// exactPlaces are the most decimal places of a number that is written to its end.
const exactPlaces = 40

// A scope is in which rows a column has values. None at all means that there is one value of the run, for all rows.
type scope byte

const (
	scopeWhole  scope = 1 << iota // the row of the iteration as a whole
	scopeAgents                   // the rows of agents
)

// with gives the scope of what is computed from two values: where one is of agents, the other is that of the agent or
// of the iteration; see [evaluator.column].
func (s scope) with(t scope) scope {
	switch {
	case s == 0:
		return t
	case t == 0:
		return s
	}
	return (s|t)&scopeAgents | s&t&scopeWhole
}

// A value is what a part of a formula comes to; the zero value is absent.
type value struct {
	number    *big.Rat // nil for what was recorded and is not yet read, or is no number
	text      Value    // as it was recorded; nil for what was computed
	defaulted bool     // something in it was not recorded: it is, or is computed from, a default
}

func (v value) absent() bool { return v.number == nil && v.text == nil }

// A place is where a formula is computed.
type place struct {
	index int    // of the iteration; -1 for one that the run does not have
	agent string // empty for the iteration as a whole
}

// An evaluator computes the columns of one run.
type evaluator struct {
	run     *Run
	base    *evaluator // of the run that it is compared with; nil for none
	numbers []int      // of the iterations
	rows    []map[string]*Row
	scopes  []scope // of the columns
	steady  []bool  // which columns are the same in all iterations
	agent   map[string]bool
	known   map[part]value
	sums    map[part][]value // of running, one for each iteration
}

// A part is a part of a formula at a place.
type part struct {
	node *node
	place
}

func newEvaluator(run *Run) *evaluator {
	e := &evaluator{run: run, agent: map[string]bool{}, known: map[part]value{}, sums: map[part][]value{}}
	for i := range run.Rows {
		r := &run.Rows[i]
		if n := len(e.numbers); n == 0 || e.numbers[n-1] != r.Iteration {
			e.numbers, e.rows = append(e.numbers, r.Iteration), append(e.rows, map[string]*Row{})
		}
		e.rows[len(e.rows)-1][r.Agent] = r
		e.agent[r.Agent] = true
	}
	for i, c := range run.Columns {
		e.scopes = append(e.scopes, e.scopeOfColumn(i, c))
		e.steady = append(e.steady, c.ofRun || c.formula != nil && e.isSteady(c.formula.root))
	}
	return e
}

func (e *evaluator) scopeOfColumn(i int, c Column) (s scope) {
	switch {
	case c.formula != nil:
		return e.scope(c.formula.root)
	case c.ofRun:
		return 0
	case c.Source == SourcePolicy || c.Source == SourceProposed || c.Pointer.PerAgent():
		return scopeAgents
	}
	for _, r := range e.run.Rows {
		if r.recorded(i) == nil {
			continue
		}
		if r.Agent == "" {
			s |= scopeWhole
		} else {
			s |= scopeAgents
		}
	}
	if s == 0 {
		return scopeWhole
	}
	return s
}

// scope gives that of a part of a formula, whose columns come before it.
func (e *evaluator) scope(n *node) (s scope) {
	switch n.op {
	case opColumn:
		return e.scopes[n.column]
	case opCost:
		return scopeAgents
	case opIndex, "agents":
		return scopeWhole
	}
	for _, x := range n.args {
		s = s.with(e.scope(x))
	}
	return s
}

// isSteady reports whether a part of a formula is the same in all iterations.
func (e *evaluator) isSteady(n *node) bool {
	switch n.op {
	case opNumber, "iterations", "total", "mean", "first", "last", "least", "greatest", "rises":
		return true
	case opCost, opIndex, "running", "agents":
		return false
	case opColumn:
		return e.steady[n.column]
	}
	return !slices.ContainsFunc(n.args, func(x *node) bool { return !e.isSteady(x) })
}

// recorded gives the value of column i, nil if it is a default.
func (r *Row) recorded(i int) Value {
	if r.Defaulted != nil && r.Defaulted[i] {
		return nil
	}
	return r.Values[i]
}

func (r *Row) set(i int, v Value, defaulted bool) {
	r.Values[i] = v
	if defaulted && r.Defaulted == nil {
		r.Defaulted = make([]bool, len(r.Values))
	}
	if r.Defaulted != nil {
		r.Defaulted[i] = defaulted
	}
}

// Against computes the columns anew in comparison with a base, which has the same columns.
func (r *Run) Against(base *Run) error {
	r.Base = base
	return r.derive()
}

// computed reports whether values of the column are put in by derive.
func (c Column) computed() bool { return c.formula != nil || c.Default != nil }

// derive puts in the values of columns that are computed, and the defaults.
func (r *Run) derive() error {
	if !slices.ContainsFunc(r.Columns, Column.computed) {
		return nil
	}
	r.addWhole()
	e := newEvaluator(r)
	if r.Base != nil {
		e.base = newEvaluator(r.Base)
	}
	put := func(row *Row, i, index int) error {
		c := r.Columns[i]
		v, err := e.column(i, place{index, row.Agent})
		var text Value
		if err == nil {
			text, err = c.write(v)
		}
		switch {
		case err != nil && index < 0:
			return fmt.Errorf("column %s: %w", c.Name, err)
		case err != nil:
			return fmt.Errorf("column %s, iteration %d: %w", c.Name, row.Iteration, err)
		}
		row.set(i, text, v.defaulted)
		return nil
	}
	for i, c := range r.Columns {
		if !c.computed() {
			continue
		}
		if c.ofRun {
			if err := put(&r.Whole, i, -1); err != nil {
				return err
			}
		}
		index := -1
		for k := range r.Rows {
			row := &r.Rows[k]
			if index < 0 || e.numbers[index] != row.Iteration {
				index++
			}
			if !e.scopes[i].has(row.Agent) {
				continue
			}
			if err := put(row, i, index); err != nil {
				return err
			}
		}
	}
	r.dropEmpty()
	return nil
}

// has reports whether rows of an agent, or those without one, are in the scope.
func (s scope) has(agent string) bool {
	return s == 0 || agent == "" && s&scopeWhole != 0 || agent != "" && s&scopeAgents != 0
}

// addWhole gives each iteration a row without an agent, into which something may be computed.
func (r *Run) addWhole() {
	var rows []Row
	for i, row := range r.Rows {
		if row.Agent != "" && (i == 0 || r.Rows[i-1].Iteration != row.Iteration) {
			rows = append(rows, Row{Iteration: row.Iteration, Values: slices.Clone(r.Settings), added: true,
				open: row.open})
		}
		rows = append(rows, row)
	}
	r.Rows = rows
}

// dropEmpty takes out the rows of addWhole that nothing was computed into.
func (r *Run) dropEmpty() {
	e := newEvaluator(r)
	r.Rows = slices.DeleteFunc(r.Rows, func(row Row) bool {
		for i := range r.Columns {
			if e.scopes[i] != 0 && row.Values[i] != nil {
				return false
			}
		}
		return row.added
	})
}

// write gives the value of a column as JSON, rounded; nil if it is absent.
func (c Column) write(v value) (Value, error) {
	rounds := c.formula != nil && c.formula.places >= 0
	if v.absent() || v.text != nil && !rounds {
		return v.text, nil
	}
	x, err := v.rat()
	if err != nil {
		return nil, err
	}
	if rounds {
		return Value(decimal.Format(x, c.formula.places)), nil
	}
	if places, exact := x.FloatPrec(); exact && places <= exactPlaces {
		return Value(decimal.Format(x, places)), nil
	}
	return Value(decimal.Format(x, defaultPlaces)), nil
}

// rat gives the number that a value is.
func (v value) rat() (*big.Rat, error) {
	if v.number != nil {
		return v.number, nil
	}
	if c := v.text[0]; c != '-' && (c < '0' || c > '9') {
		return nil, fmt.Errorf("%w: %.80s is not a number", ErrFormula, v.text)
	}
	x, err := decimal.Parse(string(v.text))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormula, err)
	}
	return x, nil
}
