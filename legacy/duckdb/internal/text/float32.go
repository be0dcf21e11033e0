package text

import (
	"math"
	"math/bits"
)

// The engine prints a FLOAT with Grisu3, which finds the shortest digits that read back as the same float, or finds
// that its 64-bit arithmetic cannot tell which digits are the shortest or the nearest: when two candidates are equally
// near, or when one lies on the border of the numbers that round to the value. It then prints the shortest digits of
// the value as a DOUBLE, which can be more: 1931338.25 where 1931338.2 would do. To print the same text, grisu3 below
// follows the algorithm (Loitsch, "Printing floating-point numbers quickly and accurately with integers", 2010) as far
// as its verdict.

// A scaled is the number f × 2^e.
type scaled struct {
	f uint64
	e int
}

// grisuPowers are 10^(grisuFirst + 8i), rounded to 64 bits with the top bit set: those that scale a float32.
var grisuPowers = [...]scaled{
	{0xe45c10c42a2b3b06, -210}, // 10^-44
	{0xaa242499697392d3, -183},
	{0xfd87b5f28300ca0e, -157},
	{0xbce5086492111aeb, -130},
	{0x8cbccc096f5088cc, -103},
	{0xd1b71758e219652c, -77},
	{0x9c40000000000000, -50}, // 10^4
	{0xe8d4a51000000000, -24},
	{0xad78ebc5ac620000, 3},
	{0x813f3978f8940984, 30},
	{0xc097ce7bc90715b3, 56},
	{0x8f7e32ce7bea5c70, 83},
	{0xd5d238a4abe98068, 109},
	{0x9f4f2726179a2245, 136}, // 10^60
}

const grisuFirst = -44

// grisu3 reports whether Grisu3 finds the shortest digits of x, a finite number other than 0.
func grisu3(x float32) bool {
	b := math.Float32bits(x) &^ (1 << 31)
	exp, frac := int(b>>23), uint64(b&(1<<23-1))
	closer := frac == 0 && exp > 1 // the neighbour below is nearer
	if exp == 0 {
		exp = 1
	} else {
		frac |= 1 << 23
	}
	// The value and the middles between it and its neighbours, with one exponent, the top bit of upper at bit 63.
	value, upper, lower := frac<<2, frac<<2+2, frac<<2-2
	if closer {
		lower++
	}
	e := exp - 127 - 23 - 2
	shift := bits.LeadingZeros64(upper)
	value, upper, lower, e = value<<shift, upper<<shift, lower<<shift, e-shift

	// Scale so that the exponent is between -60 and -32.
	const log10of2 = 0x4d104d42 // times 2^32
	k := int((int64(-60-(e+64)+63)*log10of2 + 1<<32 - 1) >> 32)
	power := grisuPowers[(k+348-1)/8+1-(grisuFirst+348)/8]
	value, upper, lower, e = mulHigh(value, power.f), mulHigh(upper, power.f)+1, mulHigh(lower, power.f)-1, e+power.e+64

	// Generate the digits of upper until what is left is less than the width of the interval.
	one := uint64(1) << -e
	whole, part := upper>>-e, upper&(one-1)
	width, unit, above := upper-lower, uint64(1), upper-value
	divisor := uint64(1)
	for divisor*10 <= whole {
		divisor *= 10
	}
	for ; divisor > 0; divisor /= 10 {
		whole %= divisor
		if rest := whole<<-e + part; rest < width {
			return grisuWeed(rest, divisor<<-e, width, above, unit)
		}
	}
	for {
		part *= 10
		width *= 10
		unit *= 10
		part &= one - 1
		if part < width {
			return grisuWeed(part, one, width, above*unit, unit)
		}
	}
}

// grisuWeed moves the digits down towards the value while that brings them nearer, and reports whether the result is
// certain: rest is how far they are below the upper border, above how far the value is, step the worth of the last
// digit and unit the uncertainty of all of these.
func grisuWeed(rest, step, width, above, unit uint64) bool {
	near, far := above-unit, above+unit
	for rest < near && width-rest >= step && (rest+step < near || near-rest >= rest+step-near) {
		rest += step
	}
	if rest < far && width-rest >= step && (rest+step < far || far-rest > rest+step-far) {
		return false
	}
	return 2*unit <= rest && rest <= width-4*unit
}

// mulHigh gives the upper half of a × b, rounded.
func mulHigh(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi + lo>>63
}
