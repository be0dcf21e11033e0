package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// Sizes of the headers, before the first block, and of the smallest block.
const (
	headersSize = 3 * 4096
	blockSize   = 16384
)

// blockFileOf makes a file of one block that starts with data.
func blockFileOf(tb testing.TB, data []byte) *storage.File {
	tb.Helper()
	b := make([]byte, headersSize+blockSize)
	block := b[headersSize:]
	if copy(block[8:], data) < len(data) {
		tb.Fatalf("%d bytes do not fit in a block", len(data))
	}
	binary.LittleEndian.PutUint64(block, storage.Checksum(block[8:]))
	return storage.NewFile(bytes.NewReader(b), int64(len(b)), blockSize, 1<<20)
}

// readSegment decodes rows of type t from data.
func readSegment(tb testing.TB, codec uint8, t *types.Type, rows int64, data []byte) (*vector.Vector, error) {
	tb.Helper()
	v, b := vector.New(t), vector.NewBudget(16<<20)
	if err := v.Grow(int(rows), b); err != nil {
		return v, err
	}
	d, _, err := Open(blockFileOf(tb, data), &Segment{Rows: rows, Codec: codec}, t)
	if err != nil {
		return v, err
	}
	return v, d.Decode(v, 0, int(rows), b)
}

// boundsOffset is where the segments of TestCodecBounds start in their block: a bound that counts from the block and
// not from the segment is off by as much.
const boundsOffset = 16

// exactBlock makes a file of one block that ends with the last byte of data, of which the first boundsOffset are not
// the segment's.
func exactBlock(data []byte) *storage.File {
	block := append(make([]byte, 8), data...)
	binary.LittleEndian.PutUint64(block, storage.Checksum(block[8:]))
	b := append(make([]byte, headersSize), block...)
	return storage.NewFile(bytes.NewReader(b), int64(len(b)), uint64(len(block)), 1<<20)
}

// readExact decodes rows of a segment that ends with its block, which starts with pad; valid asks for the validity in
// place of the values.
func readExact(codec uint8, typ *types.Type, valid bool, rows int64, pad, data []byte) (string, error) {
	block := append(append(slices.Clone(pad), make([]byte, boundsOffset-len(pad))...), data...)
	f := exactBlock(block)
	g := &Segment{Rows: rows, Codec: codec, Offset: boundsOffset}
	b := vector.NewBudget(16 << 20)
	v := vector.New(typ)
	if err := v.Grow(int(rows), b); err != nil {
		return "", err
	}
	if valid {
		d, _, err := OpenValidity(f, g)
		if err == nil {
			err = d.Validity(v, 0, int(rows))
		}
		if err != nil {
			return "", err
		}
		bits := ""
		for i := range int(rows) {
			bits += map[bool]string{true: "0", false: "1"}[v.Null(i)]
		}
		return bits, nil
	}
	d, _, err := Open(f, g, typ)
	if err == nil && rows > 0 {
		err = d.Decode(v, 0, int(rows), b)
	}
	if err != nil {
		return "", err
	}
	var texts []string
	for i := range int(rows) {
		if v.Null(i) {
			texts = append(texts, "NULL")
		} else {
			texts = append(texts, string(text.Release15.Append(nil, v, i)))
		}
	}
	return strings.Join(texts, " "), nil
}

// cat puts bytes and numbers of a fixed size together.
func cat(parts ...any) (b []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case []byte:
			b = append(b, p...)
		case string:
			b = append(b, p...)
		case uint8:
			b = append(b, p)
		case uint16:
			b = binary.LittleEndian.AppendUint16(b, p)
		case uint32:
			b = binary.LittleEndian.AppendUint32(b, p)
		case uint64:
			b = binary.LittleEndian.AppendUint64(b, p)
		default:
			panic(fmt.Sprintf("a part of type %T", p))
		}
	}
	return b
}

type (
	b1 = uint8
	b2 = uint16
	b4 = uint32
	b8 = uint64
)

func zeros(n int) []byte { return make([]byte, n) }

// packed packs integers of w bits, as many as fill one group of 32.
func packed(w int, values ...uint64) []byte {
	b := make([]byte, packedSize(32, w))
	for i, x := range values {
		for k := range w {
			b[(i*w+k)/8] |= byte(x>>k&1) << ((i*w + k) % 8)
		}
	}
	return b
}
