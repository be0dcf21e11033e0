package packed

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// decoder decodes frames; it may be used by several goroutines. It writes no further than the room it is given.
var decoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(maxFrame),
		zstd.WithDecoderLowmem(true))
})

// decode gives the bytes that a frame, which stands at offset in the file, holds: as many as want says.
func decode(frame []byte, want int, offset int64) ([]byte, error) {
	if text := checkFrame(frame, want); text != "" {
		return nil, bad(offset, "%s", text)
	}
	d, err := decoder()
	if err != nil {
		return nil, err
	}
	b, err := d.DecodeAll(frame, make([]byte, 0, want))
	if err != nil {
		return nil, bad(offset, "zstd: %v", err)
	}
	if len(b) != want {
		return nil, bad(offset, "a frame that holds %d bytes, want %d", len(b), want)
	}
	return b, nil
}

// checkFrame says what is wrong with the form of a frame, which has to be exactly one, with nothing behind it. What
// is in the blocks is for the decoder to judge.
func checkFrame(b []byte, want int) string {
	length, holds, text := measure(b)
	switch {
	case text != "":
		return text
	case holds != uint64(want):
		return fmt.Sprintf("a frame that says that it holds %d bytes, want %d", holds, want)
	case length != len(b):
		return fmt.Sprintf("a frame of %d bytes, want %d", length, len(b))
	}
	return ""
}

// measure gives how long the frame is that b begins with, and how many bytes it says it holds, or what is wrong with
// it (RFC 8878 section 3.1.1).
func measure(b []byte) (length int, holds uint64, text string) {
	var h zstd.Header
	switch err := h.Decode(b); {
	case err != nil:
		return 0, 0, "no frame of zstd: " + err.Error()
	case h.Skippable:
		return 0, 0, "a skippable frame, which holds nothing"
	case h.DictionaryID != 0:
		return 0, 0, "a frame that needs a dictionary"
	case !h.HasCheckSum:
		return 0, 0, "a frame without a checksum"
	case !h.HasFCS:
		return 0, 0, "a frame that does not say how much it holds"
	}
	const (
		blockHead = 3
		rle       = 1 // kind of a block of one byte, repeated
		checksum  = 4
	)
	at := h.HeaderSize
	for last := false; !last; {
		if len(b)-at < blockHead {
			return 0, 0, "a frame that is cut short"
		}
		block := uint32(b[at]) | uint32(binary.LittleEndian.Uint16(b[at+1:]))<<8
		size := int(block >> 3)
		if block>>1&3 == rle {
			size = 1
		}
		at += blockHead + size
		last = block&1 != 0
	}
	if at += checksum; at > len(b) {
		return 0, 0, "a frame that is cut short"
	}
	return at, h.FrameContentSize, ""
}
