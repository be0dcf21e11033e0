package vector

import "github.com/simexp/exparchive/legacy/duckdb/internal/types"

// Keep drops all values but those listed, which ascend.
func (v *Vector) Keep(rows []int32) {
	pick := func(i int) int { return int(rows[i]) }
	if v.nulls {
		for i := range rows {
			if v.Null(pick(i)) {
				v.valid[i>>6] &^= 1 << (i & 63)
			} else {
				v.valid[i>>6] |= 1 << (i & 63)
			}
		}
	}
	v.N = len(rows)
	switch v.Type.Phys {
	case types.PhysInt8:
		v.I8 = keep(v.I8, rows)
	case types.PhysInt16:
		v.I16 = keep(v.I16, rows)
	case types.PhysInt32:
		v.I32 = keep(v.I32, rows)
	case types.PhysInt64:
		v.I64 = keep(v.I64, rows)
	case types.PhysUint8:
		v.U8 = keep(v.U8, rows)
	case types.PhysUint16:
		v.U16 = keep(v.U16, rows)
	case types.PhysUint32:
		v.U32 = keep(v.U32, rows)
	case types.PhysUint64:
		v.U64 = keep(v.U64, rows)
	case types.PhysFloat:
		v.F32 = keep(v.F32, rows)
	case types.PhysDouble:
		v.F64 = keep(v.F64, rows)
	case types.PhysInt128, types.PhysUint128, types.PhysInterval:
		v.Wide = keep(v.Wide, rows)
	case types.PhysString:
		v.Strings = keep(v.Strings, rows)
	case types.PhysList:
		v.Lists = keep(v.Lists, rows)
	case types.PhysStruct:
		for _, c := range v.Children {
			c.Keep(rows)
		}
	case types.PhysArray:
		size := int32(v.Type.Size)
		elems := make([]int32, 0, len(rows)*v.Type.Size)
		for _, r := range rows {
			for k := range size {
				elems = append(elems, r*size+k)
			}
		}
		v.Children[0].Keep(elems)
	}
}

func keep[T any](s []T, rows []int32) []T {
	for i, r := range rows {
		s[i] = s[r]
	}
	return s[:len(rows)]
}

// AppendFrom appends n values of src, which has the same type, from value at on; with repeat it appends value at n
// times.
func (v *Vector) AppendFrom(src *Vector, at, n int, repeat bool, b *Budget) error {
	base := v.N
	if err := v.Grow(n, b); err != nil {
		return err
	}
	for i := range n {
		j := at
		if !repeat {
			j += i
		}
		if err := v.Set(base+i, src, j, b); err != nil {
			return err
		}
	}
	if v.Type.Phys == types.PhysStruct {
		for k, c := range v.Children {
			if err := c.AppendFrom(src.Children[k], at, n, repeat, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// Set copies value j of src to value i. The elements of lists are appended to the child; those of an array
// must come in order; the members of a struct are not copied.
func (v *Vector) Set(i int, src *Vector, j int, b *Budget) error {
	if src.Null(j) {
		v.SetNull(i)
	} else {
		v.SetValid(i)
	}
	switch v.Type.Phys {
	case types.PhysInt8:
		v.I8[i] = src.I8[j]
	case types.PhysInt16:
		v.I16[i] = src.I16[j]
	case types.PhysInt32:
		v.I32[i] = src.I32[j]
	case types.PhysInt64:
		v.I64[i] = src.I64[j]
	case types.PhysUint8:
		v.U8[i] = src.U8[j]
	case types.PhysUint16:
		v.U16[i] = src.U16[j]
	case types.PhysUint32:
		v.U32[i] = src.U32[j]
	case types.PhysUint64:
		v.U64[i] = src.U64[j]
	case types.PhysFloat:
		v.F32[i] = src.F32[j]
	case types.PhysDouble:
		v.F64[i] = src.F64[j]
	case types.PhysInt128, types.PhysUint128, types.PhysInterval:
		v.Wide[i] = src.Wide[j]
	case types.PhysString:
		return v.SetBytes(i, src.Bytes(j), b)
	case types.PhysList:
		r := src.Lists[j]
		c := v.Children[0]
		v.Lists[i] = Span{uint32(c.N), r.Len}
		return c.AppendFrom(src.Children[0], int(r.Off), int(r.Len), false, b)
	case types.PhysArray:
		size := v.Type.Size
		return v.Children[0].AppendFrom(src.Children[0], j*size, size, false, b)
	}
	return nil
}

// AppendNull appends a NULL, whose members and elements of fixed number are NULL as well.
func (v *Vector) AppendNull(b *Budget) error {
	i := v.N
	if err := v.Grow(1, b); err != nil {
		return err
	}
	v.Fill(i, 1, Uint128{})
	v.SetNull(i)
	switch v.Type.Phys {
	case types.PhysStruct:
		for _, c := range v.Children {
			if err := c.AppendNull(b); err != nil {
				return err
			}
		}
	case types.PhysArray:
		for range v.Type.Size {
			if err := v.Children[0].AppendNull(b); err != nil {
				return err
			}
		}
	}
	return nil
}
