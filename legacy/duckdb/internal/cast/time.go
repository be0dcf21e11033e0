package cast

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

const secondsPerDay = 86400

// perSecond is how many units of a timestamp make a second; 0 for other types, and for those in a time zone, since it
// is the session's that their casts ask for.
func perSecond(t *types.Type) int64 {
	switch t.ID {
	case types.TimestampS:
		return 1
	case types.TimestampMS:
		return 1e3
	case types.Timestamp:
		return 1e6
	case types.TimestampNS:
		return 1e9
	}
	return 0
}

// times casts among dates, times and timestamps.
func times(from, to *types.Type) Func {
	unit, toUnit := perSecond(from), perSecond(to)
	switch {
	case from.ID == types.Date && toUnit > 0:
		return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
			day := int64(src.I32[i])
			per := secondsPerDay * toUnit
			if day == math.MaxInt32 || day == -math.MaxInt32 || day > math.MaxInt64/per || day < math.MinInt64/per+1 {
				return uncertain(src, i, dst.Type)
			}
			return setInt(dst, day*per, b)
		}
	case unit > 0 && toUnit > 0 && (toUnit > unit || from.ID == types.Timestamp || to.ID == types.Timestamp):
		return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
			x, ok := changeUnit(src.I64[i], unit, toUnit)
			if !ok {
				return uncertain(src, i, dst.Type)
			}
			return setInt(dst, x, b)
		}
	case unit > 0 && to.ID == types.Date:
		return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
			x := src.I64[i]
			if text.Infinite(x) || x == math.MinInt64 {
				return uncertain(src, i, dst.Type)
			}
			per := secondsPerDay * unit
			day := x / per
			if x%per < 0 {
				day--
			}
			if day != int64(int32(day)) {
				return uncertain(src, i, dst.Type)
			}
			return setInt(dst, day, b)
		}
	case from.ID == types.Timestamp && to.ID == types.Time:
		return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
			x := src.I64[i]
			if text.Infinite(x) || x == math.MinInt64 {
				return uncertain(src, i, dst.Type)
			}
			per := secondsPerDay * unit
			return setInt(dst, (x%per+per)%per, b)
		}
	}
	return nil
}

// changeUnit gives the same time in units of which there are to in a second; what would be cut off is refused.
func changeUnit(x, from, to int64) (int64, bool) {
	if text.Infinite(x) || x == math.MinInt64 {
		return 0, false
	}
	if from >= to {
		return x / (from / to), x%(from/to) == 0
	}
	k := to / from
	return x * k, x < math.MaxInt64/k && x > math.MinInt64/k
}

// parseDay reads a date of a year of four digits as days since 1970.
func parseDay(s string) (day int64, ok bool) {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil || !dayForm().MatchString(s) || d.Year() == 0 {
		return 0, false
	}
	return d.Unix() / secondsPerDay, d.Unix()%secondsPerDay == 0
}

// parseClock reads a time of day as microseconds.
func parseClock(s string) (micros int64, ok bool) {
	m := clockForm().FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	part := func(s string) int64 {
		x, _ := strconv.ParseInt(s, 10, 64) // the form has let only digits pass
		return x
	}
	hour, minute, second := part(m[1]), part(m[2]), part(m[3])
	if hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	const digits = 6
	micros = part(m[4] + strings.Repeat("0", digits-len(m[4])))
	return ((hour*60+minute)*60+second)*1e6 + micros, true
}

// parseTimestamp reads a date, or a date and a time of day.
func parseTimestamp(s string, t *types.Type) (vector.Uint128, bool) {
	date, clock, both := strings.Cut(s, " ")
	day, ok := parseDay(date)
	if !ok {
		return vector.Uint128{}, false
	}
	micros := day * secondsPerDay * 1e6
	if both {
		m, ok := parseClock(clock)
		if !ok {
			return vector.Uint128{}, false
		}
		micros += m
	}
	x, ok := changeUnit(micros, 1e6, perSecond(t))
	return vector.Uint128{Hi: uint64(x >> 63), Lo: uint64(x)}, ok
}
