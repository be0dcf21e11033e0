package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal gives the two ends of a terminal: what the program writes to screen comes out of user.
func openTerminal(t *testing.T) (user, screen *os.File) {
	t.Helper()
	user, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no terminal can be made here: %v", err)
	}
	t.Cleanup(func() { user.Close() })
	number, err := unix.IoctlGetInt(int(user.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(user.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	return user, screen
}

// shown runs a function that writes to a terminal and gives what appeared there.
func shown(t *testing.T, write func(screen *os.File)) string {
	t.Helper()
	user, screen := openTerminal(t)
	var out bytes.Buffer
	done := make(chan struct{})
	go func() {
		io.Copy(&out, user) // ends with an error when the other end is closed
		close(done)
	}()
	write(screen)
	screen.Close()
	<-done
	return strings.ReplaceAll(out.String(), "\r\n", "\n")
}

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
		got := shown(t, func(screen *os.File) {
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
		shown(t, func(screen *os.File) {
			if p, err := StartPager(screen); p != nil || err != nil {
				t.Errorf("%q: got %v, %v, want no pager", none, p, err)
			}
		})
	}
	t.Setenv("PAGER", "nosuchprogram")
	shown(t, func(screen *os.File) {
		if _, err := StartPager(screen); err == nil {
			t.Error("got no error for a program that is not there")
		}
	})
	t.Setenv("PAGER", "cat")
	if p, err := StartPager(new(bytes.Buffer)); p != nil || err != nil {
		t.Errorf("no terminal: got %v, %v, want no pager", p, err)
	}
}
