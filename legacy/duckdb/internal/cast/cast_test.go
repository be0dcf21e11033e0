package cast

import (
	"errors"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

func typ(id types.ID, size ...uint8) *types.Type {
	t := &types.Type{ID: id}
	if len(size) == 2 {
		t.Width, t.Scale = size[0], size[1]
	}
	if err := t.Finish(); err != nil {
		panic(err)
	}
	return t
}

// TestCast wants what every engine gives, or a refusal. The values are made of text, by casts that the same table
// tests.
func TestCast(t *testing.T) {
	var (
		boolean, tiny, integer, big = typ(types.Boolean), typ(types.TinyInt), typ(types.Integer), typ(types.BigInt)
		unsigned, huge              = typ(types.UBigInt), typ(types.HugeInt)
		float, double               = typ(types.Float), typ(types.Double)
		d42, d123                   = typ(types.Decimal, 4, 2), typ(types.Decimal, 12, 3)
		varchar, date, clock        = typ(types.Varchar), typ(types.Date), typ(types.Time)
		seconds, millis             = typ(types.TimestampS), typ(types.TimestampMS)
		stamp, nanos                = typ(types.Timestamp), typ(types.TimestampNS)
		blob, uuid                  = typ(types.Blob), typ(types.UUID)
		mood                        = &types.Type{ID: types.Enum, Values: []string{"sad", "ok"}, Phys: types.PhysUint8}
		other                       = &types.Type{ID: types.Enum, Values: []string{"ok", "new"}, Phys: types.PhysUint8}
		json                        = &types.Type{ID: types.Varchar, Alias: "JSON", Phys: types.PhysString}
	)
	const refused = "refused"
	for _, c := range []struct {
		from, to    *types.Type
		value, want string
	}{
		{integer, big, "-7", "-7"}, {big, integer, "2147483648", refused}, {big, unsigned, "-1", refused},
		{integer, tiny, "127", "127"}, {integer, tiny, "128", refused},
		{integer, boolean, "-3", "true"}, {boolean, integer, "true", "1"}, {integer, d42, "99", "99.00"},
		{integer, d42, "100", refused}, {integer, d42, "-5", "-5.00"},
		{d42, integer, "1.50", "2"}, {d42, integer, "-2.50", "-3"}, {d42, integer, "0.49", "0"},
		{d42, d123, "-0.25", "-0.250"}, {d123, d42, "1.250", "1.25"}, {d123, d42, "1.255", refused},
		{d123, d42, "100.000", refused},
		{d42, double, "0.10", "0.1"}, {d123, float, "123456789.125", refused}, {d42, float, "0.10", "0.1"},
		{d42, boolean, "1.00", refused},
		{big, double, "9007199254740993", "9007199254740992.0"}, {huge, double, "9007199254740993", refused},
		{huge, double, "4503599627370497", "4503599627370497.0"}, {big, float, "16777217", "16777216.0"},
		{huge, float, "16777217", refused},
		{double, integer, "0.5", "0"}, {double, integer, "1.5", "2"}, {double, integer, "-2.5", "-2"},
		{double, unsigned, "-0.25", refused}, {double, tiny, "127.5", refused}, {double, tiny, "127.4", "127"},
		{double, integer, "1e10", refused},
		{double, float, "0.1", "0.1"}, {double, float, "1e300", refused}, {float, double, "0.5", "0.5"},
		{double, d42, "1.25", "1.25"}, {double, d42, "0.005", refused}, {double, d42, "99.996", refused},
		{double, d42, "12.3448", "12.34"},
		{double, varchar, "36028797018963968.0", refused}, {double, varchar, "8.0", "8.0"},
		{double, varchar, "1e20", "1e+20"},
		{varchar, integer, "007", "7"}, {varchar, integer, "-0", "0"}, {varchar, integer, " 7", refused},
		{varchar, integer, "1.5", refused}, {varchar, integer, "+3", refused}, {varchar, integer, "1_000", refused},
		{varchar, integer, "", refused},
		{varchar, d42, "1.5", "1.50"}, {varchar, d42, "1.255", refused}, {varchar, d42, ".5", refused},
		{varchar, double, "1e5", "100000.0"}, {varchar, double, "nan", refused}, {varchar, double, "0x10", refused},
		{varchar, double, "1e400", refused}, {varchar, boolean, "TRUE", "true"}, {varchar, boolean, "yes", refused},
		{varchar, date, "2020-02-29", "2020-02-29"}, {varchar, date, "2020-02-30", refused},
		{varchar, date, "2020-2-9", refused}, {varchar, date, "0000-01-01", refused},
		{varchar, date, "1969-12-31", "1969-12-31"},
		{varchar, clock, "23:59:59.5", "23:59:59.5"}, {varchar, clock, "24:00:00", refused},
		{varchar, stamp, "1960-01-01 10:11:12.25", "1960-01-01 10:11:12.25"},
		{varchar, stamp, "2020-01-01T10:11:12Z", refused}, {varchar, seconds, "2020-01-01 10:11:12.5", refused},
		{varchar, nanos, "3000-01-01", refused}, {varchar, uuid, "12345678-9abc-def0-1234-56789abcdef0",
			"12345678-9abc-def0-1234-56789abcdef0"}, {varchar, uuid, "{12345678-9abc-def0-1234-56789abcdef0}", refused},
		{varchar, blob, "a\\x00b", "a\\x00b"}, {varchar, blob, "ü", refused}, {varchar, blob, "\\q", refused},
		{varchar, blob, "\\x0g", refused}, {blob, varchar, "\\xFF", "\\xFF"}, {varchar, mood, "ok", "ok"},
		{varchar, mood, "new", refused}, {mood, other, "ok", "ok"}, {mood, other, "sad", refused},
		{mood, varchar, "sad", "sad"}, {mood, integer, "sad", refused},
		{date, stamp, "2020-02-29", "2020-02-29 00:00:00"}, {date, nanos, "9999-12-31", refused},
		{stamp, date, "1969-12-31 23:59:59.5", "1969-12-31"}, {stamp, clock, "1969-12-31 23:59:59.5", "23:59:59.5"},
		{stamp, seconds, "2020-01-01 00:00:00.5", refused},
		{stamp, millis, "1969-12-31 23:59:59.5", "1969-12-31 23:59:59.5"},
		{seconds, nanos, "2020-01-01 00:00:00", "2020-01-01 00:00:00"}, {nanos, seconds, "2020-01-01 00:00:00", refused},
		{stamp, nanos, "1600-01-01 00:00:00", refused}, {stamp, typ(types.TimestampTZ), "2020-01-01", refused},
		{json, varchar, "[1]", "[1]"}, {varchar, json, "[1]", "[1]"}, {json, integer, "1", refused},
		{uuid, big, "12345678-9abc-def0-1234-56789abcdef0", refused},
	} {
		got, err := castText(c.value, c.from, c.to)
		if errors.Is(err, fault.ErrUnsupported) {
			got, err = refused, nil
		}
		if got != c.want || err != nil {
			t.Errorf("%q of %s to %s: got %s, %v, want %s", c.value, c.from, c.to, got, err, c.want)
		}
	}
}

// castText casts a value that is written as text.
func castText(value string, from, to *types.Type) (string, error) {
	b := vector.NewBudget(1 << 20)
	v := vector.New(typ(types.Varchar))
	if err := setBytes(v, []byte(value), b); err != nil {
		return "", err
	}
	f, err := Find(v.Type, from)
	if err != nil {
		return "", err
	}
	g, err := Find(from, to)
	if err != nil {
		return "", err
	}
	out := vector.New(to)
	if err := Then(f, from, g).Each(out, v, 0, 1, b); err != nil {
		return "", err
	}
	return string(text.Release15.Append(nil, out, 0)), nil
}

// TestNested casts the parts of nested values, and leaves alone what is under a NULL.
func TestNested(t *testing.T) {
	from := types.StructOf(types.Field{Name: "a", Type: typ(types.Varchar)},
		types.Field{Name: "l", Type: types.ListOf(typ(types.Varchar))})
	to := types.StructOf(types.Field{Name: "a", Type: typ(types.Integer)},
		types.Field{Name: "l", Type: types.ListOf(typ(types.Date))})
	f, err := Find(from, to)
	if err != nil {
		t.Fatal(err)
	}
	b := vector.NewBudget(1 << 20)
	v := vector.New(from)
	for i, a := range []string{"7", "no number", "8"} {
		if err := errors.Join(v.Grow(1, b), setBytes(v.Children[0], []byte(a), b), v.Children[1].Grow(1, b)); err != nil {
			t.Fatal(err)
		}
		at := v.Children[1].Children[0].N
		if err := setBytes(v.Children[1].Children[0], []byte("2020-01-01"), b); err != nil {
			t.Fatal(err)
		}
		v.Children[1].Lists[i] = vector.Span{Off: uint32(at), Len: 1}
	}
	v.SetNull(1)
	v.Children[1].SetNull(2)
	out := vector.New(to)
	if err := f.Each(out, v, 0, 3, b); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"{'a': 7, 'l': [2020-01-01]}", "", "{'a': 8, 'l': NULL}"} {
		if got := string(text.Release15.Append(nil, out, i)); got != want {
			t.Errorf("value %d: got %s, want %s", i, got, want)
		}
	}
	renamed := types.StructOf(types.Field{Name: "b", Type: typ(types.Integer)}, to.Fields[1])
	for _, other := range []*types.Type{renamed, types.StructOf(to.Fields[0]), types.StructOf(to.Fields[1], to.Fields[0]),
		typ(types.Varchar)} {
		if _, err := Find(from, other); !errors.Is(err, fault.ErrUnsupported) {
			t.Errorf("%s to %s: got %v, want unsupported", from, other, err)
		}
	}
}
