package runio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/workdir"
	"github.com/simexp/exparchive/provider/digest"
)

// PlaceFree reports that an archive of the name path cannot be written.
func PlaceFree(path string, force bool) error {
	if err := cmp.Or(archive.CheckName(path), notRecorded(path)); err != nil {
		return err
	}
	return WithForceHint(outfile.Free(path, force))
}

// notRecorded reports that a recording would become the archive of the name path when it is sealed.
func notRecorded(path string) error {
	if live := path + archive.LiveSuffix; Exists(live) {
		return fileerr.Errorf(live, "an unfinished recording of that name is there: seal or remove it first")
	}
	return nil
}

// sweepBeside removes what killed processes left beside path. What cannot be removed does no harm to what is made
// there.
func sweepBeside(stderr io.Writer, path string) {
	if err := workdir.Sweep(filepath.Dir(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		cli.Warnf(stderr, "warning: %v", cli.InFile(path, err))
	}
}

// WriteChecked makes the archive output: fill records it, under another name, and it gets its own if check finds
// nothing wrong with it.
func WriteChecked(output string, force bool, annotations []archive.Annotation,
	fill func(*record.Writer) error, check func(path string) error) error {
	return buildChecked(output, force, func(path string) error {
		w, err := record.Create(path, &record.Options{Bulk: true, Annotations: annotations})
		if err != nil {
			return err
		}
		return errors.Join(fill(w), w.Close())
	}, check)
}

// WriteFile is WriteChecked for an archive, packed or not, whose bytes fill writes. It may be "-", standard output.
func WriteFile(cmd *cobra.Command, output string, force bool, fill func(io.Writer) error,
	check func(path string) error) error {
	return toOutput(cmd, output, func(target string) error {
		return buildChecked(target, force, func(path string) error {
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
			if err != nil {
				return err
			}
			err = errors.Join(fill(f), f.Sync())
			if info, statErr := f.Stat(); statErr == nil { // read-only, as sealing leaves it, where there is such a thing
				_ = os.Chmod(path, info.Mode().Perm()&^0o222)
			}
			return errors.Join(err, f.Close())
		}, check)
	})
}

func buildChecked(output string, force bool, fill, check func(path string) error) error {
	return WithForceHint(outfile.Build(output, force, func(path string) error {
		if err := fill(path); err != nil {
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

// WriteCopy is WriteChecked for a command whose output may be "-", standard output.
func WriteCopy(cmd *cobra.Command, output string, force bool, annotations []archive.Annotation,
	fill func(*record.Writer) error, check func(path string) error) error {
	return toOutput(cmd, output, func(target string) error {
		return WriteChecked(target, force, annotations, fill, check)
	})
}

// toOutput calls write with the name of the file that becomes output.
func toOutput(cmd *cobra.Command, output string, write func(target string) error) error {
	target, written, err := ArchiveOutput(cmd, output)
	if err != nil {
		return err
	}
	sweepBeside(cmd.ErrOrStderr(), target)
	if err := write(target); err != nil {
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

// CompareArchive reads the archive at path whole, and reports that it is not the run with the digest want.
func CompareArchive(ctx context.Context, path string, want digest.Hash) error {
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

// WriteOutput writes what a command made to a file, or to standard output for "-" and for no name.
func WriteOutput(cmd *cobra.Command, path string, force bool, data []byte) error {
	if path == "" || path == "-" {
		_, err := cmd.OutOrStdout().Write(data)
		return err
	}
	f, err := outfile.Create(path, force)
	if err != nil {
		return ExportError(path, err)
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return ExportError(path, err)
	}
	return ExportError(path, f.Commit())
}

// Placed puts a name before an error: that of the output, or of a file in it, if it is the file system's about
// something at or in the place where the output was being made, and otherwise that of the source.
func Placed(source, made, output string, err error) error {
	if errors.Is(err, outfile.ErrExists) {
		return ExportError(output, err)
	}
	pathErr := (*fs.PathError)(nil)
	if !errors.As(err, &pathErr) {
		return cli.InFile(source, err)
	}
	if pathErr.Path == made {
		return ExportError(output, &fs.PathError{Op: pathErr.Op, Path: output, Err: pathErr.Err})
	}
	if rest, ok := strings.CutPrefix(pathErr.Path, made+string(filepath.Separator)); ok {
		output = filepath.Join(output, rest)
		return ExportError(output, &fs.PathError{Op: pathErr.Op, Path: output, Err: pathErr.Err})
	}
	return cli.InFile(source, err)
}

// ExportError names the output at path in an error, unless it is about a file that is there already, which it names and
// may be one in a folder at path.
func ExportError(path string, err error) error {
	if errors.Is(err, outfile.ErrExists) {
		return WithForceHint(err)
	}
	return cli.InFile(path, err)
}

// WithForceHint says what helps against an error about a file that is there already.
func WithForceHint(err error) error {
	if errors.Is(err, outfile.ErrExists) {
		return fmt.Errorf("%w (--force replaces it)", err)
	}
	return err
}
