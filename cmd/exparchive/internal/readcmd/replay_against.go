package readcmd

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/provider"
)

// errLineDiffers stops a replay at the first line that the replay of another run has not.
var errLineDiffers = errors.New("the replays differ")

// An otherReplay is the replay of another run, with which that of the first is compared line by line from behind the
// head, which names the run. It is a writer that passes on what is equal.
type otherReplay struct {
	out     io.Writer
	path    string
	lines   *bufio.Reader
	pipe    *io.PipeReader
	ended   chan error // that of the other replay
	closer  io.Closer
	head    bool   // what is written is the head
	partial []byte // of the line that is being written
	number  int    // of the last line that was compared
	err     error  // of the other replay
}

// startOther begins the replay of the run in path with the same sections; of what is written to the result, lines that
// it has too go to out.
func (o *replayOptions) startOther(cmd *cobra.Command, path string, out io.Writer) (*otherReplay, error) {
	p, c, err := runio.OpenRun(cmd.Context(), cmd.ErrOrStderr(), path, o.which.Other("against-run", o.againstRun))
	if err != nil {
		return nil, err
	}
	r, w := io.Pipe()
	buffered := bufio.NewWriterSize(w, 64<<10)
	printer, err := o.sections.PrinterTo(cmd, buffered)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	sink := headed{printer, func() { buffered.Reset(w) }}
	other := &otherReplay{out: out, path: path, lines: bufio.NewReaderSize(r, 64<<10), pipe: r, ended: make(chan error, 1),
		closer: c, head: true}
	p, changed := runio.Shown(p)
	go func(ctx context.Context) {
		err := errors.Join(provider.Copy(ctx, sink, p), buffered.Flush(), changed())
		w.Close()
		other.ended <- err
	}(cmd.Context())
	return other, nil
}

// A headed sink calls behind when the head of the run has been printed.
type headed struct {
	provider.Sink
	behind func()
}

// Begin implements [provider.Sink].
func (h headed) Begin(ctx context.Context, s *provider.Start) error {
	err := h.Sink.Begin(ctx, s)
	h.behind()
	return err
}

// to gives what writes a replay to r by way of a printer to it.
func (r *otherReplay) to(printer provider.Sink) provider.Sink {
	return headed{printer, func() { r.head = false }}
}

// Write takes more of the first replay.
func (r *otherReplay) Write(p []byte) (int, error) {
	for at := 0; at < len(p); {
		end := bytes.IndexByte(p[at:], '\n')
		if end < 0 {
			r.partial = append(r.partial, p[at:]...)
			break
		}
		r.partial = append(r.partial, p[at:at+end+1]...)
		at += end + 1
		if r.head {
			r.number++
		} else if err := r.compare(r.partial); err != nil {
			return 0, err
		}
		if _, err := r.out.Write(r.partial); err != nil {
			return 0, err
		}
		r.partial = r.partial[:0]
	}
	return len(p), nil
}

// compare compares a line, or the end if it is empty, with the next one of the other replay.
func (r *otherReplay) compare(line []byte) error {
	r.number++
	other, err := r.lines.ReadBytes('\n')
	if err != nil && err != io.EOF {
		return err
	}
	if len(other) == 0 { // the other replay has ended, perhaps with an error
		err := <-r.ended
		r.ended <- err
		if r.err = cli.InFile(r.path, err); err != nil {
			return r.err
		}
	}
	if bytes.Equal(line, other) {
		return nil
	}
	for _, side := range []struct {
		mark string
		line []byte
	}{{"- ", line}, {"+ ", other}} {
		if len(side.line) == 0 {
			continue
		}
		if _, err := fmt.Fprintf(r.out, "%s%s\n", side.mark, bytes.TrimSuffix(side.line, []byte("\n"))); err != nil {
			return err
		}
	}
	return fmt.Errorf("line %d: %w", r.number, errLineDiffers)
}

// finish compares the ends, when all of the first replay has been written without an error.
func (r *otherReplay) finish() error { return r.compare(r.partial) }

// close ends the other replay.
func (r *otherReplay) close() error {
	r.pipe.Close()
	<-r.ended
	return r.closer.Close()
}
