package jsontext

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// compared gives what Compare visits, a line each, with a > before what can be gone into.
func compared(a, b string, enter bool) string {
	var got strings.Builder
	err := Compare([]byte(a), []byte(b), func(path Path, a, b []byte, inner bool) (bool, error) {
		mark := map[bool]string{true: ">"}[inner]
		fmt.Fprintf(&got, "%s%s %.20s|%.20s\n", mark, path.Pointer(), a, b)
		return enter, nil
	})
	if err != nil {
		got.WriteString(err.Error())
	}
	return got.String()
}

func TestCompare(t *testing.T) {
	deep := strings.Repeat("[", maxComparedDepth+1)
	ends := strings.Repeat("]", maxComparedDepth+1)
	large := `"` + strings.Repeat("x", maxCompared) + `"`
	for _, c := range []struct{ a, b, want string }{
		{`1`, `1`, ""},
		{`1`, `2`, " 1|2\n"},
		{`{"a":1,"b":2}`, `{"b":3,"c":4}`, "> {\"a\":1,\"b\":2}|{\"b\":3,\"c\":4}\n/a 1|\n/b 2|3\n/c |4\n"},
		{`[1,[2]]`, `[1,[3],4]`, "> [1,[2]]|[1,[3],4]\n>/1 [2]|[3]\n/1/0 2|3\n/2 |4\n"},
		{`{"a/b~":{"":1}}`, `{"a/b~":{"":2}}`, "> {\"a/b~\":{\"\":1}}|{\"a/b~\":{\"\":2}}\n>/a~1b~0 {\"\":1}|{\"\":2}\n/a~1b~0/ 1|2\n"},
		{`{"a":1,"a":2}`, `{"a":1}`, " {\"a\":1,\"a\":2}|{\"a\":1}\n"}, // a name stands twice
		{`[` + large + `]`, `[1]`, " [\"xxxxxxxxxxxxxxxxxx|[1]\n"},
		{`{}`, `[]`, " {}|[]\n"},
	} {
		if got := compared(c.a, c.b, true); got != c.want {
			t.Errorf("%.30s and %.30s: got\n%swant\n%s", c.a, c.b, got, c.want)
		}
	}
	if got := compared(deep+"1"+ends, deep+"2"+ends, true); strings.Count(got, ">") != maxComparedDepth {
		t.Errorf("went into %d levels, want %d", strings.Count(got, ">"), maxComparedDepth)
	}
	if got := compared(`[[1]]`, `[[2]]`, false); got != "> [[1]]|[[2]]\n" {
		t.Errorf("unwanted parts: %s", got)
	}
	stop := errors.New("stop")
	if err := Compare([]byte("1"), []byte("2"), func(Path, []byte, []byte, bool) (bool, error) {
		return false,
			stop
	}); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

func TestSameSpelling(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`{"a": 1}`, `{"a":1}`, true}, {`"A"`, `"\u0041"`, true}, {`"A"`, `"B"`, false}, {`1`, `1.0`, false},
		{`"1"`, `1`, false},
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, false},
	} {
		if got := SameSpelling([]byte(c.a), []byte(c.b)); got != c.want {
			t.Errorf("%s and %s: got %t", c.a, c.b, got)
		}
	}
}

func TestEscapePointer(t *testing.T) {
	for _, name := range []string{"", "a", "a/b", "~", "~1", "~0/", "/~"} {
		if got := UnescapePointer(EscapePointer(name)); got != name || strings.Contains(EscapePointer(name), "/") {
			t.Errorf("%q: got %q by way of %q", name, got, EscapePointer(name))
		}
	}
}
