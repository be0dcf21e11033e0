package chunk

import (
	"encoding/binary"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/geometry"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// Read reads some rows, at most maxRows, of several columns: a vector for each. What is wrong is told by s.
func Read(s *storage.Stream, b *vector.Budget, maxRows int, field string) []*vector.Vector {
	rows := 0
	var kinds []*types.Type
	var cols []*vector.Vector
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
				t, err := tree.ReadType(s)
				s.Stop(err)
				kinds = append(kinds, t)
			})
		case 102:
			if n := s.Length(field); n != len(kinds) {
				s.Fail(field, fault.Corruptf("%d vectors of %d types", n, len(kinds)))
				return nil
			}
			for _, t := range kinds {
				v := vector.New(t)
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
func readVector(s *storage.Stream, v *vector.Vector, n int, b *vector.Budget) {
	r := vectorObject{s: s, v: v, n: n, b: b}
	for o := s.Object("Vector"); o.Next(); {
		r.field(&o)
	}
	r.finish()
}

// vectorObject is a Vector object being read.
type vectorObject struct {
	s *storage.Stream
	v *vector.Vector
	n int // values that the object stands for
	b *vector.Budget

	form      uint64
	selection []byte
	start     int64
	increment int64
	flat      *vector.Vector // what is stored: v itself unless the form says otherwise
	grown     bool
	count     int // values in flat
	valid     []byte
	hasValid  bool
	given     bool // whether there are values, if those of the type are not in children
	wkb       bool // of geometries: whether they are in well-known binary
	listSize  int
	lengths   []byte // of the strings, 4 bytes each, when their bytes come together
	bytes     uint64 // of all these strings
}

// target makes room for the stored values, once the form is known.
func (r *vectorObject) target() *vector.Vector {
	if r.grown {
		return r.flat
	}
	r.grown = true
	switch r.form {
	case vectorConstant:
		r.flat, r.count = vector.New(r.v.Type), min(1, r.n)
	case vectorDictionary:
		r.flat = vector.New(r.v.Type)
	default:
		r.flat, r.count = r.v, r.n
	}
	if err := r.flat.Grow(r.count, r.b); err != nil {
		r.s.Fail("Vector", fault.ErrLimit)
	}
	return r.flat
}

func (r *vectorObject) field(o *storage.Object) {
	s := r.s
	switch o.ID {
	case 90:
		r.form = s.ULEB(8, "Vector.form")
		if r.form != vectorFlat && (r.form < vectorConstant || r.form > vectorSequence) {
			s.Fail("Vector.form", fault.Unsupportedf("vector form %d", r.form))
		}
		return
	case 91:
		if r.form == vectorSequence {
			r.start = s.SLEB(64, "Vector.sequence")
			return
		}
		r.selection = s.Blob("Vector.selection")
		if len(r.selection) != 4*r.n {
			s.Fail("Vector.selection", fault.Corruptf("a selection of %d bytes for %d values", len(r.selection), r.n))
		}
		return
	case 92:
		if r.form == vectorSequence {
			r.increment = s.SLEB(64, "Vector.sequence")
			return
		}
		r.count = int(s.ULEB(31, "Vector.dictionary"))
		if int64(r.count) > max(s.Left(), int64(r.n)) { // every value of a dictionary is stored, or used
			s.Fail("Vector.dictionary", fault.Corruptf("a dictionary of %d values", r.count))
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
	case o.ID == 99 && v.Type.ID == types.Geometry:
		if layout := s.ULEB(8, "Vector.layout"); layout != geometry.LayoutWKB {
			s.Fail("Vector.layout", fault.Unsupportedf("geometry layout %d in a log", layout))
		}
		r.wkb = true
	case o.ID == 100:
		r.hasValid = s.Bool("Vector.has_validity")
	case o.ID == 101:
		r.valid = s.Blob("Vector.validity")
		if len(r.valid) < (n+7)/8 {
			s.Fail("Vector.validity", fault.Corruptf("validity of %d bytes for %d values", len(r.valid), n))
		}
	case o.ID == 102 && v.Type.Phys == types.PhysString:
		if k := s.Length("Vector.strings"); k != n {
			s.Fail("Vector.strings", fault.Corruptf("%d strings, want %d", k, n))
			return
		}
		r.given = true
		for i := range n {
			if v.SetBytes(i, s.Blob("Vector.strings"), r.b) != nil {
				s.Fail("Vector.strings", fault.ErrLimit)
			}
		}
	case o.ID == 107 && v.Type.Phys == types.PhysString:
		r.bytes = s.ULEB(64, "Vector.bytes")
	case o.ID == 108 && v.Type.Phys == types.PhysString:
		if r.lengths = s.Blob("Vector.lengths"); len(r.lengths) != 4*n {
			s.Fail("Vector.lengths", fault.Corruptf("%d bytes of lengths for %d strings", len(r.lengths), n))
		}
	case o.ID == 109 && v.Type.Phys == types.PhysString:
		r.given = true
		r.strings(v)
	case o.ID == 102 && v.Type.Phys.Width() > 0 && v.Type.Phys != types.PhysList:
		d := s.Blob("Vector.data")
		if len(d) != n*v.Type.Phys.Width() {
			s.Fail("Vector.data", fault.Corruptf("%d bytes for %d values of %s", len(d), n, v.Type))
			return
		}
		v.Load(0, n, d)
		r.given = true
	case o.ID == 103 && v.Type.Phys == types.PhysStruct:
		if k := s.Length("Vector.members"); k != len(v.Children) {
			s.Fail("Vector.members", fault.Corruptf("%d members, want %d", k, len(v.Children)))
			return
		}
		for _, c := range v.Children {
			readVector(s, c, n, r.b)
		}
	case o.ID == 104 && v.Type.Phys == types.PhysList:
		r.listSize = int(s.ULEB(31, "Vector.list_size"))
	case o.ID == 105 && v.Type.Phys == types.PhysList:
		r.given = true
		r.lists(v)
	case o.ID == 106 && v.Type.Phys == types.PhysList:
		readVector(s, v.Children[0], r.listSize, r.b)
	case o.ID == 103 && v.Type.Phys == types.PhysArray:
		if k := s.ULEB(31, "Vector.array_size"); int(k) != v.Type.Size {
			s.Fail("Vector.array_size", fault.Corruptf("arrays of %d elements, want %d", k, v.Type.Size))
		}
	case o.ID == 104 && v.Type.Phys == types.PhysArray:
		if int64(n)*int64(v.Type.Size) > r.b.Left {
			s.Fail("Vector.array_size", fault.ErrLimit)
			return
		}
		readVector(s, v.Children[0], n*v.Type.Size, r.b)
	default:
		o.Unknown()
	}
}

// strings reads the bytes of all strings, whose lengths are known.
func (r *vectorObject) strings(v *vector.Vector) {
	const field = "Vector.strings"
	s := r.s
	all := s.Blob(field)
	if s.Err() != nil {
		return
	}
	sum := uint64(0)
	for i := 0; i < len(r.lengths); i += 4 {
		sum += uint64(binary.LittleEndian.Uint32(r.lengths[i:]))
	}
	if len(r.lengths) != 4*r.count || sum != r.bytes || sum != uint64(len(all)) {
		s.Fail(field, fault.Corruptf("%d strings of %d bytes, want %d of %d in %d", len(r.lengths)/4, sum, r.count,
			r.bytes, len(all)))
		return
	}
	for i := range r.count {
		n := binary.LittleEndian.Uint32(r.lengths[4*i:])
		if v.SetBytes(i, all[:n], r.b) != nil {
			s.Fail(field, fault.ErrLimit)
			return
		}
		all = all[n:]
	}
}

func (r *vectorObject) lists(v *vector.Vector) {
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
		v.Lists[i] = vector.Span{Off: uint32(off), Len: uint32(length)}
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
			v.Fill(i, 1, vector.Uint128{Hi: uint64(x >> 63), Lo: uint64(x)})
			x += r.increment
		}
		return
	}
	if r.hasValid != (len(r.valid) > 0) && r.count > 0 {
		s.Fail("Vector.has_validity", fault.Corruptf("%v, with %d bytes of validity", r.hasValid, len(r.valid)))
		return
	}
	if parts := v.Type.Phys == types.PhysStruct || v.Type.Phys == types.PhysArray; !parts && !r.given && r.count > 0 {
		s.Fail("Vector.data", fault.Corruptf("none of %d values", r.count))
		return
	}
	for i := range r.count {
		if r.null(i) {
			v.SetNull(i)
		}
	}
	if err := checkParts(v); err != nil {
		s.Fail("Vector", err)
		return
	}
	if v.Type.ID == types.Geometry && !r.wkb {
		r.convertSpatial(v)
	}
	switch r.form {
	case vectorConstant:
		if r.n > 0 && r.v.AppendFrom(v, 0, r.n, true, r.b) != nil {
			s.Fail("Vector", fault.ErrLimit)
		}
	case vectorDictionary:
		for i := range r.n {
			k := int64(binary.LittleEndian.Uint32(r.selection[4*i:]))
			if k >= int64(r.count) {
				s.Fail("Vector", fault.Corruptf("value %d of %d", k, r.count))
				return
			}
			if r.v.AppendFrom(v, int(k), 1, false, r.b) != nil {
				s.Fail("Vector", fault.ErrLimit)
				return
			}
		}
	}
	if err := r.v.Check(0); err != nil {
		s.Fail("Vector", err)
	}
}

