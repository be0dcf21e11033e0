package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

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

// writeCopy is writeChecked for a command whose output may be "-", standard output.
func writeCopy(cmd *cobra.Command, output string, force bool, annotations []archive.Annotation,
	fill func(*record.Writer) error, check func(path string) error) error {
	target, written, err := archiveOutput(cmd, output)
	if err != nil {
		return err
	}
	if err := sweepBeside(target); err != nil {
		return err
	}
	if err := writeChecked(target, force, annotations, fill, check); err != nil {
		return err
	}
	return written()
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

// writeOutput writes what a command made to a file, or to standard output for "-" and for no name.
func writeOutput(cmd *cobra.Command, path string, force bool, data []byte) error {
	if path == "" || path == "-" {
		_, err := cmd.OutOrStdout().Write(data)
		return err
	}
	f, err := outfile.Create(path, force)
	if err != nil {
		return exportError(path, err)
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return exportError(path, err)
	}
	return exportError(path, f.Commit())
}

// placed puts a name before an error: that of the output, or of a file in it, if it is the file system's about
// something at or in the place where the output was being made, and otherwise that of the source.
func placed(source, made, output string, err error) error {
	if errors.Is(err, outfile.ErrExists) {
		return exportError(output, err)
	}
	pathErr := (*fs.PathError)(nil)
	if !errors.As(err, &pathErr) {
		return inFile(source, err)
	}
	if pathErr.Path == made {
		return exportError(output, &fs.PathError{Op: pathErr.Op, Path: output, Err: pathErr.Err})
	}
	if rest, ok := strings.CutPrefix(pathErr.Path, made+string(filepath.Separator)); ok {
		output = filepath.Join(output, rest)
		return exportError(output, &fs.PathError{Op: pathErr.Op, Path: output, Err: pathErr.Err})
	}
	return inFile(source, err)
}

// exportError names the output at path in an error, unless it is about a file that is there already, which it names and
// may be one in a folder at path.
func exportError(path string, err error) error {
	if errors.Is(err, outfile.ErrExists) {
		return withForceHint(err)
	}
	return inFile(path, err)
}

// withForceHint says what helps against an error about a file that is there already.
func withForceHint(err error) error {
	if errors.Is(err, outfile.ErrExists) {
		return fmt.Errorf("%w (--force replaces it)", err)
	}
	return err
}
