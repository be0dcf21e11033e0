package rewrite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/workdir"
)

// Suffixes of the files that [Upgrade] works in: the copy that is migrated, and what becomes of it.
const (
	upgrading = "-upgrading"
	upgraded  = "-upgraded"
)

// Options for [Upgrade].
type Options struct {
	// DryRun does all but the last step and leaves nothing behind.
	DryRun bool
}

// An Upgraded says what [Upgrade] did.
type Upgraded struct {
	From, To int    // versions; if they are equal there was nothing to do
	Backup   string // where the file as it was is; empty if there was nothing to do, or in a dry run
}

// Upgrade brings the sealed archive at path to the newest version of the format. The old file stays under its name with
// ".v1.bak" behind it, where 1 is its version. Reading needs no upgrade: every version is read.
//
// A backup that is there already, because an upgrade was killed, is taken for it if it is the very file that is
// upgraded or has the same bytes.
//
// The errors are those of [Annotate], and [archive.ErrExists] for another backup. In any case the archive is whole.
func Upgrade(ctx context.Context, path string, opts Options) (Upgraded, error) {
	return upgradeOn(ctx, sqlitefile.RealSystem, path, opts)
}

func upgradeOn(ctx context.Context, sys *sqlitefile.System, path string, opts Options) (u Upgraded, err error) {
	var r *replacement
	r, err = newReplacement(sys, path, upgraded, func(now content) (want content, err error) {
		want = now
		want.version = sqlitefile.Formats.Version
		if want.version != now.version { // what is in the way is said before anything is made
			_, err = r.isBackup(r.backup(now.version))
		}
		return want, err
	})
	if err != nil {
		return u, err
	}
	r.keep = func(was content) error {
		backup := r.backup(was.version)
		err := r.backUp(backup)
		if err == nil {
			u.Backup = backup
		}
		return err
	}
	run := r.run
	if opts.DryRun {
		run = r.try
	}
	was, want, err := run(ctx)
	u.From, u.To = was.version, want.version
	return u, err
}

// try makes what would take the archive's place where temporary files go, and removes it.
func (r *replacement) try(ctx context.Context) (was, want content, err error) {
	if was, want, err = r.plan(ctx); err != nil || was.equal(want) {
		return was, want, err
	}
	dir, err := workdir.Make(os.TempDir())
	if err != nil {
		return was, want, r.named(step("make a folder for temporary files", err))
	}
	defer dir.Discard()
	r.copy, r.result = filepath.Join(dir.Path(), "old.simexp"), filepath.Join(dir.Path(), "new.simexp")
	return was, want, r.named(r.make(ctx, was, want))
}

// backup gives the name of the backup of the archive as it is in a version.
func (r *replacement) backup(version int) string { return fmt.Sprintf("%s.v%d.bak", r.path, version) }

// backUp gives the archive a second name, which lasts when the new file takes the first. Where there are no links it is
// a copy. A kill leaves the backup whole or absent.
func (r *replacement) backUp(backup string) error {
	there, err := r.isBackup(backup)
	if err != nil {
		return err
	}
	if !there && r.sys.Link(r.path, backup) != nil {
		if err := r.copyTo(backup); err != nil {
			return err
		}
	}
	return r.sys.SyncDir(filepath.Dir(backup))
}

// copyTo makes the backup as a copy. Without links the moment between looking for a file of that name and renaming
// remains.
func (r *replacement) copyTo(backup string) error {
	if err := r.remove(r.copy); err != nil { // its outcome is in the result
		return err
	}
	if err := r.duplicate(context.Background(), r.path, r.copy); err != nil {
		return err
	}
	if err := r.flush(r.copy); err != nil {
		return err
	}
	// Or a loss of power could undo the removal above and keep the change of the name below: of the wrong file.
	if err := r.sys.SyncDir(filepath.Dir(r.copy)); err != nil {
		return err
	}
	if _, err := os.Lstat(backup); !errors.Is(err, fs.ErrNotExist) {
		return first(cause(err), fileerr.In(backup, archive.ErrExists))
	}
	return r.sys.Rename(r.copy, backup)
}

// isBackup reports whether the backup is there, and that another file is there as [archive.ErrExists].
func (r *replacement) isBackup(backup string) (bool, error) {
	there, err := os.Lstat(backup)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	other := fileerr.In(backup, archive.ErrExists)
	if !there.Mode().IsRegular() { // a symbolic link to the old file would lead to the new one
		return false, other
	}
	now, err := os.Stat(r.path)
	switch {
	case err != nil:
		return false, err
	case os.SameFile(now, there):
		return true, nil
	case now.Size() != there.Size():
		return false, other
	}
	same, err := outfile.Same(r.path, backup)
	if err == nil && !same {
		err = other
	}
	return err == nil, err
}
