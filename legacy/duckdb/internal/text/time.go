package text

import (
	"math"
	"strconv"
)

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 86400 * microsPerSecond
	nanosPerDay     = microsPerDay * 1000
)

// appendPadded appends x with at least width digits.
func appendPadded(dst []byte, x int64, width int) []byte {
	for p := int64(math.Pow10(width - 1)); p > x && p > 1; p /= 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, x, 10)
}

// civil gives the proleptic Gregorian date of a day; year 0 is 1 BC.
func civil(days int64) (year, month, day int64) {
	z := days + 719468 // since 0000-03-01
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	month = mp + 3
	if month > 12 {
		month -= 12
	}
	year = yoe + era*400
	if month <= 2 {
		year++
	}
	return year, month, day
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// AppendDate appends a day, counted from 1970-01-01.
func AppendDate(dst []byte, x int32) []byte {
	switch x {
	case math.MaxInt32:
		return append(dst, "infinity"...)
	case -math.MaxInt32:
		return append(dst, "-infinity"...)
	}
	return appendDay(dst, int64(x))
}

func appendDay(dst []byte, days int64) []byte {
	y, m, d := civil(days)
	bc := y <= 0
	if bc {
		y = 1 - y
	}
	dst = appendPadded(dst, y, 4)
	dst = appendPadded(append(dst, '-'), m, 2)
	dst = appendPadded(append(dst, '-'), d, 2)
	if bc {
		dst = append(dst, " (BC)"...)
	}
	return dst
}

// appendClock appends a time of day of any number of hours, in units of 10^-digits seconds.
func appendClock(dst []byte, x int64, unit int64, digits int) []byte {
	s := x / unit
	dst = appendPadded(dst, s/3600, 2)
	dst = appendPadded(append(dst, ':'), s/60%60, 2)
	dst = appendPadded(append(dst, ':'), s%60, 2)
	frac := x % unit
	if frac == 0 {
		return dst
	}
	dst = appendPadded(append(dst, '.'), frac, digits)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// AppendTime appends a time of day in microseconds.
func AppendTime(dst []byte, x int64) []byte {
	if x < 0 {
		dst, x = append(dst, '-'), -x
	}
	return appendClock(dst, x, microsPerSecond, 6)
}

// AppendTimeNS appends a time of day in nanoseconds.
func AppendTimeNS(dst []byte, x int64) []byte {
	if x < 0 {
		dst, x = append(dst, '-'), -x
	}
	return appendClock(dst, x, 1000*microsPerSecond, 9)
}

// TimeTZ gives the local time of day in microseconds and the offset in seconds east of UTC.
func TimeTZ(x uint64) (micros int64, offset int) {
	return int64(x >> 24), 57599 - int(x&0xffffff)
}

// AppendTimeTZ appends a time of day with its offset, packed as [TimeTZ] unpacks it.
func (r Release) AppendTimeTZ(dst []byte, x uint64) []byte {
	micros, off := TimeTZ(x)
	dst = AppendTime(dst, micros)
	sign := byte('+')
	if off < 0 {
		sign, off = '-', -off
	}
	dst = appendPadded(append(dst, sign), int64(off/3600), 2)
	if off/60%60 != 0 || r == Release20 && off%60 != 0 {
		dst = appendPadded(append(dst, ':'), int64(off/60%60), 2)
	}
	if off%60 != 0 {
		dst = appendPadded(append(dst, ':'), int64(off%60), 2)
	}
	return dst
}

// appendInstant appends a point in time in units of which perDay make a day, 10^digits a second.
func appendInstant(dst []byte, x, perDay int64, digits int) []byte {
	if x == math.MaxInt64 {
		return append(dst, "infinity"...)
	}
	if x == -math.MaxInt64 {
		return append(dst, "-infinity"...)
	}
	days := floorDiv(x, perDay)
	dst = append(appendDay(dst, days), ' ')
	return appendClock(dst, x-days*perDay, perDay/86400, digits)
}

// AppendTimestampS appends seconds since 1970.
func AppendTimestampS(dst []byte, x int64) []byte {
	return appendInstant(dst, x, 86400, 1)
}

// AppendTimestampMS appends milliseconds since 1970.
func AppendTimestampMS(dst []byte, x int64) []byte {
	return appendInstant(dst, x, 86400*1000, 3)
}

// AppendTimestamp appends microseconds since 1970.
func AppendTimestamp(dst []byte, x int64) []byte { return appendInstant(dst, x, microsPerDay, 6) }

// AppendTimestampNS appends nanoseconds since 1970.
func AppendTimestampNS(dst []byte, x int64) []byte { return appendInstant(dst, x, nanosPerDay, 9) }

// AppendTimestampTZ appends microseconds since 1970 as a time in UTC.
func (r Release) AppendTimestampTZ(dst []byte, x int64) []byte {
	if Infinite(x) {
		return AppendTimestamp(dst, x)
	}
	// Up to 1.5 the engine's calendar counts milliseconds in a float64, which rounds those past 2^53.
	ms := floorDiv(x, 1000)
	micros := x - ms*1000
	if rounded := int64(float64(ms)); r == Release15 && rounded != ms && rounded < math.MaxInt64/1000+2 {
		days := floorDiv(rounded, microsPerDay/1000)
		dst = append(appendDay(dst, days), ' ')
		dst = appendClock(dst, (rounded-days*(microsPerDay/1000))*1000+micros, microsPerSecond, 6)
	} else {
		dst = AppendTimestamp(dst, x)
	}
	return append(dst, "+00"...)
}

// AppendTimestampTZNS appends nanoseconds since 1970 as a time in UTC.
func AppendTimestampTZNS(dst []byte, x int64) []byte {
	dst = AppendTimestampNS(dst, x)
	if Infinite(x) {
		return dst
	}
	return append(dst, "+00"...)
}

// AppendInterval appends a span of time.
func AppendInterval(dst []byte, months, days int32, micros int64) []byte {
	at := len(dst)
	part := func(x int32, name string) {
		if x == 0 {
			return
		}
		if len(dst) > at {
			dst = append(dst, ' ')
		}
		dst = strconv.AppendInt(dst, int64(x), 10)
		dst = append(append(dst, ' '), name...)
		if x != 1 && x != -1 {
			dst = append(dst, 's')
		}
	}
	part(months/12, "year")
	part(months%12, "month")
	part(days, "day")
	if micros == 0 && len(dst) > at {
		return dst
	}
	if len(dst) > at {
		dst = append(dst, ' ')
	}
	x := uint64(micros)
	if micros < 0 {
		dst, x = append(dst, '-'), -x
	}
	// The magnitude of the smallest int64 does not fit in one.
	s, frac := x/microsPerSecond, x%microsPerSecond
	dst = appendPadded(dst, int64(s/3600), 2)
	dst = appendPadded(append(dst, ':'), int64(s/60%60), 2)
	dst = appendPadded(append(dst, ':'), int64(s%60), 2)
	if frac != 0 {
		dst = appendPadded(append(dst, '.'), int64(frac), 6)
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
	}
	return dst
}

// Infinite reports whether a point in time stands for an infinity.
func Infinite(v int64) bool { return v == math.MaxInt64 || v == -math.MaxInt64 }
