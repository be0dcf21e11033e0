package series

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
)

// column gives the value of a column. At an agent, a column that has values of iterations as wholes gives that.
func (e *evaluator) column(i int, at place) (value, error) {
	c, s := e.run.Columns[i], e.scopes[i]
	switch {
	case s == 0 && c.formula == nil:
		return c.orDefault(e.run.Settings[i], true), nil
	case s&scopeAgents == 0:
		at.agent = ""
	case at.agent == "" && s&scopeWhole == 0:
		return value{}, nil
	}
	if c.formula == nil {
		if at.index < 0 {
			return value{}, nil
		}
		row := e.rows[at.index][at.agent]
		if row == nil {
			return c.orDefault(nil, at.agent == ""), nil
		}
		return c.orDefault(row.recorded(i), true), nil
	}
	key := part{c.formula.root, at}
	if v, ok := e.known[key]; ok {
		return v, nil
	}
	v, err := e.value(c.formula.root, at)
	if err == nil {
		e.known[key] = v
	}
	return v, err
}

// orDefault gives what was recorded, or else the default, unless the agent had no part in the iteration.
func (c Column) orDefault(v Value, takesPart bool) value {
	if v == nil && takesPart {
		return value{text: c.Default, defaulted: c.Default != nil}
	}
	return value{text: v}
}

// value computes a part of a formula.
func (e *evaluator) value(n *node, at place) (value, error) {
	switch n.op {
	case opNumber:
		return value{number: n.number}, nil
	case opColumn:
		return e.column(n.column, at)
	case opCost:
		if at.index >= 0 && at.agent != "" {
			if row := e.rows[at.index][at.agent]; row != nil && row.Cost != nil {
				return value{number: new(big.Rat).SetInt64(int64(*row.Cost))}, nil
			}
		}
		return value{}, nil
	case opIndex:
		if at.index < 0 {
			return value{}, nil
		}
		return value{number: big.NewRat(int64(e.numbers[at.index]), 1)}, nil
	case "iterations":
		return value{number: big.NewRat(int64(e.run.Iterations), 1)}, nil
	case opElse:
		v, err := e.value(n.args[0], at)
		if err != nil || !v.absent() {
			return v, err
		}
		return value{number: n.args[1].number, defaulted: true}, nil
	case "if":
		return e.choice(n, at)
	case "change":
		return e.change(n, at)
	case "agents":
		return e.agents(n, at)
	case "running":
		return e.running(n, at)
	case "total", "mean", "first", "last", "least", "greatest", "rises":
		return e.over(n, at)
	}
	return e.arithmetic(n, at)
}

// arithmetic computes an operator. Where an operand is absent, or a divisor zero, so is the result.
func (e *evaluator) arithmetic(n *node, at place) (value, error) {
	result := value{}
	var operands [2]*big.Rat
	for i, arg := range n.args {
		v, err := e.value(arg, at)
		if err != nil || v.absent() {
			return value{}, err
		}
		if operands[i], err = v.rat(); err != nil {
			return value{}, err
		}
		result.defaulted = result.defaulted || v.defaulted
	}
	a, b, x := operands[0], operands[1], new(big.Rat)
	switch n.op {
	case opMinus:
		x.Neg(a)
	case "+":
		x.Add(a, b)
	case "-":
		x.Sub(a, b)
	case "*":
		x.Mul(a, b)
	case "/":
		if b.Sign() == 0 {
			return value{}, nil
		}
		x.Quo(a, b)
	}
	result.number = x
	return result, bounded(x)
}

// bounded refuses a number that has become too long.
func bounded(x *big.Rat) error {
	if x.Num().BitLen() > maxBits || x.Denom().BitLen() > maxBits {
		return fmt.Errorf("%w: a number of more than %d bits", ErrFormula, maxBits)
	}
	return nil
}

// choice computes if(c, a, b): a where c is not zero, b where it is.
func (e *evaluator) choice(n *node, at place) (value, error) {
	v, err := e.value(n.args[0], at)
	if err != nil || v.absent() {
		return value{}, err
	}
	c, err := v.rat()
	if err != nil {
		return value{}, err
	}
	chosen := n.args[1]
	if c.Sign() == 0 {
		chosen = n.args[2]
	}
	x, err := e.value(chosen, at)
	x.defaulted = x.defaulted || v.defaulted && !x.absent()
	return x, err
}

// agents computes the sum over the agents of an iteration, which is absent where one of them has no value.
func (e *evaluator) agents(n *node, at place) (value, error) {
	if at.index < 0 {
		return value{}, nil
	}
	key := part{n, place{at.index, ""}}
	if v, ok := e.known[key]; ok {
		return v, nil
	}
	sum := value{}
	for _, agent := range slices.Sorted(maps.Keys(e.rows[at.index])) {
		if agent == "" {
			continue
		}
		v, err := e.value(n.args[0], place{at.index, agent})
		if err != nil {
			return value{}, err
		}
		if v.absent() {
			sum = value{}
			break
		}
		if sum, err = sum.plus(v); err != nil {
			return value{}, err
		}
	}
	e.known[key] = sum
	return sum, nil
}

