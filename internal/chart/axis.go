package chart

import (
	"fmt"
	"math/big"

	"github.com/simexp/exparchive/internal/decimal"
)

// An axis is a range of values and where it is marked.
type axis struct {
	low, high *big.Rat
	ticks     []*big.Rat
	labels    []string
	power     int // labels are to be multiplied by this power of ten
}

// place gives where a value is on an axis of a length.
func (a *axis) place(v *big.Rat, length int) int {
	at := new(big.Rat).Sub(v, a.low)
	at.Mul(at, big.NewRat(int64(length), 1))
	at.Quo(at, new(big.Rat).Sub(a.high, a.low))
	return int(decimal.Round(at).Int64())
}

// axes gives the axes of each panel.
func (f *Figure) axes(xTicks, yTicks int) (xs, ys []axis) {
	same := map[int]Panel{}
	for _, p := range f.Panels {
		all := same[p.Scale]
		all.Lines, all.Bands = append(all.Lines, p.Lines...), append(all.Bands, p.Bands...)
		all.Crosses = append(all.Crosses, p.Crosses...)
		all.FromZero, all.Whole = all.FromZero || p.FromZero, all.Whole || p.Whole
		same[p.Scale] = all
	}
	for _, p := range f.Panels {
		if p.Scale != 0 {
			p = same[p.Scale]
		}
		x, y := p.axes(xTicks, yTicks)
		xs, ys = append(xs, x), append(ys, y)
	}
	return xs, ys
}

var one = big.NewRat(1, 1)

// axes gives those of iterations and of values. An axis of values begins and ends at a mark. Without values there are
// no marks.
func (p *Panel) axes(xTicks, yTicks int) (x, y axis) {
	p.values(func(n int, v *big.Rat) {
		x.include(big.NewRat(int64(n), 1))
		if v != nil {
			y.include(v)
		}
	})
	if p.FromZero && y.low != nil {
		y.include(new(big.Rat))
	}
	empty := y.low == nil
	for _, a := range []*axis{&x, &y} {
		if a.low == nil {
			a.low, a.high = new(big.Rat), one
		}
	}
	switch {
	case y.low.Cmp(y.high) != 0:
	case p.FromZero && y.low.Sign() == 0:
		y.high = one
	default: // a flat line lies in the middle, by a tenth of its height
		by := new(big.Rat).Abs(y.low)
		if by.Mul(by, big.NewRat(1, 10)); by.Sign() == 0 || p.Whole {
			by.SetInt64(1)
		}
		y.low, y.high = new(big.Rat).Sub(y.low, by), new(big.Rat).Add(y.high, by)
	}
	if empty {
		return x, y
	}
	step, places := one, 0
	if x.low.Cmp(x.high) == 0 { // the only iteration lies in the middle
		x.mark(step, places)
		x.low, x.high = new(big.Rat).Sub(x.low, one), new(big.Rat).Add(x.high, one)
	} else {
		step, places = stepOf(new(big.Rat).Sub(x.high, x.low), xTicks, true)
		x.mark(step, places)
	}
	step, places = stepOf(new(big.Rat).Sub(y.high, y.low), yTicks, p.Whole)
	y.low = multiple(y.low, step, false)
	y.high = multiple(y.high, step, true)
	y.mark(step, places)
	return x, y
}

func (a *axis) include(v *big.Rat) {
	if a.low == nil || v.Cmp(a.low) < 0 {
		a.low = v
	}
	if a.high == nil || v.Cmp(a.high) > 0 {
		a.high = v
	}
}

// mark places marks at the multiples of step.
func (a *axis) mark(step *big.Rat, places int) {
	for v := multiple(a.low, step, true); v.Cmp(a.high) <= 0; v = new(big.Rat).Add(v, step) {
		a.ticks = append(a.ticks, v)
	}
	largest := new(big.Rat).Abs(a.low)
	if h := new(big.Rat).Abs(a.high); h.Cmp(largest) > 0 {
		largest = h
	}
	if largest.Sign() > 0 {
		if size := exponent(largest); size > 6 || places > 4 {
			a.power = size
			places += size
		}
	}
	scale := power10(-a.power)
	for _, v := range a.ticks {
		a.labels = append(a.labels, decimal.Format(new(big.Rat).Mul(v, scale), max(places, 0)))
	}
}

// unit is how a label of the axis says what its marks are to be multiplied by.
func (a *axis) unit(label string) string {
	if a.power == 0 {
		return label
	}
	return fmt.Sprintf("%s (×10^%d)", label, a.power)
}

// stepOf gives the least of 1, 2 and 5 times a power of ten that goes at most n times into a range, and the decimal
// places that it has; below zero it is a multiple of that power of ten.
func stepOf(span *big.Rat, n int, whole bool) (step *big.Rat, places int) {
	least := new(big.Rat).Quo(span, big.NewRat(int64(n), 1))
	e := exponent(least)
	if whole && e < 0 {
		return big.NewRat(1, 1), 0
	}
	for _, m := range []int64{1, 2, 5, 10} {
		if step = new(big.Rat).Mul(power10(e), big.NewRat(m, 1)); step.Cmp(least) >= 0 {
			if m == 10 {
				e++
			}
			break
		}
	}
	return step, -e
}

// exponent gives the largest e for which 10^e is not above v, which is above zero.
func exponent(v *big.Rat) int {
	e := len(v.Num().String()) - len(v.Denom().String())
	for power10(e).Cmp(v) > 0 {
		e--
	}
	return e
}

func power10(e int) *big.Rat {
	n := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(e, -e))), nil)
	if e < 0 {
		return new(big.Rat).SetFrac(big.NewInt(1), n)
	}
	return new(big.Rat).SetInt(n)
}

// multiple gives the multiple of step that is nearest to v, below or above.
func multiple(v, step *big.Rat, above bool) *big.Rat {
	q := new(big.Rat).Quo(v, step)
	n, rest := new(big.Int).DivMod(q.Num(), q.Denom(), new(big.Int))
	if above && rest.Sign() > 0 {
		n.Add(n, big.NewInt(1))
	}
	return new(big.Rat).Mul(new(big.Rat).SetInt(n), step)
}
