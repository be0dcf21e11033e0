package rewrite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/outfile"
)

// hardLink gives a file a second name. Tests put a file system without such links in its place.
var hardLink = os.Link

// Suffixes of the files that Upgrade works in.
const (
	upgradingSuffix = "-upgrading" // a copy that is written to
	upgradedSuffix  = "-upgraded"  // what becomes the archive
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

// Upgrade brings the sealed archive at path to the newest version of the format. The new file is made beside the old one, checked
// down to the digest of the run, and takes its place; the old one stays under its name with ".v1.bak" behind it, where 1 is its
// version. Reading needs no upgrade: every version is read.
//
// If Upgrade is killed the archive is whole, old or new, and the next call removes what is left over. A backup that is the very
// file that is upgraded, or has the same bytes, is the backup.
//
// The errors are those of [archive.Open], [archive.ErrNotSealed], [archive.ErrDamaged] if the records are not what was sealed, [archive.ErrExists] for another
// backup, [archive.ErrBusy] while another process does the same, and those of the file system. In any case the archive is whole.
func Upgrade(ctx context.Context, path string, opts Options) (Upgraded, error) {
	target, err := filepath.EvalSymlinks(path) // or the link would be replaced by a file
	if err != nil {
		return Upgraded{}, fmt.Errorf("%s: %w", path, sqlitefile.TrimPath(err))
	}
	u, seal, err := planUpgrade(target)
	if err != nil {
		return u, err
	}
	n := annotator{path: target, copy: target + upgradingSuffix, result: target + upgradedSuffix}
	if u.From == u.To {
		if !opts.DryRun {
			n.sweepUnlocked(annotateSuffix)
		}
		return u, nil
	}
	if opts.DryRun {
		err := tryUpgrade(ctx, target, u.From, seal)
		if err != nil {
			err = fmt.Errorf("%s: upgrade: %w", path, err)
		}
		return u, err
	}
	// The lock of Annotate, which replaces the file too: of two at once one would undo what the other did.
	lock, err := sqlitefile.Lock(target + annotateSuffix)
	if err != nil {
		return u, fmt.Errorf("%s: %w", path, err)
	}
	if u, seal, err = planUpgrade(target); err == nil { // again: somebody may have had the lock before
		if err = n.sweep(); err == nil && u.From != u.To {
			u.Backup, err = n.upgrade(ctx, u.From, seal)
		}
	}
	if err = errors.Join(err, n.sweep(), lock.Release()); err != nil {
		return u, fmt.Errorf("%s: upgrade: %w", path, err)
	}
	return u, nil
}

// planUpgrade says what there is to do for the archive at path.
func planUpgrade(path string) (u Upgraded, seal archive.Seal, err error) {
	a, err := archive.Open(path)
	if err != nil {
		return u, seal, err
	}
	seal, sealed := a.Seal()
	u = Upgraded{From: a.SchemaVersion(), To: sqlitefile.Formats.Version}
	if err := a.Close(); err != nil {
		return u, seal, err
	}
	if !sealed {
		err = fmt.Errorf("%s: %w: seal the recording first", path, archive.ErrNotSealed)
	}
	return u, seal, err
}

// tryUpgrade makes the new file where temporary files go, and removes it.
func tryUpgrade(ctx context.Context, path string, from int, seal archive.Seal) error {
	dir, err := os.MkdirTemp("", "exparchive-")
	if err != nil {
		return err
	}
	n := annotator{path: path, copy: filepath.Join(dir, "old"+archive.Extension), result: filepath.Join(dir, "new"+archive.Extension)}
	return errors.Join(n.migrated(ctx, from, seal), os.RemoveAll(dir))
}

// migrated makes the new file.
func (n annotator) migrated(ctx context.Context, from int, seal archive.Seal) error {
	if err := n.copyFile(ctx); err != nil {
		return err
	}
	// The copy is what is migrated, so it is the copy that has to have our schema and nothing else.
	if copied, _, err := n.look(ctx, n.copy); err != nil {
		return err
	} else if copied != seal {
		return archive.ErrChanged
	}
	if err := sqlitefile.MigrateFile(n.copy, from); err != nil {
		return err
	}
	if err := n.layOut(ctx); err != nil {
		return err
	}
	return checkUpgraded(ctx, n.result, seal)
}

// upgrade makes the new file and puts it in the place of the old one.
func (n annotator) upgrade(ctx context.Context, from int, seal archive.Seal) (backup string, err error) {
	backup = fmt.Sprintf("%s.v%d.bak", n.path, from)
	if _, err := n.isBackup(backup); err != nil {
		return "", err
	}
	if err := n.migrated(ctx, from, seal); err != nil {
		return "", err
	}
	if err := n.backUp(backup); err != nil {
		return "", err
	}
	return backup, n.publish()
}

// isBackup reports whether the backup is there, and that another file is there as [archive.ErrExists].
func (n annotator) isBackup(backup string) (bool, error) {
	there, err := os.Lstat(backup)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	other := fmt.Errorf("%s: %w", backup, archive.ErrExists)
	if !there.Mode().IsRegular() { // a symbolic link to the old file would lead to the new one
		return false, other
	}
	now, err := os.Stat(n.path)
	switch {
	case err != nil:
		return false, err
	case os.SameFile(now, there):
		return true, nil
	case now.Size() != there.Size():
		return false, other
	}
	same, err := outfile.Same(n.path, backup)
	if err == nil && !same {
		err = other
	}
	return err == nil, err
}

// backUp gives the old file a second name, which lasts when the new file takes the first. Where there are no links it is a copy.
// A kill leaves the backup whole or absent.
func (n annotator) backUp(backup string) error {
	there, err := n.isBackup(backup)
	if err != nil {
		return err
	}
	if there || hardLink(n.path, backup) == nil {
		return outfile.SyncDir(filepath.Dir(backup))
	}
	if err := sqlitefile.RemoveFile(n.copy); err != nil { // its outcome is in the result
		return err
	}
	if err := duplicate(n.path, n.copy); err != nil {
		return err
	}
	err = outfile.Place(n.copy, backup, false)
	if errors.Is(err, outfile.ErrExists) {
		err = fmt.Errorf("%s: %w", backup, archive.ErrExists)
	}
	return err
}

// layOut writes the result from the copy, as sealing does.
func (n annotator) layOut(ctx context.Context) error {
	result, err := filepath.Abs(n.result)
	if err != nil {
		return err
	}
	if err := sqlitefile.RemoveFile(n.result); err != nil {
		return err
	}
	db, err := sqlitefile.OpenCopy(n.copy)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", result)
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	return sqlitefile.Canonicalise(result, sqlitefile.OverwriteFile)
}

// checkUpgraded reads the outcome and compares it with the seal of what it came from.
func checkUpgraded(ctx context.Context, path string, seal archive.Seal) error {
	a, err := archive.Open(path)
	if err != nil {
		return err
	}
	defer a.Close()
	return checkRun(ctx, a, seal)
}

// duplicate makes a copy of a file, on disk, with its permissions.
func duplicate(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close(), os.Chmod(to, info.Mode().Perm()))
}
