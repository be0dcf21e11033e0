package cast

import (
	"math"
	"math/big"
	"sync"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

func isFloat(t *types.Type) bool { return t.ID == types.Float || t.ID == types.Double }

// isNumber reports whether t is exact: BOOLEAN, an integer type or DECIMAL.
func isNumber(t *types.Type) bool {
	switch t.ID {
	case types.Boolean, types.TinyInt, types.SmallInt, types.Integer, types.BigInt, types.HugeInt, types.UTinyInt,
		types.USmallInt, types.UInteger, types.UBigInt, types.UHugeInt, types.Decimal:
		return true
	}
	return false
}

// isWhole reports whether t is an integer type.
func isWhole(t *types.Type) bool {
	return isNumber(t) && t.ID != types.Boolean && t.ID != types.Decimal
}

// pow10 is a power of ten, which must not be changed. Scales and widths go up to 38.
func pow10(n int) *big.Int { return powers()[n] }

var powers = sync.OnceValue(func() []*big.Int {
	p := make([]*big.Int, 39)
	for n := range p {
		p[n] = new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	}
	return p
})

// exact gives value i of an exact type, times 10^scale if it is a DECIMAL.
func exact(v *vector.Vector, i int) *big.Int {
	if x, ok := v.Int64(i); ok {
		return big.NewInt(x)
	}
	neg, m := false, v.Bits(i)
	if v.Type.Phys == types.PhysInt128 {
		neg, m = v.Int128(i).Abs()
	}
	x := new(big.Int).SetUint64(m.Hi)
	x.Lsh(x, 64).Or(x, new(big.Int).SetUint64(m.Lo))
	if neg {
		x.Neg(x)
	}
	return x
}

// fits reports whether x is in the range of an integer or DECIMAL type.
func fits(x *big.Int, t *types.Type) bool {
	if t.ID == types.Decimal {
		return new(big.Int).Abs(x).Cmp(pow10(int(t.Width))) < 0
	}
	bits := 8 * t.Phys.Width()
	switch t.Phys {
	case types.PhysUint8, types.PhysUint16, types.PhysUint32, types.PhysUint64, types.PhysUint128:
		return x.Sign() >= 0 && x.BitLen() <= bits
	}
	if x.Sign() < 0 {
		x = new(big.Int).Not(x)
	}
	return x.BitLen() < bits
}

// twosComplement gives the bits of a number of at most 128 bits.
func twosComplement(x *big.Int) vector.Uint128 {
	if x.Sign() < 0 {
		x = new(big.Int).Add(x, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	lo := new(big.Int).And(x, new(big.Int).SetUint64(math.MaxUint64))
	return vector.Uint128{Hi: new(big.Int).Rsh(x, 64).Uint64(), Lo: lo.Uint64()}
}

// rescale gives x, which is scaled by 10^from, scaled by 10^to; halves go away from zero.
func rescale(x *big.Int, from, to int) *big.Int {
	if to >= from {
		return new(big.Int).Mul(x, pow10(to-from))
	}
	p := pow10(from - to)
	half := new(big.Int).Rsh(p, 1) // p is even
	if x.Sign() < 0 {
		half.Neg(half)
	}
	return half.Quo(half.Add(half, x), p)
}

// fromNumber casts from BOOLEAN, integers and DECIMAL.
func fromNumber(from, to *types.Type) Func {
	switch {
	case to.ID == types.Boolean && from.ID != types.Decimal:
		return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
			return setInt(dst, int64(exact(src, i).CmpAbs(new(big.Int))), b)
		}
	case isWhole(to) || to.ID == types.Decimal:
		return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
			whole := exact(src, i)
			x := rescale(whole, int(src.Type.Scale), int(dst.Type.Scale))
			// From one DECIMAL to another, releases up to 1.1 cut digits off that later ones round.
			cut := dst.Type.ID == types.Decimal && rescale(x, int(dst.Type.Scale), int(src.Type.Scale)).Cmp(whole) != 0
			if cut || !fits(x, dst.Type) {
				return uncertain(src, i, dst.Type)
			}
			return set(dst, twosComplement(x), b)
		}
	case isFloat(to):
		return numberToFloat
	}
	return nil
}

// numberToFloat casts a number with so few digits that the engine, too, has nothing to round but the outcome.
func numberToFloat(dst, src *vector.Vector, i int, b *vector.Budget) error {
	x := exact(src, i)
	mantissa := 53
	if dst.Type.ID == types.Float {
		mantissa = 24
	}
	const exactPowers = 22 // of ten, as a float64
	whole := src.Type.ID != types.Decimal && src.Type.Phys.Width() <= 8
	if x.BitLen() > mantissa && !whole || src.Type.Scale > exactPowers {
		return uncertain(src, i, dst.Type)
	}
	if dst.Type.ID == types.Float {
		f, _ := new(big.Float).SetInt(x).Float32()
		f = float32(float64(f) / math.Pow10(int(src.Type.Scale)))
		return set(dst, vector.Uint128{Lo: uint64(math.Float32bits(f))}, b)
	}
	f, _ := new(big.Float).SetInt(x).Float64()
	return set(dst, vector.Uint128{Lo: math.Float64bits(f / math.Pow10(int(src.Type.Scale)))}, b)
}

// float gives value i of a FLOAT or DOUBLE.
func float(v *vector.Vector, i int) float64 {
	if v.Type.ID == types.Float {
		return float64(v.F32[i])
	}
	return v.F64[i]
}

// fromFloat casts from FLOAT and DOUBLE.
func fromFloat(to *types.Type) Func {
	switch {
	case to.ID == types.Double:
		return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
			return set(dst, vector.Uint128{Lo: math.Float64bits(float(src, i))}, b)
		}
	case to.ID == types.Float:
		return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
			x := float(src, i)
			f := float32(x)
			if math.IsInf(float64(f), 0) && !math.IsInf(x, 0) {
				return uncertain(src, i, dst.Type)
			}
			return set(dst, vector.Uint128{Lo: uint64(math.Float32bits(f))}, b)
		}
	case isWhole(to):
		return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
			x := float(src, i)
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return uncertain(src, i, dst.Type)
			}
			n, _ := big.NewFloat(math.RoundToEven(x)).Int(nil)
			low, _ := big.NewFloat(math.Floor(x)).Int(nil) // the range is that of the number before it is rounded
			if !fits(n, dst.Type) || !fits(low, dst.Type) {
				return uncertain(src, i, dst.Type)
			}
			return set(dst, twosComplement(n), b)
		}
	case to.ID == types.Decimal:
		return floatToDecimal
	}
	return nil
}

// floatToDecimal casts a number that is not near the middle between two: releases come there in different ways.
func floatToDecimal(dst, src *vector.Vector, i int, b *vector.Budget) error {
	most := float64(1 << 52)
	if src.Type.ID == types.Float {
		most = 1 << 24
	}
	x := float(src, i) * math.Pow10(int(dst.Type.Scale))
	n := math.Round(x)
	const apart = 0.49
	if !(math.Abs(x) < most) || math.Abs(x-n) > apart || !fits(big.NewInt(int64(n)), dst.Type) {
		return uncertain(src, i, dst.Type)
	}
	return setInt(dst, int64(n), b)
}
