package variant

import (
	"encoding/binary"
	"slices"
	"sync"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
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
var plainTypes = sync.OnceValue(func() map[uint8]*types.Type {
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
})

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

// errTooLarge refuses a value that is past the bounds.
var errTooLarge = fault.Unsupportedf("a VARIANT of more than %d parts, or nested deeper than %d", maxParts, maxDepth)

// Decode decodes value i; nil means NULL. The error is about bytes that are no variant, or one that this reader lacks.
func Decode(v *vector.Vector, i int) (*Node, error) {
	if v.Null(i) {
		return nil, nil
	}
	left := maxParts
	return part(v, i, 0, 0, &left)
}

// Sort puts the members of every object within n in the order of their names.
func (n *Node) Sort() {
	if n == nil {
		return
	}
	if n.Object {
		n.sort()
	}
	for _, p := range n.Parts {
		p.Sort()
	}
}

// Check decodes every VARIANT that is or is within a value of v.
func Check(v *vector.Vector) error {
	if !within(v.Type) {
		return nil
	}
	for i := range v.N {
		if err := check(v, i); err != nil {
			return err
		}
	}
	return nil
}

// within reports whether values of t are or have in them a VARIANT.
func within(t *types.Type) bool {
	return t.ID == types.Variant || t.Elem != nil && within(t.Elem) ||
		slices.ContainsFunc(t.Fields, func(f types.Field) bool { return within(f.Type) })
}

func check(v *vector.Vector, i int) error {
	switch {
	case v.Null(i) || !within(v.Type):
		return nil
	case v.Type.ID == types.Variant:
		_, err := Decode(v, i)
		return err
	case v.Type.ID == types.Union:
		return check(v.Child(v.Tag(i)), i)
	case v.Type.Phys == types.PhysStruct:
		for _, c := range v.Children {
			if err := check(c, i); err != nil {
				return err
			}
		}
		return nil
	}
	from, to := v.List(i)
	for e := from; e < to; e++ {
		if err := check(v.Children[0], e); err != nil {
			return err
		}
	}
	return nil
}

// part decodes entry k of value i.
func part(v *vector.Vector, i, k, depth int, left *int) (*Node, error) {
	keys, children, values, data := v.Children[0], v.Children[1], v.Children[2], v.Children[3]
	if *left--; *left < 0 || depth > maxDepth {
		return nil, errTooLarge
	}
	entry := func(what string, list *vector.Vector, k uint64) (int, error) {
		r := list.Lists[i]
		if k >= uint64(r.Len) {
			return 0, fault.Corruptf("%s %d of %d of a VARIANT", what, k, r.Len)
		}
		return int(r.Off) + int(k), nil
	}
	e, err := entry("value", values, uint64(k))
	if err != nil {
		return nil, err
	}
	kind, off := values.Children[0].Children[0].U8[e], values.Children[0].Children[1].U32[e]
	b := data.Bytes(i)
	if uint64(off) > uint64(len(b)) {
		return nil, fault.Corruptf("a value at %d of a VARIANT of %d bytes", off, len(b))
	}
	b = b[off:]
	switch kind {
	case kindNull:
		return nil, nil
	case kindObject, kindArray:
		n, b, err := takeVarint(b)
		n0 := &Node{Object: kind == kindObject}
		if n == 0 || err != nil {
			return n0, err
		}
		first, _, err := takeVarint(b)
		if err != nil {
			return nil, err
		}
		for k := range n {
			c, err := entry("part", children, first+k)
			if err != nil {
				return nil, err
			}
			refs := children.Children[0]
			if n0.Object {
				name, err := entry("name", keys, uint64(refs.Children[0].U32[c]))
				if err != nil {
					return nil, err
				}
				n0.Names = append(n0.Names, string(keys.Children[0].Bytes(name)))
			}
			p, err := part(v, i, int(refs.Children[1].U32[c]&(1<<31-1)), depth+1, left)
			if err != nil {
				return nil, err
			}
			n0.Parts = append(n0.Parts, p)
		}
		return n0, nil
	}
	return decodePlain(kind, b)
}

// decodePlain decodes a value that has no parts.
func decodePlain(kind uint8, b []byte) (*Node, error) {
	t := plainTypes()[kind]
	if kind == kindDecimal {
		width, rest, err := takeVarint(b)
		if err != nil {
			return nil, err
		}
		scale, rest, err := takeVarint(rest)
		if err != nil {
			return nil, err
		}
		b = rest
		t = &types.Type{ID: types.Decimal, Width: uint8(min(width, 255)), Scale: uint8(min(scale, 255))}
		if err := t.Finish(); err != nil {
			return nil, err
		}
	}
	if t == nil {
		return nil, fault.Unsupportedf("a VARIANT of kind %d", kind)
	}
	out := vector.New(t)
	bud := vector.NewBudget(1 << 31)
	if err := out.Grow(1, bud); err != nil {
		return nil, err
	}
	switch w := t.Phys.Width(); {
	case t.ID == types.Boolean:
		out.U8[0] = 0
		if kind == kindTrue {
			out.U8[0] = 1
		}
	case t.Phys == types.PhysString:
		n, rest, err := takeVarint(b)
		if err != nil {
			return nil, err
		}
		if n > uint64(len(rest)) {
			return nil, fault.Corruptf("%d bytes of %s in a VARIANT that has %d", n, t, len(rest))
		}
		if err := out.SetBytes(0, rest[:n], bud); err != nil {
			return nil, err
		}
	case w > len(b):
		return nil, fault.Corruptf("%d bytes of %s in a VARIANT that has %d", w, t, len(b))
	default:
		out.Load(0, 1, b)
	}
	return &Node{Plain: out}, nil
}

// takeVarint reads an unsigned LEB128 number.
func takeVarint(b []byte) (uint64, []byte, error) {
	x, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, nil, fault.Corruptf("a number without an end in a VARIANT")
	}
	return x, b[n:], nil
}
