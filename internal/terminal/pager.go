package terminal

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
)

// ErrQuit means that the user left the pager before the end of the text.
var ErrQuit = errors.New("the pager was left")

// A Pager shows what is written to it page by page.
type Pager struct {
	cmd *exec.Cmd
	in  io.WriteCloser
}

// StartPager starts the program that the environment's PAGER names, with its arguments behind blanks, or else less, for
// text on w. It gives nil if w is no terminal or PAGER is empty: the text is for w itself then. Without LESS in the
// environment, less ends by itself if the text fits the screen, and shows colours.
func StartPager(w io.Writer) (*Pager, error) {
	screen, ok := w.(*os.File)
	program, set := os.LookupEnv("PAGER")
	words := strings.Fields(program)
	if !ok || !Is(w) || set && len(words) == 0 {
		return nil, nil
	}
	if !set {
		words = []string{"less"}
	}
	p := &Pager{cmd: exec.Command(words[0], words[1:]...)}
	p.cmd.Stdout, p.cmd.Stderr = screen, os.Stderr
	if _, set := os.LookupEnv("LESS"); !set {
		p.cmd.Env = append(os.Environ(), "LESS=FRX")
	}
	in, err := p.cmd.StdinPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	p.in = in
	return p, err
}

// Write implements [io.Writer]. What a pager that is gone does not take is [ErrQuit].
func (p *Pager) Write(b []byte) (int, error) {
	n, err := p.in.Write(b)
	if err != nil {
		err = ErrQuit
	}
	return n, err
}

// Close ends the text and waits until the user leaves the pager.
func (p *Pager) Close() {
	p.in.Close()
	p.cmd.Wait()
}