// plus adds a value, to the absent sum of none too.
func (v value) plus(w value) (value, error) {
	y, err := w.rat()
	if err != nil {
		return value{}, err
	}
	if v.absent() {
		return value{number: y, defaulted: w.defaulted}, nil
	}
	sum := value{number: new(big.Rat).Add(v.number, y), defaulted: v.defaulted || w.defaulted}
	return sum, bounded(sum.number)
}

// placed gives the agent for whom a part is computed: none, if it is of iterations as wholes.
func (e *evaluator) placed(n *node, agent string) string {
	if e.scope(n)&scopeAgents == 0 {
		return ""
	}
	return agent
}

// running computes the sum over the iterations up to one. From the first absent value on it is absent.
func (e *evaluator) running(n *node, at place) (value, error) {
	if at.index < 0 {
		return value{}, nil
	}
	key := part{n, place{agent: e.placed(n, at.agent)}}
	sums, ok := e.sums[key]
	if !ok {
		sum := value{}
		for i := range e.numbers {
			v, err := e.value(n.args[0], place{i, key.agent})
			if err != nil {
				return value{}, err
			}
			if v.absent() {
				break
			}
			if sum, err = sum.plus(v); err != nil {
				return value{}, err
			}
			sums = append(sums, sum)
		}
		e.sums[key] = sums
	}
	if at.index >= len(sums) {
		return value{}, nil
	}
	return sums[at.index], nil
}

// over computes a function over all iterations, which is absent where one of them has no value; first and last look at
// one iteration only.
func (e *evaluator) over(n *node, at place) (value, error) {
	key := part{n, place{-1, e.placed(n, at.agent)}}
	if v, ok := e.known[key]; ok {
		return v, nil
	}
	v, err := e.overAll(n, key.agent)
	if err == nil {
		e.known[key] = v
	}
	return v, err
}

func (e *evaluator) overAll(n *node, agent string) (value, error) {
	count := len(e.numbers)
	switch {
	case count == 0:
		return value{}, nil
	case n.op == "first":
		return e.value(n.args[0], place{0, agent})
	case n.op == "last":
		return e.value(n.args[0], place{count - 1, agent})
	}
	sum, most, rises := value{}, (*big.Rat)(nil), int64(1)
	var before *big.Rat
	sign := map[string]int{"least": -1, "greatest": 1}[n.op]
	for i := range count {
		v, err := e.value(n.args[0], place{i, agent})
		if err != nil || v.absent() {
			return value{}, err
		}
		x, err := v.rat()
		if err != nil {
			return value{}, err
		}
		if most == nil || x.Cmp(most) == sign {
			most = x
		}
		if before != nil && x.Cmp(before) < 0 {
			rises = 0
		}
		before = x
		if sign != 0 || n.op == "rises" {
			sum.defaulted = sum.defaulted || v.defaulted
		} else if sum, err = sum.plus(v); err != nil {
			return value{}, err
		}
	}
	switch n.op {
	case "mean":
		sum.number = new(big.Rat).Quo(sum.number, big.NewRat(int64(count), 1))
	case "least", "greatest":
		sum.number = most
	case "rises":
		sum.number = big.NewRat(rises, 1)
	}
	return sum, nil
}

// change computes by how much a value differs from that of the base, in percent of it. It is absent where the base has
// none, or zero.
func (e *evaluator) change(n *node, at place) (value, error) {
	arg := n.args[0]
	if e.base == nil {
		return value{}, nil
	}
	there := place{-1, at.agent}
	if e.scope(arg)&scopeAgents != 0 && !e.base.agent[at.agent] {
		return value{}, nil
	}
	if !e.isSteady(arg) {
		if at.index < 0 {
			return value{}, nil
		}
		i, ok := slices.BinarySearchFunc(e.base.numbers, e.numbers[at.index], cmp.Compare)
		if !ok {
			return value{}, nil
		}
		there.index = i
	}
	mine, err := e.value(arg, at)
	if err != nil || mine.absent() {
		return value{}, err
	}
	theirs, err := e.base.value(arg, there)
	if err != nil || theirs.absent() {
		return value{}, err
	}
	x, err := mine.rat()
	if err != nil {
		return value{}, err
	}
	y, err := theirs.rat()
	if err != nil || y.Sign() == 0 {
		return value{}, err
	}
	change := new(big.Rat).Quo(x, y)
	change.Sub(change, big.NewRat(1, 1))
	if y.Sign() < 0 {
		change.Neg(change) // growth is positive
	}
	change.Mul(change, big.NewRat(100, 1))
	return value{number: change, defaulted: mine.defaulted || theirs.defaulted}, bounded(change)
}
