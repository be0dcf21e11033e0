package recordcmd

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/provider/jsonl"
)

// openText says what there is of an open iteration.
func openText(o *record.OpenIteration) string {
	if o == nil {
		return "none"
	}
	return fmt.Sprintf("%d: %s, from record %d on", o.Number, openCounts(o), o.First)
}

func openCounts(o *record.OpenIteration) string {
	return cli.Plural(o.Events, "event") + " and " + cli.Plural(o.Interactions, "call") + " of a language model"
}

// drop takes the open iteration out of a recording and says so.
func drop(cmd *cobra.Command, live string, exclusive bool) error {
	open, err := record.DropOpenIteration(cmd.Context(), live, &record.Options{Exclusive: exclusive})
	switch {
	case err != nil:
		return err
	case open == nil:
		cli.Warnf(cmd.ErrOrStderr(), "%s: no iteration is open, and nothing was dropped", live)
	default:
		cli.Warnf(cmd.ErrOrStderr(), "%s: dropped what there was of iteration %d: %s; an attachment of the run keeps it",
			live, open.Number, openCounts(open))
	}
	return nil
}

// printAnswers prints the calls of the open iteration of a recording.
func printAnswers(ctx context.Context, w io.Writer, live string) error {
	a, err := archive.Open(live)
	if err != nil {
		return err
	}
	defer a.Close()
	for i, err := range record.OpenInteractions(ctx, a) {
		if err != nil {
			return cli.InFile(live, err)
		}
		line, err := jsonl.Line(i)
		if err != nil {
			return cli.InFile(live, err)
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}
