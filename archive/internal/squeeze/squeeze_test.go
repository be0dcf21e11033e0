package squeeze

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/simexp/exparchive/internal/longtest"
)

// texts are such as meet each form of a block, of a section and of a table.
func texts() map[string][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 2*maxBlock)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	few := make([]byte, maxBlock+1000) // letters without matches of any use
	for i := range few {
		few[i] = byte(random.IntN(3) * random.IntN(3))
	}
	var words bytes.Buffer
	for i := 0; words.Len() < 2*maxBlock+100; i++ {
		fmt.Fprintf(&words, `{"tick":%d,"id":"%08x","note":"%s"}`, i, random.Uint32(),
			[]string{"settled", "queue", "liquidity"}[random.IntN(3)])
	}
	all := map[string][]byte{
		"a byte": {7}, "two": {7, 8}, "three": {7, 7, 8}, "four alike": {7, 7, 7, 7},
		"31 literals": noise[:31], "32 literals": noise[:32], "255 letters": few[:255], "256 letters": few[:256],
		"257 letters": few[:257], "1023 letters": few[:1023], "1024 letters": few[:1024], "16384 letters": few[:16384],
		"zeros": make([]byte, maxBlock), "more zeros": make([]byte, 2*maxBlock+1),
		"zeros and a byte":         append(make([]byte, maxBlock-1), 1),
		"a byte and zeros":         append([]byte{1}, make([]byte, maxBlock)...),
		"zeros between two blocks": append(append(bytes.Clone(few[:maxBlock]), make([]byte, maxBlock)...), few[:500]...),
		"noise":                    noise, "noise twice": append(bytes.Clone(noise[:60_000]), noise[:60_000]...),
		"noise of a block twice": append(bytes.Clone(noise[:maxBlock]), noise[:maxBlock]...),
		"letters":                few, "words": words.Bytes(), "two letters": bytes.Repeat([]byte("ab"), 70_000),
		"255": noise[:255], "256": noise[:256], "65791": words.Bytes()[:65791], "65792": words.Bytes()[:65792],
		"many short matches":              nil,
		"matches over the end of a block": bytes.Repeat(append(bytes.Clone(noise[:1000]), words.Bytes()[:64_100]...), 3),
	}
	short := bytes.Clone(noise[:maxBlock])
	for i := 8; i+4 < len(short); i += 5 {
		copy(short[i:i+4], short[random.IntN(i-4):])
	}
	all["many short matches"] = short
	return all
}

// TestFrame: a decoder that others wrote gives what is in the frame, which is no longer than what it holds and a
// little.
func TestFrame(t *testing.T) {
	d, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var e Encoder
	for name, text := range texts() {
		frame := e.Append([]byte("before"), text)[len("before"):]
		got, err := d.DecodeAll(frame, nil)
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: got %d bytes of %d back, %v", name, len(got), len(text), err)
		}
		if most := len(text) + 20 + 3*len(text)/maxBlock; len(frame) > most {
			t.Errorf("%s: a frame of %d bytes that holds %d", name, len(frame), len(text))
		}
		var h zstd.Header
		if err := h.Decode(frame); err != nil || !h.HasCheckSum || !h.SingleSegment ||
			h.FrameContentSize != uint64(len(text)) {
			t.Errorf("%s: got %+v, %v", name, h, err)
		}
		if len(text) > maxBlock && !longtest.Enabled() {
			continue
		}
		if again := new(Encoder).Append(nil, text); !bytes.Equal(again, frame) {
			t.Errorf("%s: a fresh encoder makes another frame", name)
		}
	}
}

// TestSmaller: the frames are smaller than the smallest of the library, which is what they are for.
func TestSmaller(t *testing.T) {
	text := texts()["words"][:maxBlock]
	best, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		t.Fatal(err)
	}
	defer best.Close()
	got, other := len(new(Encoder).Append(nil, text)), len(best.EncodeAll(text, nil))
	if got*100 > other*93 {
		t.Errorf("got %d bytes, the library %d", got, other)
	}
}

// TestSameBytes: the sum is that of every platform.
func TestSameBytes(t *testing.T) {
	const want = "e2578d3741c970e456a5c9884895f54d32900661e723b90ed90359ad6742c09f"
	all := texts()
	sum := sha256.New()
	var e Encoder
	for _, name := range []string{"words", "noise twice", "zeros and a byte", "255 letters"} {
		text := all[name]
		sum.Write(e.Append(nil, text[:min(len(text), 30_000)]))
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestLog2: the logarithm rises with its argument, and is exact at powers of two.
func TestLog2(t *testing.T) {
	for n := uint32(1); n < 1<<20; n++ {
		if log2(n) > log2(n+1) {
			t.Fatalf("log2(%d) is %d, of %d it is %d", n, log2(n), n+1, log2(n+1))
		}
	}
	for i := range price(32) {
		if got := log2(1 << i); got != i*bit {
			t.Errorf("log2(1<<%d): got %d, want %d", i, got, i*bit)
		}
	}
	if got := log2(3); got != 405 { // 1.58496 bits
		t.Errorf("log2(3): got %d, want 405", got)
	}
}

// FuzzFrame: whatever the text, its frame holds it.
func FuzzFrame(f *testing.F) {
	for _, text := range texts() {
		f.Add(text[:min(len(text), 3000)])
	}
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		f.Fatal(err)
	}
	var e Encoder
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) == 0 {
			return
		}
		for _, text := range [][]byte{text, bytes.Repeat(text, min(40, 1+maxBlock/len(text)))} {
			got, err := d.DecodeAll(e.Append(nil, text), nil)
			if err != nil || !bytes.Equal(got, text) {
				t.Fatalf("got %d bytes of %d back, %v", len(got), len(text), err)
			}
		}
	})
}
