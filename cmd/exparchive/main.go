// Command exparchive records, replays, checks and publishes runs of experiments as single files. Run it with --help.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/terminal"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // something went wrong, or a check found something
	exitUsage  = 2 // the command line itself is wrong
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one command line and gives its exit code. An interrupt cancels the context of the command; a second one
// ends the process.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(stderr, "exparchive: internal error: %s (EXPARCHIVE_TRACE=1 shows where; please report it)\n", oneLine(fmt.Sprint(p)))
			if os.Getenv("EXPARCHIVE_TRACE") != "" {
				stderr.Write(debug.Stack())
			}
			code = exitFailed
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	ctx, files := withScratch(ctx, stdin)
	defer func() {
		if err := files.remove(); err != nil {
			warnf(stderr, "temporary files: %v", err)
			code = exitFailed
		}
	}()

	root := newRootCommand()
	if len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd) {
		completeValues(root)
	}
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	// Cobra drops the error of writing the help.
	var helpErr error
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		var text bytes.Buffer
		root.SetOut(&text)
		help(cmd, args)
		root.SetOut(stdout)
		_, helpErr = stdout.Write(text.Bytes())
	})
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = helpErr
	}
	var reported errReported
	code = exitFailed
	if exit := (*exitError)(nil); errors.As(err, &exit) {
		code = exit.code
		if err == exit && exit.err == nil {
			return code
		}
	}
	switch usage := (*usageError)(nil); {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		warnf(stderr, "%v", err)
		return exitUsage
	case errors.As(err, &reported):
		return code
	case ctx.Err() != nil && err == context.Canceled: // and not one that says more
		fmt.Fprintln(stderr, "exparchive: interrupted")
		return exitFailed
	}
	warnf(stderr, "%v", err)
	return code
}

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
