package wal

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// constantOf evaluates a default that is a constant, possibly within casts, as a value of type t. No expression is
// NULL.
func constantOf(e *tree.Node, t *types.Type) (*tree.Value, error) {
	if e == nil {
		return &tree.Value{Type: t, Null: true}, nil
	}
	switch e.Class {
	case "ConstantExpression":
		if v, ok := e.Constant(); ok {
			return convert(v, t)
		}
	case "CastExpression":
		inner := e.Type(201)
		if named := e.Node(203); inner == nil && named != nil && len(named.Nodes(203)) == 0 {
			inner = types.Named(named.Text(202))
		}
		if inner == nil || inner.Unbound != "" {
			return nil, fault.Unsupportedf("a cast to a named type")
		}
		if err := inner.Finish(); err != nil {
			return nil, err
		}
		v, err := constantOf(e.Node(200), inner)
		if err != nil {
			return nil, err
		}
		return convert(v, t)
	}
	return nil, fault.Unsupportedf("the default %s, which is not a constant", e.SQL())
}

// convert converts a constant where the result is beyond doubt.
func convert(v *tree.Value, t *types.Type) (*tree.Value, error) {
	if v == nil || v.Null {
		return &tree.Value{Type: t, Null: true}, nil
	}
	if types.SameLayout(v.Type, t) {
		return &tree.Value{Type: t, Bits: v.Bits, Str: v.Str, List: v.List}, nil
	}
	no := fault.Unsupportedf("a default of %s for %s", v.Type, t)
	vec := vector.New(v.Type)
	if v.AppendTo(vec, vector.NewBudget(1<<24)) != nil {
		return nil, no
	}
	written := string(text.Append(nil, vec, 0))
	if t.ID == types.Varchar && t.Alias == "" {
		return &tree.Value{Type: t, Str: written}, nil
	}
	if x, ok := parseConstant(strings.TrimSpace(written), v.Type, t); ok {
		return x, nil
	}
	return nil, no
}

// parseConstant reads the text of a constant of type from as a value of type t.
func parseConstant(s string, from, t *types.Type) (*tree.Value, bool) {
	out := &tree.Value{Type: t}
	switch t.ID {
	case types.TinyInt, types.SmallInt, types.Integer, types.BigInt, types.HugeInt, types.UTinyInt, types.USmallInt,
		types.UInteger, types.UBigInt, types.UHugeInt, types.Decimal:
		if from.ID == types.Float || from.ID == types.Double {
			return nil, false // rounds
		}
		x, ok := parseScaled(s, int(t.Scale))
		if !ok || !fits(x, t) {
			return nil, false
		}
		out.Bits = twosComplement(x)
	case types.Double, types.Float:
		size := 8 * t.Phys.Width()
		x, err := strconv.ParseFloat(s, size)
		if err != nil {
			return nil, false
		}
		out.Bits.Lo = math.Float64bits(x)
		if size == 32 {
			out.Bits.Lo = uint64(math.Float32bits(float32(x)))
		}
	case types.Boolean:
		switch strings.ToLower(s) {
		case "t", "true", "1":
			out.Bits.Lo = 1
		case "f", "false", "0":
		default:
			return nil, false
		}
	case types.Varchar, types.Char:
		out.Str = s
	case types.Date:
		d, err := time.Parse("2006-01-02", s)
		if err != nil {
			return nil, false
		}
		out.Bits = twosComplement(big.NewInt(d.Unix() / 86400))
	case types.Timestamp, types.TimestampS, types.TimestampMS, types.TimestampNS:
		d, err := time.Parse("2006-01-02 15:04:05.999999999", s)
		if err != nil {
			if d, err = time.Parse("2006-01-02", s); err != nil {
				return nil, false
			}
		}
		if y := d.Year(); y < 1700 || y > 2250 {
			return nil, false
		}
		per := map[types.ID]int64{types.Timestamp: 1e3, types.TimestampS: 1e9, types.TimestampMS: 1e6,
			types.TimestampNS: 1}[t.ID]
		if d.UnixNano()%per != 0 {
			return nil, false
		}
		out.Bits = twosComplement(big.NewInt(d.UnixNano() / per))
	case types.Enum:
		i := slices.Index(t.Values, s)
		if i < 0 {
			return nil, false
		}
		out.Bits.Lo = uint64(i)
	default:
		return nil, false
	}
	return out, true
}

// parseScaled reads a decimal number times 10^scale; ok is false when that is no integer.
func parseScaled(s string, scale int) (_ *big.Int, ok bool) {
	whole, frac, _ := strings.Cut(s, ".")
	frac = strings.TrimRight(frac, "0")
	if len(frac) > scale || strings.ContainsAny(frac, "+-") {
		return nil, false
	}
	return new(big.Int).SetString(whole+frac+strings.Repeat("0", scale-len(frac)), 10)
}

// fits reports whether x is in the range of an integer or DECIMAL type.
func fits(x *big.Int, t *types.Type) bool {
	if t.ID == types.Decimal {
		return new(big.Int).Abs(x).Cmp(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Width)), nil)) < 0
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
	lo := new(big.Int).And(x, new(big.Int).SetUint64(1<<64-1))
	return vector.Uint128{Hi: new(big.Int).Rsh(x, 64).Uint64(), Lo: lo.Uint64()}
}
