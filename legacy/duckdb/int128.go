package duckdb

import "math/bits"

// int128 is a signed 128-bit integer in two's complement.
type int128 struct {
	Hi int64
	Lo uint64
}

// uint128 is an unsigned 128-bit integer.
type uint128 struct{ Hi, Lo uint64 }

func (x uint128) add(y uint128) uint128 {
	lo, carry := bits.Add64(x.Lo, y.Lo, 0)
	hi, _ := bits.Add64(x.Hi, y.Hi, carry)
	return uint128{hi, lo}
}

// div divides by d.
func (x uint128) div(d uint64) (q uint128, rem uint64) {
	q.Hi, rem = bits.Div64(0, x.Hi, d)
	q.Lo, rem = bits.Div64(rem, x.Lo, d)
	return q, rem
}

// abs splits a number into sign and magnitude.
func (x int128) abs() (neg bool, m uint128) {
	m = uint128{uint64(x.Hi), x.Lo}
	if x.Hi >= 0 {
		return false, m
	}
	lo, borrow := bits.Sub64(0, m.Lo, 0)
	hi, _ := bits.Sub64(0, m.Hi, borrow)
	return true, uint128{hi, lo}
}
