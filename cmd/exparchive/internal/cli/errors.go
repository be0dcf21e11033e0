package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/internal/webfile"
)

// Exit codes.
const (
	ExitOK     = 0
	ExitFailed = 1 // something went wrong, or a check found something
	ExitUsage  = 2 // the command line itself is wrong
)

// A UsageError is a fault of the command line, as against one of what the command found.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

// Usagef gives an error that ends the program with the exit code for wrong usage.
func Usagef(format string, args ...any) error {
	return &UsageError{fmt.Errorf(format, args...)}
}

// Reported ends the program with exit code 1 without a further message: the command has printed what is wrong.
type Reported struct{}

func (Reported) Error() string { return "failed" }

// An ExitError ends the program with an exit code of its own, after the message of Err unless that is nil.
type ExitError struct {
	Code int
	Err  error
}

func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

func (e *ExitError) Unwrap() error { return e.Err }

// OneLine makes a message fit one line, harmless for the terminal, since errors quote files, and takes what is secret
// out of addresses.
func OneLine(message string) string {
	lines := strings.FieldsFunc(webfile.Clean(message), func(r rune) bool { return r == '\n' || r == '\r' })
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return terminal.Escape(strings.Join(lines, "; "))
}

// Warnf prints a line on stderr that does not change the exit code. Of errors it prints what [fileerr.Text] gives.
func Warnf(stderr io.Writer, format string, args ...any) {
	for i, arg := range args {
		if err, ok := arg.(error); ok {
			args[i] = fileerr.Text(err)
		}
	}
	fmt.Fprintf(stderr, "exparchive: %s\n", OneLine(fmt.Sprintf(format, args...)))
}
