package salvage

import (
	"errors"
	"os"
	"syscall"
)

// dataFrom gives the first offset from at on where f is no hole, its size if there is none.
func dataFrom(f *os.File, at int64) int64 {
	const seekData = 3
	next, err := f.Seek(at, seekData)
	if errors.Is(err, syscall.ENXIO) {
		info, err := f.Stat()
		if err != nil {
			return at
		}
		return info.Size()
	} else if err != nil {
		return at
	}
	return next
}
