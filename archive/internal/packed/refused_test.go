package packed

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// A forged file is one that is not as Write would make it.
type forged struct {
	frames  [][]byte
	holds   []uint32
	lengths []uint32 // nil for those of frames
	kind    byte
	count   uint32 // 0 for that of frames
	before  []byte // the table
	behind  []byte // the file
}

func (f forged) bytes() []byte {
	le := binary.LittleEndian
	b := slices.Concat(f.frames...)
	b = append(b, f.before...)
	b = le.AppendUint32(b, tableMagic)
	b = le.AppendUint32(b, uint32(entrySize*len(f.holds)+footerSize))
	for i, holds := range f.holds {
		length := uint32(len(f.frames[min(i, len(f.frames)-1)]))
		if f.lengths != nil {
			length = f.lengths[i]
		}
		b = le.AppendUint32(b, length)
		b = le.AppendUint32(b, holds)
	}
	n := f.count
	if n == 0 {
		n = uint32(len(f.holds))
	}
	b = le.AppendUint32(b, n)
	b = append(b, f.kind)
	b = le.AppendUint32(b, footerMagic)
	return append(b, f.behind...)
}

// encode gives a frame as the library makes it with these options.
func encode(t testing.TB, data []byte, options ...zstd.EOption) []byte {
	t.Helper()
	e, err := zstd.NewWriter(nil, append(options, zstd.WithEncoderConcurrency(1))...)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	return e.EncodeAll(data, nil)
}

// skippable is a skippable frame, whose content any reader of zstd passes over.
var skippable = append([]byte{0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0}, "hide"...)

// zeros is a frame that holds n zeros, in blocks of repeated bytes.
func zeros(n int) []byte {
	b := append([]byte(Magic), 0xa4) // single segment, 4 bytes of content size, checksum
	b = binary.LittleEndian.AppendUint32(b, uint32(n))
	for n > 0 {
		block := min(n, 128<<10)
		n -= block
		head := uint32(block)<<3 | 1<<1
		if n == 0 {
			head |= 1
		}
		b = append(b, byte(head), byte(head>>8), byte(head>>16), 0)
	}
	return append(b, 0, 0, 0, 0) // no checksum of this
}

