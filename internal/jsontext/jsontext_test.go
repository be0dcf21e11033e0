package jsontext_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/internal/jsontext"
)

func TestCheck(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"a":[`, n/2) + strings.Repeat("]}", n/2) }
	for _, test := range []struct {
		text string
		want error
	}{
		{"{}", nil}, {" \t\r\n1\n", nil}, {`"\ud800"`, nil}, {"1e400", nil}, {"\"\u2028\"", nil}, {`{"a":1,"a":2}`, nil},
		{"-0", nil},
		{`"` + strings.Repeat("[{", 1000) + `\"` + strings.Repeat("[", 1000) + `"`, nil},
		{deep(jsontext.MaxDepth), nil},
		{deep(jsontext.MaxDepth + 2), jsontext.ErrDepth},
		{strings.Repeat("[]", 2) + "", jsontext.ErrSyntax},
		{"[" + strings.Repeat("[],", 1000) + "[]]", nil},
		{"", jsontext.ErrSyntax}, {"{", jsontext.ErrSyntax}, {"NaN", jsontext.ErrSyntax}, {"01", jsontext.ErrSyntax},
		{"1 2", jsontext.ErrSyntax},
		{"'a'", jsontext.ErrSyntax}, {`{"a":1,}`, jsontext.ErrSyntax}, {"\"\n\"", jsontext.ErrSyntax},
		{"\ufeff1", jsontext.ErrSyntax},
		{"\"\xff\"", jsontext.ErrUTF8}, {"{\"\xed\xa0\x80\":1}", jsontext.ErrUTF8},
	} {
		if err := jsontext.Check([]byte(test.text)); !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%.40q: got %v, want %v", test.text, err, test.want)
		}
	}
	if err := jsontext.CheckWithin([]byte("[[1]]"), 1); !errors.Is(err, jsontext.ErrDepth) {
		t.Errorf("two levels within one: got %v, want ErrDepth", err)
	}
	if err := jsontext.CheckWithin([]byte("[[1]]"), 2); err != nil {
		t.Errorf("two levels within two: got %v", err)
	}
}

// TestCheck_message: what stands where JSON ends is named, a word as a whole.
func TestCheck_message(t *testing.T) {
	for text, want := range map[string]string{
		`{"cost":NaN}`:                  `byte 9: unexpected "NaN"`,
		`{"cost":-Infinity`:             `byte 10: unexpected "Infinity"`,
		`[True]`:                        `byte 2: unexpected "True"`,
		`{'a':1}`:                       `byte 2: unexpected "'"`,
		`[1,€]`:                         `byte 4: unexpected "€"`,
		`[1`:                            `byte 2: unexpected end`,
		"[1,\xff\xff]":                  `byte 4: unexpected "\xff"`,
		"[" + strings.Repeat("x", 1000): `byte 2: unexpected "` + strings.Repeat("x", 20) + `"`,
	} {
		if err := jsontext.Check([]byte(text)); err == nil || err.Error() != "not valid JSON: "+want {
			t.Errorf("%.40q: got %v, want %s", text, err, want)
		}
	}
}

func TestTrim(t *testing.T) {
	if got := jsontext.Trim([]byte(" \t\r\n 1 2 \n")); string(got) != "1 2" {
		t.Errorf("got %q, want %q", got, "1 2")
	}
	if got := jsontext.Trim([]byte("\u00a0\v1\f")); string(got) != "\u00a0\v1\f" {
		t.Errorf("got %q: only JSON's own white space is to go", got)
	}
	for text, want := range map[string]bool{"": true, "null": true, "NULL": false, " null": false, "0": false,
		`""`: false} {
		if got := jsontext.IsNull([]byte(text)); got != want {
			t.Errorf("IsNull(%q): got %t, want %t", text, got, want)
		}
	}
}

type member struct{ name, value string }

func members(text string) (list []member, err error) {
	err = jsontext.Members([]byte(text), func(name string, value []byte) error {
		list = append(list, member{name, string(value)})
		return nil
	})
	return list, err
}

func TestMembers(t *testing.T) {
	got, err := members(" { \"b\" : {\"x\" : [1, \"}\\\"\" ] } ,\r\n\"\\u0061\":-1.0e+5\t, \"\":\"\\\\\" ,\"t\":true} ")
	want := []member{{"b", `{"x" : [1, "}\"" ] }`}, {"a", "-1.0e+5"}, {"", `"\\"`}, {"t", "true"}}
	if err != nil || len(got) != len(want) {
		t.Fatalf("got %q, error %v, want %q", got, err, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("member %d: got %q, want %q", i, got[i], want[i])
		}
	}
	for text, want := range map[string]error{
		"[]": jsontext.ErrNotObject, "": jsontext.ErrNotObject, "null": jsontext.ErrNotObject, `"{}"`: jsontext.ErrNotObject,
		`{"a":1,"a":2}`: jsontext.ErrKey, `{"a":1,"\u0061":2}`: jsontext.ErrKey, `{"\ud800":1}`: jsontext.ErrKey,
		`{"\udc00x":1}`:      jsontext.ErrKey,
		`{"\ud800\ud800":1}`: jsontext.ErrKey, `{"\ud83c\udfe6":1}`: nil, `{"\\ud800":1}`: nil, `{"\ufffd":1}`: nil,
		"{}": nil,
	} {
		if _, err := members(text); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
	}
	stop := errors.New("stop")
	n := 0
	if err := jsontext.Members([]byte(`{"a":1,"b":2}`), func(string, []byte) error { n++; return stop }); err != stop ||
		n != 1 {
		t.Errorf("got %v after %d members, want the function's error after 1", err, n)
	}
}

func TestUnquote(t *testing.T) {
	for text, want := range map[string]string{
		`""`: "", `"a"`: "a", `"\"\\\/\b\f\n\r\t\u0041"`: "\"\\/\b\f\n\r\tA", `"\ud83c\uDFE6"`: "🏦", `"\u0000"`: "\x00",
		`"\\ud800"`:  `\ud800`,
		"\"\ufffd\"": "\ufffd", `"\ufffd"`: "\ufffd", "\"\x7f\"": "\x7f",
	} {
		if got, err := jsontext.Unquote([]byte(text)); err != nil || got != want {
			t.Errorf("%s: got %q, error %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		`"\ud800"`: jsontext.ErrSurrogate, `"\udc00"`: jsontext.ErrSurrogate, `"\ud800\u0041"`: jsontext.ErrSurrogate,
		`"\ud800x\udc00"`: jsontext.ErrSurrogate,
		`"\ud800\\udc00"`: jsontext.ErrSurrogate, "\"\xff\"": jsontext.ErrUTF8, `1`: jsontext.ErrSyntax,
		`"a`: jsontext.ErrSyntax, `"a" `: nil,
	} {
		if _, err := jsontext.Unquote([]byte(text)); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
	}
	if _, err := jsontext.Unquote(bytes.Repeat([]byte("x"), 1<<20)); err == nil || len(err.Error()) > 1000 {
		t.Error("a long text that is no string: want an error of a short text")
	}
}

func TestAppendString(t *testing.T) {
	for s, want := range map[string]string{
		"": `""`, "a": `"a"`, `"\`: `"\"\\"`, "\x00\n\x1f\x7f": "\"\\u0000\\u000a\\u001f\x7f\"",
		"é🏦\u2028</>&": "\"é🏦\u2028</>&\"", "/": `"/"`,
	} {
		if got := string(jsontext.AppendString(nil, s)); got != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	}
	if got := string(jsontext.AppendString([]byte("x"), "y")); got != `x"y"` {
		t.Errorf("got %s", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := strings.ToValidUTF8(rapid.String().Draw(t, "s"), "?")
		text := jsontext.AppendString(nil, s)
		var std string
		if err := json.Unmarshal(text, &std); err != nil || std != s {
			t.Fatalf("%q: encoding/json reads %q, error %v", s, std, err)
		}
		if got, err := jsontext.Unquote(text); err != nil || got != s {
			t.Fatalf("%q: got back %q, error %v", s, got, err)
		}
	})
}

// standard splits an object with encoding/json: the names, and the values as they stand in the text.
func standard(text []byte) (list []member, isObject bool, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	open, err := d.Token()
	if err != nil || open != json.Delim('{') {
		return nil, false, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, true, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, true, err
		}
		list = append(list, member{name.(string), string(value)})
	}
	_, err = d.Token()
	return list, true, err
}

// On any bytes Check agrees with encoding/json and unicode/utf8, and Compact and Members with the former.
func checkAgainstStandard(t interface{ Fatalf(string, ...any) }, text []byte) {
	err := jsontext.Check(text)
	if valid := json.Valid(text) && utf8.Valid(text); valid != (err == nil) && !errors.Is(err, jsontext.ErrDepth) {
		t.Fatalf("%q: got %v, want valid %t", text, err, valid)
	}
	if err != nil {
		return
	}
	if nesting := jsontext.Levels(text); nesting > jsontext.MaxDepth {
		t.Fatalf("%d levels: got no error", nesting)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil || string(jsontext.Compact(text)) != compact.String() {
		t.Fatalf("%q: compact %q, want %q, %v", text, jsontext.Compact(text), &compact, err)
	}
	want, isObject, err := standard(text)
	if err != nil && err != io.EOF {
		t.Fatalf("%q: encoding/json says %v of a text that passed", text, err)
	}
	got, err := members(string(text))
	if !isObject {
		if !errors.Is(err, jsontext.ErrNotObject) {
			t.Fatalf("%q: got %v, want ErrNotObject", text, err)
		}
		return
	}
	names := map[string]bool{}
	bad := false
	for i, m := range want {
		// encoding/json puts U+FFFD in place of half a surrogate pair.
		if names[m.name] || strings.Contains(m.name, "\ufffd") {
			bad = true
			break
		}
		names[m.name] = true
		if i < len(got) && got[i] != m {
			t.Fatalf("%q: member %d: got %q, want %q", text, i, got[i], m)
		}
	}
	if !bad && (err != nil || len(got) != len(want)) {
		t.Fatalf("%q: got %d members, error %v, want %d", text, len(got), err, len(want))
	}
}

var seeds = []string{
	`{}`, `{"a":1}`, ` { "a" : [ 1 , { "b" : "}" } ] , "c" : null } `, `{"\ud83c\udfe6":"\ud800"}`, `{"a":1,"a":2}`,
	`[[[[]]]]`, `"x"`, `-0.0e-0`,
	`{"\\":"\\\"","\"":"\\\\"}`, "{\"\u2028\":\"\xff\"}", `{"a":}`, `{"a" 1}`, `{,}`, "\x00", `{"":""}`,
	`{"a":"\u0000","b":1e400}`,
}

func TestAgainstStandard(t *testing.T) {
	for _, s := range seeds {
		checkAgainstStandard(t, []byte(s))
	}
	pieces := []string{"{", "}", "[", "]", ",", ":", " ", "\n", `"a"`, `"\ud800"`, `"\""`, `"\\"`, "1", "-1.5e3", "true",
		"null", `"b":`, "\xff", "é"}
	rapid.Check(t, func(t *rapid.T) {
		checkAgainstStandard(t, []byte(strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(t, "text"), "")))
	})
}

func FuzzAgainstStandard(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkAgainstStandard(t, text) })
}

func FuzzUnquote(f *testing.F) {
	for _, s := range []string{`"a"`, `"\ud83c\udfe6"`, `"\ud800"`, `"\ud800\u0041"`, `"\\ud800"`, "\"\xff\"", `"`,
		`"\u12`, ``, `"\`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := jsontext.Unquote(text)
		var std string
		stdErr := json.Unmarshal(text, &std)
		if err == nil && (stdErr != nil || got != std || !utf8.ValidString(got)) {
			t.Fatalf("%q: got %q, want %q, error %v", text, got, std, stdErr)
		}
		// Nothing is refused but what encoding/json refuses or would change.
		if err != nil && stdErr == nil && !strings.Contains(std, "\ufffd") && json.Valid(text) {
			t.Fatalf("%q: got %v, want %q", text, err, std)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	text := []byte(`{"total_cost": 10000, "per_agent_costs": {"BANK_A": 5000, "BANK_B": 5000}}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := jsontext.Check(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMembers(b *testing.B) {
	text := []byte(`{"total_cost": 10000, "per_agent_costs": {"BANK_A": 5000, "BANK_B": 5000}}`)
	b.ReportAllocs()
	for b.Loop() {
		if err := jsontext.Members(text, func(string, []byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// A name that stands twice is found in objects of any size.
func TestMembers_manyNames(t *testing.T) {
	for n := 1; n < 60; n++ {
		for twice := range n {
			text := "{"
			for i := range n {
				text += fmt.Sprintf(`"%d":%d,`, i, i)
			}
			text += fmt.Sprintf(`"%d":0}`, twice)
			if _, err := members(text); !errors.Is(err, jsontext.ErrKey) {
				t.Fatalf("member %d of %d again: got %v, want ErrKey", twice, n, err)
			}
			if got, err := members(text[:strings.LastIndex(text, ",")] + "}"); err != nil || len(got) != n {
				t.Fatalf("%d members: got %d, error %v", n, len(got), err)
			}
		}
	}
}
