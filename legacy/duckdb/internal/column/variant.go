package column

import (
	"errors"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/variant"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// readShredded appends n values of a VARIANT that is partly stored by type.
func (r *Reader) readShredded(dst *vector.Vector, n int, b *vector.Budget) error {
	plain, typed := vector.New(types.VariantStruct), vector.New(r.data.variant)
	if err := r.children[0].Read(plain, int64(n), b); err != nil {
		return err
	}
	if err := r.children[1].Read(typed, int64(n), b); err != nil {
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
		err := variant.Unshred(dst, at+i, plain, typed, i, b)
		if errors.Is(err, vector.ErrBudget) {
			return err
		} else if err != nil {
			return r.children[1].values.corrupt("variant.typed_value", err)
		}
	}
	return r.validity.readValidity(dst, at, n)
}
