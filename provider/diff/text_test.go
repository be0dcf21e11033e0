package diff

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestText: each hunk has the lines of both texts that it says it has, together they turn one text into the other, and
// there are no more changes than needed.
func TestText(t *testing.T) {
	changes := 0
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", ""}), 1, 12).Draw(t, "lines"), "\n")
		})
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		context := rapid.IntRange(0, 3).Draw(t, "context")
		linesA, linesB := strings.Split(a, "\n"), strings.Split(b, "\n")
		var again []string
		from, minus, plus := 0, 0, 0
		for _, h := range Text(a, b, context) {
			again = append(again, linesA[from:h.LineA-1]...)
			if len(again) != h.LineB-1 {
				t.Fatalf("hunk at %d,%d: %d lines before it", h.LineA, h.LineB, len(again))
			}
			from = h.LineA - 1
			for _, l := range h.Lines {
				if l.Op != '+' && linesA[from] != l.Text {
					t.Fatalf("line %d is %q, want %q", from, l.Text, linesA[from])
				}
				switch l.Op {
				case ' ':
					from++
					again = append(again, l.Text)
				case '-':
					from++
					minus++
				case '+':
					plus++
					again = append(again, l.Text)
				}
			}
		}
		again = append(again, linesA[from:]...)
		if got := strings.Join(again, "\n"); got != b {
			t.Fatalf("got %q, want %q", got, b)
		}
		common := longest(linesA, linesB)
		if minus != len(linesA)-common || plus != len(linesB)-common {
			t.Fatalf("%d and %d changes, but %d lines are in both", minus, plus, common)
		}
		changes += minus
	})
	if changes == 0 {
		t.Error("no text differed")
	}
}

// longest is the length of the longest common subsequence.
func longest(a, b []string) int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
		for j := range table[i] {
			switch {
			case i == 0 || j == 0:
			case a[i-1] == b[j-1]:
				table[i][j] = table[i-1][j-1] + 1
			default:
				table[i][j] = max(table[i-1][j], table[i][j-1])
			}
		}
	}
	return table[len(a)][len(b)]
}

// TestText_hunks: lines far from what differs are left out.
func TestText_hunks(t *testing.T) {
	var a, b []string
	for i := range 30 {
		a = append(a, fmt.Sprint(i))
		b = append(b, fmt.Sprint(i))
	}
	b[3], b[6], b[20] = "x", "y", "z"
	var got strings.Builder
	for _, h := range Text(strings.Join(a, "\n"), strings.Join(b, "\n"), 1) {
		fmt.Fprintf(&got, "@%d,%d", h.LineA, h.LineB)
		for _, l := range h.Lines {
			fmt.Fprintf(&got, " %c%s", l.Op, l.Text)
		}
		got.WriteByte('\n')
	}
	want := "@3,3  2 -3 +x  4  5 -6 +y  7\n@20,20  19 -20 +z  21\n"
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}

// TestText_bounded: texts of many lines with nothing in common are not compared for long.
func TestText_bounded(t *testing.T) {
	a, b := strings.Repeat("a\n", 50_000), strings.Repeat("b\n", 50_000)
	h := Text(a, b, 3)
	if len(h) != 1 || len(h[0].Lines) != 100_001 {
		t.Errorf("got %d hunks", len(h))
	}
	if n := len(apart(strings.Split(a, "\n"), nil)); n != 50_001 {
		t.Errorf("got %d lines", n)
	}
}
