package readcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
)

// runTimed runs a command line of this program in a process of its own and kills that when time is up or ctx is done.
// It is for statements that somebody else may have written: SQLite can be stopped between the steps of a statement, but
// not within one call of a function, which can last for hours.
//
// The process prints by itself; Reported stands for its failure.
func runTimed(ctx context.Context, limit time.Duration, args []string, stdin io.Reader, stdout,
	stderr io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	child := exec.CommandContext(timed, self)
	child.Args = append([]string{"exparchive"}, args...)
	child.Stdin, child.Stdout, child.Stderr = stdin, stdout, stderr
	child.WaitDelay = time.Second // for pipes that outlive it
	err = child.Run()
	switch exit := (*exec.ExitError)(nil); {
	case ctx.Err() != nil:
		return ctx.Err()
	case timed.Err() != nil:
		return fmt.Errorf("stopped after %v (--timeout sets how long a statement may run)", limit)
	case errors.As(err, &exit):
		return cli.Reported{}
	}
	return err
}