// refusals are forged files, and what is said of each.
func refusals(t testing.TB) []struct {
	name, text string
	file       []byte
} {
	const size = 8 << 10
	data := text(3 * size)
	var good forged
	for i := range 3 {
		good.frames = append(good.frames, encode(t, data[i*size:][:size], zstd.WithSingleSegment(true)))
		good.holds = append(good.holds, size)
	}
	with := func(change func(f *forged)) []byte {
		f := good
		f.frames, f.holds = slices.Clone(good.frames), slices.Clone(good.holds)
		change(&f)
		return f.bytes()
	}
	frame := func(i int, b []byte) []byte { return with(func(f *forged) { f.frames[i] = b }) }
	patched := func(at int, b ...byte) []byte {
		x := bytes.Clone(good.frames[1])
		copy(x[at:], b)
		return frame(1, x)
	}
	tiny, one := forged{}, encode(t, []byte("x"), zstd.WithSingleSegment(true))
	for range 1_000_000 {
		tiny.frames, tiny.holds = append(tiny.frames, one), append(tiny.holds, 1)
	}
	bomb := forged{}
	for range 1024 {
		bomb.frames, bomb.holds = append(bomb.frames, zeros(1<<20)), append(bomb.holds, 1<<20)
	}
	dictionary := append([]byte(Magic), 0xa7, 1, 2, 3, 4)
	dictionary = append(dictionary, good.frames[1][5:]...)
	return []struct {
		name, text string
		file       []byte
	}{
		{"no table", "without the table", slices.Concat(good.frames...)},
		{"table of kind 0x80", "kind 0x80", with(func(f *forged) { f.kind = 0x80 })},
		{"no frames", "0 frames", forged{frames: [][]byte{nil}}.bytes()},
		{"frames without number", "frames, want", with(func(f *forged) { f.count = 1<<32 - 1 })},
		{"more frames than there are", "no seek table of 4 frames", with(func(f *forged) { f.count = 4 })},
		{"fewer frames than there are", "no seek table of 2 frames", with(func(f *forged) { f.count = 2 })},
		{"a million tiny frames", "frames of 1 bytes", tiny.bytes()},
		{"frames that hold nothing", "frames of 0 bytes", with(func(f *forged) { f.holds = make([]uint32, 3) })},
		{"frames of 4 GB", "frames of 4294967295 bytes", with(func(f *forged) { f.holds[0] = 1<<32 - 1 })},
		{"frames of different sizes", "frame 1 of 100 bytes", with(func(f *forged) { f.holds[1] = 100 })},
		{"frames that overlap", "and the seek table begins at", with(func(f *forged) {
			f.lengths = []uint32{uint32(len(f.frames[0])), 1<<32 - 1, 7}
		})},
		{"a gap", "belong to no frame", with(func(f *forged) { f.before = []byte("hide") })},
		{"a skippable frame before the table", "belong to no frame", with(func(f *forged) { f.before = skippable })},
		{"a skippable frame that the table has", "frame 1 of 0 bytes", with(func(f *forged) {
			f.frames, f.holds = slices.Insert(f.frames, 1, skippable), slices.Insert(f.holds, 1, 0)
		})},
		{"a skippable frame in the place of one", "a skippable frame", frame(1, skippable)},
		{"a skippable frame behind one", "a frame of", frame(1, slices.Concat(good.frames[1], skippable))},
		{"an empty frame behind one", "a frame of", frame(1, slices.Concat(good.frames[1],
			encode(t, nil, zstd.WithZeroFrames(true))))},
		{"something behind it", "without the table", with(func(f *forged) { f.behind = []byte("hide") })},
		{"a skippable frame behind it", "without the table", with(func(f *forged) { f.behind = skippable })},
		{"a frame that says 4 GB", "bytes, want 8192", frame(1, slices.Concat([]byte(Magic+"\xa4\xff\xff\xff\xff"),
			good.frames[1][7:]))},
		{"a frame that holds more than it says", "zstd:", frame(1, func() []byte {
			b := zeros(16 << 10)
			binary.LittleEndian.PutUint32(b[5:], size)
			return b
		}())},
		{"a frame that holds less than it says", "zstd:", frame(1, func() []byte {
			b := zeros(4 << 10)
			binary.LittleEndian.PutUint32(b[5:], size)
			return b
		}())},
		{"no content size", "how much it holds", frame(1, func() []byte {
			b := append([]byte(Magic), 0x04, 0x58) // a window of 2 MiB instead
			return append(b, good.frames[1][7:]...)
		}())},
		{"no checksum", "without a checksum", frame(1, encode(t, data[size:][:size], zstd.WithEncoderCRC(false)))},
		{"a wrong checksum", "zstd:", patched(len(good.frames[1])-1, good.frames[1][len(good.frames[1])-1]+1)},
		{"a dictionary", "a dictionary", frame(1, dictionary)},
		{"a reserved block", "zstd:", patched(7, good.frames[1][7]|6)},
		{"no frame", "no frame of zstd", patched(0, 0)},
		{"a frame cut short", "a frame", frame(1, good.frames[1][:len(good.frames[1])-5])},
		{"a gigabyte of zeros in 50 KB", "may hold", bomb.bytes()},
	}
}

func TestRefused(t *testing.T) {
	for _, x := range refusals(t) {
		r, err := open(x.file)
		if err == nil {
			var first error
			if err := r.Check(t.Context(), func(e *Error) {
				if first == nil {
					first = e
				}
			}); err != nil {
				t.Errorf("%s: %v", x.name, err)
			}
			_, readErr := io.Copy(io.Discard, io.NewSectionReader(r, 0, r.Size()))
			wantError(t, x.name+", read", readErr, x.text)
			err = first
		}
		wantError(t, x.name, err, x.text)
	}
}

// FuzzReader: whatever the bytes, reading them ends, and gives what the frames hold or an error.
func FuzzReader(f *testing.F) {
	for _, x := range refusals(f) {
		if len(x.file) < 1<<16 {
			f.Add(x.file)
		}
	}
	f.Add(pack(f, text(100)))
	f.Add(pack(f, text(maxSingle+1)))
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, open := range []func(io.ReaderAt, int64) (*Reader, error){New, NewWithoutTable} {
			r, err := open(bytes.NewReader(file), int64(len(file)))
			if err != nil {
				continue
			}
			if r.Size() <= 0 || r.Size() > limit(int64(len(file)))+maxFrame {
				t.Fatalf("%d bytes in a file of %d", r.Size(), len(file))
			}
			if r.Size() > 8<<20 {
				continue
			}
			sound := true
			if err := r.Check(t.Context(), func(*Error) { sound = false }); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
			if sound != (err == nil) || sound && int64(len(got)) != r.Size() {
				t.Fatalf("got %d bytes of %d, %v; sound: %t", len(got), r.Size(), err, sound)
			}
		}
	})
}