// convertSpatial converts geometries in the form of the spatial extension.
func (r *vectorObject) convertSpatial(v *vector.Vector) {
	for i := range r.count {
		if v.Null(i) {
			continue
		}
		wkb, ok := geometry.FromSpatial(nil, v.Bytes(i))
		if !ok {
			r.s.Fail("Vector.strings", fault.Corruptf("%d bytes are no geometry", len(v.Bytes(i))))
			return
		}
		if v.SetBytes(i, wkb, r.b) != nil {
			r.s.Fail("Vector.strings", fault.ErrLimit)
			return
		}
	}
}

// checkParts checks that the parts of nested values have been given.
func checkParts(v *vector.Vector) error {
	switch v.Type.Phys {
	case types.PhysStruct:
		for _, c := range v.Children {
			if c.N != v.N {
				return fault.Corruptf("a member of %d values, want %d", c.N, v.N)
			}
		}
	case types.PhysArray:
		if got := v.Children[0].N; got != v.N*v.Type.Size {
			return fault.Corruptf("%d elements, want %d", got, v.N*v.Type.Size)
		}
	case types.PhysList:
		for _, l := range v.Lists {
			if int64(l.Off)+int64(l.Len) > int64(v.Children[0].N) {
				return fault.Corruptf("element %d of %d", int64(l.Off)+int64(l.Len), v.Children[0].N)
			}
		}
	}
	return nil
}
