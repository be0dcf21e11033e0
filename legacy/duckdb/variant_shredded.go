package duckdb

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
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
func (r *columnReader) readShredded(dst *vector, n int, b *budget) error {
	plain, typed := newVector(types.VariantStruct), newVector(r.data.variant)
	if err := r.children[0].read(plain, int64(n), b); err != nil {
		return err
	}
	if err := r.children[1].read(typed, int64(n), b); err != nil {
		return err
	}
	at := dst.n
	if err := dst.grow(n, b); err != nil {
		return err
	}
	for _, c := range dst.children {
		if err := c.grow(n, b); err != nil {
			return err
		}
	}
	for i := range n {
		left := maxVariantParts
		s := shredded{plain: plain, row: i, left: &left}
		node, absent := s.node(typed, i)
		if node == nil || absent {
			dst.setNull(at + i)
			for _, c := range dst.children {
				c.fill(at+i, 1, uint128{})
				c.setNull(at + i)
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
	plain *vector // the parts of the row that are not stored by type
	row   int
	left  *int
}

// node gives value i of v, and whether there is none.
func (s *shredded) node(v *vector, i int) (n *variantNode, absent bool) {
	typed, index := v, (*vector)(nil)
	if v.typ.ID == types.Struct && len(v.typ.Fields) > 0 && slices.ContainsFunc(v.typ.Fields, func(f types.Field) bool { return f.Name == typedValue }) {
		if v.Null(i) {
			return nil, false
		}
		for k, f := range v.typ.Fields {
			switch f.Name {
			case typedValue:
				typed = v.children[k]
			case untypedIndex:
				index = v.children[k]
			}
		}
	}
	var rest *variantNode
	if index != nil && index.typ.Phys == types.PhysUint32 && !index.Null(i) {
		k := index.u32[i]
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
func (s *shredded) typed(v *vector, i int) *variantNode {
	*s.left--
	n := &variantNode{}
	switch v.typ.ID {
	case types.Struct:
		n.object = true
		for k, c := range v.children {
			if *s.left < 0 {
				break
			}
			if part, absent := s.node(c, i); !absent {
				n.names, n.parts = append(n.names, v.typ.Fields[k].Name), append(n.parts, part)
			}
		}
		n.sort()
	case types.List:
		n.array = true
		from, to := v.List(i)
		for e := from; e < to && *s.left >= 0; e++ {
			part, _ := s.node(v.children[0], e)
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
func (e *variantEncoder) plain(v *vector, i int) uint8 {
	switch {
	case v.typ.ID == types.Boolean:
		if v.u8[i] != 0 {
			return variantTrue
		}
		return variantFalse
	case v.typ.ID == types.Decimal:
		e.data = binary.AppendUvarint(e.data, uint64(v.typ.Width))
		e.data = binary.AppendUvarint(e.data, uint64(v.typ.Scale))
		e.data = appendStored(e.data, v, i)
		return variantDecimal
	}
	for kind, t := range variantTypes {
		if t.ID != v.typ.ID {
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
	e.bad = v.typ
	return variantNull
}

// store makes value i of a VARIANT what has been written. The lists of its members have a value i already.
func (e *variantEncoder) store(dst *vector, i int, b *budget) error {
	add := func(list *vector, n int) (elems *vector, at int, err error) {
		elems = list.children[0]
		at = elems.n
		list.lists[i] = listRef{uint32(at), uint32(n)}
		if err = elems.grow(n, b); err != nil {
			return nil, 0, err
		}
		for _, c := range elems.children {
			if err = c.grow(n, b); err != nil {
				return nil, 0, err
			}
		}
		return elems, at, nil
	}
	keys, at, err := add(dst.children[0], len(e.keys))
	if err != nil {
		return err
	}
	for k, s := range e.keys {
		if err := keys.setBytes(at+k, []byte(s), b); err != nil {
			return err
		}
	}
	members, at, err := add(dst.children[1], len(e.members))
	if err != nil {
		return err
	}
	for k, m := range e.members {
		members.children[0].u32[at+k] = m.key
		if !m.named {
			members.children[0].setNull(at + k)
		}
		members.children[1].u32[at+k] = m.value
	}
	values, at, err := add(dst.children[2], len(e.kinds))
	if err != nil {
		return err
	}
	for k := range e.kinds {
		values.children[0].u8[at+k] = e.kinds[k]
		values.children[1].u32[at+k] = e.offsets[k]
	}
	return dst.children[3].setBytes(i, e.data, b)
}

// appendStored appends value i of a fixed-width type, least significant byte first.
func appendStored(dst []byte, v *vector, i int) []byte {
	x := v.bits(i)
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], x.Lo)
	binary.LittleEndian.PutUint64(b[8:], x.Hi)
	return append(dst, b[:v.typ.Phys.Width()]...)
}
