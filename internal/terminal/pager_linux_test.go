package terminal

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/othertools"
)

func TestPager(t *testing.T) {
	text := strings.Repeat("a line of the text\n", 20_000)
	for _, c := range []struct {
		pager, want string
		quit        bool
	}{
		{"cat", text, false},
		{"tail -n 1", "a line of the text\n", false},
		{"head -n 2", "a line of the text\na line of the text\n", true},
	} {
		t.Setenv("PAGER", c.pager)
		got := othertools.Screen(t, func(screen *os.File) {
			p, err := StartPager(screen)
			if err != nil || p == nil {
				t.Fatalf("%s: got %v, %v, want a pager", c.pager, p, err)
			}
			_, err = io.Copy(p, strings.NewReader(text))
			p.Close()
			if errors.Is(err, ErrQuit) != c.quit || err != nil && !c.quit {
				t.Errorf("%s: got %v, want that it was left: %v", c.pager, err, c.quit)
			}
		})
		if got != c.want {
			t.Errorf("%s: got %d bytes on the screen, want %d", c.pager, len(got), len(c.want))
		}
	}
	for _, none := range []string{"", "  "} {
		t.Setenv("PAGER", none)
		othertools.Screen(t, func(screen *os.File) {
			if p, err := StartPager(screen); p != nil || err != nil {
				t.Errorf("%q: got %v, %v, want no pager", none, p, err)
			}
		})
	}
	t.Setenv("PAGER", "nosuchprogram")
	othertools.Screen(t, func(screen *os.File) {
		if _, err := StartPager(screen); err == nil {
			t.Error("got no error for a program that is not there")
		}
	})
	t.Setenv("PAGER", "cat")
	if p, err := StartPager(new(bytes.Buffer)); p != nil || err != nil {
		t.Errorf("no terminal: got %v, %v, want no pager", p, err)
	}
}
