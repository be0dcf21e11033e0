package main

import (
	"context"
	"errors"
	"io"
	"time"
)

// How long an interrupted recorder goes on reading. A program that records through a pipe is interrupted together with the
// recorder, and what it wrote before, answers that were paid for, may still be in the pipe.
const (
	drainPause = 300 * time.Millisecond // the input is drained once nothing came for this long
	drainTime  = 5 * time.Second        // and in any case after this
)

var errInterrupted = errors.New("interrupted")

// An input reads from a stream until its end, or until a context is done and what was on its way is read; then it gives
// errInterrupted. A Read that waits for the stream does not keep it from that.
type input struct {
	ctx   context.Context
	parts chan part
	spent chan []byte // buffers to be filled again
	part  part
	rest  []byte
	end   time.Time // of the draining
}

type part struct {
	data []byte
	err  error
}

// newInput begins to read r at once. The goroutine that does ends with the stream only.
func newInput(ctx context.Context, r io.Reader) *input {
	in := &input{ctx: ctx, parts: make(chan part), spent: make(chan []byte, 2)}
	for range cap(in.spent) {
		in.spent <- make([]byte, 64<<10)
	}
	go func() {
		for buf := range in.spent {
			n, err := r.Read(buf)
			in.parts <- part{buf[:n], err}
			if err != nil {
				return
			}
		}
	}()
	return in
}

// Read implements [io.Reader].
func (in *input) Read(p []byte) (int, error) {
	for len(in.rest) == 0 {
		if in.part.err != nil {
			return 0, in.part.err
		}
		if in.part.data != nil {
			in.spent <- in.part.data[:cap(in.part.data)]
			in.part.data = nil
		}
		if err := in.next(); err != nil {
			return 0, err
		}
		in.rest = in.part.data
	}
	n := copy(p, in.rest)
	in.rest = in.rest[n:]
	return n, nil
}

func (in *input) next() error {
	select {
	case in.part = <-in.parts:
		return nil
	case <-in.ctx.Done():
	}
	if in.end.IsZero() {
		in.end = time.Now().Add(drainTime)
	}
	select {
	case in.part = <-in.parts:
		return nil
	case <-time.After(min(drainPause, time.Until(in.end))):
		return errInterrupted
	}
}
