package decimal

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		text   string
		places int
		want   string
	}{
		{"0.125", 2, "0.12"}, {"0.375", 2, "0.38"}, {"-0.125", 2, "-0.12"}, {"-0.375", 2, "-0.38"}, {"2.5", 0, "2"},
		{"3.5", 0, "4"},
		{"-2.5", 0, "-2"}, {"-0.4", 0, "0"}, {"0", 3, "0.000"}, {"1e3", 0, "1000"}, {"12E-4", 4, "0.0012"},
		{"-1.005", 2, "-1.00"},
		{"9007199254740993", 0, "9007199254740993"}, {"99.995", 2, "100.00"}, {"-0", 1, "0.0"},
	} {
		x, err := Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Format(x, c.places); got != c.want {
			t.Errorf("%s to %d places: got %s, want %s", c.text, c.places, got, c.want)
		}
	}
}

func TestParse_refuses(t *testing.T) {
	for _, text := range []string{"", "x", "1/3", "0x10", "1_000", "1e1001", "1e-1001", "1e99999999999", "Inf", "NaN",
		"\"1\"", "true",
		strings.Repeat("9", 1001), "1e", "1p4"} {
		if _, err := Parse(text); !errors.Is(err, ErrNumber) {
			t.Errorf("%.20q: got %v, want ErrNumber", text, err)
		}
	}
}

// TestFormatAsStandard: integers and floats are as the standard library has them, whose floats round half to even in
// their exact value.
func TestFormatAsStandard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64().Filter(func(f float64) bool {
			return math.Abs(f) < 1e300 &&
				(f == 0 || math.Abs(f) > 1e-300)
		}).Draw(t, "f")
		places := rapid.IntRange(0, 20).Draw(t, "places")
		want := strings.TrimPrefix(strconv.FormatFloat(f, 'f', places, 64), "-")
		if got := strings.TrimPrefix(Format(new(big.Rat).SetFloat64(f), places), "-"); got != want {
			t.Errorf("%v to %d places: got %s, want %s", f, places, got, want)
		}
		x, err := Parse(strconv.FormatFloat(f, 'g', -1, 64))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := x.Float64(); got != f {
			t.Errorf("got %v, want %v", got, f)
		}
	})
}
