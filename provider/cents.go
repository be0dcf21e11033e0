package provider

import (
	"errors"
	"strconv"
)

// Cents is an amount of money in hundredths of the currency unit. It is never a float: reading refuses whatever is not
// a whole number of cents, and only display divides by 100, in integers.
type Cents int64

var (
	errNotInteger = errors.New("not a whole number of cents")
	errCentsRange = errors.New("past the range of a 64-bit integer")
)

// ParseCents reads the decimal integer text, as JSON spells it: an optional minus sign and digits without leading
// zeros. A fraction, an exponent, a quoted number, NaN, minus zero, and a value past int64 are refused with a
// [*CostError], even where the value would be whole, as in 10.0 or 1e3: a writer that produces those computes money in
// floats.
func ParseCents(text string) (Cents, error) {
	digits := text
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if digits == "" || (digits[0] == '0' && len(digits) > 1) {
		return 0, &CostError{Value: text, Err: errNotInteger}
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, &CostError{Value: text, Err: errNotInteger}
		}
	}
	if text == "-0" {
		return 0, &CostError{Value: text, Err: errMinusZero}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, &CostError{Value: text, Err: errCentsRange}
	}
	return Cents(n), nil
}

// String formats c in currency units for people: 123456 is $1,234.56, -5 is -$0.05.
func (c Cents) String() string { return string(c.Append(nil)) }

// Append appends [Cents.String] to dst.
func (c Cents) Append(dst []byte) []byte {
	n := uint64(c)
	if c < 0 {
		dst = append(dst, '-')
		n = -n
	}
	dst = append(dst, '$')
	units := strconv.FormatUint(n/100, 10)
	for i := range len(units) {
		if i > 0 && (len(units)-i)%3 == 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, units[i])
	}
	rest := n % 100
	return append(dst, '.', byte('0'+rest/10), byte('0'+rest%10))
}
