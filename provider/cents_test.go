package provider_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/provider"
)

func TestParseCents(t *testing.T) {
	for text, want := range map[string]provider.Cents{
		"0": 0, "5": 5, "-5": -5, "10": 10, "9007199254740993": 1<<53 + 1, "-9007199254740993": -(1<<53 + 1),
		"9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64,
	} {
		if got, err := provider.ParseCents(text); err != nil || got != want {
			t.Errorf("%s: got %d, error %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"10.0", "0.5", "1e3", "1E3", "1e0", `"100"`, "NaN", "Infinity", "-Infinity", "null", "true", "", "-", "+5", " 5",
		"5 ", "05", "-05",
		"-0", "-00", "-0.0", "--5", "0x10", "1_000", "1,000", "9223372036854775808", "-9223372036854775809",
		"99999999999999999999", "٣", "[5]", "{}",
	} {
		got, err := provider.ParseCents(text)
		ce := (*provider.CostError)(nil)
		if !errors.As(err, &ce) || ce.Value != text || got != 0 || !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("%q: got %d, error %v, want a CostError that has the text", text, got, err)
		}
	}
}

func TestCents_String(t *testing.T) {
	for c, want := range map[provider.Cents]string{
		0: "$0.00", 1: "$0.01", -1: "-$0.01", 99: "$0.99", 100: "$1.00", 99999: "$999.99", 100000: "$1,000.00",
		123456:     "$1,234.56",
		-123456789: "-$1,234,567.89", 1<<53 + 1: "$90,071,992,547,409.93",
		math.MaxInt64: "$92,233,720,368,547,758.07", math.MinInt64: "-$92,233,720,368,547,758.08",
	} {
		if got := c.String(); got != want {
			t.Errorf("%d: got %s, want %s", int64(c), got, want)
		}
	}
	if got := string(provider.Cents(5).Append([]byte("x="))); got != "x=$0.05" {
		t.Errorf("Append: got %q", got)
	}
}

// Every amount is spelt with two digits behind the point and groups of three before it, and no digit is lost.
func TestCents_String_random(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		s := provider.Cents(n).String()
		digits := strings.NewReplacer("$", "", ",", "", ".", "").Replace(s)
		if back, ok := new(big.Int).SetString(digits, 10); !ok || !back.IsInt64() || back.Int64() != n {
			t.Fatalf("%d: got %s", n, s)
		}
		units, cents, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(s, "-"), "$"), ".")
		if len(cents) != 2 {
			t.Fatalf("%d: got %s, want two decimals", n, s)
		}
		for i, group := range strings.Split(units, ",") {
			if len(group) > 3 || i > 0 && len(group) != 3 || group == "" {
				t.Fatalf("%d: got %s, want groups of three", n, s)
			}
		}
	})
}

func TestParseCosts(t *testing.T) {
	got, err := provider.ParseCosts([]byte(` { "BANK_B" : 9007199254740993 , "BANK_A":-1,"` + "\\u00e9" + `":0} `))
	if err != nil || len(got) != 3 || got["BANK_B"] != 1<<53+1 || got["BANK_A"] != -1 || got["é"] != 0 {
		t.Errorf("got %v, error %v", got, err)
	}
	for _, absent := range []string{"", "null", " null ", "{}"} {
		if got, err := provider.ParseCosts([]byte(absent)); err != nil || got == nil || len(got) != 0 {
			t.Errorf("%q: got %v, error %v, want an empty map", absent, got, err)
		}
	}
	for _, value := range []string{"10.0", "1e3", `"100"`, "9223372036854775808", "null"} {
		_, err := provider.ParseCosts([]byte(`{"BANK_A": 1, "BANK_B": ` + value + `}`))
		ce := (*provider.CostError)(nil)
		if !errors.As(err, &ce) || ce.Agent != "BANK_B" || ce.Value != value {
			t.Errorf("%s: got %v, want a CostError that names BANK_B and the value", value, err)
		}
		if err != nil && (!strings.Contains(err.Error(), `"BANK_B"`) || !strings.Contains(err.Error(), value)) {
			t.Errorf("%s: got %v, want agent and value in the text", value, err)
		}
	}
	for _, bad := range []string{"[]", "1", `"x"`, `{"A":NaN}`, `{"A":1,"A":1}`, `{"A":1`, `{"A":1}{}`, "\xff",
		`{"\ud800":1}`} {
		if _, err := provider.ParseCosts([]byte(bad)); !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", bad, err)
		}
	}
}

func TestParseAcceptedChanges(t *testing.T) {
	got, err := provider.ParseAcceptedChanges([]byte(`{"A":true,"B":false,"C":null}`))
	if err != nil || len(got) != 2 || !got["A"] || got["B"] {
		t.Errorf("got %v, error %v, want A true, B false, and nothing of C", got, err)
	}
	for _, value := range []string{"1", `"true"`, "[]", "0"} {
		if _, err := provider.ParseAcceptedChanges([]byte(`{"A":` + value + `}`)); !errors.Is(err, provider.ErrInvalid) ||
			!strings.Contains(err.Error(), `"A" is `+value) || strings.Count(err.Error(), "invalid record") != 1 {
			t.Errorf("%s: got %v, want ErrInvalid that names A and the value", value, err)
		}
	}
}

func TestMaps_canonical(t *testing.T) {
	costs := map[string]provider.Cents{"b": 2, "a": -1, "\x01\"\\é\u2028</": 3, "Z": 9223372036854775807}
	want := `{"\u0001\"\\é` + "\u2028" + `</":3,"Z":9223372036854775807,"a":-1,"b":2}`
	if got := string(provider.AppendCosts(nil, costs)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := string(provider.AppendCosts([]byte("x"), nil)); got != "x{}" {
		t.Errorf("got %s, want x{}", got)
	}
	policies := map[string]json.RawMessage{"b": json.RawMessage("{ \n}"), "a": json.RawMessage("1.0")}
	if got := string(provider.AppendPolicies(nil, policies)); got != "{\"a\":1.0,\"b\":{ \n}}" {
		t.Errorf("got %s", got)
	}
	if got := string(provider.AppendAcceptedChanges(nil,
		map[string]bool{"b": true, "a": false})); got != `{"a":false,"b":true}` {
		t.Errorf("got %s", got)
	}
}
