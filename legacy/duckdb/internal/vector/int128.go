package vector

import "math/bits"

// Int128 is a signed 128-bit integer in two's complement.
type Int128 struct {
	Hi int64
	Lo uint64
}

// Uint128 is an unsigned 128-bit integer.
type Uint128 struct{ Hi, Lo uint64 }

// Add is the sum, without what does not fit.
func (x Uint128) Add(y Uint128) Uint128 {
	lo, carry := bits.Add64(x.Lo, y.Lo, 0)
	hi, _ := bits.Add64(x.Hi, y.Hi, carry)
	return Uint128{hi, lo}
}

// Div divides by d.
func (x Uint128) Div(d uint64) (q Uint128, rem uint64) {
	q.Hi, rem = bits.Div64(0, x.Hi, d)
	q.Lo, rem = bits.Div64(rem, x.Lo, d)
	return q, rem
}

// Abs splits a number into sign and magnitude.
func (x Int128) Abs() (neg bool, m Uint128) {
	m = Uint128{uint64(x.Hi), x.Lo}
	if x.Hi >= 0 {
		return false, m
	}
	lo, borrow := bits.Sub64(0, m.Lo, 0)
	hi, _ := bits.Sub64(0, m.Hi, borrow)
	return true, Uint128{hi, lo}
}
