package duckdb

import (
	"encoding/binary"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// FORMAT.md: chunks and vectors, the form of rows in the log and in samples.

// readChunk reads some rows of several columns.
func readChunk(s *storage.Stream, b *budget, maxRows int, field string) []*vector {
	rows := 0
	var kinds []*types.Type
	var cols []*vector
	for o := s.Object(field); o.Next(); {
		switch o.ID {
		case 100:
			n := s.ULEB(32, field)
			if n > uint64(maxRows) {
				s.Fail(field, fault.Unsupportedf("%d rows, want at most %d", n, maxRows))
				return nil
			}
			rows = int(n)
		case 101:
			s.List(field, func() {
				t, err := readStoredType(s)
				s.Stop(err)
				kinds = append(kinds, t)
			})
		case 102:
			if n := s.Length(field); n != len(kinds) {
				s.Fail(field, fault.Corruptf("%d vectors of %d types", n, len(kinds)))
				return nil
			}
			for _, t := range kinds {
				v := newVector(t)
				readVector(s, v, rows, b)
				if s.Err() != nil {
					return nil
				}
				cols = append(cols, v)
			}
		default:
			o.Unknown()
		}
	}
	return cols
}

// Forms of a stored vector.
const (
	vectorFlat       = 0
	vectorConstant   = 2
	vectorDictionary = 3
	vectorSequence   = 4
)

// readVector reads n values into an empty vector.
func readVector(s *storage.Stream, v *vector, n int, b *budget) {
	r := vectorObject{s: s, v: v, n: n, b: b}
	for o := s.Object("Vector"); o.Next(); {
		r.field(&o)
	}
	r.finish()
}

// vectorObject is a Vector object being read.
type vectorObject struct {
	s *storage.Stream
	v *vector
	n int // values that the object stands for
	b *budget

	form      uint64
	selection []byte
	start     int64
	increment int64
	flat      *vector // what is stored: v itself unless the form says otherwise
	grown     bool
	count     int // values in flat
	valid     []byte
	hasValid  bool
	listSize  int
}

// target makes room for the stored values, once the form is known.
func (r *vectorObject) target() *vector {
	if r.grown {
		return r.flat
	}
	r.grown = true
	switch r.form {
	case vectorConstant:
		r.flat, r.count = newVector(r.v.typ), min(1, r.n)
	case vectorDictionary:
		r.flat = newVector(r.v.typ)
	default:
		r.flat, r.count = r.v, r.n
	}
	if err := r.flat.grow(r.count, r.b); err != nil {
		r.s.Fail("Vector", fault.ErrLimit)
	}
	return r.flat
}

func (r *vectorObject) field(o *storage.Object) {
	const field = "Vector"
	s := r.s
	switch o.ID {
	case 90:
		r.form = s.ULEB(8, field)
		if r.form != vectorFlat && (r.form < vectorConstant || r.form > vectorSequence) {
			s.Fail(field, fault.Unsupportedf("vector form %d", r.form))
		}
		return
	case 91:
		if r.form == vectorSequence {
			r.start = s.SLEB(64, field)
			return
		}
		r.selection = s.Blob(field)
		if len(r.selection) != 4*r.n {
			s.Fail(field, fault.Corruptf("a selection of %d bytes for %d values", len(r.selection), r.n))
		}
		return
	case 92:
		if r.form == vectorSequence {
			r.increment = s.SLEB(64, field)
			return
		}
		r.count = int(s.ULEB(31, field))
		if int64(r.count) > max(s.Left(), int64(r.n)) { // every value of a dictionary is stored, or used
			s.Fail(field, fault.Corruptf("a dictionary of %d values", r.count))
			r.count = 0
		}
		return
	}
	if r.form == vectorSequence {
		o.Unknown()
		return
	}
	v := r.target()
	if s.Err() != nil {
		return
	}
	n := r.count
	switch {
	case o.ID == 99 && v.typ.ID == types.Geometry:
		if layout := s.ULEB(8, field); layout != geometryWKB {
			s.Fail(field, fault.Unsupportedf("geometry layout %d in a log", layout))
		}
	case o.ID == 100:
		r.hasValid = s.Bool(field)
	case o.ID == 101:
		r.valid = s.Blob(field)
		if len(r.valid) < (n+7)/8 {
			s.Fail(field, fault.Corruptf("validity of %d bytes for %d values", len(r.valid), n))
		}
	case o.ID == 102 && v.typ.Phys == types.PhysString:
		if k := s.Length(field); k != n {
			s.Fail(field, fault.Corruptf("%d strings, want %d", k, n))
			return
		}
		for i := range n {
			if v.setBytes(i, s.Blob(field), r.b) != nil {
				s.Fail(field, fault.ErrLimit)
			}
		}
	case o.ID == 102 && v.typ.Phys.Width() > 0 && v.typ.Phys != types.PhysList:
		d := s.Blob(field)
		if len(d) != n*v.typ.Phys.Width() {
			s.Fail(field, fault.Corruptf("%d bytes for %d values of %s", len(d), n, v.typ))
			return
		}
		v.load(0, n, d)
	case o.ID == 103 && v.typ.Phys == types.PhysStruct:
		if k := s.Length(field); k != len(v.children) {
			s.Fail(field, fault.Corruptf("%d members, want %d", k, len(v.children)))
			return
		}
		for _, c := range v.children {
			readVector(s, c, n, r.b)
		}
	case o.ID == 104 && v.typ.Phys == types.PhysList:
		r.listSize = int(s.ULEB(31, field))
	case o.ID == 105 && v.typ.Phys == types.PhysList:
		r.lists(v)
	case o.ID == 106 && v.typ.Phys == types.PhysList:
		readVector(s, v.children[0], r.listSize, r.b)
	case o.ID == 103 && v.typ.Phys == types.PhysArray:
		if k := s.ULEB(31, field); int(k) != v.typ.Size {
			s.Fail(field, fault.Corruptf("arrays of %d elements, want %d", k, v.typ.Size))
		}
	case o.ID == 104 && v.typ.Phys == types.PhysArray:
		if int64(n)*int64(v.typ.Size) > r.b.left {
			s.Fail(field, fault.ErrLimit)
			return
		}
		readVector(s, v.children[0], n*v.typ.Size, r.b)
	default:
		o.Unknown()
	}
}

func (r *vectorObject) lists(v *vector) {
	const field = "Vector.lists"
	s := r.s
	if k := s.Length(field); k != r.count {
		s.Fail(field, fault.Corruptf("%d lists, want %d", k, r.count))
		return
	}
	for i := range r.count {
		var off, length uint64
		for o := s.Object(field); o.Next(); {
			switch o.ID {
			case 100:
				off = s.ULEB(64, field)
			case 101:
				length = s.ULEB(64, field)
			default:
				o.Unknown()
			}
		}
		if off > uint64(r.listSize) || length > uint64(r.listSize)-off {
			// The place of a NULL list may be anything.
			if r.null(i) {
				off, length = 0, 0
			} else {
				s.Fail(field, fault.Corruptf("elements %d to %d of %d", off, off+length, r.listSize))
				return
			}
		}
		v.lists[i] = listRef{uint32(off), uint32(length)}
	}
}

func (r *vectorObject) null(i int) bool {
	return r.hasValid && i>>3 < len(r.valid) && r.valid[i>>3]>>(i&7)&1 == 0
}

// finish turns what is stored into plain values.
func (r *vectorObject) finish() {
	s := r.s
	if s.Err() != nil {
		return
	}
	v := r.target()
	if s.Err() != nil {
		return
	}
	if r.form == vectorSequence {
		x := r.start
		for i := range r.n {
			v.fill(i, 1, uint128{uint64(x >> 63), uint64(x)})
			x += r.increment
		}
		return
	}
	for i := range r.count {
		if r.null(i) {
			v.setNull(i)
		}
	}
	if err := checkParts(v); err != nil {
		s.Fail("Vector", err)
		return
	}
	switch r.form {
	case vectorConstant:
		if r.n > 0 && r.v.appendFrom(v, 0, r.n, true, r.b) != nil {
			s.Fail("Vector", fault.ErrLimit)
		}
	case vectorDictionary:
		for i := range r.n {
			k := int64(binary.LittleEndian.Uint32(r.selection[4*i:]))
			if k >= int64(r.count) {
				s.Fail("Vector", fault.Corruptf("value %d of %d", k, r.count))
				return
			}
			if r.v.appendFrom(v, int(k), 1, false, r.b) != nil {
				s.Fail("Vector", fault.ErrLimit)
				return
			}
		}
	}
	if err := checkValues(r.v, 0); err != nil {
		s.Fail("Vector", err)
	}
}

// checkParts checks that the parts of nested values have been given.
func checkParts(v *vector) error {
	switch v.typ.Phys {
	case types.PhysStruct:
		for _, c := range v.children {
			if c.n != v.n {
				return fault.Corruptf("a member of %d values, want %d", c.n, v.n)
			}
		}
	case types.PhysArray:
		if got := v.children[0].n; got != v.n*v.typ.Size {
			return fault.Corruptf("%d elements, want %d", got, v.n*v.typ.Size)
		}
	case types.PhysList:
		for _, l := range v.lists {
			if int64(l.off)+int64(l.len) > int64(v.children[0].n) {
				return fault.Corruptf("element %d of %d", int64(l.off)+int64(l.len), v.children[0].n)
			}
		}
	}
	return nil
}

// checkValues checks values from one on that must be an index into something.
func checkValues(v *vector, from int) error {
	switch v.typ.ID {
	case types.Enum:
		n := uint64(len(v.typ.Values))
		for i := from; i < v.n; i++ {
			x, _ := v.Int64(i)
			if uint64(x) < n {
				continue
			}
			if !v.Null(i) {
				return fault.Corruptf("value %d of an ENUM of %d", x, n)
			}
			v.fill(i, 1, uint128{})
		}
	case types.Union:
		n := len(v.typ.Fields)
		tags := v.children[0].u8
		for i := from; i < v.n; i++ {
			if int(tags[i]) < n {
				continue
			}
			if !v.Null(i) {
				return fault.Corruptf("member %d of a UNION of %d", tags[i], n)
			}
			tags[i] = 0
		}
	case types.Null:
		v.setNulls(from, v.n-from)
	}
	return nil
}
