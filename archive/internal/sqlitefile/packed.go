package sqlitefile

import (
	"errors"
	"fmt"
	"io"

	"github.com/simexp/exparchive/archive/internal/packed"
)

// A PackedFile gives what is inside of a packed file, and says [ErrDamaged] where that is not sound.
type PackedFile struct{ *packed.Reader }

// IsPacked reports whether r begins as a packed file does. The error is one of reading.
func IsPacked(r io.ReaderAt) (bool, error) {
	b := make([]byte, len(packed.Magic))
	n, err := r.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return string(b[:n]) == packed.Magic, nil
}

// OpenPacked opens a packed file whose size bytes r gives. What is not one is [ErrNotArchive] or ErrDamaged.
func OpenPacked(r io.ReaderAt, size int64) (PackedFile, error) {
	p, err := packed.New(r, size)
	return PackedFile{p}, damagedPack(err)
}

// OpenDamagedPack is OpenPacked that does without the seek table if that is not sound.
func OpenDamagedPack(r io.ReaderAt, size int64) (PackedFile, error) {
	p, err := packed.New(r, size)
	if errors.Is(err, packed.ErrNoTable) || errors.As(err, new(*packed.Error)) {
		p, err = packed.NewWithoutTable(r, size)
	}
	return PackedFile{p}, damagedPack(err)
}

// ReadAt implements [io.ReaderAt].
func (p PackedFile) ReadAt(b []byte, off int64) (int, error) {
	n, err := p.Reader.ReadAt(b, off)
	return n, damagedPack(err)
}

// damagedPack puts an error of package packed into the class that the others of this package have.
func damagedPack(err error) error {
	switch {
	case errors.Is(err, packed.ErrNoTable):
		return fmt.Errorf("%w: %w", ErrNotArchive, err)
	case errors.As(err, new(*packed.Error)):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}
