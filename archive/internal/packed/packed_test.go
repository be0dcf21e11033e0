package packed

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/simexp/exparchive/internal/longtest"
)

// text gives size bytes of something that repeats itself as a table does: numbers that grow, words, and noise.
func text(size int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"settled", "queue", "liquidity", "payment", "collateral", "deadline"}
	var b bytes.Buffer
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `{"tick":%d,"id":"%08x","note":%q}`, i, random.Uint32(), words[random.IntN(len(words))])
	}
	return b.Bytes()[:size]
}

// pack gives data in packed form.
func pack(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(t.Context(), &b, bytes.NewReader(data), int64(len(data))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(file []byte) (*Reader, error) { return New(bytes.NewReader(file), int64(len(file))) }

// sizes are those at which frames begin, end and become more.
var sizes = []int{1, 100, 4096, frameSize - 1, frameSize, frameSize + 1, maxSingle - 1, maxSingle, maxSingle + 1,
	3 * frameSize, 3*frameSize + 1, 40*frameSize + 77}

func TestPacked(t *testing.T) {
	for _, size := range sizes {
		data := text(size)
		r, err := open(pack(t, data))
		if err != nil {
			t.Errorf("%d bytes: %v", size, err)
			continue
		}
		got, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
		if err != nil || r.Size() != int64(size) || !bytes.Equal(got, data) {
			t.Errorf("%d bytes: got %d, other bytes, or %v", size, len(got), err)
		}
		if err := r.Check(t.Context(), func(e *Error) { t.Errorf("%d bytes: %v", size, e) }); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
		b := make([]byte, 10)
		if n, err := r.ReadAt(b, r.Size()-1); n != 1 || err != io.EOF || b[0] != data[size-1] {
			t.Errorf("%d bytes: got %d bytes of the end, %v, want 1 and %v", size, n, err, io.EOF)
		}
		if n, err := r.ReadAt(b, r.Size()); n != 0 || err != io.EOF {
			t.Errorf("%d bytes: got %d bytes behind the end, %v", size, n, err)
		}
		if n, err := r.ReadAt(b, -1); n != 0 || err == nil {
			t.Errorf("%d bytes: got %d bytes before the beginning, %v", size, n, err)
		}
	}
}

// TestEmpty: what cannot be packed is said.
func TestEmpty(t *testing.T) {
	if err := Write(t.Context(), io.Discard, bytes.NewReader(nil), 0); err == nil {
		t.Error("an empty file was packed")
	}
	if err := Write(t.Context(), io.Discard, bytes.NewReader([]byte("x")), 2); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a file that is shorter than it was: got %v", err)
	}
}

// TestRandomAccess: what several goroutines read from anywhere, with frames that leave the cache and come back, is
// what was packed.
func TestRandomAccess(t *testing.T) {
	data := bytes.Repeat(text(1000), 40*frameSize/1000)[:39*frameSize+5]
	r, err := open(pack(t, data))
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i := range 4 {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(3, uint64(i)))
			b := make([]byte, 2*frameSize+9)
			for range 300 {
				off := random.IntN(len(data))
				part := b[:random.IntN(len(b))]
				n, err := r.ReadAt(part, int64(off))
				if want := data[off:min(off+len(part), len(data))]; !bytes.Equal(part[:n], want) || n < len(part) && err != io.EOF {
					t.Errorf("byte %d: got %d bytes, %v, want %d", off, n, err, len(want))
				}
			}
		})
	}
	wait.Wait()
	if n := len(r.cache); int64(n)*r.frame > cacheSize {
		t.Errorf("%d frames are kept", n)
	}
}

// TestSameBytes: the same file is packed into the same bytes, on whatever machine and beside whatever else. The sum
// is that of every platform; it changes only with the encoder, and packed files of earlier ones stay readable.
func TestSameBytes(t *testing.T) {
	const want = "0d923a3ff09da4f47ade9cdefc1c4d787aadc4ae5c8913b5376ba52c57fb2f04"
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	data := text(2*frameSize + 1000)
	processors := []int{3, 1}
	if testing.Short() { // on an emulated processor it takes long
		processors = processors[:1]
	}
	for _, n := range processors {
		runtime.GOMAXPROCS(n)
		sum := sha256.Sum256(pack(t, data))
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%d processors: got %s, want %s", n, got, want)
		}
	}
	if testing.Short() {
		return
	}
	// No frame depends on those before it.
	parts := pack(t, data)
	alone := pack(t, append(bytes.Clone(data[frameSize:]), data[:frameSize]...))
	whole, err := open(parts)
	if err != nil {
		t.Fatal(err)
	}
	rest, err := open(alone)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := parts[whole.starts[1]:whole.starts[2]], alone[:rest.starts[1]]; !bytes.Equal(a, b) {
		t.Error("the same frames are packed otherwise behind another one")
	}
}

