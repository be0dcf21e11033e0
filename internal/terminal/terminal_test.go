package terminal

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/visible"
)

func TestEscape(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"exp1, Zürich, 東京, 😀", "exp1, Zürich, 東京, 😀"},
		{`C:\runs\exp1.simexp`, `C:\runs\exp1.simexp`},
		{"\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		{"a\tb\nc\rd\x00e\x7f", `a\tb\nc\rd\x00e\x7f`},
		{"\u202egnp.exe", `\u202egnp.exe`},
		{"\u2066a\u2069\u200b\ufeff\u2028\u2029", `\u2066a\u2069\u200b\ufeff\u2028\u2029`},
		{"\u009b31m", `\u009b31m`},
		{"ok\xff\xfe", `ok\xff\xfe`},
		{"\ufffd", "\ufffd"},
		{"👩\u200d🔬", "👩\u200d🔬"},
		{"\U000e0041", `\U000e0041`},
	} {
		if got := Escape(test.text); got != test.want {
			t.Errorf("Escape(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("plain")
	f.Add("\x1b]0;title\a\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := Escape(s)
		if !utf8.ValidString(got) {
			t.Errorf("Escape(%q) = %q, which is not UTF-8", s, got)
		}
		for _, r := range got {
			if visible.Hidden(r) {
				t.Errorf("Escape(%q) = %q, which holds %U", s, got, r)
			}
		}
		if again := Escape(got); again != got {
			t.Errorf("Escape(%q) = %q, want no change the second time", got, again)
		}
	})
}

func TestColor(t *testing.T) {
	var pipe bytes.Buffer
	for mode, want := range map[string]bool{"always": true, "never": false, "auto": false} {
		if got, err := Color(mode, &pipe); err != nil || got != want {
			t.Errorf("Color(%q) for a pipe = %t, %v, want %t", mode, got, err, want)
		}
	}
	if _, err := Color("sometimes", &pipe); err == nil {
		t.Error(`Color("sometimes") gave no error`)
	}
}

func TestClip(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"äöüß", 3, "äö…"}, {"", 1, ""}} {
		if got := Clip(test.text, test.width); got != test.want {
			t.Errorf("Clip(%q, %d) = %q, want %q", test.text, test.width, got, test.want)
		}
	}
}
