package codec

import (
	"math"

	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A Segment is a run of rows of a column, compressed one way, in one block.
type Segment struct {
	Rows   int64
	Block  uint64 // NoBlock when there is no data
	Offset uint32 // in the block's payload
	Sized  bool   // whether Bytes is known, as it is from DuckDB 2.0 on
	Bytes  uint64 // of the data in the block
	Codec  uint8  // its number in the file
	Stats  Statistics
	At     int64 // file offset of its description
}

// Exact reports whether the data leave in doubt how they are to be read, and the statistics tell: the last group of
// bitpacked values may as well be of another mode, if the gap behind it is large enough.
func (g *Segment) Exact() bool { return g.Codec == bitpackingCodec && g.Stats.HasMin && g.Stats.HasMax }

// NoBlock stands for a block where there is none.
const NoBlock = math.MaxUint64

// DataOffset is where the segment's data are in the file, or its description when it has none.
func (g *Segment) DataOffset(f *storage.File) int64 {
	if g.Block >= f.Blocks() {
		return g.At
	}
	return f.Offset(g.Block) + int64(g.Offset)
}

// Statistics are the parts of a BaseStatistics object that decoding needs.
type Statistics struct {
	HasNull bool
	HasMin  bool
	Min     vector.Uint128 // bits of the smallest value: the value of a CONSTANT segment
	HasMax  bool
	Max     vector.Uint128 // of the largest
}
