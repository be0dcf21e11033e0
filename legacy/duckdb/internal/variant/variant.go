package variant

import (
	"encoding/binary"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// Kinds of value in a VARIANT.
const (
	kindNull    = 0
	kindTrue    = 1
	kindFalse   = 2
	kindDecimal = 15
	kindObject  = 29
	kindArray   = 30
)

// plainTypes are the types of the kinds that hold one plain value.
var plainTypes = func() map[uint8]*types.Type {
	plain := map[uint8]*types.Type{}
	for kind, id := range map[uint8]types.ID{
		kindTrue: types.Boolean, kindFalse: types.Boolean, 3: types.TinyInt, 4: types.SmallInt, 5: types.Integer,
		6: types.BigInt, 7: types.HugeInt, 8: types.UTinyInt, 9: types.USmallInt, 10: types.UInteger, 11: types.UBigInt,
		12: types.UHugeInt, 13: types.Float, 14: types.Double, 16: types.Varchar, 17: types.Blob, 18: types.UUID,
		19: types.Date, 20: types.Time, 21: types.TimeNS, 22: types.TimestampS, 23: types.TimestampMS,
		24: types.Timestamp, 25: types.TimestampNS, 26: types.TimeTZ, 27: types.TimestampTZ, 28: types.Interval,
		31: types.BigNum, 32: types.Bit, 33: types.Geometry, 34: types.TimestampTZNS,
	} {
		plain[kind] = types.Plain(id)
	}
	return plain
}()

// A Node is one value of a VARIANT: a plain one, an array or an object. A nil one is NULL.
type Node struct {
	Plain  *vector.Vector // holds a plain value
	At     int            // its place there
	Object bool           // an array when neither plain nor an object
	Names  []string       // of an object's members
	Parts  []*Node
}

// maxDepth bounds nested values, and maxParts all values of a cell: what is referred to twice counts twice.
const (
	maxDepth = 200
	maxParts = 1 << 20
)

// Decode decodes value i; nil means NULL, or bytes that are no variant.
func Decode(v *vector.Vector, i int) *Node {
	if v.Null(i) {
		return nil
	}
	left := maxParts
	return part(v, i, 0, 0, &left)
}

// part decodes entry k of value i.
func part(v *vector.Vector, i, k, depth int, left *int) *Node {
	keys, children, values, data := v.Children[0], v.Children[1], v.Children[2], v.Children[3]
	if *left--; *left < 0 || depth > maxDepth {
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
	case kindNull:
		return nil
	case kindObject, kindArray:
		n, b := takeVarint(b)
		n0 := &Node{Object: kind == kindObject}
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
			if n0.Object {
				name, ok := entry(keys, uint64(refs.Children[0].U32[c]))
				if !ok {
					return n0
				}
				n0.Names = append(n0.Names, string(keys.Children[0].Bytes(name)))
			}
			n0.Parts = append(n0.Parts, part(v, i, int(refs.Children[1].U32[c]&(1<<31-1)), depth+1, left))
		}
		return n0
	}
	return decodePlain(kind, b)
}

// decodePlain decodes a value that has no parts.
func decodePlain(kind uint8, b []byte) *Node {
	t := plainTypes[kind]
	if kind == kindDecimal {
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
		if kind == kindTrue {
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
	return &Node{Plain: out}
}

// takeVarint reads an unsigned LEB128 number.
func takeVarint(b []byte) (uint64, []byte) {
	x, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, nil
	}
	return x, b[n:]
}
