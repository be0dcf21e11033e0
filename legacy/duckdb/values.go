package duckdb

import (
	"math"
	"math/big"
	"time"

	"github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// Int128 is a signed 128-bit integer in two's complement.
type Int128 struct {
	Hi int64
	Lo uint64
}

// Uint128 is an unsigned 128-bit integer.
type Uint128 struct{ Hi, Lo uint64 }

// Big is the same number.
func (x Int128) Big() *big.Int {
	z := big.NewInt(x.Hi)
	z.Lsh(z, 64)
	return z.Add(z, new(big.Int).SetUint64(x.Lo))
}

// String is the number in decimal.
func (x Int128) String() string { return string(text.AppendInt128(nil, vector.Int128(x))) }

// Big is the same number.
func (x Uint128) Big() *big.Int {
	z := new(big.Int).SetUint64(x.Hi)
	z.Lsh(z, 64)
	return z.Add(z, new(big.Int).SetUint64(x.Lo))
}

// String is the number in decimal.
func (x Uint128) String() string { return string(text.AppendUint128(nil, vector.Uint128(x))) }

// Decimal is Unscaled / 10^Scale.
type Decimal struct {
	Unscaled Int128
	Width    uint8 // digits in all, 1 to 38
	Scale    uint8 // digits after the point, 0 to Width
}

// String is the number with all Scale digits after the point.
func (d Decimal) String() string {
	return string(text.AppendDecimal(nil, vector.Int128(d.Unscaled), d.Width, d.Scale))
}

// Date is days since 1970-01-01; math.MaxInt32 and -math.MaxInt32 stand for ±infinity.
type Date int32

// String is the date as the engine writes it.
func (d Date) String() string { return string(text.AppendDate(nil, int32(d))) }

// Time is midnight UTC of the day; ok is false for ±infinity.
func (d Date) Time() (t time.Time, ok bool) {
	return time.Unix(int64(d)*86400, 0).UTC(), d != math.MaxInt32 && d != -math.MaxInt32
}

// Time is microseconds since midnight, up to 24:00:00.
type Time int64

// String is the time as the engine writes it.
func (t Time) String() string { return string(text.AppendTime(nil, int64(t))) }

// TimeNS is nanoseconds since midnight.
type TimeNS int64

// String is the time as the engine writes it.
func (t TimeNS) String() string { return string(text.AppendTimeNS(nil, int64(t))) }

// TimeTZ is a time of day with an offset from UTC, in the engine's packing; see Micros and Offset.
type TimeTZ uint64

// Micros is the local time of day in microseconds.
func (t TimeTZ) Micros() int64 {
	micros, _ := text.TimeTZ(uint64(t))
	return micros
}

// Offset is seconds east of UTC.
func (t TimeTZ) Offset() int {
	_, offset := text.TimeTZ(uint64(t))
	return offset
}

// String is the time as the engine writes it.
func (t TimeTZ) String() string { return string(text.Release15.AppendTimeTZ(nil, uint64(t))) }

// Points in time. The number counts from 1970-01-01 00:00:00; math.MaxInt64 and -math.MaxInt64 stand for
// ±infinity. Those without TZ are local times of an unnamed zone; Time treats them as UTC.
type (
	TimestampS    int64 // seconds
	TimestampMS   int64 // milliseconds
	Timestamp     int64 // microseconds
	TimestampNS   int64 // nanoseconds
	TimestampTZ   int64 // microseconds UTC
	TimestampTZNS int64 // nanoseconds UTC
)

// Time is the same instant; ok is false for ±infinity.
func (t TimestampS) Time() (_ time.Time, ok bool) {
	return time.Unix(int64(t), 0).UTC(), !text.Infinite(int64(t))
}

// Time is the same instant; ok is false for ±infinity.
func (t TimestampMS) Time() (_ time.Time, ok bool) {
	return time.UnixMilli(int64(t)).UTC(), !text.Infinite(int64(t))
}

// Time is the same instant; ok is false for ±infinity.
func (t Timestamp) Time() (_ time.Time, ok bool) {
	return time.UnixMicro(int64(t)).UTC(), !text.Infinite(int64(t))
}

// Time is the same instant; ok is false for ±infinity.
func (t TimestampNS) Time() (_ time.Time, ok bool) {
	return time.Unix(0, int64(t)).UTC(), !text.Infinite(int64(t))
}

// Time is the same instant; ok is false for ±infinity.
func (t TimestampTZ) Time() (_ time.Time, ok bool) { return Timestamp(t).Time() }

// Time is the same instant; ok is false for ±infinity.
func (t TimestampTZNS) Time() (_ time.Time, ok bool) { return TimestampNS(t).Time() }

// String is the instant as the engine writes it.
func (t TimestampS) String() string { return string(text.AppendTimestampS(nil, int64(t))) }

// String is the instant as the engine writes it.
func (t TimestampMS) String() string { return string(text.AppendTimestampMS(nil, int64(t))) }

// String is the instant as the engine writes it.
func (t Timestamp) String() string { return string(text.AppendTimestamp(nil, int64(t))) }

// String is the instant as the engine writes it.
func (t TimestampNS) String() string { return string(text.AppendTimestampNS(nil, int64(t))) }

// String is the instant as the engine writes it in the zone UTC.
func (t TimestampTZ) String() string { return string(text.Release15.AppendTimestampTZ(nil, int64(t))) }

// String is the instant as the engine writes it in the zone UTC.
func (t TimestampTZNS) String() string { return string(text.AppendTimestampTZNS(nil, int64(t))) }

// Interval is a span of months, days and microseconds, which do not convert into each other.
type Interval struct {
	Months, Days int32
	Micros       int64
}

// String is the interval as the engine writes it.
func (v Interval) String() string {
	return string(text.AppendInterval(nil, v.Months, v.Days, v.Micros))
}

// UUID is in the usual byte order.
type UUID [16]byte

// String is the UUID in its usual form of 36 characters.
func (u UUID) String() string { return string(text.AppendUUID(nil, u)) }

// Bit is a bit string, one '0' or '1' a bit.
type Bit string

// Geometry is a geometry in well-known binary, little-endian.
type Geometry []byte

// Struct holds the members of a STRUCT or TUPLE in order.
type Struct []StructField

// A StructField is one member of a Struct.
type StructField struct {
	Name  string // "" in a TUPLE
	Value any
}

// Get gives the value of the first member of that name.
func (s Struct) Get(name string) (value any, ok bool) {
	for _, f := range s {
		if f.Name == name {
			return f.Value, true
		}
	}
	return nil, false
}

// Map holds the entries of a MAP in stored order.
type Map []MapEntry

// A MapEntry is one entry of a Map.
type MapEntry struct{ Key, Value any }

// Union is the value of a UNION and the name of the member that holds it.
type Union struct {
	Tag   string
	Value any
}

// A Row holds one row as Go values, in the order of the columns asked for: nil for NULL, bool, int8 … int64, uint8 …
// uint64, float32, float64, *big.Int (HUGEINT, UHUGEINT, BIGNUM), [Decimal], string (VARCHAR, JSON, ENUM), []byte
// (BLOB), [Bit], [Date], [Time], [TimeNS], [TimeTZ], the Timestamp types, [Interval], [UUID], [Geometry], []any (LIST,
// ARRAY), [Struct], [Map], [Union]. A VARIANT gives the value that it holds. The caller owns it.
type Row []any
