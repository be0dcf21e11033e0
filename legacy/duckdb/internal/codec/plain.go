package codec

import (
	"encoding/binary"
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// FORMAT.md: uncompressed, constant, rle, empty validity.

func openUncompressed(p *part, t *types.Type) (Decoder, error) {
	if t.Phys == types.PhysString {
		return openStrings(p)
	}
	w := t.Phys.Width()
	if w == 0 {
		return nil, p.refuse(t)
	}
	if p.seg.Rows > int64(len(p.b)/w) {
		return nil, p.corrupt(0, "values", "%d rows of %d bytes in %d bytes", p.seg.Rows, w, len(p.b))
	}
	return &fixedDecoder{p.b, w}, nil
}

type fixedDecoder struct {
	b     []byte
	width int
}

func (d *fixedDecoder) Decode(dst *vector.Vector, at, n int, _ *vector.Budget) error {
	dst.Load(at, n, d.b)
	d.b = d.b[n*d.width:]
	return nil
}

func openBitmask(p *part) (ValidityDecoder, error) {
	if p.seg.Rows > int64(len(p.b))*8 {
		return nil, p.corrupt(0, "mask", "%d rows in %d bytes", p.seg.Rows, len(p.b))
	}
	return &bitmask{b: p.b}, nil
}

// bitmask reads bits, least significant first, 1 = valid.
type bitmask struct {
	b     []byte
	pos   int
	words []uint64
}

func (d *bitmask) Validity(dst *vector.Vector, at, n int) error {
	first, last := d.pos>>3, (d.pos+n+7)>>3
	d.words = appendWords(d.words[:0], d.b[first:last])
	dst.Mask(at, n, d.words, d.pos&7)
	d.pos += n
	return nil
}

// appendWords packs little-endian bytes into words, the last one filled up with zeros.
func appendWords(dst []uint64, b []byte) []uint64 {
	for ; len(b) >= 8; b = b[8:] {
		dst = append(dst, binary.LittleEndian.Uint64(b))
	}
	if len(b) > 0 {
		var tail [8]byte
		copy(tail[:], b)
		dst = append(dst, binary.LittleEndian.Uint64(tail[:]))
	}
	return dst
}

func openConstant(p *part, t *types.Type) (Decoder, error) {
	if t.Phys == types.PhysString || t.Phys.Width() == 0 {
		return nil, p.refuse(t)
	}
	if err := p.noBlock(); err != nil {
		return nil, err
	}
	if !p.seg.Stats.HasMin {
		return &constant{null: true}, nil
	}
	return &constant{x: p.seg.Stats.Min}, nil
}

type constant struct {
	x    vector.Uint128
	null bool
}

func (d *constant) Decode(dst *vector.Vector, at, n int, _ *vector.Budget) error {
	dst.Fill(at, n, d.x)
	if d.null {
		dst.SetNulls(at, n)
	}
	return nil
}

func openConstantValidity(p *part) (ValidityDecoder, error) {
	return constantValidity(p.seg.Stats.HasNull), p.noBlock()
}

// constantValidity is true when all values are NULL.
type constantValidity bool

func (d constantValidity) Validity(dst *vector.Vector, at, n int) error {
	if d {
		dst.SetNulls(at, n)
	}
	return nil
}

// openEmptyValidity is for columns whose values say themselves which are NULL.
func openEmptyValidity(*part) (ValidityDecoder, error) { return constantValidity(false), nil }

func openRLE(p *part, t *types.Type) (Decoder, error) {
	w := t.Phys.Width()
	if w == 0 {
		return nil, p.refuse(t)
	}
	h, err := p.header(8, "counts_offset")
	if err != nil {
		return nil, err
	}
	at := u64(h, 0)
	if at < 8 || at > uint64(len(p.b)) {
		return nil, p.corrupt(0, "counts_offset", "%d, want 8 to %d", at, len(p.b))
	}
	d := &rle{p: p, values: p.b[8:at], counts: p.b[at:], width: w}
	return d, d.check()
}

type rle struct {
	p              *part
	values, counts []byte // of the runs that follow
	width          int
	x              vector.Uint128
	left           int // rows left of the current run
}

// check compares the counts with the rows, and the number of runs with the place of the counts.
func (d *rle) check() error {
	rows, runs := int64(0), int64(0)
	for ; rows < d.p.seg.Rows; runs++ {
		if int64(len(d.counts)) < 2*runs+2 {
			return d.p.corrupt(0, "counts", "the runs end before the rows do")
		}
		n := u16(d.counts, int(2*runs))
		if n == 0 {
			return d.p.corrupt(8+len(d.values)+int(2*runs), "counts", "a run of 0 rows")
		}
		rows += int64(n)
	}
	if rows != d.p.seg.Rows {
		return d.p.corrupt(8+len(d.values), "counts", "runs of %d rows, want %d", rows, d.p.seg.Rows)
	}
	if at := align8(8 + runs*int64(d.width)); at != int64(8+len(d.values)) {
		return d.p.corrupt(0, "counts_offset", "%d for %d runs, want %d", 8+len(d.values), runs, at)
	}
	return nil
}

func (d *rle) Decode(dst *vector.Vector, at, n int, _ *vector.Budget) error {
	for n > 0 {
		if d.left == 0 {
			d.x = loadBits(d.values, d.width)
			d.left = u16(d.counts, 0)
			d.values, d.counts = d.values[d.width:], d.counts[2:]
		}
		k := min(n, d.left)
		dst.Fill(at, k, d.x)
		at, n, d.left = at+k, n-k, d.left-k
	}
	return nil
}

// loadBits reads a number of 1, 2, 4, 8 or 16 bytes.
func loadBits(b []byte, width int) (x vector.Uint128) {
	switch width {
	case 1:
		x.Lo = uint64(b[0])
	case 2:
		x.Lo = uint64(binary.LittleEndian.Uint16(b))
	case 4:
		x.Lo = uint64(binary.LittleEndian.Uint32(b))
	case 8:
		x.Lo = binary.LittleEndian.Uint64(b)
	case 16:
		x = vector.Uint128{Hi: binary.LittleEndian.Uint64(b[8:]), Lo: binary.LittleEndian.Uint64(b)}
	}
	return x
}

// openStrings prepares uncompressed strings.
func openStrings(p *part) (Decoder, error) {
	h, err := p.header(8, "header")
	if err != nil {
		return nil, err
	}
	size, end := u32(h, 0), u32(h, 4)
	if end > int64(len(p.b)) {
		return nil, p.corrupt(4, "dict_end", "%d in a segment of at most %d bytes", end, len(p.b))
	}
	offsets, err := p.slice(8, 4*p.seg.Rows, "offsets")
	if err != nil {
		return nil, err
	}
	// Strings that nearly fill a block may stand right behind the offsets or at its end.
	if tight := 8 + 4*p.seg.Rows + size; end != tight && (p.seg.Offset > 0 || end < tight || end < int64(len(p.b))) {
		return nil, p.corrupt(4, "dict_end", "%d for a dictionary of %d bytes behind %d offsets", end, size, p.seg.Rows)
	}
	if n := len(offsets); n > 0 {
		last := int64(int32(u32(offsets, n-4)))
		if last = max(last, -last); last != size {
			return nil, p.corrupt(0, "dict_size", "%d, want that of the last string, %d", size, last)
		}
	}
	return &stringDecoder{p: p, dict: p.b[:end], offsets: offsets}, nil
}

type stringDecoder struct {
	p       *part
	dict    []byte // strings grow down from its end
	offsets []byte // of the rows that follow
	prev    int64  // absolute offset of the row before
	done    bool   // whether there was a row before
}

func (d *stringDecoder) Decode(dst *vector.Vector, at, n int, b *vector.Budget) error {
	offsets := d.offsets[:4*n]
	d.offsets = d.offsets[4*n:]
	overflow := false
	for i := 3; i < len(offsets); i += 4 {
		if offsets[i] >= 0x80 {
			overflow = true
			break
		}
	}
	if overflow {
		return d.decodeOverflow(dst, at, offsets, b)
	}
	base, err := dst.Adopt(d.dict, b)
	if err != nil {
		return err
	}
	prev, size := d.prev, int64(len(d.dict))
	refs := dst.Strings[at : at+n]
	for i := range refs {
		off := u32(offsets, 4*i)
		if off < prev || off > size {
			return d.badOffset(off)
		}
		refs[i] = vector.Span{Off: base + uint32(size-off), Len: uint32(off - prev)}
		prev = off
	}
	d.prev, d.done = prev, true
	return nil
}

func (d *stringDecoder) badOffset(off int64) error {
	return d.p.corrupt(8, "offsets", "offset %d after %d in a dictionary of %d bytes", off, d.prev, len(d.dict))
}

// decodeOverflow is decode for rows of which some are in blocks of their own.
func (d *stringDecoder) decodeOverflow(dst *vector.Vector, at int, offsets []byte, b *vector.Budget) error {
	// Memory at once: letting it grow string by string would copy the long ones again and again.
	total, err := d.overflowBytes(offsets)
	if err != nil {
		return err
	}
	if total > b.Left {
		return vector.ErrBudget
	}
	dst.Own()
	dst.Data = slices.Grow(dst.Data, int(total))
	for i := range len(offsets) / 4 {
		off := int64(int32(u32(offsets, 4*i)))
		size := max(off, -off)
		if size < d.prev || size > int64(len(d.dict)) {
			return d.badOffset(size)
		}
		length := size - d.prev
		d.prev = size
		from := int64(len(d.dict)) - size
		switch {
		case length == 0 && (d.done || off == 0):
			dst.Strings[at+i] = vector.Span{}
		case off >= 0:
			if err := dst.SetBytes(at+i, d.dict[from:from+length], b); err != nil {
				return err
			}
		default:
			if from+12 > int64(len(d.p.b)) {
				return d.badOffset(size)
			}
			marker := d.p.b[from:]
			if err := d.overflow(dst, at+i, u64(marker, 0), u32(marker, 8), b); err != nil {
				return err
			}
		}
		d.done = true
	}
	return nil
}

// overflowBytes adds up the lengths of the strings in blocks of their own. What is wrong with a place is told later.
func (d *stringDecoder) overflowBytes(offsets []byte) (total int64, err error) {
	prev := d.prev
	for i := range len(offsets) / 4 {
		off := int64(int32(u32(offsets, 4*i)))
		from, again := int64(len(d.dict))+off, off == -prev // of a NULL behind a long string
		prev = max(off, -off)
		if off >= 0 || again || from < 0 || from+12 > int64(len(d.p.b)) {
			continue
		}
		block, length, err := d.overflowStart(u64(d.p.b[from:], 0), u32(d.p.b[from:], 8))
		if err != nil {
			return 0, err
		}
		block.Release()
		total += length
	}
	return total, nil
}

// overflowStart lends the block in which a long string starts, and gives its length, which stands before it.
func (d *stringDecoder) overflowStart(block uint64, off int64) (b *storage.Block, length int64, err error) {
	f := d.p.file
	if b, err = f.Borrow(block, "overflow.block"); err != nil {
		return nil, 0, err
	}
	if off < 0 || off > int64(f.Payload()-8)-4 {
		return nil, 0, &fault.FormatError{Offset: f.Offset(block), Field: "overflow.offset",
			Err: fault.Corruptf("%d in a block of %d bytes", off, f.Payload())}
	}
	if length = u32(b.Payload, int(off)); length > f.Size() {
		return nil, 0, &fault.FormatError{Offset: f.Offset(block) + off, Field: "overflow.length",
			Err: fault.Corruptf("a string of %d bytes in a file of %d", length, f.Size())}
	}
	return b, length, nil
}

// overflow reads a long string from its chain of blocks.
func (d *stringDecoder) overflow(dst *vector.Vector, i int, block uint64, off int64, b *vector.Budget) error {
	f := d.p.file
	limit := int64(f.Payload() - 8) // the next block's id follows
	lent, length, err := d.overflowStart(block, off)
	if err != nil {
		return err
	}
	if err := b.Take(length, 1); err != nil {
		return err
	}
	off += 4
	dst.Own()
	dst.Data = slices.Grow(dst.Data, int(length))
	from := len(dst.Data)
	for left := length; ; {
		k := min(left, limit-off)
		dst.Data = append(dst.Data, lent.Payload[off:off+k]...)
		if left -= k; left > 0 {
			block, off = u64(lent.Payload, int(limit)), 0
		}
		lent.Release()
		if left == 0 {
			break
		}
		if lent, err = f.Borrow(block, "overflow.next"); err != nil {
			return err
		}
	}
	dst.Strings[i] = vector.Span{Off: uint32(from), Len: uint32(length)}
	return nil
}
