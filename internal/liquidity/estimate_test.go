package liquidity

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestParseFraction(t *testing.T) {
	for text, want := range map[string]Fraction{
		"0": 0, "-0": 0, "0.0": 0, "1": 1000, "1.000": 1000, "0.5": 500, "0.29": 290, "0.001": 1, "00.2500000": 250,
		"0.999": 999,
	} {
		if got, err := ParseFraction(text); err != nil || got != want {
			t.Errorf("%q: got %d, %v, want %d", text, int(got), err, int(want))
		}
	}
	for _, text := range []string{
		"", ".", ".5", "1.", "-0.1", "1.001", "2", "10", "0.0001", "1e-1", "+0.5", "NaN", "0.5 ", "٠.٥", "--0",
		"99999999999999999999999",
	} {
		if got, err := ParseFraction(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
	for f := Fraction(0); f <= One; f++ {
		if got, err := ParseFraction(f.String()); err != nil || got != f {
			t.Fatalf("%v: got %v, %v", f, got, err)
		}
	}
}

func FuzzParseResponse(f *testing.F) {
	f.Add(`{"explanation":"x","version":"2.0","policy_id":"p","parameters":{"initial_liquidity_fraction":0.4},"payment_tree":{"type":"action","node_id":"n","action":"Release"},"bank_tree":{}}`)
	f.Add("```json\n{\"parameters\":{\"initial_liquidity_fraction\":1.25}}\n```")
	f.Add("{")
	f.Fuzz(func(t *testing.T, response string) {
		a, err := parseResponse(response)
		if err == nil && len(a.faults) == 0 && (a.share < 0 || a.share > One) {
			t.Errorf("%q: got share %d without a fault", response, int(a.share))
		}
		if (err == nil) != (a.policy != nil) {
			t.Errorf("%q: got policy %s and error %v", response, a.policy, err)
		}
	})
}

func TestDecimal(t *testing.T) {
	for _, c := range []struct {
		n      int64
		places int
		want   string
	}{{0, 3, "0"}, {5, 3, "0.005"}, {-5, 3, "-0.005"}, {1250, 3, "1.25"}, {-1000, 3, "-1"}, {7, 0, "7"},
		{9583, 4, "0.9583"}} {
		if got := decimal(c.n, c.places); got != c.want {
			t.Errorf("%d / 10^%d: got %s, want %s", c.n, c.places, got, c.want)
		}
	}
}

func TestDivideRound(t *testing.T) {
	for _, c := range [][3]int64{{0, 3, 0}, {1, 2, 1}, {-1, 2, 0}, {-3, 2, -1}, {3, 2, 2}, {7, 5, 1}, {8, 5, 2},
		{-7, 5, -1}, {-8, 5, -2}} {
		if got := divideRound(c[0], c[1]); got != c[2] {
			t.Errorf("%d / %d: got %d, want %d", c[0], c[1], got, c[2])
		}
	}
}

// The statistics agree with exact rational arithmetic.
func TestDescribe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(-1_000_000_000, 1_000_000_000), 2, 60).Draw(t, "values")
		got := describe(values)
		n := big.NewRat(int64(len(values)), 1)
		total := new(big.Rat)
		for _, v := range values {
			total.Add(total, big.NewRat(v, 1))
		}
		mean := new(big.Rat).Quo(total, n)
		squares := new(big.Rat)
		for _, v := range values {
			d := new(big.Rat).Sub(big.NewRat(v, 1), mean)
			squares.Add(squares, d.Mul(d, d))
		}
		variance := new(big.Rat).Quo(squares, new(big.Rat).Sub(n, big.NewRat(1, 1)))
		v, _ := variance.Float64()
		m, _ := mean.Float64()
		if math.Abs(float64(got.mean)-m) > 0.5001 {
			t.Errorf("mean: got %d, want %f", got.mean, m)
		}
		if d := math.Sqrt(v) - float64(got.deviation); d < -1e-3 || d > 1.001 {
			t.Errorf("deviation: got %d, want %f", got.deviation, math.Sqrt(v))
		}
		margin := 1.96 * math.Sqrt(v/float64(len(values)))
		if low := m - margin - float64(got.low); low < -0.0101 || low > 2.001 {
			t.Errorf("low: got %d, want %f", got.low, m-margin)
		}
		if high := float64(got.high) - m - margin; high < -0.0101 || high > 2.001 {
			t.Errorf("high: got %d, want %f", got.high, m+margin)
		}
	})
	if got, want := describe([]int64{7}), (statistics{sum: 7, mean: 7, low: 7, high: 7}); got != want {
		t.Errorf("one value: got %+v, want %+v", got, want)
	}
}

func TestSquareRoot(t *testing.T) {
	for _, n := range []uint64{0, 1, 2, 3, 4, 8, 9, 15, 16, 1 << 62, math.MaxUint64} {
		r := uint64(squareRoot128(0, n))
		if r*r > n || (r < math.MaxUint32 && (r+1)*(r+1) <= n) {
			t.Errorf("square root of %d: got %d", n, r)
		}
	}
	if got, want := squareRoot128(1<<60, 0), int64(1)<<62; got != want {
		t.Errorf("square root of 2^124: got %d, want %d", got, want)
	}
}

// A sample keeps each bank's number of payments and draws only from its own.
func TestSamples(t *testing.T) {
	s := load(t, "exp2")
	list := s.samples(1, 3)
	if len(list) != s.Samples {
		t.Fatalf("got %d samples, want %d", len(list), s.Samples)
	}
	different := 0
	for i, sample := range list {
		if sample.seed >= 1<<32 {
			t.Errorf("sample %d: got seed %d, want less than 2^32", i, sample.seed)
		}
		for bank := range s.Banks {
			out := func(p Payment) bool { return p.From == bank }
			if got, want := count(sample.day.Payments, out), count(s.Payments, out); got != want {
				t.Errorf("sample %d: got %d payments of bank %d, want %d", i, got, bank, want)
			}
		}
		last := 0
		for _, p := range sample.day.Payments {
			if !slices.Contains(s.Payments, p) {
				t.Errorf("sample %d: got payment %v, which the day does not have", i, p)
			}
			if p.Arrival < last {
				t.Errorf("sample %d: got arrival %d after %d", i, p.Arrival, last)
			}
			last = p.Arrival
		}
		if !slices.Equal(sample.day.Payments, list[0].day.Payments) {
			different++
		}
	}
	if different < s.Samples-1 {
		t.Errorf("got %d samples that differ from the first, want %d", different, s.Samples-1)
	}
}

func count(payments []Payment, is func(Payment) bool) (n int) {
	for _, p := range payments {
		if is(p) {
			n++
		}
	}
	return n
}
