package decimal

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Quantiles as tables have them (Abramowitz and Stegun, table 26.10; NIST/SEMATECH e-Handbook 1.3.6.7.2), and more
// digits where they are known in closed form: tan(0.475π) and 0.95·√(2/(1-0.95²)).
func TestStudent95(t *testing.T) {
	for degrees, want := range map[int]string{
		1: "12.7062047361747", 2: "4.3026527297495", 3: "3.182446", 4: "2.776445", 5: "2.570582", 6: "2.446912",
		7: "2.364624",
		8: "2.306004", 9: "2.262157", 10: "2.228139", 15: "2.131450", 20: "2.085963", 30: "2.042272", 40: "2.021075",
		60: "2.000298", 100: "1.983972", 120: "1.979930", 1_000: "1.962339", 1_000_000_000: "1.959964",
	} {
		places := len(want) - strings.IndexByte(want, '.') - 1
		if got := Student95(degrees).Text('f', places); got != want {
			t.Errorf("%d degrees: got %s, want %s", degrees, got, want)
		}
	}
}

// The series takes over where the sum ends, with no step that a rounded number would show.
func TestStudent95_series(t *testing.T) {
	for _, degrees := range []int{manyDegrees - 1, manyDegrees - 2} {
		off := new(big.Float).Sub(student95(degrees), studentSeries(degrees))
		if off.Sign() != 0 && off.MantExp(nil) > -60 {
			t.Errorf("%d degrees: the series is off by %g", degrees, off)
		}
	}
}

// The distribution integrated in small steps has 95 % within the quantile.
func TestStudent95_integral(t *testing.T) {
	for _, degrees := range []int{1, 2, 3, 4, 5, 8, 13, 49, 50, 99, 1_000, 20_001} {
		n := float64(degrees)
		a, _ := math.Lgamma((n + 1) / 2)
		b, _ := math.Lgamma(n / 2)
		density := func(x float64) float64 {
			return math.Exp(a-b-math.Log(n*math.Pi)/2) * math.Pow(1+x*x/n, -(n+1)/2)
		}
		q, _ := Student95(degrees).Float64()
		const steps = 20_000 // Simpson's rule
		sum := density(0) + density(q)
		for i := 1; i < steps; i++ {
			sum += density(q*float64(i)/steps) * float64(2+i%2*2)
		}
		if got := 2 * sum * q / steps / 3; math.Abs(got-0.95) > 1e-9 {
			t.Errorf("%d degrees: %.12f lies within %.12f, want 0.95", degrees, got, q)
		}
	}
}

func TestSqrt(t *testing.T) {
	for _, c := range []struct {
		x      string
		places int
		want   string
	}{
		{"0", 0, "0"}, {"0", 2, "0.00"}, {"2", 10, "1.4142135624"}, {"1/4", 0, "0"}, {"9/4", 0, "2"}, {"25/4", 0, "2"},
		{"49/4", 0, "4"}, {"2500000", 0, "1581"}, {"1e40", 0, "100000000000000000000"}, {"1e-6", 3, "0.001"}, {"1/1000001",
			3, "0.001"},
	} {
		x, _ := new(big.Rat).SetString(c.x)
		if got := Sqrt(x, c.places); got != c.want {
			t.Errorf("root of %s to %d places: got %s, want %s", c.x, c.places, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		x := big.NewRat(rapid.Int64Range(0, 1<<62).Draw(t, "numerator"), rapid.Int64Range(1, 1<<40).Draw(t, "denominator"))
		places := rapid.IntRange(0, 12).Draw(t, "places")
		got, _ := new(big.Rat).SetString(Sqrt(x, places))
		half := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Mul(big.NewInt(2), power10(places)))
		for _, side := range []int{-1, 1} { // half a unit to each side lies beyond the root
			at := new(big.Rat).Add(got, new(big.Rat).Mul(half, big.NewRat(int64(side), 1)))
			if at.Sign() < 0 {
				continue
			}
			if order := new(big.Rat).Mul(at, at).Cmp(x); order == -side {
				t.Errorf("root of %s to %d places: got %s, which is not the nearest", x, places, got.FloatString(places))
			}
		}
	})
}

// The example of a textbook: the mean of 10, 12, 11, 13 and 9 thousand, and the 2.776-fold of its standard error.
func TestInterval(t *testing.T) {
	for _, c := range []struct {
		mean, variance string
		n, places      int
		low, high      string
	}{
		{"11000", "2500000", 5, 0, "9037", "12963"}, {"11000", "2500000", 5, 3, "9036.757", "12963.243"},
		{"5", "0", 2, 1, "5.0", "5.0"}, {"1/2", "0", 9, 0, "0", "0"}, {"0", "1/2", 2, 4, "-6.3531", "6.3531"},
	} {
		mean, _ := new(big.Rat).SetString(c.mean)
		variance, _ := new(big.Rat).SetString(c.variance)
		if low, high := Interval(mean, variance, c.n, c.places); low != c.low || high != c.high {
			t.Errorf("mean %s, variance %s of %d: got %s to %s, want %s to %s", c.mean, c.variance, c.n, low, high, c.low,
				c.high)
		}
	}
}
