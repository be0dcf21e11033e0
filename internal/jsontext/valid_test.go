package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// validSeeds are values, and what is nearly one.
var validSeeds = []string{
	`{"a":1,"b":[true,false,null],"c":{"d":"x\u00e9\n\/"}}`, ` [ ] `, `{}`, `{ }`, `""`, `0`, `-0`, `1.5e-3`, `1E+9`,
	"[\n1\t,\r2 ]", `"\ud800"`,
	`[[[[]]]]`, `{"":{"":{}}}`, `"é"`, "\"\xff\"", `"\u12G4"`, `"\u123`, `"\x"`, `"\`, `"`, `01`, `-`, `1.`, `.5`, `1e`,
	`1e+`, `tru`, `truee`, `nul`,
	`[1,]`, `[,1]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{1:2}`, `[1 2]`, `{]`, `[}`, `]`, `1 2`, ``, ` `, "\"\x1f\"",
	"[1]\x00", "\ufeff1",
	strings.Repeat("[", 500) + strings.Repeat("]", 500), strings.Repeat("[", 600) + strings.Repeat("]", 600),
	strings.Repeat(`{"a":`, 510) + "1" + strings.Repeat("}", 510),
	strings.Repeat("[", 10000) + strings.Repeat("]", 10000), strings.Repeat("[", 10001) + strings.Repeat("]", 10001),
	strings.Repeat(`[{"a":`, 700) + "1" + strings.Repeat("}]", 700),
	strings.Repeat(`[{"a":`, 700) + "1" + strings.Repeat("]}", 700),
}

// checkValid compares what is found of a text with what encoding/json says of it: whether it is valid, and if not,
// where.
func checkValid(t *testing.T, text string) {
	t.Helper()
	b := []byte(text)
	want := json.Valid(b)
	got := end(b, maxSplitDepth)
	if got >= 0 != want || want && got != len(b) {
		t.Errorf("%.200q: got valid until %d, encoding/json says %v", text, got, want)
	}
	deepest := Levels(b)
	if !want && deepest <= maxSplitDepth {
		var value json.RawMessage
		err := json.Unmarshal(b, &value)
		if syn, ok := errors.AsType[*json.SyntaxError](err); !ok || min(^got+1, len(b)) != int(syn.Offset) {
			t.Errorf("%.200q: got an error at index %d, encoding/json %v at byte %d", text, ^got, err, syn.Offset)
		}
	}
	for _, limit := range []int{0, 1, 3} {
		if got, want := end(b, limit) >= 0, want && deepest <= limit; got != want {
			t.Errorf("%.200q within %d levels: got %v, want %v", text, limit, got, want)
		}
	}
}

// Levels gives the deepest nesting of a text, as far as it is valid.
func Levels(text []byte) int {
	d := json.NewDecoder(bytes.NewReader(text))
	deepest, now := 0, 0
	for {
		token, err := d.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			now++
			deepest = max(deepest, now)
		case json.Delim('}'), json.Delim(']'):
			now--
		}
	}
}

func TestValid(t *testing.T) {
	for _, text := range validSeeds {
		checkValid(t, text)
		for i := range min(len(text), 60) { // and cut, or with a byte changed
			checkValid(t, text[:i])
			for _, c := range "\"\\{}[],:0-.e x\x00\xff" {
				checkValid(t, text[:i]+string(c)+text[i+1:])
			}
		}
	}
}

// TestValid_everyByte: each byte at each place of a string, which is looked at in words.
func TestValid_everyByte(t *testing.T) {
	for _, plain := range []string{strings.Repeat("a", 19), strings.Repeat("é", 10)} {
		for i := range len(plain) {
			for c := range 256 {
				checkValid(t, `"`+plain[:i]+string([]byte{byte(c)})+plain[i+1:]+`"`)
			}
		}
	}
}

func FuzzValid(f *testing.F) {
	for _, text := range validSeeds {
		f.Add(text)
	}
	f.Fuzz(checkValid)
}

func BenchmarkCheck(b *testing.B) {
	text := []byte(`{"tick":17,"agent_id":"BANK_C","tx_id":"00f1e2d3c4b5a697","amount":123456,"note":"` +
		strings.Repeat("settled in full ", 10) + `"}`)
	b.Run("check", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if Check(text) != nil {
				b.Fatal("not valid")
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if !json.Valid(text) {
				b.Fatal("not valid")
			}
		}
	})
}
