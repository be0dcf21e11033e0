package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/workdir"
)

// placeFree reports that an archive of the name path cannot be written.
func placeFree(path string, force bool) error {
	if err := notRecorded(path); err != nil {
		return err
	}
	return withForceHint(inFile(path, outfile.Free(path, force)))
}

// notRecorded reports that a recording would become the archive of the name path when it is sealed.
func notRecorded(path string) error {
	if live := path + archive.LiveSuffix; exists(live) {
		return fmt.Errorf("%s: an unfinished recording of that name is there: seal or remove it first", live)
	}
	return nil
}

// sweepBeside removes what killed processes left beside path.
func sweepBeside(path string) error {
	if err := workdir.Sweep(filepath.Dir(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return inFile(path, err)
	}
	return nil
}

// writeChecked makes the archive output: fill records it, under another name, and it gets its own if check finds
// nothing wrong with it.
func writeChecked(output string, force bool, annotations []archive.Annotation,
	fill func(*record.Writer) error, check func(path string) error) error {
	err := outfile.Build(output, force, func(path string) error {
		w, err := record.Create(path, &record.Options{Bulk: true, Annotations: annotations})
		if err != nil {
			return err
		}
		if err := errors.Join(fill(w), w.Close()); err != nil {
			return err
		}
		if err := check(path); err != nil {
			return fmt.Errorf("%s: nothing was written: %w", output, err)
		}
		return notRecorded(output) // again: it took a while
	})
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) && pathErr.Path == output {
		return inFile(output, err)
	}
	return withForceHint(err)
}
