package vector

import "errors"

// ErrBudget means that a batch does not fit; the scanner then tries fewer rows.
var ErrBudget = errors.New("batch over budget")

// A Budget bounds what one batch may allocate.
type Budget struct {
	Left int64 // bytes
}

// NewBudget allows n bytes.
func NewBudget(n int64) *Budget { return &Budget{n} }

// Take reserves n items of the given size.
func (b *Budget) Take(n int64, size int) error {
	if n > b.Left/int64(size) {
		return ErrBudget
	}
	b.Left -= n * int64(size)
	return nil
}
