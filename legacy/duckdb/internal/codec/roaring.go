package codec

import (
	"math"

	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// FORMAT.md: roaring.

const (
	roaringRuns       = 2 // bits of a container's type
	roaringInverted   = 1
	roaringBitset     = 249 // in place of an array's length
	roaringManyRuns   = 124 // from here on there are other containers
	roaringManyValues = 248
	roaringFewRuns    = 4 // from here on runs are compressed
	roaringFewValues  = 8 // from here on arrays are compressed
	roaringSegments   = 8 // of 256 rows in a container
)

func openRoaring(p *part) (ValidityDecoder, error) {
	h, err := p.header(8, "meta")
	if err != nil {
		return nil, err
	}
	meta := u64(h, 0)
	if meta > uint64(len(p.b)-8) {
		return nil, p.corrupt(0, "meta", "%d in a segment of at most %d bytes", meta, len(p.b))
	}
	k := (p.seg.Rows + storage.VectorSize - 1) / storage.VectorSize
	at := int64(meta) + 8
	r := &roaring{p: p, left: p.seg.Rows, at: 8}
	if r.types, err = newPacked(p, at, k, 2, "types"); err != nil {
		return nil, err
	}
	at += packedSize(k, 2)
	count, err := newPacked(p, int64(meta)+8, k, 2, "types")
	if err != nil {
		return nil, err
	}
	runs := int64(0)
	for left := int(k); left > 0; {
		some := count.next(left)
		for _, t := range some {
			if t&roaringRuns != 0 {
				runs++
			}
		}
		left -= len(some)
	}
	if r.runs, err = newPacked(p, at, runs, 7, "runs"); err != nil {
		return nil, err
	}
	at += packedSize(runs, 7)
	if r.sizes, err = p.slice(at, k-runs, "sizes"); err != nil {
		return nil, err
	}
	end, whole, err := r.dataEnd()
	if err != nil {
		return nil, err
	}
	if at := int64(meta) + 8; at != end && at != align8(end) && at != whole {
		return nil, p.corrupt(0, "meta", "%d, want %d, behind the containers", meta, end-8)
	}
	return r, nil
}

// dataEnd is where the containers end, none of which has been given yet; whole is the same when the last one is a
// bitset that takes as much as one of all rows. The error is about what no container is.
func (d *roaring) dataEnd() (end, whole int64, err error) {
	again, kinds, runs := *d, *d.types, *d.runs
	again.types, again.runs = &kinds, &runs
	end, whole = d.at, d.at
	for again.left > 0 {
		c := again.container()
		switch {
		case c.kind == roaringRuns: // what is listed are NULLs, always
			return 0, 0, d.p.corrupt(0, "types", "runs of rows that are valid")
		case c.kind == roaringRuns|roaringInverted && c.n >= roaringManyRuns:
			return 0, 0, d.p.corrupt(0, "runs", "%d, want less than %d", c.n, roaringManyRuns)
		case c.kind == roaringInverted && c.n >= roaringManyValues, c.n >= roaringManyValues && c.n != roaringBitset:
			return 0, 0, d.p.corrupt(0, "sizes", "%d in a container of type %d", c.n, c.kind)
		}
		again.align(c.align)
		end = again.at + c.size
		if whole = end; c.n == roaringBitset && c.kind&roaringRuns == 0 {
			whole = again.at + storage.VectorSize/8
		}
		again.at = end
	}
	return end, whole, nil
}

// A roaringContainer is how a container is stored.
type roaringContainer struct {
	kind  uint32 // bits of its type
	n     int    // runs or values, or roaringBitset
	rows  int
	align int64
	size  int64 // bytes
}

// container gives the next container.
func (d *roaring) container() roaringContainer {
	c := roaringContainer{rows: int(min(d.left, storage.VectorSize)), align: 1}
	d.left -= int64(c.rows)
	if c.kind = d.types.next(1)[0]; c.kind&roaringRuns != 0 {
		c.n = int(d.runs.next(1)[0])
		if c.size = roaringSegments + 2*int64(c.n); c.n < roaringFewRuns {
			c.align, c.size = 4, 4*int64(c.n)
		}
		return c
	}
	c.n = int(d.sizes[0])
	d.sizes = d.sizes[1:]
	switch {
	case c.n == roaringBitset:
		c.align, c.size = 8, (int64(c.rows)+63)/64*8
	case c.n < roaringFewValues:
		c.align, c.size = 2, 2*int64(c.n)
	default:
		c.size = roaringSegments + int64(c.n)
	}
	return c
}

type roaring struct {
	p     *part
	types *packedReader
	runs  *packedReader // number of runs of the containers of runs
	sizes []byte        // number of values of the other containers
	left  int64         // rows not yet decoded
	at    int64         // next container's data

	mask [storage.VectorSize / 64]uint64 // the current container
	pos  int                             // in it
	n    int                             // rows of it
}

func (d *roaring) Validity(dst *vector.Vector, at, n int) error {
	for n > 0 {
		if d.pos == d.n {
			if err := d.next(); err != nil {
				return err
			}
		}
		k := min(n, d.n-d.pos)
		dst.Mask(at, k, d.mask[:], d.pos)
		d.pos += k
		at, n = at+k, n-k
	}
	return nil
}

// next decodes the next container.
func (d *roaring) next() error {
	c := d.container()
	d.n, d.pos = c.rows, 0
	d.align(c.align)
	if c.kind&roaringRuns != 0 {
		vector.Fill(d.mask[:], math.MaxUint64)
		return d.nextRuns(c.n)
	}
	if c.n == roaringBitset {
		b, err := d.take(c.size, "bitset")
		if err != nil {
			return err
		}
		appendWords(d.mask[:0], b)
		return nil
	}
	inverted := c.kind&roaringInverted != 0
	vector.Fill(d.mask[:], 0)
	if inverted {
		vector.Fill(d.mask[:], math.MaxUint64)
	}
	next := 0
	return d.eachValue(c.n, func(i int) error {
		if i < next || i >= c.rows {
			return d.p.corrupt(int(d.at), "array", "row %d of %d after row %d", i, c.rows, next-1)
		}
		next = i + 1
		d.mask[i>>6] ^= 1 << (i & 63)
		return nil
	})
}

// align moves to a multiple of n from the start of the containers.
func (d *roaring) align(n int64) { d.at = 8 + (d.at-8+n-1)&^(n-1) }

func (d *roaring) take(n int64, field string) ([]byte, error) {
	b, err := d.p.slice(d.at, n, field)
	d.at += n
	return b, err
}

// nextRuns decodes n runs of NULLs.
func (d *roaring) nextRuns(n int) error {
	next := 0
	null := func(from, to int) error {
		if from < next || from >= to || to > d.n {
			return d.p.corrupt(int(d.at), "runs", "rows %d to %d of %d after row %d", from, to, d.n, next-1)
		}
		next = to + 1
		for i := from; i < to; i++ {
			d.mask[i>>6] &^= 1 << (i & 63)
		}
		return nil
	}
	if n < roaringFewRuns {
		b, err := d.take(4*int64(n), "runs")
		if err != nil {
			return err
		}
		for ; len(b) > 0; b = b[4:] {
			from := u16(b, 0)
			// A run to the end of the container is stored as one row longer than it is.
			to := from + u16(b, 2) + 1
			if to == d.n+1 {
				to = d.n
			}
			if err := null(from, to); err != nil {
				return err
			}
		}
		return nil
	}
	from := -1
	return d.eachCompressed(2*n, 1, func(i int) error {
		if from < 0 {
			from = i
			return nil
		}
		err := null(from, i)
		from = -1
		return err
	})
}

// eachValue gives the n rows that an array lists.
func (d *roaring) eachValue(n int, do func(i int) error) error {
	if n < roaringFewValues {
		b, err := d.take(2*int64(n), "array")
		if err != nil {
			return err
		}
		for ; len(b) > 0; b = b[2:] {
			if err := do(u16(b, 0)); err != nil {
				return err
			}
		}
		return nil
	}
	return d.eachCompressed(n, 0, do)
}

// eachCompressed gives n rows, each stored as a byte within a run of 256 rows; 8 counts say how many are in each. The
// last past of them may be in none: a run may end where the container does.
func (d *roaring) eachCompressed(n, past int, do func(i int) error) error {
	counts, err := d.take(roaringSegments, "counts")
	if err != nil {
		return err
	}
	b, err := d.take(int64(n), "rows")
	if err != nil {
		return err
	}
	total := 0
	for _, c := range counts {
		total += int(c)
	}
	if total > n || total < n-past {
		return d.p.corrupt(int(d.at), "counts", "%d rows, want %d", total, n)
	}
	segment, used := 0, 0
	for _, c := range b {
		for segment < roaringSegments && used == int(counts[segment]) {
			segment, used = segment+1, 0
		}
		used++
		if err := do(segment*256 + int(c)); err != nil {
			return err
		}
	}
	return nil
}

// openRoaringBooleans reads a BOOLEAN whose values are stored as a validity: valid = true.
func openRoaringBooleans(p *part, t *types.Type) (Decoder, error) {
	if t.ID != types.Boolean {
		return nil, p.refuse(t)
	}
	v, err := openRoaring(p)
	if err != nil {
		return nil, err
	}
	return &roaringBooleans{v, vector.New(types.Plain(types.Boolean))}, nil
}

type roaringBooleans struct {
	bits ValidityDecoder
	tmp  *vector.Vector
}

func (d *roaringBooleans) Decode(dst *vector.Vector, at, n int, b *vector.Budget) error {
	d.tmp.Reset()
	if err := d.tmp.Grow(n, b); err != nil {
		return err
	}
	if err := d.bits.Validity(d.tmp, 0, n); err != nil {
		return err
	}
	for i := range n {
		dst.U8[at+i] = 1
		if d.tmp.Null(i) {
			dst.U8[at+i] = 0
		}
	}
	return nil
}
