package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/terminal"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // something went wrong, or a check found something
	exitUsage  = 2 // the command line itself is wrong
)

// A usageError is a fault of the command line, as against one of what the command found.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

// usageErrorf gives an error that ends the program with the exit code for wrong usage.
func usageErrorf(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// errReported ends the program with exit code 1 without a further message: the command has printed what is wrong.
type errReported struct{}

func (errReported) Error() string { return "failed" }

// An exitError ends the program with an exit code of its own, after the message of err unless that is nil.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// oneLine makes a message fit one line, harmless for the terminal: errors quote files.
func oneLine(message string) string {
	lines := strings.FieldsFunc(message, func(r rune) bool { return r == '\n' || r == '\r' })
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return terminal.Escape(strings.Join(lines, "; "))
}

// warnf prints a line on stderr that does not change the exit code. Of errors it prints what [fileerr.Text] gives.
func warnf(stderr io.Writer, format string, args ...any) {
	for i, arg := range args {
		if err, ok := arg.(error); ok {
			args[i] = fileerr.Text(err)
		}
	}
	fmt.Fprintf(stderr, "exparchive: %s\n", oneLine(fmt.Sprintf(format, args...)))
}

// cmpErr gives the first of two errors that is one.
func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