// TestFlips: no byte of a packed file can change without being noticed, but for a few bits that mean nothing to zstd,
// with which it holds the same; nor can the file be cut, or anything be added.
func TestFlips(t *testing.T) {
	data := bytes.Repeat(text(900), 500)[:3*frameSize+100]
	file := pack(t, data)
	read := func(file []byte) (got []byte, noticed bool) {
		r, err := open(file)
		if err != nil {
			return nil, true
		}
		if err := r.Check(t.Context(), func(*Error) { noticed = true }); err != nil {
			t.Fatal(err)
		}
		got, err = io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
		if noticed != (err != nil) {
			t.Errorf("Check noticed: %t; reading gave %v", noticed, err)
		}
		return got, noticed
	}
	if _, noticed := read(file); noticed {
		t.Fatal("the sound file is said to be bad")
	}
	random := rand.New(rand.NewPCG(1, 1))
	silent := 0
	for i := 0; i < len(file); i += longtest.Count(3, 1) {
		changed := bytes.Clone(file)
		changed[i] ^= 1 << random.IntN(8)
		if got, noticed := read(changed); !noticed && !bytes.Equal(got, data) {
			t.Errorf("byte %d of %d was changed from %#x to %#x, and others were read", i, len(file), file[i], changed[i])
		} else if !noticed {
			silent++
		}
	}
	if silent > len(file)/50 {
		t.Errorf("%d of %d changes went unnoticed", silent, len(file))
	}
	for n := 0; n < len(file); n += 1 + n/40 {
		if _, noticed := read(file[:n]); !noticed {
			t.Errorf("the first %d of %d bytes are said to be a whole file", n, len(file))
		}
	}
	for _, more := range []string{"\x00", "more", string(file)} {
		if _, noticed := read(append(bytes.Clone(file), more...)); !noticed {
			t.Errorf("%d bytes behind the file went unnoticed", len(more))
		}
	}
}

// TestWithoutTable: of a file that was cut anywhere, the frames that are whole can be read.
func TestWithoutTable(t *testing.T) {
	data := bytes.Repeat(text(900), 600)[:4*frameSize+10]
	file := pack(t, data)
	whole, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, end := range whole.starts {
		for _, cut := range []int64{end - 1, end, end + 1, end + 20} {
			if cut < 0 || cut > int64(len(file)) {
				continue
			}
			want := min(int64(i)*frameSize, int64(len(data)))
			if cut < end {
				want -= frameSize
			}
			r, err := NewWithoutTable(bytes.NewReader(file), cut)
			if want <= 0 {
				if !errors.Is(err, ErrNoTable) {
					t.Errorf("the first %d bytes: got %v, want %v", cut, err, ErrNoTable)
				}
				continue
			}
			if i == 5 && cut < end {
				want = 4 * frameSize
			}
			if err != nil {
				t.Errorf("the first %d bytes: %v", cut, err)
				continue
			}
			got, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
			if err != nil || !bytes.Equal(got, data[:want]) {
				t.Errorf("the first %d bytes: got %d bytes, %v, want %d", cut, len(got), err, want)
			}
		}
	}
}

// A failing reader has a bad sector.
type failing struct {
	io.ReaderAt
	at int64
}

var errSector = errors.New("bad sector")

func (f failing) ReadAt(b []byte, off int64) (int, error) {
	if off <= f.at && f.at < off+int64(len(b)) {
		return 0, errSector
	}
	return f.ReaderAt.ReadAt(b, off)
}

// TestReadError: what the file system says is not taken for what is wrong with the file.
func TestReadError(t *testing.T) {
	file := pack(t, bytes.Repeat(text(900), 600)[:4*frameSize])
	size := int64(len(file))
	for _, at := range []int64{size - 1, size - 20} {
		if _, err := New(failing{bytes.NewReader(file), at}, size); !errors.Is(err, errSector) {
			t.Errorf("byte %d: got %v, want %v", at, err, errSector)
		}
	}
	r, err := New(failing{bytes.NewReader(file), 100}, size)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(t.Context(), func(e *Error) { t.Error(e) }); !errors.Is(err, errSector) {
		t.Errorf("Check: got %v, want %v", err, errSector)
	}
	b := make([]byte, 10)
	if _, err := r.ReadAt(b, 0); !errors.Is(err, errSector) {
		t.Errorf("ReadAt: got %v, want %v", err, errSector)
	}
	if _, err := r.ReadAt(b, 2*frameSize); err != nil {
		t.Errorf("another frame: %v", err)
	}
	if _, err := NewWithoutTable(failing{bytes.NewReader(file), 100}, size); !errors.Is(err, errSector) {
		t.Errorf("NewWithoutTable: got %v, want %v", err, errSector)
	}
}

func wantError(t *testing.T, name string, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: got %v, want an error with %q", name, err, text)
	}
}
