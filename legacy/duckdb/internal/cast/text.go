package cast

import (
	"encoding/hex"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// toText casts to VARCHAR. Nested values are left out, since releases quote in different ways, and what is written in
// the time zone of a session.
func toText(from *types.Type) Func {
	if from.Nested() || !isNumber(from) && !isFloat(from) {
		switch from.ID {
		case types.Date, types.Time, types.TimeNS, types.Timestamp, types.TimestampS, types.TimestampMS, types.TimestampNS,
			types.Interval, types.UUID, types.Enum, types.Blob, types.Bit:
		default:
			return nil
		}
	}
	return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
		if isFloat(src.Type) && misprinted(float(src, i)) {
			return uncertain(src, i, dst.Type)
		}
		return setBytes(dst, text.Release15.Append(nil, src, i), b)
	}
}

// misprinted reports whether the engine may write another number than x: a large or small power of two.
func misprinted(x float64) bool {
	const exactWhole = 1 << 53
	frac, _ := math.Frexp(math.Abs(x))
	return frac == 0.5 && (math.Abs(x) > exactWhole || math.Abs(x) < 1.0/exactWhole)
}

// The forms of text that every release reads alike, compiled when they are first used.
var (
	wholeForm   = form(`^-?[0-9]+$`)
	decimalForm = form(`^-?[0-9]+(\.[0-9]+)?$`)
	floatForm   = form(`^-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$`)
	dayForm     = form(`^([0-9]{4})-([0-9]{2})-([0-9]{2})$`)
	clockForm   = form(`^([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6}))?$`)
	uuidForm    = form(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
)

func form(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// fromText casts from VARCHAR, in the forms that the engine itself writes.
func fromText(to *types.Type) Func {
	var parse func(s string, t *types.Type) (vector.Uint128, bool)
	switch to.ID {
	case types.Boolean:
		parse = parseBool
	case types.Float, types.Double:
		parse = parseFloat
	case types.Date:
		parse = func(s string, _ *types.Type) (vector.Uint128, bool) {
			day, ok := parseDay(s)
			return vector.Uint128{Hi: uint64(day >> 63), Lo: uint64(day)}, ok
		}
	case types.Time:
		parse = func(s string, _ *types.Type) (vector.Uint128, bool) {
			micros, ok := parseClock(s)
			return vector.Uint128{Lo: uint64(micros)}, ok
		}
	case types.Timestamp, types.TimestampS, types.TimestampMS, types.TimestampNS:
		parse = parseTimestamp
	case types.UUID:
		parse = parseUUID
	case types.Enum:
		return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
			return setEnum(dst, string(src.Bytes(i)), b)
		}
	case types.Blob:
		return textToBlob
	default:
		if !isWhole(to) && to.ID != types.Decimal {
			return nil
		}
		parse = parseExact
	}
	return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
		x, ok := parse(string(src.Bytes(i)), dst.Type)
		if !ok {
			return uncertain(src, i, dst.Type)
		}
		return set(dst, x, b)
	}
}

func parseBool(s string, _ *types.Type) (vector.Uint128, bool) {
	switch strings.ToLower(s) {
	case "t", "true", "1":
		return vector.Uint128{Lo: 1}, true
	case "f", "false", "0":
		return vector.Uint128{}, true
	}
	return vector.Uint128{}, false
}

// parseExact reads an integer, or a DECIMAL with no more digits behind the point than the type has.
func parseExact(s string, t *types.Type) (vector.Uint128, bool) {
	form := wholeForm()
	if t.ID == types.Decimal {
		form = decimalForm()
	}
	whole, frac, _ := strings.Cut(s, ".")
	if !form.MatchString(s) || len(frac) > int(t.Scale) {
		return vector.Uint128{}, false
	}
	x, ok := new(big.Int).SetString(whole+frac+strings.Repeat("0", int(t.Scale)-len(frac)), 10)
	if !ok || !fits(x, t) {
		return vector.Uint128{}, false
	}
	return twosComplement(x), true
}

func parseFloat(s string, t *types.Type) (vector.Uint128, bool) {
	size := 8 * t.Phys.Width()
	x, err := strconv.ParseFloat(s, size)
	if err != nil || !floatForm().MatchString(s) {
		return vector.Uint128{}, false
	}
	if size == 32 {
		return vector.Uint128{Lo: uint64(math.Float32bits(float32(x)))}, true
	}
	return vector.Uint128{Lo: math.Float64bits(x)}, true
}

func parseUUID(s string, _ *types.Type) (vector.Uint128, bool) {
	if !uuidForm().MatchString(s) {
		return vector.Uint128{}, false
	}
	digits := strings.ReplaceAll(s, "-", "")
	hi, _ := strconv.ParseUint(digits[:16], 16, 64)
	lo, _ := strconv.ParseUint(digits[16:], 16, 64)
	return vector.Uint128{Hi: hi ^ 1<<63, Lo: lo}, true
}

// textToBlob takes bytes of ASCII as they are, and \xAA for one.
func textToBlob(dst, src *vector.Vector, i int, b *vector.Budget) error {
	s := src.Bytes(i)
	var out []byte
	for k := 0; k < len(s); k++ {
		switch c := s[k]; {
		case c > '~' || c < ' ' || c == '\\' && (k+3 >= len(s) || s[k+1] != 'x'):
			return uncertain(src, i, dst.Type)
		case c == '\\':
			one, err := hex.DecodeString(string(s[k+2 : k+4]))
			if err != nil {
				return uncertain(src, i, dst.Type)
			}
			out = append(out, one...)
			k += 3
		default:
			out = append(out, c)
		}
	}
	return setBytes(dst, out, b)
}
