package packed

import (
	"context"
	"errors"
	"io"
	"sync"
)

// A [Reader] keeps so many bytes of decoded frames, and so many frames.
const (
	cacheSize   = 4 << 20
	cacheFrames = 64
)

// A Reader gives what is inside of a packed file, from any place. Its methods may be called from several goroutines.
type Reader struct {
	table
	r io.ReaderAt

	mu    sync.Mutex // of what follows
	clock int64
	cache []*frame
}

// A frame is one that was read.
type frame struct {
	number int
	used   int64
	once   sync.Once
	data   []byte
	err    error
}

// New gives a reader of a packed file whose size bytes r gives. What is in the frames is checked when it is read.
// Errors are [ErrNoTable], an [Error], and those of r.
func New(r io.ReaderAt, size int64) (*Reader, error) {
	t, err := readTable(r, size)
	if err != nil {
		return nil, err
	}
	return &Reader{table: *t, r: r}, nil
}

// NewWithoutTable gives a reader of the frames that a file of which the seek table is damaged or missing begins with,
// up to the first one whose form is not sound.
func NewWithoutTable(r io.ReaderAt, size int64) (*Reader, error) {
	t := table{starts: []int64{0}}
	most := int(mostPacked(maxFrame))
	in, buf, b, all := io.NewSectionReader(r, 0, size), make([]byte, 8*most), []byte(nil), false
	for t.size < limit(size) && len(t.starts) <= maxFrames {
		if len(b) < most && !all {
			n := copy(buf, b)
			m, err := io.ReadFull(in, buf[n:])
			if all = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF); err != nil && !all {
				return nil, err
			}
			b = buf[:n+m]
		}
		length, holds, text := measure(b)
		if t.frame == 0 {
			t.frame = int64(min(holds, maxFrame))
		}
		if text != "" || holds == 0 || holds > uint64(t.frame) || t.frame < minFrame && len(t.starts) > 1 {
			break
		}
		b = b[length:]
		t.starts = append(t.starts, t.starts[len(t.starts)-1]+int64(length))
		if t.size += int64(holds); int64(holds) < t.frame { // the last one
			break
		}
	}
	if t.size == 0 {
		return nil, ErrNoTable
	}
	return &Reader{table: t, r: r}, nil
}

// Size gives how many bytes are inside.
func (r *Reader) Size() int64 { return r.size }

// ReadAt implements [io.ReaderAt]. A frame that is not sound is an [Error].
func (r *Reader) ReadAt(b []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	for n < len(b) {
		at := off + int64(n)
		if at >= r.size {
			return n, io.EOF
		}
		data, err := r.take(int(at / r.frame))
		if err != nil {
			return n, err
		}
		n += copy(b[n:], data[at%r.frame:])
	}
	return n, nil
}

// take gives what frame i holds, which nobody changes.
func (r *Reader) take(i int) ([]byte, error) {
	f := r.find(i)
	f.once.Do(func() { f.data, f.err = r.load(i) })
	return f.data, f.err
}

// find gives the place of a frame in the cache, which it takes from the one that was used longest ago.
func (r *Reader) find(i int) *frame {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock++
	oldest := 0
	for k, f := range r.cache {
		if f.number == i {
			f.used = r.clock
			return f
		}
		if f.used < r.cache[oldest].used {
			oldest = k
		}
	}
	f := &frame{number: i, used: r.clock}
	if int64(len(r.cache)) < min(max(cacheSize/r.frame, 1), cacheFrames) {
		r.cache = append(r.cache, f)
	} else {
		r.cache[oldest] = f
	}
	return f
}

// mostPacked gives how long a frame may be that holds so many bytes: all of them as they are, with the heads of
// blocks.
func mostPacked(holds int) int64 { return int64(holds + holds/1024 + 64) }

// load reads frame i.
func (r *Reader) load(i int) ([]byte, error) {
	start, end, want := r.starts[i], r.starts[i+1], r.length(i)
	if end-start > mostPacked(want) {
		return nil, bad(start, "a frame of %d bytes that holds %d", end-start, want)
	}
	b := make([]byte, end-start)
	if err := readAt(r.r, b, start); err != nil {
		return nil, err
	}
	return decode(b, want, start)
}

// Check reads every frame, and gives what is wrong with those that are not sound to report, in their order. The error
// is one of reading.
func (r *Reader) Check(ctx context.Context, report func(*Error)) error {
	for i := range len(r.starts) - 1 {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := r.load(i)
		if e := (*Error)(nil); errors.As(err, &e) {
			report(e)
		} else if err != nil {
			return err
		}
	}
	return nil
}
