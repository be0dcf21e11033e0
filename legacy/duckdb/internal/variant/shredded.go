package variant

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// Values that are stored by type are put back into the plain form when they are read, so that nothing else needs to
// know of them.

// Members of the STRUCT that a shredded value is wrapped in.
const (
	typedValue   = "typed_value"
	untypedIndex = "untyped_value_index"

	untypedAbsent = 0 // the object has no such member; otherwise the index counts from 1
)

// Unshred makes value at of dst, a VARIANT whose members have a value there too, what row i of plain and of typed hold
// together.
func Unshred(dst *vector.Vector, at int, plain, typed *vector.Vector, i int, b *vector.Budget) error {
	left := maxParts
	s := shredded{plain: plain, row: i, left: &left}
	node, absent, err := s.node(typed, i)
	if err != nil {
		return err
	}
	if node == nil || absent {
		dst.SetNull(at)
		for _, c := range dst.Children {
			c.Fill(at, 1, vector.Uint128{})
			c.SetNull(at)
		}
		return nil
	}
	var e encoder
	e.node(node)
	if e.bad != nil {
		return fault.Unsupportedf("a value of %s", e.bad)
	}
	return e.store(dst, at, b)
}

// shredded puts the values of one row together.
type shredded struct {
	plain *vector.Vector // the parts of the row that are not stored by type
	row   int
	left  *int
}

// node gives value i of v, and whether there is none.
func (s *shredded) node(v *vector.Vector, i int) (n *Node, absent bool, err error) {
	typed, index := v, (*vector.Vector)(nil)
	if v.Type.ID == types.Struct && len(v.Type.Fields) > 0 && slices.ContainsFunc(v.Type.Fields,
		func(f types.Field) bool { return f.Name == typedValue }) {
		if v.Null(i) {
			return nil, false, nil
		}
		for k, f := range v.Type.Fields {
			switch f.Name {
			case typedValue:
				typed = v.Children[k]
			case untypedIndex:
				index = v.Children[k]
			}
		}
	}
	var rest *Node
	if index != nil && index.Type.Phys == types.PhysUint32 && !index.Null(i) {
		k := index.U32[i]
		if k == untypedAbsent {
			return nil, true, nil
		}
		if rest, err = part(s.plain, s.row, int((k-1)&(1<<31-1)), 0, s.left); err != nil {
			return nil, false, err
		}
	}
	if typed.Null(i) {
		return rest, false, nil
	}
	if n, err = s.typed(typed, i); err != nil {
		return nil, false, err
	}
	if rest != nil && rest.Object && n.Object { // members that not all objects have
		n.Names, n.Parts = append(n.Names, rest.Names...), append(n.Parts, rest.Parts...)
		n.sort()
	}
	return n, false, nil
}

// typed gives value i, which is not NULL, of what is stored by type.
func (s *shredded) typed(v *vector.Vector, i int) (*Node, error) {
	if *s.left--; *s.left < 0 {
		return nil, errTooLarge
	}
	n := &Node{}
	switch v.Type.ID {
	case types.Struct:
		n.Object = true
		for k, c := range v.Children {
			part, absent, err := s.node(c, i)
			if err != nil {
				return nil, err
			}
			if !absent {
				n.Names, n.Parts = append(n.Names, v.Type.Fields[k].Name), append(n.Parts, part)
			}
		}
		n.sort()
	case types.List:
		from, to := v.List(i)
		for e := from; e < to; e++ {
			part, _, err := s.node(v.Children[0], e)
			if err != nil {
				return nil, err
			}
			n.Parts = append(n.Parts, part)
		}
	default:
		n.Plain, n.At = v, i
	}
	return n, nil
}

// sort puts an object's members in the order of their names, as the engine does when it gives them out.
func (n *Node) sort() {
	if slices.IsSorted(n.Names) {
		return
	}
	order := make([]int, len(n.Names))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(n.Names[a], n.Names[b]) })
	names, parts := make([]string, len(order)), make([]*Node, len(order))
	for to, from := range order {
		names[to], parts[to] = n.Names[from], n.Parts[from]
	}
	n.Names, n.Parts = names, parts
}

