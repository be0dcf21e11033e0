package liquidity

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// A Fraction is the share of its pool that a bank sets aside, in thousandths: 0 to 1000.
type Fraction int

// One is the whole pool.
const One Fraction = 1000

// Percent is one hundredth of the pool, the grid on which banks search.
const Percent = One / 100

var (
	errFraction      = errors.New("not a decimal number")
	errFractionRange = errors.New("not between 0 and 1")
	errFractionFine  = errors.New("finer than a thousandth")
)

// ParseFraction reads a plain decimal number from 0 to 1 with up to three significant decimals, such as 0.25.
func ParseFraction(text string) (Fraction, error) {
	whole, decimals, point := strings.Cut(text, ".")
	negative := strings.HasPrefix(whole, "-")
	whole = strings.TrimPrefix(whole, "-")
	if !digits(whole) || (point && !digits(decimals)) {
		return 0, fmt.Errorf("fraction %.40q: %w", text, errFraction)
	}
	whole, decimals = strings.TrimLeft(whole, "0"), strings.TrimRight(decimals, "0")
	zero := whole == "" && decimals == ""
	if len(whole) > 1 || (negative && !zero) {
		return 0, fmt.Errorf("fraction %.40s: %w", text, errFractionRange)
	}
	if len(decimals) > 3 {
		return 0, fmt.Errorf("fraction %.40s: %w", text, errFractionFine)
	}
	n, err := strconv.Atoi("0" + whole + (decimals + "000")[:3])
	if err != nil || Fraction(n) > One {
		return 0, fmt.Errorf("fraction %.40s: %w", text, errFractionRange)
	}
	return Fraction(n), nil
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// String gives f as a decimal number without superfluous zeros, such as 0.25 or 1.
func (f Fraction) String() string { return decimal(int64(f), 3) }

// MarshalJSON gives f as a JSON number.
func (f Fraction) MarshalJSON() ([]byte, error) { return []byte(f.String()), nil }

// Of gives the share f of pool, rounded down. The pool must not be negative or past 2^53 cents.
func (f Fraction) Of(pool provider.Cents) provider.Cents {
	return pool * provider.Cents(f) / provider.Cents(One)
}

// decimal formats n / 10^places as a JSON number without superfluous zeros.
func decimal(n int64, places int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	text := fmt.Sprintf("%0*d", places+1, n)
	whole, decimals := text[:len(text)-places], strings.TrimRight(text[len(text)-places:], "0")
	if decimals == "" {
		return sign + whole
	}
	return sign + whole + "." + decimals
}

// A number is a JSON number that is already text.
func number(n int64, places int) json.Number { return json.Number(decimal(n, places)) }

// divideRound gives a / b rounded to the nearest integer, halves towards positive infinity. b must be positive.
func divideRound(a, b int64) int64 {
	return floorDivide(2*a+b, 2*b)
}

func floorDivide(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
