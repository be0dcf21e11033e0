package report

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/provider"
)

// Every text comes out as it went in, and what is there already is not stored again.
func TestLineStore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s lineStore
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "b", "c", "\r", "d"}), 1, 40)
		for _, text := range rapid.SliceOfN(lines, 1, 8).Draw(t, "texts") {
			before := len(s.lines)
			ranges := s.add(strings.Join(text, "\n"))
			var got []string
			for i := 0; i < len(ranges); i += 2 {
				got = append(got, s.lines[ranges[i]:ranges[i]+ranges[i+1]]...)
			}
			if !slices.Equal(got, text) {
				t.Fatalf("got %q, want %q", got, text)
			}
			for i, line := range s.lines[before:] {
				if slices.Contains(s.lines[:before+i], line) {
					t.Fatalf("line %q is stored again", line)
				}
			}
		}
	})
}

// The logarithm is that of the number, to a thousandth.
func TestLog2(t *testing.T) {
	for v, want := range map[int64]int64{1: 0, 2: 1000, 3: 1585, 1000: 9966, 1 << 40: 40000, 1<<63 - 1: 63000} {
		if got := (log2(big.NewRat(v, 1))*1000 + 1<<15) >> 16; got != want {
			t.Errorf("%d: got %d thousandths, want %d", v, got, want)
		}
	}
}

func TestShort(t *testing.T) {
	for c, want := range map[provider.Cents]string{0: "$0", 5: "$0.05", -250: "−$2.50", 999_999: "$9,999.99",
		1_000_000:  "$10.0k",
		15_200_000: "$152k", 253_000_000: "$2.53M", 99_949_000: "$999k", 99_950_000: "$1.00M", -1_000_000: "−$10.0k",
		1<<63 - 1: "$92.2qn"} {
		if got := short(c); got != want {
			t.Errorf("%d: got %s, want %s", c, got, want)
		}
	}
}

// A policy's difference is what differs, with the names of what does not.
func TestDiffering(t *testing.T) {
	var text func(nodes []Node) string
	text = func(nodes []Node) string {
		var parts []string
		for _, n := range nodes {
			s := string(n.Name)
			switch {
			case n.Same != nil:
				s = "="
				for _, name := range n.Same {
					s += string(name)
				}
			case n.Changed:
				s += ":" + string(n.Old) + ">" + string(n.New)
			case n.Value != "":
				s += ":" + string(n.Value)
			}
			if n.Kids != nil {
				s += "{" + text(n.Kids) + "}"
			}
			parts = append(parts, s)
		}
		return strings.Join(parts, " ")
	}
	long := `{"condition":"` + strings.Repeat("x", 70) + `","then":1}`
	for _, c := range []struct{ old, new, want string }{
		{`{"a":1,"b":2}`, `{"a":1,"b":3}`, "b:2>3 =a"},
		{`{"a":{"b":[1,2]},"c":1}`, `{"a":{"b":[1,3]}}`, "a{b{[1]:2>3 =[0]}} c:1>"},
		{`{"a":1}`, `{"a":1,"t":` + long + `}`,
			"t:>written out below{condition:\"" + strings.Repeat("x", 70) + "\" then:1} =a"},
		{`1`, `1.0`, ":1>1.0"},
		{`{"a":9007199254740993}`, `{"a":9007199254740992}`, "a:9007199254740993>9007199254740992"},
		{`{"a":1}`, `[1]`, `:{"a": 1}>[1]`},
		{`{"a":1}`, `{ "a" : 1 }`, "=a"},
	} {
		if got := text(differing([]byte(c.old), []byte(c.new))); got != c.want {
			t.Errorf("%s and %s: got %s, want %s", c.old, c.new, got, c.want)
		}
	}
	deep := strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300)
	if n := sizeOf(tree([]byte(deep))); n > maxNested+2 {
		t.Errorf("a deep value: got %d nodes", n)
	}
	if n := sizeOf(tree([]byte("[" + strings.Repeat("1,", 5000) + "1]"))); n > maxNodes+1 {
		t.Errorf("a wide value: got %d nodes", n)
	}
}

// What cannot be seen is a number, and so is a byte that is not UTF-8; a character that stands for such a byte is
// itself.
func TestText(t *testing.T) {
	got := Text("a\x1b<b>\n\u202e\ufffd\xff").HTML()
	want := `<bdi>a<span class="ctl">U+001B</span>&lt;b&gt;` + "\n" +
		`<span class="ctl">U+202E</span>` + "\ufffd" + `<span class="ctl">U+FFFD</span></bdi>`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