// A encoder writes one value in the plain form.
type encoder struct {
	keys    []string
	members []member
	kinds   []uint8
	offsets []uint32
	data    []byte
	bad     *types.Type // of a value that has no plain form
}

type member struct {
	key   uint32
	value uint32
	named bool
}

// node writes a value and its parts.
func (e *encoder) node(n *Node) (index uint32) {
	index = uint32(len(e.kinds))
	e.offsets = append(e.offsets, uint32(len(e.data)))
	switch {
	case n == nil:
		e.kinds = append(e.kinds, kindNull)
	case n.Plain != nil:
		e.kinds = append(e.kinds, e.plain(n.Plain, n.At))
	default:
		kind := uint8(kindArray)
		if n.Object {
			kind = kindObject
		}
		e.kinds = append(e.kinds, kind)
		e.data = binary.AppendUvarint(e.data, uint64(len(n.Parts)))
		first := len(e.members)
		if len(n.Parts) > 0 {
			e.data = binary.AppendUvarint(e.data, uint64(first))
		}
		for k := range n.Parts {
			m := member{}
			if n.Object {
				m.key, m.named = uint32(len(e.keys)), true
				e.keys = append(e.keys, n.Names[k])
			}
			e.members = append(e.members, m)
		}
		for k, p := range n.Parts {
			e.members[first+k].value = e.node(p)
		}
	}
	return index
}

// plain writes value i of v and gives its kind.
func (e *encoder) plain(v *vector.Vector, i int) uint8 {
	switch {
	case v.Type.ID == types.Boolean:
		if v.U8[i] != 0 {
			return kindTrue
		}
		return kindFalse
	case v.Type.ID == types.Decimal:
		e.data = binary.AppendUvarint(e.data, uint64(v.Type.Width))
		e.data = binary.AppendUvarint(e.data, uint64(v.Type.Scale))
		e.data = appendStored(e.data, v, i)
		return kindDecimal
	}
	for kind, t := range plainTypes() {
		if t.ID != v.Type.ID {
			continue
		}
		if t.Phys == types.PhysString {
			e.data = binary.AppendUvarint(e.data, uint64(len(v.Bytes(i))))
			e.data = append(e.data, v.Bytes(i)...)
		} else {
			e.data = appendStored(e.data, v, i)
		}
		return kind
	}
	e.bad = v.Type
	return kindNull
}

// store makes value i of a VARIANT what has been written. The lists of its members have a value i already.
func (e *encoder) store(dst *vector.Vector, i int, b *vector.Budget) error {
	add := func(list *vector.Vector, n int) (elems *vector.Vector, at int, err error) {
		elems = list.Children[0]
		at = elems.N
		list.Lists[i] = vector.Span{Off: uint32(at), Len: uint32(n)}
		if err = elems.Grow(n, b); err != nil {
			return nil, 0, err
		}
		for _, c := range elems.Children {
			if err = c.Grow(n, b); err != nil {
				return nil, 0, err
			}
		}
		return elems, at, nil
	}
	keys, at, err := add(dst.Children[0], len(e.keys))
	if err != nil {
		return err
	}
	for k, s := range e.keys {
		if err := keys.SetBytes(at+k, []byte(s), b); err != nil {
			return err
		}
	}
	members, at, err := add(dst.Children[1], len(e.members))
	if err != nil {
		return err
	}
	for k, m := range e.members {
		members.Children[0].U32[at+k] = m.key
		if !m.named {
			members.Children[0].SetNull(at + k)
		}
		members.Children[1].U32[at+k] = m.value
	}
	values, at, err := add(dst.Children[2], len(e.kinds))
	if err != nil {
		return err
	}
	for k := range e.kinds {
		values.Children[0].U8[at+k] = e.kinds[k]
		values.Children[1].U32[at+k] = e.offsets[k]
	}
	return dst.Children[3].SetBytes(i, e.data, b)
}

// appendStored appends value i of a fixed-width type, least significant byte first.
func appendStored(dst []byte, v *vector.Vector, i int) []byte {
	x := v.Bits(i)
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], x.Lo)
	binary.LittleEndian.PutUint64(b[8:], x.Hi)
	return append(dst, b[:v.Type.Phys.Width()]...)
}
