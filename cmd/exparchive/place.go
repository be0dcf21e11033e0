package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/workdir"
	"github.com/simexp/exparchive/provider/digest"
)

// placeFree reports that an archive of the name path cannot be written.
func placeFree(path string, force bool) error {
	if err := notRecorded(path); err != nil {
		return err
	}
	return withForceHint(outfile.Free(path, force))
}

// notRecorded reports that a recording would become the archive of the name path when it is sealed.
func notRecorded(path string) error {
	if live := path + archive.LiveSuffix; exists(live) {
		return fileerr.Errorf(live, "an unfinished recording of that name is there: seal or remove it first")
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
	return withForceHint(outfile.Build(output, force, func(path string) error {
		w, err := record.Create(path, &record.Options{Bulk: true, Annotations: annotations})
		if err != nil {
			return err
		}
		if err := errors.Join(fill(w), w.Close()); err != nil {
			return err
		}
		if err := check(path); err != nil {
			return fileerr.Errorf(output, "nothing was written: %w", err)
		}
		if err := notRecorded(output); err != nil { // again: it took a while
			return err
		}
		return removeSidecars(output)
	}))
}

// removeSidecars removes what SQLite would take for part of the archive that is to be written at path.
func removeSidecars(path string) error {
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// compareArchive reads the archive at path whole, and reports that it is not the run with the digest want.
func compareArchive(ctx context.Context, path string, want digest.Hash) error {
	a, err := archive.Open(path)
	if err != nil {
		return err
	}
	defer a.Close()
	got, _, err := digest.Of(ctx, a.Checked())
	if err == nil && got != want {
		err = fmt.Errorf("got digest %s from the archive just written, want that of the source, %s", got, want)
	}
	return err
}
