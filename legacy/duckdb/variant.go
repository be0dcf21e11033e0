package duckdb

import (
	"encoding/binary"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// FORMAT.md: variant.

// Kinds of value in a VARIANT.
const (
	variantNull    = 0
	variantTrue    = 1
	variantFalse   = 2
	variantDecimal = 15
	variantObject  = 29
	variantArray   = 30
)

// variantTypes are the types of the kinds that hold one plain value.
var variantTypes = map[uint8]*types.Type{
	variantTrue: types.Plain(types.Boolean), variantFalse: types.Plain(types.Boolean),
	3: types.Plain(types.TinyInt), 4: types.Plain(types.SmallInt), 5: types.Plain(types.Integer), 6: types.Plain(types.BigInt), 7: types.Plain(types.HugeInt),
	8: types.Plain(types.UTinyInt), 9: types.Plain(types.USmallInt), 10: types.Plain(types.UInteger), 11: types.Plain(types.UBigInt), 12: types.Plain(types.UHugeInt),
	13: types.Plain(types.Float), 14: types.Plain(types.Double), 16: types.Plain(types.Varchar), 17: types.Plain(types.Blob), 18: types.Plain(types.UUID), 19: types.Plain(types.Date),
	20: types.Plain(types.Time), 21: types.Plain(types.TimeNS), 22: types.Plain(types.TimestampS), 23: types.Plain(types.TimestampMS), 24: types.Plain(types.Timestamp),
	25: types.Plain(types.TimestampNS), 26: types.Plain(types.TimeTZ), 27: types.Plain(types.TimestampTZ), 28: types.Plain(types.Interval),
	31: types.Plain(types.BigNum), 32: types.Plain(types.Bit), 33: types.Plain(types.Geometry),
}

// A variantNode is one value of a VARIANT: a plain one, an array or an object. A nil one is NULL.
type variantNode struct {
	plain  *vector.Vector // holds a plain value
	at     int            // its place there
	array  bool
	object bool
	names  []string // of an object's members
	parts  []*variantNode
}

// maxVariantDepth bounds nested values, and maxVariantParts all values of a cell: what is referred to twice counts twice.
const (
	maxVariantDepth = 200
	maxVariantParts = 1 << 20
)

// decodeVariant decodes value i; nil means NULL, or bytes that are no variant.
func decodeVariant(v *vector.Vector, i int) *variantNode {
	if v.Null(i) {
		return nil
	}
	left := maxVariantParts
	return variantPart(v, i, 0, 0, &left)
}

// variantPart decodes entry k of value i.
func variantPart(v *vector.Vector, i, k, depth int, left *int) *variantNode {
	keys, children, values, data := v.Children[0], v.Children[1], v.Children[2], v.Children[3]
	if *left--; *left < 0 || depth > maxVariantDepth {
		return nil
	}
	entry := func(list *vector.Vector, k uint64) (int, bool) {
		r := list.Lists[i]
		return int(r.Off) + int(min(k, uint64(r.Len))), k < uint64(r.Len)
	}
	e, ok := entry(values, uint64(k))
	if !ok {
		return nil
	}
	kind, off := values.Children[0].Children[0].U8[e], values.Children[0].Children[1].U32[e]
	b := data.Bytes(i)
	if uint64(off) > uint64(len(b)) {
		return nil
	}
	b = b[off:]
	switch kind {
	case variantNull:
		return nil
	case variantObject, variantArray:
		n, b := takeVarint(b)
		n0 := &variantNode{array: kind == variantArray, object: kind == variantObject}
		if n == 0 {
			return n0
		}
		first, _ := takeVarint(b)
		for k := range n {
			c, ok := entry(children, first+k)
			if !ok || *left <= 0 {
				return n0
			}
			refs := children.Children[0]
			if n0.object {
				name, ok := entry(keys, uint64(refs.Children[0].U32[c]))
				if !ok {
					return n0
				}
				n0.names = append(n0.names, string(keys.Children[0].Bytes(name)))
			}
			n0.parts = append(n0.parts, variantPart(v, i, int(refs.Children[1].U32[c]&(1<<31-1)), depth+1, left))
		}
		return n0
	}
	return plainVariant(kind, b)
}

// plainVariant decodes a value that has no parts.
func plainVariant(kind uint8, b []byte) *variantNode {
	t := variantTypes[kind]
	if kind == variantDecimal {
		var width, scale uint64
		width, b = takeVarint(b)
		scale, b = takeVarint(b)
		t = &types.Type{ID: types.Decimal, Width: uint8(min(width, 255)), Scale: uint8(min(scale, 255))}
		if t.Finish() != nil {
			return nil
		}
	}
	if t == nil {
		return nil
	}
	out := vector.New(t)
	bud := vector.NewBudget(1 << 31)
	if out.Grow(1, bud) != nil {
		return nil
	}
	switch w := t.Phys.Width(); {
	case t.ID == types.Boolean:
		out.U8[0] = 0
		if kind == variantTrue {
			out.U8[0] = 1
		}
	case t.Phys == types.PhysString:
		var n uint64
		n, b = takeVarint(b)
		if n > uint64(len(b)) || out.SetBytes(0, b[:n], bud) != nil {
			return nil
		}
	case w > len(b):
		return nil
	default:
		out.Load(0, 1, b)
	}
	return &variantNode{plain: out}
}

// takeVarint reads an unsigned LEB128 number.
func takeVarint(b []byte) (uint64, []byte) {
	x, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, nil
	}
	return x, b[n:]
}
