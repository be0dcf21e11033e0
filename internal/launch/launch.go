// Package launch starts the program whose standard output is recorded, passes signals on to it, keeps what it writes to
// standard error and says where it comes from.
package launch

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// ErrNoCommand means that there is no program of the name, and ErrNotExecutable that it cannot be started.
var (
	ErrNoCommand     = errors.New("no such command")
	ErrNotExecutable = errors.New("cannot be started")
)

// Options for [Start].
type Options struct {
	Command []string // the program and its arguments
	Stdin   *os.File
	Stderr  io.Writer // where standard error is passed through to
	// KeepStderr has standard error kept as well, for [Process.Stderr]. The program then writes to a pipe.
	KeepStderr bool
	// Terminal gives the program a pseudo-terminal for its standard output: most programs hold back what they write to
	// a pipe until there are some KB of it, and write to a terminal line by line. Bytes pass it unaltered. It is
	// [ErrNoTerminal] unless [HasTerminals].
	Terminal bool
}

// A Process is a program that was started. The caller calls Close.
type Process struct {
	cmd      *exec.Cmd
	stdout   io.ReadCloser
	terminal *os.File // that the program shares a process group for, nil if it has a group of its own
	ended    chan struct{}
	exit     Exit
	stderr   *spool
	copied   chan struct{} // closed when all of standard error was passed through; nil if it is not kept
}

// Find reports whether the program of a command is there, as an error that names it: [ErrNoCommand], or
// [ErrNotExecutable].
func Find(name string) error {
	_, err := exec.LookPath(name)
	return startError(name, err)
}

func startError(name string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%q: %w", name, ErrNoCommand)
	}
	var number syscall.Errno
	if errors.As(err, &number) {
		return fmt.Errorf("%q %w: %w", name, ErrNotExecutable, number)
	}
	return fmt.Errorf("%q %w: %w", name, ErrNotExecutable, err)
}

// Start starts a program. Its output is [Process.Stdout]; a Python program does not buffer it.
//
// Where its standard input is a terminal the program stays in this process group, so that it can read from the terminal
// and be stopped there, and gets the terminal's signals from the terminal. Otherwise it is in a group of its own. On
// Windows it shares the console.
func Start(o *Options) (*Process, error) {
	p := &Process{cmd: exec.Command(o.Command[0], o.Command[1:]...), ended: make(chan struct{})}
	p.cmd.Env = os.Environ()
	if os.Getenv("PYTHONUNBUFFERED") == "" {
		p.cmd.Env = append(p.cmd.Env, "PYTHONUNBUFFERED=1")
	}
	p.terminal = group(p.cmd, o.Stdin)
	var theirs []*os.File // ends of pipes that only the program has, once it runs
	closeAll := func(files []*os.File) {
		for _, f := range files {
			f.Close()
		}
	}
	open := os.Pipe
	if o.Terminal {
		open = openTerminal
	}
	stdout, out, err := open()
	if err != nil {
		return nil, err
	}
	var screen *os.File // the program's end of a terminal, which lives as long as the program at least
	if p.stdout = stdout; o.Terminal {
		p.stdout, screen = &output{File: stdout, program: out.Name()}, out
	} else {
		theirs = append(theirs, out)
	}
	p.cmd.Stdin, p.cmd.Stdout = o.Stdin, out
	var stderr *os.File
	if f, ok := o.Stderr.(*os.File); ok && !o.KeepStderr {
		p.cmd.Stderr = f
	} else {
		var errOut *os.File
		if stderr, errOut, err = os.Pipe(); err == nil {
			theirs = append(theirs, errOut)
			p.cmd.Stderr = errOut
			p.stderr, err = newSpool()
		}
	}
	if err == nil {
		err = startError(o.Command[0], p.cmd.Start())
	}
	closeAll(theirs)
	if err != nil {
		p.stdout.Close()
		if stderr != nil {
			stderr.Close()
		}
		if screen != nil {
			screen.Close()
		}
		p.stderr.close()
		return nil, err
	}
	if stderr != nil {
		p.copied = make(chan struct{})
		go func() {
			defer close(p.copied)
			defer stderr.Close()
			io.Copy(io.MultiWriter(p.stderr, unfailing{o.Stderr}), stderr)
		}()
	}
	go func() {
		p.cmd.Wait()
		p.exit = exitOf(p.cmd.ProcessState)
		close(p.ended)
		if screen != nil {
			closeDrained(screen)
		}
	}()
	return p, nil
}

// Stdout is what the program, and those that it started, write to standard output. It ends when the last of them has
// closed it, and a pseudo-terminal not before the program has ended.
func (p *Process) Stdout() io.Reader { return p.stdout }

// Ended is closed when the program has ended. Others that it started may still write to its output.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// HasEnded reports whether the program has ended.
func (p *Process) HasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Exit says how the program ended. It waits for that.
func (p *Process) Exit() Exit {
	<-p.ended
	return p.exit
}

// Signal passes on a signal that this process got, unless the program has ended, or got it from where it came from.
func (p *Process) Signal(sig os.Signal) {
	if !p.HasEnded() {
		p.pass(sig)
	}
}

// Stop ends the program, whose output nobody reads any more: it is asked to, and ended by force if it lives on for that
// long. It reports whether that was needed, since the program had not ended by itself.
func (p *Process) Stop(grace time.Duration) bool {
	p.stdout.Close()
	if p.HasEnded() {
		return false
	}
	p.ask()
	select {
	case <-p.ended:
	case <-time.After(grace):
		p.kill()
		<-p.ended
	}
	return true
}

// stderrPatience is how long the end of standard error is waited for while nothing comes: others may hold it open.
const stderrPatience = 2 * time.Second

// Stderr gives what the program wrote to standard error, once it has ended; see [Kept].
func (p *Process) Stderr() (Kept, error) {
	if p.copied == nil {
		return Kept{}, nil
	}
	<-p.ended
	for size, done := int64(-1), false; !done && size != p.stderr.written(); {
		size = p.stderr.written()
		select {
		case <-p.copied:
			done = true
		case <-time.After(stderrPatience):
		}
	}
	return p.stderr.kept()
}

// Close lets go of the files. It does not end the program.
func (p *Process) Close() error {
	err := p.stdout.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil
	}
	return errors.Join(err, p.stderr.close())
}

// An Exit is how a program ended.
type Exit struct {
	Status int // if Signal is 0
	Signal int // that ended it
}

// Code gives the exit code of a program that ends like this one: 128 and the number of the signal, if one ended it.
func (e Exit) Code() int {
	if e.Signal != 0 {
		return 128 + e.Signal
	}
	return e.Status
}

// String gives "exit status 3" or "signal 9 (SIGKILL)".
func (e Exit) String() string {
	if e.Signal == 0 {
		return fmt.Sprintf("exit status %d", e.Status)
	}
	if name := signalName(e.Signal); name != "" {
		return fmt.Sprintf("signal %d (%s)", e.Signal, name)
	}
	return fmt.Sprintf("signal %d", e.Signal)
}

// unfailing drops what cannot be written: keeping it is what matters.
type unfailing struct{ w io.Writer }

func (u unfailing) Write(b []byte) (int, error) {
	_, _ = u.w.Write(b)
	return len(b), nil
}
