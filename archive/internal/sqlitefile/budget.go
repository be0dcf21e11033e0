package sqlitefile

import (
	"fmt"
	"os"
	"sync/atomic"
)

// A Budget bounds what is gathered in memory from the rows of a file. In a sound file every byte belongs to one row, so
// all rows together are no longer than the file; in a crafted one the same pages can be rows again and again. It may be
// used by several goroutines.
type Budget struct{ size, left atomic.Int64 }

// budgetSlack is for what a small file may hold beyond its size: values that SQLite stores in a shorter form.
const budgetSlack = 1 << 20

// perRow is the length in bytes that no row falls short of.
const perRow = 4

// Length gives the length in bytes of the file, its log included, as it is now.
func (f *File) Length() int64 {
	size := f.Size
	if f.Pages == nil { // it may have grown, as what is read from it has
		for _, path := range []string{f.Path, f.Path + "-wal"} {
			if info, err := os.Stat(path); err == nil {
				size += info.Size()
			}
		}
	}
	return size
}

// Budget gives a budget for what one call gathers from f, or one statement that goes over a table gives.
func (f *File) Budget() *Budget {
	size := f.Length()
	b := &Budget{}
	b.size.Store(size)
	b.left.Store(size + budgetSlack)
	return b
}

// Take is called for each row, of n bytes of texts and blobs. It fails with [ErrDamaged] when there are
// more than the file can hold.
func (b *Budget) Take(n int) error {
	if b.left.Add(-int64(n)-perRow) < 0 {
		return fmt.Errorf("%w: its rows hold more than the %d bytes of the file", ErrDamaged, b.size.Load())
	}
	return nil
}
