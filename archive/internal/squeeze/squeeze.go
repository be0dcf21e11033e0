// Package squeeze makes frames of zstd (RFC 8878) as small as they get: it looks for the cheapest way to write a text
// as literals and matches, where the encoders of libraries in Go take what is good enough. That takes some twenty
// times as long as theirs; reading takes no longer.
//
// It computes in integers and knows no state but the text, so that a text gives the same frame on every machine.
package squeeze

import (
	"encoding/binary"
	"math/bits"
)

// Magic is what a frame begins with.
const Magic = 0xFD2FB528

// maxBlock is how many bytes a block holds at most.
const maxBlock = 128 << 10

// MaxFrame is how many bytes a frame may hold here, so that places in it need no more than 32 bits.
const MaxFrame = 1 << 24

// An Encoder makes frames. It is not for several goroutines.
type Encoder struct {
	finder finder
	parser parser
	block  blockWriter
}

// Append appends the frame that holds data, which has 1 to MaxFrame bytes, to dst. The frame is a single segment,
// says how much it holds, and has a checksum.
func (e *Encoder) Append(dst, data []byte) []byte {
	dst = appendHeader(dst, len(data))
	e.finder.reset(data)
	reps := firstReps
	for begin := 0; begin < len(data); begin += maxBlock {
		end := min(begin+maxBlock, len(data))
		head := len(dst)
		dst = append(dst, 0, 0, 0)
		const (
			raw        = 0
			rle        = 1
			compressed = 2
		)
		kind, size := compressed, 0
		if repeated(data[begin:end]) {
			kind, size = rle, end-begin
			dst = append(dst, data[begin])
		} else {
			e.finder.find(begin, end)
			sequences, after := e.parser.parse(&e.finder, begin, end, reps)
			out, ok := e.block.append(dst, data[begin:end], sequences)
			if size = len(out) - len(dst); ok && size < end-begin {
				dst, reps = out, after
			} else {
				kind, size = raw, end-begin
				dst = append(dst, data[begin:end]...)
			}
		}
		h := uint32(size)<<3 | uint32(kind)<<1
		if end == len(data) {
			h |= 1
		}
		dst[head], dst[head+1], dst[head+2] = byte(h), byte(h>>8), byte(h>>16)
	}
	return binary.LittleEndian.AppendUint32(dst, uint32(checksum(data)))
}

func appendHeader(dst []byte, size int) []byte {
	const singleSegment, hasChecksum = 1 << 5, 1 << 2
	le := binary.LittleEndian
	dst = le.AppendUint32(dst, Magic)
	switch {
	case size < 256:
		return append(dst, singleSegment|hasChecksum, byte(size))
	case size < 65536+256:
		return le.AppendUint16(append(dst, 1<<6|singleSegment|hasChecksum), uint16(size-256))
	}
	return le.AppendUint32(append(dst, 2<<6|singleSegment|hasChecksum), uint32(size))
}

// repeated reports whether b is one byte again and again.
func repeated(b []byte) bool { return matchLength(b[1:], b) == len(b)-1 }

// matchLength gives how many bytes a and b, which is no shorter, have in common at their beginning.
func matchLength(a, b []byte) int {
	n := 0
	for ; len(a)-n >= 8; n += 8 {
		if x := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); x != 0 {
			return n + bits.TrailingZeros64(x)/8
		}
	}
	for n < len(a) && a[n] == b[n] {
		n++
	}
	return n
}
