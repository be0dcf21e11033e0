package text

import (
	"encoding/hex"
	"math"
	"math/big"
	"strconv"

	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// appendFloat appends a number in the shortest form that reads back the same.
func appendFloat(dst []byte, x float64, size int) []byte {
	switch {
	case math.IsNaN(x):
		if math.Signbit(x) {
			return append(dst, "-nan"...)
		}
		return append(dst, "nan"...)
	case math.IsInf(x, 1):
		return append(dst, "inf"...)
	case math.IsInf(x, -1):
		return append(dst, "-inf"...)
	}
	small, large := 1e-4, 1e16
	if size == 32 {
		small, large = float64(float32(1e-4)), float64(float32(1e16))
	}
	if size == 32 && x != 0 && !grisu3(float32(x)) {
		size = 64
	}
	if a := math.Abs(x); a != 0 && (a < small || a >= large) {
		return strconv.AppendFloat(dst, x, 'e', -1, size)
	}
	at := len(dst)
	dst = strconv.AppendFloat(dst, x, 'f', -1, size)
	for _, c := range dst[at:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, ".0"...)
}

// AppendUint128 appends a number in decimal.
func AppendUint128(dst []byte, x vector.Uint128) []byte {
	if x.Hi == 0 {
		return strconv.AppendUint(dst, x.Lo, 10)
	}
	// At most three groups of 19 digits.
	const group = 1e19
	q, low := x.Div(group)
	dst = AppendUint128(dst, q)
	at := len(dst)
	dst = append(dst, "0000000000000000000"...)
	digits := strconv.AppendUint(nil, low, 10)
	copy(dst[at+19-len(digits):], digits)
	return dst
}

// AppendInt128 appends a number in decimal.
func AppendInt128(dst []byte, x vector.Int128) []byte {
	neg, m := x.Abs()
	if neg {
		dst = append(dst, '-')
	}
	return AppendUint128(dst, m)
}

// AppendDecimal appends x / 10^scale, a number of at most width digits, with all scale digits after the point.
func AppendDecimal(dst []byte, x vector.Int128, width, scale uint8) []byte {
	neg, m := x.Abs()
	if neg {
		dst = append(dst, '-')
	}
	at := len(dst)
	dst = AppendUint128(dst, m)
	if scale == 0 {
		return dst
	}
	digits := int(scale) + 1 // at least one before the point, unless none can be
	if width == scale {
		digits--
	}
	for len(dst)-at < digits {
		dst = append(dst, 0)
		copy(dst[at+1:], dst[at:])
		dst[at] = '0'
	}
	point := len(dst) - int(scale)
	dst = append(dst, 0)
	copy(dst[point+1:], dst[point:])
	dst[point] = '.'
	return dst
}

const hexDigits = "0123456789ABCDEF"

// appendBlob appends bytes as text, those that cannot be read as \xAA.
func appendBlob(dst, b []byte) []byte {
	for _, c := range b {
		if c < ' ' || c > '~' || c == '\\' || c == '\'' || c == '"' {
			dst = append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// AppendBit appends a bit string: a byte with the number of padding bits, then bits, most significant first.
func AppendBit(dst, b []byte) []byte {
	if len(b) == 0 {
		return dst
	}
	for i := min(int(b[0]), 8); i < 8*(len(b)-1); i++ {
		dst = append(dst, '0'+b[1+i/8]>>(7-i%8)&1)
	}
	return dst
}

// BigNum decodes a BIGNUM: three bytes of header, whose top bit is clear for negative numbers, then the magnitude,
// most significant byte first; negative numbers have all bytes inverted.
func BigNum(b []byte) *big.Int {
	if len(b) < 4 {
		return new(big.Int)
	}
	if b[0]&0x80 != 0 {
		return new(big.Int).SetBytes(b[3:])
	}
	m := make([]byte, len(b)-3)
	for i, c := range b[3:] {
		m[i] = ^c
	}
	x := new(big.Int).SetBytes(m)
	return x.Neg(x)
}

// AppendUUID appends a UUID in its usual form of 36 characters.
func AppendUUID(dst []byte, u [16]byte) []byte {
	for i, part := range [][2]int{{0, 4}, {4, 6}, {6, 8}, {8, 10}, {10, 16}} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, u[part[0]:part[1]])
	}
	return dst
}
