package packed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/simexp/exparchive/archive/internal/squeeze"
)

// frameSize is how many bytes a frame holds that Write writes. Smaller frames are read faster and take more room: of
// a million events twice as much takes 2 % less. A file of no more than maxSingle bytes is one frame.
const (
	frameSize = 128 << 10
	maxSingle = 2 * frameSize
)

// maxEncoders is how many frames are made at a time; each encoder has some 10 MB.
const maxEncoders = 8

// Write packs the size bytes that r gives. The same bytes become the same file on every machine. A file that no
// [Reader] would take is an error.
func Write(ctx context.Context, w io.Writer, r io.ReaderAt, size int64) error {
	t := table{frame: frameSize, size: size, starts: []int64{0}}
	if size <= maxSingle {
		t.frame = size
	}
	if size == 0 || size > maxFrames*frameSize {
		return fmt.Errorf("a file of %d bytes cannot be packed, only one of 1 to %d", size, int64(maxFrames)*frameSize)
	}
	frames := int((size + t.frame - 1) / t.frame)
	encoders := make([]frameEncoder, min(runtime.GOMAXPROCS(0), maxEncoders, frames))
	end := int64(0)
	for first := 0; first < frames; first += len(encoders) {
		if err := ctx.Err(); err != nil {
			return err
		}
		some := encoders[:min(len(encoders), frames-first)]
		var wait sync.WaitGroup
		for k := range some {
			wait.Go(func() { some[k].encode(&t, first+k, r) })
		}
		wait.Wait()
		for k := range some {
			if some[k].err != nil {
				return some[k].err
			}
			if _, err := w.Write(some[k].out); err != nil {
				return err
			}
			end += int64(len(some[k].out))
			t.starts = append(t.starts, end)
		}
	}
	out := t.appendTable(nil)
	if whole := end + int64(len(out)); size > limit(whole) {
		return errors.New("it repeats itself so much that nobody would read it packed; pack it with `zstd`")
	}
	_, err := w.Write(out)
	return err
}

// A frameEncoder makes one frame after the other.
type frameEncoder struct {
	squeeze.Encoder
	data, out []byte
	err       error
}

func (e *frameEncoder) encode(t *table, i int, r io.ReaderAt) {
	if e.data == nil {
		e.data = make([]byte, t.frame)
	}
	part := e.data[:t.length(i)]
	if e.err = readAt(r, part, int64(i)*t.frame); e.err == nil {
		e.out = e.Append(e.out[:0], part)
	}
}
