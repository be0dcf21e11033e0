package duckdb

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// FORMAT.md: variant, shredded. Values that are stored by type are put back into the plain form when they are read, so that
// nothing else needs to know of them.

// Members of the STRUCT that a shredded value is wrapped in.
const (
	typedValue   = "typed_value"
	untypedIndex = "untyped_value_index"

	untypedAbsent = 0 // the object has no such member; otherwise the index counts from 1
)

// readShredded appends n values of a VARIANT that is partly stored by type.
func (r *columnReader) readShredded(dst *vector.Vector, n int, b *vector.Budget) error {
	plain, typed := vector.New(types.VariantStruct), vector.New(r.data.variant)
	if err := r.children[0].read(plain, int64(n), b); err != nil {
		return err
	}
	if err := r.children[1].read(typed, int64(n), b); err != nil {
		return err
	}
	at := dst.N
	if err := dst.Grow(n, b); err != nil {
		return err
	}
	for _, c := range dst.Children {
		if err := c.Grow(n, b); err != nil {
			return err
		}
	}
	for i := range n {
		left := maxVariantParts
		s := shredded{plain: plain, row: i, left: &left}
		node, absent := s.node(typed, i)
		if node == nil || absent {
			dst.SetNull(at + i)
			for _, c := range dst.Children {
				c.Fill(at+i, 1, vector.Uint128{})
				c.SetNull(at + i)
			}
			continue
		}
		var e variantEncoder
		e.node(node)
		if e.bad != nil {
			return r.children[1].values.corrupt("variant.typed_value", fault.Unsupportedf("a value of %s", e.bad))
		}
		if err := e.store(dst, at+i, b); err != nil {
			return err
		}
	}
	return r.validity.readValidity(dst, at, n)
}

// shredded puts the values of one row together.
type shredded struct {
	plain *vector.Vector // the parts of the row that are not stored by type
	row   int
	left  *int
}

// node gives value i of v, and whether there is none.
func (s *shredded) node(v *vector.Vector, i int) (n *variantNode, absent bool) {
	typed, index := v, (*vector.Vector)(nil)
	if v.Type.ID == types.Struct && len(v.Type.Fields) > 0 && slices.ContainsFunc(v.Type.Fields, func(f types.Field) bool { return f.Name == typedValue }) {
		if v.Null(i) {
			return nil, false
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
	var rest *variantNode
	if index != nil && index.Type.Phys == types.PhysUint32 && !index.Null(i) {
		k := index.U32[i]
		if k == untypedAbsent {
			return nil, true
		}
		rest = variantPart(s.plain, s.row, int((k-1)&(1<<31-1)), 0, s.left)
	}
	if typed.Null(i) {
		return rest, false
	}
	n = s.typed(typed, i)
	if rest != nil && rest.object && n.object { // members that not all objects have
		n.names, n.parts = append(n.names, rest.names...), append(n.parts, rest.parts...)
		n.sort()
	}
	return n, false
}

// typed gives value i, which is not NULL, of what is stored by type.
func (s *shredded) typed(v *vector.Vector, i int) *variantNode {
	*s.left--
	n := &variantNode{}
	switch v.Type.ID {
	case types.Struct:
		n.object = true
		for k, c := range v.Children {
			if *s.left < 0 {
				break
			}
			if part, absent := s.node(c, i); !absent {
				n.names, n.parts = append(n.names, v.Type.Fields[k].Name), append(n.parts, part)
			}
		}
		n.sort()
	case types.List:
		n.array = true
		from, to := v.List(i)
		for e := from; e < to && *s.left >= 0; e++ {
			part, _ := s.node(v.Children[0], e)
			n.parts = append(n.parts, part)
		}
	default:
		n.plain, n.at = v, i
	}
	return n
}

// sort puts an object's members in the order of their names, as the engine does when it puts them together.
func (n *variantNode) sort() {
	order := make([]int, len(n.names))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(n.names[a], n.names[b]) })
	names, parts := make([]string, len(order)), make([]*variantNode, len(order))
	for to, from := range order {
		names[to], parts[to] = n.names[from], n.parts[from]
	}
	n.names, n.parts = names, parts
}

// A variantEncoder writes one value in the plain form.
type variantEncoder struct {
	keys    []string
	members []variantMember
	kinds   []uint8
	offsets []uint32
	data    []byte
	bad     *types.Type // of a value that has no plain form
}

type variantMember struct {
	key   uint32
	value uint32
	named bool
}

// node writes a value and its parts.
func (e *variantEncoder) node(n *variantNode) (index uint32) {
	index = uint32(len(e.kinds))
	e.offsets = append(e.offsets, uint32(len(e.data)))
	switch {
	case n == nil:
		e.kinds = append(e.kinds, variantNull)
	case n.plain != nil:
		e.kinds = append(e.kinds, e.plain(n.plain, n.at))
	default:
		kind := uint8(variantArray)
		if n.object {
			kind = variantObject
		}
		e.kinds = append(e.kinds, kind)
		e.data = binary.AppendUvarint(e.data, uint64(len(n.parts)))
		first := len(e.members)
		if len(n.parts) > 0 {
			e.data = binary.AppendUvarint(e.data, uint64(first))
		}
		for k := range n.parts {
			m := variantMember{}
			if n.object {
				m.key, m.named = uint32(len(e.keys)), true
				e.keys = append(e.keys, n.names[k])
			}
			e.members = append(e.members, m)
		}
		for k, p := range n.parts {
			e.members[first+k].value = e.node(p)
		}
	}
	return index
}

// plain writes value i of v and gives its kind.
func (e *variantEncoder) plain(v *vector.Vector, i int) uint8 {
	switch {
	case v.Type.ID == types.Boolean:
		if v.U8[i] != 0 {
			return variantTrue
		}
		return variantFalse
	case v.Type.ID == types.Decimal:
		e.data = binary.AppendUvarint(e.data, uint64(v.Type.Width))
		e.data = binary.AppendUvarint(e.data, uint64(v.Type.Scale))
		e.data = appendStored(e.data, v, i)
		return variantDecimal
	}
	for kind, t := range variantTypes {
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
	return variantNull
}

// store makes value i of a VARIANT what has been written. The lists of its members have a value i already.
func (e *variantEncoder) store(dst *vector.Vector, i int, b *vector.Budget) error {
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
