package decimal

import (
	"math/big"
	"sync"
)

// precision is how many bits the numbers here have that are no fractions.
const precision = 192

// Sqrt rounds the square root of a number, which is not negative, to some decimal places, half to even.
func Sqrt(x *big.Rat, places int) string {
	scale := power10(places)
	scaled := new(big.Rat).Mul(x, new(big.Rat).SetInt(new(big.Int).Mul(scale, scale)))
	root := new(big.Int).Sqrt(new(big.Int).Quo(scaled.Num(), scaled.Denom())) // rounded down
	middle := new(big.Rat).Add(new(big.Rat).SetInt(root), big.NewRat(1, 2))
	if order := scaled.Cmp(middle.Mul(middle, middle)); order > 0 || order == 0 && root.Bit(0) == 1 {
		root.Add(root, big.NewInt(1))
	}
	return Format(new(big.Rat).SetFrac(root, scale), places)
}

// Interval gives the bounds of the 95 % confidence interval of a mean by Student's t distribution, rounded to some
// decimal places, half to even. The variance is that of n samples, of which there are at least two, over n-1.
func Interval(mean, variance *big.Rat, n, places int) (low, high string) {
	square := new(big.Rat).Quo(variance, big.NewRat(int64(n), 1)) // of the standard error
	half := float().SetRat(square)
	half.Sqrt(half)
	half.Mul(half, Student95(n-1))
	margin, _ := half.Rat(nil)
	return Format(new(big.Rat).Sub(mean, margin), places), Format(new(big.Rat).Add(mean, margin), places)
}

func float() *big.Float { return new(big.Float).SetPrec(precision) }

func ratio(a, b int64) *big.Float { return float().SetRat(big.NewRat(a, b)) }

var (
	studentMu sync.Mutex
	students  = map[int]*big.Float{}
)

// manyDegrees is from how many degrees of freedom on the quantile comes from a series in powers of 1/degrees.
const manyDegrees = 10_000

// Student95 gives what 95 % of the values of Student's t distribution lie within on both sides of zero: the quantile
// 0.975. Degrees of freedom are at least 1. It is right to at least 18 digits.
func Student95(degrees int) *big.Float {
	studentMu.Lock()
	defer studentMu.Unlock()
	t := students[degrees]
	if t == nil {
		t = student95(degrees)
		students[degrees] = t
	}
	return float().Set(t)
}

func student95(degrees int) *big.Float {
	guess := studentSeries(degrees)
	switch {
	case degrees >= manyDegrees:
		return guess
	case degrees == 1:
		guess = ratio(127, 10)
	case degrees == 2:
		guess = ratio(43, 10)
	}
	// The secant method: each step has about 1.6 times the digits of the one before.
	level := ratio(95, 100)
	off := func(t *big.Float) *big.Float { return float().Sub(within(t, degrees), level) }
	before, t := float().Mul(guess, ratio(1001, 1000)), guess
	at, now := off(before), off(t)
	for range 40 {
		slope := float().Sub(now, at)
		step := float().Sub(t, before)
		if slope.Sign() == 0 || step.Sign() == 0 {
			break
		}
		step.Mul(step, now)
		step.Quo(step, slope)
		if step.Sign() == 0 || step.MantExp(nil) < t.MantExp(nil)-precision*3/4 {
			break
		}
		before, at = t, now
		t = float().Sub(t, step)
		now = off(t)
	}
	return t
}

// studentSeries is the quantile by the first terms of its series (Abramowitz and Stegun, 26.7.5).
func studentSeries(degrees int) *big.Float {
	z, _, err := big.ParseFloat("1.9599639845400542355245944305205515279555", 10, precision,
		big.ToNearestEven) // of the normal distribution
	if err != nil {
		panic(err)
	}
	square := float().Mul(z, z)
	sum, power := float().Set(z), float().Set(z)
	for _, g := range []struct {
		coefficients []int64 // of z, z³, z⁵, …
		over         int64
	}{
		{[]int64{1, 1}, 4}, {[]int64{3, 16, 5}, 96}, {[]int64{-15, 17, 19, 3}, 384}, {[]int64{-945, -1920, 1482, 776, 79},
			92160},
	} {
		power.Quo(power, ratio(int64(degrees), 1))
		term, x := float(), float().Set(power)
		for _, c := range g.coefficients {
			term.Add(term, float().Mul(x, ratio(c, g.over)))
			x.Mul(x, square)
		}
		sum.Add(sum, term)
	}
	return sum
}

// within gives the part of the distribution that lies between -t and t (Abramowitz and Stegun, 26.7.3 and 26.7.4).
func within(t *big.Float, degrees int) *big.Float {
	n := ratio(int64(degrees), 1)
	square := float().Mul(t, t)
	square.Add(square, n)
	cosine2 := float().Quo(n, square) // the square of the cosine of the angle whose tangent is t/√degrees
	cosine := float().Sqrt(cosine2)
	sine := float().Sqrt(float().Sub(ratio(1, 1), cosine2))
	sum, term := float(), ratio(1, 1)
	first := int64(1) // of the factors (first)/(first+1) of the terms
	if degrees%2 == 1 {
		term, first = float().Set(cosine), 2
	}
	for k := range degrees / 2 {
		sum.Add(sum, term)
		i := first + 2*int64(k)
		term.Mul(term, cosine2)
		term.Mul(term, ratio(i, 1))
		term.Quo(term, ratio(i+1, 1))
	}
	sum.Mul(sum, sine)
	if degrees%2 == 0 {
		return sum
	}
	sum.Add(sum, arctangent(float().Quo(sine, cosine)))
	quarter := arctangent(ratio(1, 1)) // π/4
	return sum.Quo(sum, quarter.Mul(quarter, ratio(2, 1)))
}

// arctangent halves the angle until its series is short.
func arctangent(x *big.Float) *big.Float {
	const halvings = 12
	one := ratio(1, 1)
	x = float().Set(x)
	for range halvings {
		root := float().Mul(x, x)
		root.Sqrt(root.Add(root, one))
		x.Quo(x, root.Add(root, one))
	}
	square, power, sum := float().Mul(x, x), float().Set(x), float()
	for i := int64(1); power.Sign() != 0 && power.MantExp(nil) > x.MantExp(nil)-precision; i += 2 {
		term := float().Quo(power, ratio(i, 1))
		if i%4 == 3 {
			term.Neg(term)
		}
		sum.Add(sum, term)
		power.Mul(power, square)
	}
	return sum.SetMantExp(sum, halvings)
}
