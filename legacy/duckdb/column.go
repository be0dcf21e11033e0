package duckdb

import (
	"fmt"
	"math"

	"github.com/simexp/exparchive/legacy/duckdb/internal/codec"
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/geometry"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// maxGroupBits bounds the rows of a row group, and maxGroupRows the elements of a nested column in one.
const (
	maxGroupBits = 30
	maxGroupRows = 1 << 40
)

// maxColumnBytes bounds the metadata of one column in one row group.
const maxColumnBytes = 64 << 20

// columnData describes a column in one row group: its segments, those of its validity, and its parts.
type columnData struct {
	typ      *types.Type
	segs     []codec.Segment
	validity []codec.Segment
	children []*columnData
	variant  *types.Type // of the second child of a VARIANT that is partly stored by type; nil when there is none
	geometry uint64      // layout of a GEOMETRY
}

// readColumnData reads the description of a column of type t.
func readColumnData(s *storage.Stream, t *types.Type) *columnData {
	c := &columnData{typ: t, geometry: geometry.LayoutWKB}
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
				c.children = append(c.children, readColumnData(s, types.VariantStruct))
			case c.typ.Phys == types.PhysStruct:
				if n := s.Length("ColumnData.sub_columns"); n != len(c.typ.Stored) {
					s.Fail("ColumnData.sub_columns", fault.Corruptf("%d members, want %d", n, len(c.typ.Stored)))
					return c
				}
				for _, f := range c.typ.Stored {
					c.children = append(c.children, readColumnData(s, f.Type))
				}
			case c.typ.Phys == types.PhysList, c.typ.Phys == types.PhysArray:
				c.children = append(c.children, readColumnData(s, c.typ.Elem))
			default:
				o.Unknown()
			}
		case 103:
			if c.variant == nil {
				o.Unknown()
				break
			}
			c.children = append(c.children, readColumnData(s, c.variant))
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
func (c *columnData) readExtra(s *storage.Stream) {
	const class = "ColumnData.extra"
	kind := uint64(0)
	for o := s.Object(class); o.Next(); {
		switch {
		case o.ID == 100:
			kind = s.ULEB(8, class)
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
			default:
				o.Unknown()
			}
		}
		segs = append(segs, g)
	})
	return segs
}

// check compares the rows of the segments with the rows that the column has; -1 when only its own metadata tells.
func (c *columnData) check(s *storage.Stream, rows int64) {
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
			k.check(s, rows)
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
			k.check(s, rows)
		}
	case types.PhysArray:
		c.children[0].check(s, rows*int64(c.typ.Size))
	default:
		if n := sum(c.segs); n != rows {
			s.Fail("ColumnData.data_pointers", fault.Corruptf("%d rows, want %d", n, rows))
			return
		}
		if c.typ.Phys == types.PhysList {
			c.children[0].check(s, -1)
		}
	}
}

// A columnReader decodes a column of one row group from its first row on.
type columnReader struct {
	data     *columnData
	file     *storage.File
	values   segmentReader
	validity segmentReader
	children []*columnReader
	ends     *vector.Vector // scratch: where lists end in the child
	end      uint64         // where the last list ended
}

func newColumnReader(f *storage.File, c *columnData) *columnReader {
	r := &columnReader{data: c, file: f,
		values: segmentReader{file: f, segs: c.segs}, validity: segmentReader{file: f, segs: c.validity}}
	for _, k := range c.children {
		r.children = append(r.children, newColumnReader(f, k))
	}
	if c.typ.Phys == types.PhysList {
		r.ends = vector.New(listEndType)
	}
	return r
}

var (
	listEndType  = types.Plain(types.UBigInt)
	validityType = types.Plain(types.Validity)
)

