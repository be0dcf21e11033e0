package progress

import (
	"strings"
	"testing"
)

func TestBarOnlyOnTerminal(t *testing.T) {
	var out strings.Builder
	b := New(&out, "reading", 10)
	b.Add(5)
	b.Clear()
	if b != nil || out.Len() != 0 {
		t.Errorf("got bar %v and output %q, want neither where there is no terminal", b, out.String())
	}
}

func TestBarText(t *testing.T) {
	for _, test := range []struct {
		done, total int64
		want        string
	}{
		{0, 4, "reading [........................]   0%"},
		{2, 4, "reading [############............]  50%"},
		{4, 4, "reading [########################] 100%"},
		{9, 4, "reading [########################] 100%"},
		{7, 0, "reading 7"},
	} {
		b := newBar(nil, "reading", test.total)
		b.done = test.done
		if got := b.text(); got != test.want {
			t.Errorf("%d of %d: got %q, want %q", test.done, test.total, got, test.want)
		}
	}
}

func TestBarLeavesNothing(t *testing.T) {
	var out strings.Builder
	b := newBar(&out, "reading", 2)
	b.due = b.due.Add(-2 * patience)
	b.Add(1)
	b.Clear()
	line := strings.Split(out.String(), "\r")
	if got := line[len(line)-2]; strings.TrimSpace(got) != "" || len(got) != len(line[1]) {
		t.Errorf("cleared with %q, want %d blanks", got, len(line[1]))
	}
}
