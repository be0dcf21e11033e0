package column

import (
	"bytes"
	"errors"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb/internal/codec"
	"github.com/simexp/exparchive/legacy/duckdb/internal/geometry"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// TestAmplification reads a list of a thousand million equal elements, which takes no space in the file.
func TestAmplification(t *testing.T) {
	const many = 1 << 30
	bigint := types.Plain(types.BigInt)
	list := types.ListOf(bigint)
	constant := func(rows int64, x uint64) []codec.Segment {
		return []codec.Segment{{Rows: rows, Block: codec.NoBlock, Codec: 2,
			Stats: codec.Statistics{HasMin: true, Min: vector.Uint128{Lo: x}}}}
	}
	valid := func(rows int64) []codec.Segment { return []codec.Segment{{Rows: rows, Block: codec.NoBlock, Codec: 2}} }
	c := &Data{typ: list, geometry: geometry.LayoutWKB, segs: constant(1, many), validity: valid(1),
		children: []*Data{{typ: bigint, geometry: geometry.LayoutWKB, segs: constant(many, 7), validity: valid(many)}}}
	v := vector.New(list)
	if err := NewReader(storage.NewFile(bytes.NewReader(nil), 0, 16384, 1<<20), c).Read(v, 1,
		vector.NewBudget(1<<20)); !errors.Is(err, vector.ErrBudget) {
		t.Errorf("got %v, want %v", err, vector.ErrBudget)
	}
	if got := cap(v.Children[0].I64); got != 0 {
		t.Errorf("got room for %d elements, want none", got)
	}
}
