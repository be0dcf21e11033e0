// Package decimal computes with the numbers of JSON texts exactly: nothing is rounded before the end, and then half to
// even (IEEE 754-2008, roundTiesToEven). No float is involved.
package decimal

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// maxExponent bounds the exponents that are read: a number of a few bytes could otherwise take any amount of memory.
const maxExponent = 1000

// ErrNumber is the class of errors about a text that is no number, or one too long to compute with.
var ErrNumber = errors.New("not a number that can be computed with")

// Parse reads a number as JSON spells it (RFC 8259, section 6), with an exponent of at most 1000 and at most 1000
// digits.
func Parse(text string) (*big.Rat, error) {
	mantissa, exponent, has := strings.Cut(strings.ToLower(text), "e")
	if has {
		if n, err := strconv.Atoi(exponent); err != nil || n > maxExponent || n < -maxExponent {
			return nil, fmt.Errorf("%w: %.80q", ErrNumber, text)
		}
	}
	if len(mantissa) > maxExponent || strings.Trim(mantissa, "-.0123456789") != "" {
		return nil, fmt.Errorf("%w: %.80q", ErrNumber, text)
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%w: %.80q", ErrNumber, text)
	}
	return r, nil
}

// Format rounds a number to some decimal places, half to even, and writes it without an exponent. Minus zero is 0.
func Format(x *big.Rat, places int) string {
	n := Round(new(big.Rat).Mul(x, new(big.Rat).SetInt(power10(places))))
	digits := new(big.Int).Abs(n).String()
	if short := places + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	whole := len(digits) - places
	text := digits[:whole]
	if places > 0 {
		text += "." + digits[whole:]
	}
	if n.Sign() < 0 {
		text = "-" + text
	}
	return text
}

// Round gives the nearest integer, of two the even one.
func Round(x *big.Rat) *big.Int {
	n, rest := new(big.Int).DivMod(x.Num(), x.Denom(), new(big.Int)) // rest is not negative
	switch new(big.Int).Lsh(rest, 1).Cmp(x.Denom()) {
	case 1:
		n.Add(n, big.NewInt(1))
	case 0:
		if n.Bit(0) == 1 {
			n.Add(n, big.NewInt(1))
		}
	}
	return n
}

func power10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }
