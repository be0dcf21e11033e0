package tables

import (
	"strings"
	"testing"
)

func TestSplitSections(t *testing.T) {
	long := strings.Repeat("a", minSection)
	for _, c := range []struct {
		text string
		want int
	}{
		{"", 1}, {"a", 1}, {"a\n\nb", 1}, {long, 1}, {long + "\n\n", 1}, {long + "\n\nb", 2}, {long + "\n\n\n\n\nb", 2},
		{"\n\n" + long + "\n\nb", 2}, {long + "\nb", 1}, {long + "\n\n" + long + "\n\n" + long, 3},
	} {
		got := SplitSections(c.text)
		if len(got) != c.want || strings.Join(got, "") != c.text {
			t.Errorf("%.20q… of %d bytes: got %d sections of %d bytes, want %d", c.text, len(c.text), len(got),
				len(strings.Join(got, "")), c.want)
		}
	}
}

// TestSectionList: a list has one form, and no other text is one.
func TestSectionList(t *testing.T) {
	for _, list := range []string{"[1]", "[1,2,2]", "[10,9223372036854775807]"} {
		ids, err := ParseSectionList(list)
		if got := string(AppendSectionList(nil, ids)); err != nil || got != list {
			t.Errorf("%s: got %v, %v", list, ids, err)
		}
	}
	for _, list := range []string{
		"", "[", "]", "[]", "[1", "1]", "[0]", "[-1]", "[+1]", "[01]", "[1 ]", "[ 1]", "[1,]", "[,1]", "[1,,2]", "[1.0]",
		"[9223372036854775808]", "[1]]", "[[1]", "[1_0]",
	} {
		if ids, err := ParseSectionList(list); err == nil {
			t.Errorf("%q: got %v, want an error", list, ids)
		}
	}
}
