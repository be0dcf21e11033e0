package column

import (
	"fmt"
	"math"

	"github.com/simexp/exparchive/legacy/duckdb/internal/codec"
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/geometry"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A Reader decodes a column of one row group from its first row on.
type Reader struct {
	data     *Data
	file     *storage.File
	values   segmentReader
	validity segmentReader
	children []*Reader
	ends     *vector.Vector // scratch: where lists end in the child
	end      uint64         // where the last list ended
}

// NewReader reads the column that c describes, from the blocks of f.
func NewReader(f *storage.File, c *Data) *Reader {
	r := &Reader{data: c, file: f,
		values: segmentReader{file: f, segs: c.segs}, validity: segmentReader{file: f, segs: c.validity}}
	for _, k := range c.children {
		r.children = append(r.children, NewReader(f, k))
	}
	if c.typ.Phys == types.PhysList {
		r.ends = vector.New(listEndType)
	}
	return r
}

// Close gives back the blocks that what was read may lie in. Nothing can be read afterwards.
func (r *Reader) Close() {
	r.values.close()
	r.validity.close()
	for _, c := range r.children {
		c.Close()
	}
}

var listEndType = types.Plain(types.UBigInt)

// Read appends the next n rows to dst. They may lie in blocks of the file, which they do until the next Read or Close:
// by then dst has to be empty again, or not be used any more.
func (r *Reader) Read(dst *vector.Vector, n int64, b *vector.Budget) error {
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
			if err := c.Read(dst.Children[i], n, b); err != nil {
				return err
			}
		}
	case types.PhysArray:
		if err := r.children[0].Read(dst.Children[0], n*int64(dst.Type.Size), b); err != nil {
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
	if err := r.values.checkBounds(dst); err != nil {
		return r.values.corrupt("statistics", err)
	}
	if r.data.geometry == geometry.LayoutSpatial {
		return r.convertSpatial(dst, at, b)
	}
	if err := dst.Check(at); err != nil {
		return r.values.corrupt("value", err)
	}
	return nil
}

func (r *Reader) readLists(dst *vector.Vector, at, n int, b *vector.Budget) error {
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
	return r.children[0].Read(child, int64(prev-first), b)
}

// readConverted reads a column that is stored in another form than its type says.
func (r *Reader) readConverted(dst *vector.Vector, n int, b *vector.Budget) error {
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
	lent *storage.Block   // which the segment is in
	past []*storage.Block // of segments that ended in the last reading: what was read may lie in them

	spans  []span // read since the bounds were last checked
	bounds bounds
}

// release gives back the blocks of segments that have ended.
func (r *segmentReader) release() {
	for i, b := range r.past {
		b.Release()
		r.past[i] = nil
	}
	r.past = r.past[:0]
}

// close gives back all blocks. Nothing can be read afterwards.
func (r *segmentReader) close() {
	r.release()
	r.lent.Release()
	*r = segmentReader{}
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
	r.release()
	for n > 0 {
		for r.left == 0 {
			if r.dec != nil || r.bits != nil {
				r.segs = r.segs[1:]
				r.dec, r.bits = nil, nil
				r.past, r.lent = append(r.past, r.lent), nil
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
		r.dec, r.lent, err = codec.Open(r.file, &r.segs[0], dst.Type)
		return err
	}, func(at, n int) error {
		if g := &r.segs[0]; g.Exact() {
			r.spans = append(r.spans, span{g, at, n})
		}
		return r.dec.Decode(dst, at, n, b)
	})
}

func (r *segmentReader) readValidity(dst *vector.Vector, at, n int) error {
	return r.each(at, n, func() (err error) {
		r.bits, r.lent, err = codec.OpenValidity(r.file, &r.segs[0])
		return err
	}, func(at, n int) error {
		return r.bits.Validity(dst, at, n)
	})
}