// read appends the next n rows to dst.
func (r *columnReader) read(dst *vector.Vector, n int64, b *vector.Budget) error {
	if n == 0 {
		return nil
	}
	if n > b.Left {
		return vector.ErrBudget
	}
	if r.data.typ != dst.Type {
		return r.readConverted(dst, int(n), b)
	}
	if r.data.variant != nil {
		return r.readShredded(dst, int(n), b)
	}
	at, k := dst.N, int(n)
	if err := dst.Grow(k, b); err != nil {
		return err
	}
	switch dst.Type.Phys {
	case types.PhysStruct:
		for i, c := range r.children {
			if err := c.read(dst.Children[i], n, b); err != nil {
				return err
			}
		}
	case types.PhysArray:
		if err := r.children[0].read(dst.Children[0], n*int64(dst.Type.Size), b); err != nil {
			return err
		}
	case types.PhysList:
		if err := r.readLists(dst, at, k, b); err != nil {
			return err
		}
	default:
		if err := r.values.read(dst, at, k, b); err != nil {
			return err
		}
	}
	if err := r.validity.readValidity(dst, at, k); err != nil {
		return err
	}
	if r.data.geometry == geometry.LayoutSpatial {
		return r.convertSpatial(dst, at, b)
	}
	if err := dst.Check(at); err != nil {
		return r.values.corrupt("value", err)
	}
	return nil
}

func (r *columnReader) readLists(dst *vector.Vector, at, n int, b *vector.Budget) error {
	r.ends.Reset()
	if err := r.ends.Grow(n, b); err != nil {
		return err
	}
	if err := r.values.read(r.ends, 0, n, b); err != nil {
		return err
	}
	child := dst.Children[0]
	first, prev := r.end, r.end
	for i, end := range r.ends.U64[:n] {
		if end < prev {
			return r.values.corrupt("list.end", fault.Corruptf("lists end at element %d, then at %d", prev, end))
		}
		if end-first > math.MaxInt32 {
			return vector.ErrBudget
		}
		dst.Lists[at+i] = vector.Span{Off: uint32(uint64(child.N) + prev - first), Len: uint32(end - prev)}
		prev = end
	}
	r.end = prev
	if prev == first {
		return nil
	}
	if len(r.children) == 0 {
		return r.values.corrupt("list.child", fault.Corruptf("no elements, want %d", prev-first))
	}
	return r.children[0].read(child, int64(prev-first), b)
}

// readConverted reads a column that is stored in another form than its type says.
func (r *columnReader) readConverted(dst *vector.Vector, n int, b *vector.Budget) error {
	if dst.Type.ID != types.Geometry {
		return fmt.Errorf("%w: %s stored as %s", fault.ErrUnsupported, dst.Type, r.data.typ)
	}
	return r.readSplitGeometry(dst, n, b)
}

// A segmentReader decodes consecutive segments.
type segmentReader struct {
	file *storage.File
	segs []codec.Segment // first one is being read
	left int64           // rows left in it; 0 before it is opened
	dec  codec.Decoder
	bits codec.ValidityDecoder
}

// corrupt makes an error about the segment being read.
func (r *segmentReader) corrupt(field string, err error) error {
	var at int64
	if len(r.segs) > 0 {
		at = r.segs[0].DataOffset(r.file)
	}
	return &fault.FormatError{Offset: at, Field: field, Err: err}
}

// each calls decode for the next n rows, a segment's share at a time.
func (r *segmentReader) each(at, n int, open func() error, decode func(at, n int) error) error {
	for n > 0 {
		for r.left == 0 {
			if r.dec != nil || r.bits != nil {
				r.segs = r.segs[1:]
				r.dec, r.bits = nil, nil
			}
			if len(r.segs) == 0 {
				return r.corrupt("segment", fault.Corruptf("%d rows more than the column has", n))
			}
			if err := open(); err != nil {
				return err
			}
			r.left = r.segs[0].Rows
		}
		k := int(min(int64(n), r.left))
		if err := decode(at, k); err != nil {
			return err
		}
		r.left -= int64(k)
		at, n = at+k, n-k
	}
	return nil
}

func (r *segmentReader) read(dst *vector.Vector, at, n int, b *vector.Budget) error {
	return r.each(at, n, func() (err error) {
		r.dec, err = codec.Open(r.file, &r.segs[0], dst.Type)
		return err
	}, func(at, n int) error {
		return r.dec.Decode(dst, at, n, b)
	})
}

func (r *segmentReader) readValidity(dst *vector.Vector, at, n int) error {
	return r.each(at, n, func() (err error) {
		r.bits, err = codec.OpenValidity(r.file, &r.segs[0])
		return err
	}, func(at, n int) error {
		return r.bits.Validity(dst, at, n)
	})
}
