package jsonl

import (
	"context"
	"io"
	"time"
)

// How long an interrupted [Record] goes on reading. A program that records through a pipe is interrupted together with
// the recorder, and what it wrote before, answers that were paid for, may still be in the pipe.
const (
	drainPause = 300 * time.Millisecond // the input is drained once nothing came for this long
	drainTime  = 5 * time.Second        // and in any case after this
)

// An input is what [Interruptible] gives.
type input struct {
	ctx   context.Context
	parts chan part
	spent chan []byte // buffers to be filled again
	done  chan struct{}
	part  part
	rest  []byte
	end   time.Time // of the draining
}

type part struct {
	data []byte
	err  error
}

// Interruptible gives a reader of r whose Read ends with [ErrInterrupted] after ctx is done, also while it waits for r:
// what is on its way then is still read, until r gives nothing for 0.3 seconds, and for 5 seconds at most. It begins to
// read at once, in a goroutine that ends with r or, when a read of r that waits returns, after Close. What was read
// ahead is then lost.
func Interruptible(ctx context.Context, r io.Reader) io.ReadCloser {
	in := &input{ctx: ctx, parts: make(chan part), spent: make(chan []byte, 2), done: make(chan struct{})}
	for range cap(in.spent) {
		in.spent <- make([]byte, 64<<10)
	}
	go in.fill(r)
	return in
}

func (in *input) fill(r io.Reader) {
	for {
		var buf []byte
		select {
		case buf = <-in.spent:
		case <-in.done:
			return
		}
		n, err := r.Read(buf)
		select {
		case in.parts <- part{buf[:n], err}:
		case <-in.done:
			return
		}
		if err != nil {
			return
		}
	}
}

// Close implements [io.Closer]. It is called once.
func (in *input) Close() error {
	close(in.done)
	return nil
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
		return ErrInterrupted
	}
}
