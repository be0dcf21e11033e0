package column

import (
	"github.com/simexp/exparchive/legacy/duckdb/internal/codec"
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/geometry"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// maxGroupRows bounds the elements of a nested column in one row group.
const maxGroupRows = 1 << 40

// maxColumnBytes bounds the metadata of one column in one row group.
const maxColumnBytes = 64 << 20

// validityType is what segments of validity hold.
var validityType = types.Plain(types.Validity)

// Data describes a column in one row group: its segments, those of its validity, and its parts.
type Data struct {
	typ      *types.Type
	segs     []codec.Segment
	validity []codec.Segment
	children []*Data
	variant  *types.Type // of the second child of a VARIANT that is partly stored by type; nil when there is none
	geometry uint64      // layout of a GEOMETRY
}

// Load reads the description at p of a column of type t that has rows rows.
func Load(f *storage.File, p storage.Pointer, t *types.Type, rows int64) (*Data, error) {
	s := storage.OpenMetadata(f, p, "column")
	s.Limit(maxColumnBytes)
	c := Read(s, t)
	if s.Err() == nil {
		c.Check(s, rows)
	}
	return c, s.Err()
}

// Read reads the description of a column of type t.
func Read(s *storage.Stream, t *types.Type) *Data {
	c := &Data{typ: t, geometry: geometry.LayoutWKB}
	if t.ID == types.Geometry {
		c.geometry = geometry.LayoutSpatial // unless it is said to be something else
	}
	for o := s.Object("ColumnData"); o.Next(); {
		switch o.ID {
		case 99:
			if s.Bool("ColumnData.extra") {
				c.readExtra(s)
			}
		case 100:
			c.segs = readSegments(s, c.typ)
		case 101:
			for v := s.Object("ColumnData.validity"); v.Next(); {
				if v.ID != 100 {
					v.Unknown()
					break
				}
				c.validity = readSegments(s, validityType)
			}
		case 102:
			switch {
			case c.typ.ID == types.Variant:
				c.children = append(c.children, Read(s, types.VariantStruct))
			case c.typ.Phys == types.PhysStruct:
				if n := s.Length("ColumnData.sub_columns"); n != len(c.typ.Stored) {
					s.Fail("ColumnData.sub_columns", fault.Corruptf("%d members, want %d", n, len(c.typ.Stored)))
					return c
				}
				for _, f := range c.typ.Stored {
					c.children = append(c.children, Read(s, f.Type))
				}
			case c.typ.Phys == types.PhysList, c.typ.Phys == types.PhysArray:
				c.children = append(c.children, Read(s, c.typ.Elem))
			default:
				o.Unknown()
			}
		case 103:
			if c.variant == nil {
				o.Unknown()
				break
			}
			c.children = append(c.children, Read(s, c.variant))
		default:
			o.Unknown()
		}
	}
	if c.typ.ID == types.Variant && c.variant == nil && len(c.children) == 1 {
		inner := c.children[0]
		c.children, c.validity = inner.children, inner.validity
	}
	return c
}

// readExtra reads how a VARIANT is shredded or a GEOMETRY is split.
func (c *Data) readExtra(s *storage.Stream) {
	const class = "ColumnData.extra"
	kind := uint64(0)
	for o := s.Object(class); o.Next(); {
		switch {
		case o.ID == 100:
			if kind = s.ULEB(8, class); kind == 2 {
				c.geometry = geometry.LayoutWKB
			}
		case o.ID == 101 && kind == 1:
			t, err := tree.ReadType(s)
			if err != nil {
				s.Stop(err)
				return
			}
			c.variant = t
		case o.ID == 101 && kind == 2:
			c.geometry = s.ULEB(8, class)
			if c.geometry == geometry.LayoutSpatial || c.geometry == geometry.LayoutWKB {
				continue
			}
			t := geometry.SplitType(c.geometry)
			if t == nil {
				s.Fail(class, fault.Unsupportedf("geometry layout %d", c.geometry))
				return
			}
			c.typ = t
		default:
			o.Unknown()
		}
	}
}

func readSegments(s *storage.Stream, t *types.Type) []codec.Segment {
	var segs []codec.Segment
	s.List("ColumnData.data_pointers", func() {
		g := codec.Segment{At: s.Offset()}
		for o := s.Object("DataPointer"); o.Next(); {
			switch o.ID {
			case 100:
				s.ULEB(64, "DataPointer.row_start")
			case 101:
				g.Rows = int64(s.ULEB(40, "DataPointer.tuple_count"))
			case 102:
				for p := s.Object("BlockPointer"); p.Next(); {
					switch p.ID {
					case 100:
						g.Block = uint64(s.SLEB(64, "BlockPointer.block_id"))
					case 101:
						g.Offset = uint32(s.ULEB(32, "BlockPointer.offset"))
					default:
						p.Unknown()
					}
				}
			case 103:
				g.Codec = uint8(s.ULEB(8, "DataPointer.compression"))
			case 104:
				g.Stats = readStatistics(s, t)
			case 105:
				if s.Bool("DataPointer.state") {
					for p := s.Object("SegmentState"); p.Next(); {
						if p.ID != 1 {
							p.Unknown()
							break
						}
						s.List("SegmentState.blocks", func() { s.SLEB(64, "SegmentState.blocks") })
					}
				}
			case 106: // from DuckDB 2.0 on
				if s.Bool("DataPointer.byte_size") {
					g.Bytes, g.Sized = s.ULEB(32, "DataPointer.byte_size"), true
				}
			default:
				o.Unknown()
			}
		}
		segs = append(segs, g)
	})
	return segs
}

// Check compares the rows of the segments with the rows that the column has; -1 when only its own metadata tells.
func (c *Data) Check(s *storage.Stream, rows int64) {
	sum := func(segs []codec.Segment) (n int64) {
		for _, g := range segs {
			if n += g.Rows; n > maxGroupRows {
				s.Fail("DataPointer.tuple_count", fault.Corruptf("more than %d rows", int64(maxGroupRows)))
				return n
			}
		}
		return n
	}
	if c.variant != nil {
		if len(c.children) != 2 {
			s.Fail("ColumnData", fault.Corruptf("a shredded VARIANT of %d parts, want 2", len(c.children)))
			return
		}
		for _, k := range c.children {
			k.Check(s, rows)
		}
		return
	}
	valid := sum(c.validity)
	if rows < 0 {
		rows = valid
	}
	if valid != rows {
		s.Fail("ColumnData.validity", fault.Corruptf("%d rows, want %d", valid, rows))
		return
	}
	want := 0
	switch c.typ.Phys {
	case types.PhysStruct:
		want = len(c.typ.Stored)
	case types.PhysList, types.PhysArray:
		want = 1
	}
	if len(c.children) != want {
		if want == 1 && len(c.children) == 0 && rows == 0 {
			return
		}
		s.Fail("ColumnData", fault.Corruptf("%d parts of %s, want %d", len(c.children), c.typ, want))
		return
	}
	switch c.typ.Phys {
	case types.PhysStruct:
		for _, k := range c.children {
			k.Check(s, rows)
		}
	case types.PhysArray:
		c.children[0].Check(s, rows*int64(c.typ.Size))
	default:
		if n := sum(c.segs); n != rows {
			s.Fail("ColumnData.data_pointers", fault.Corruptf("%d rows, want %d", n, rows))
			return
		}
		if c.typ.Phys == types.PhysList {
			c.children[0].Check(s, -1)
		}
	}
}
