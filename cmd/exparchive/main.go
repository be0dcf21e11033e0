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
	"syscall"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/recordcmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
)

// run executes one command line and gives its exit code. An interrupt cancels the context of the command; a second one
// ends the process.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(stderr, "exparchive: internal error: %s (EXPARCHIVE_TRACE=1 shows where; please report it)\n",
				cli.OneLine(fmt.Sprint(p)))
			if os.Getenv("EXPARCHIVE_TRACE") != "" {
				stderr.Write(debug.Stack())
			}
			code = cli.ExitFailed
		}
	}()
	ctx := context.Background()
	root := newRootCommand(args...)
	if root.HasSubCommands() { // and so something that takes its time
		recordcmd.TakeFileSizeSignal()
		interruptible, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
		context.AfterFunc(interruptible, stop)
		ctx = interruptible
	}
	ctx, files := runio.WithScratch(ctx, stdin)
	defer func() {
		if err := files.Remove(); err != nil {
			cli.Warnf(stderr, "warning: temporary files: %v", err)
		}
	}()

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
	var reported cli.Reported
	code = cli.ExitFailed
	if exit := (*cli.ExitError)(nil); errors.As(err, &exit) {
		code = exit.Code
		if err == exit && exit.Err == nil {
			return code
		}
	}
	switch usage := (*cli.UsageError)(nil); {
	case err == nil:
		return cli.ExitOK
	case errors.As(err, &usage):
		cli.Warnf(stderr, "%v", err)
		return cli.ExitUsage
	case errors.As(err, &reported):
		return code
	case ctx.Err() != nil && err == context.Canceled: // and not one that says more
		fmt.Fprintln(stderr, "exparchive: interrupted")
		return cli.ExitFailed
	}
	cli.Warnf(stderr, "%v", err)
	return code
}
