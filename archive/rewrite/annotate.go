package rewrite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/lockfile"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// Names of the files that Annotate works in begin with that of the archive.
const (
	annotatingSuffix = "-annotating" // a copy that is written to
	annotatedSuffix  = "-annotated"  // what becomes the archive
	annotateSuffix   = "-annotate"   // what the lock belongs to; no file
)

// Annotate adds annotations to the sealed archive at path behind those that it has, and leaves out any that are there word
// for word. The run, its digest and the seal stay as they are.
//
// A sealed file is never written to: a changed copy is made under a temporary name beside it, checked down to the digest of
// the run, flushed to disk and renamed. The outcome has the bytes of an archive that was sealed with those annotations
// in the first place. If there is nothing to add the file is not touched; if Annotate fails or is interrupted it is whole, and the
// next call that succeeds removes what an interrupted one left behind.
//
// The errors are those of [archive.Open], [archive.ErrNotSealed], [archive.ErrDamaged] if the records are not what was sealed,
// [provider.ErrInvalid] for an annotation, [archive.ErrBusy] while another process annotates the same file, and those of the file system.
func Annotate(ctx context.Context, path string, annotations []archive.Annotation) error {
	return Edit(ctx, path, func(old []archive.Annotation) ([]archive.Annotation, error) { return join(old, annotations), nil })
}

// Edit is [Annotate] for any change: edit gets the annotations that there are and gives those that there shall be
// instead, or an error, which ends the call. It is called more than once and must not modify what it gets.
func Edit(ctx context.Context, path string, edit func(old []archive.Annotation) ([]archive.Annotation, error)) error {
	target, err := filepath.EvalSymlinks(path) // or the link would be replaced by a file
	if err != nil {
		return fmt.Errorf("%s: %w", path, sqlitefile.TrimPath(err))
	}
	n := annotator{path: target, copy: target + annotatingSuffix, result: target + annotatedSuffix}
	if err = n.annotate(ctx, edit); err != nil && !strings.HasPrefix(err.Error(), path+": ") {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return err
}

func (n annotator) annotate(ctx context.Context, edit func([]archive.Annotation) ([]archive.Annotation, error)) error {
	if _, old, all, err := n.plan(ctx, edit); err != nil {
		return err
	} else if slices.Equal(all, old) { // before anything is made in the folder
		n.sweepUnlocked(annotateSuffix)
		return nil
	}
	lock, err := sqlitefile.Lock(n.path + annotateSuffix)
	if err != nil {
		return err
	}
	if err = n.sweep(); err == nil {
		err = n.run(ctx, edit)
	}
	return errors.Join(err, n.sweep(), lock.Release())
}

// temporaries are the files that a killed process may have left behind, those of SQLite among them.
func (n annotator) temporaries() (all []string) {
	for _, path := range []string{n.copy, n.result} {
		for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
			all = append(all, path+suffix)
		}
	}
	return all
}

// sweep removes the temporaries. The caller holds the lock.
func (n annotator) sweep() (err error) {
	for _, path := range n.temporaries() {
		err = errors.Join(err, sqlitefile.RemoveFile(path))
	}
	return err
}

// sweepUnlocked removes temporaries, and the file of a lock that nobody holds, if there are any. It is for calls that have nothing
// else to do: what cannot be removed is no failure of theirs.
func (n annotator) sweepUnlocked(suffix string) {
	lockFile := n.path + suffix + sqlitefile.LockSuffix
	for _, path := range append(n.temporaries(), lockFile) {
		if _, err := os.Lstat(path); err != nil {
			continue
		}
		if lock, err := lockfile.Try(lockFile); err == nil && lock != nil {
			_ = errors.Join(n.sweep(), lock.Release())
		}
		return
	}
}

// plan says what there is and what there shall be.
func (n annotator) plan(ctx context.Context, edit func([]archive.Annotation) ([]archive.Annotation, error)) (seal archive.Seal, old, all []archive.Annotation, err error) {
	if seal, old, err = n.look(ctx, n.path); err != nil {
		return seal, nil, nil, err
	}
	if all, err = edit(old); err != nil {
		return seal, nil, nil, err
	}
	for _, a := range all {
		if slices.Contains(old, a) {
			continue
		}
		if err := a.Validate(); err != nil {
			return seal, nil, nil, err
		}
	}
	return seal, old, all, nil
}

// join gives old and, behind it, those of add that are not there yet.
func join(old, add []archive.Annotation) []archive.Annotation {
	all := slices.Clone(old)
	for _, a := range add {
		if !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

// An annotator holds the paths of one call of [Edit].
type annotator struct{ path, copy, result string }

func (n annotator) run(ctx context.Context, edit func([]archive.Annotation) ([]archive.Annotation, error)) error {
	seal, old, all, err := n.plan(ctx, edit)
	if err != nil || slices.Equal(all, old) {
		return err
	}
	if err := n.copyFile(ctx); err != nil {
		return err
	}
	// The copy is what is written to, so it is the copy that has to have our schema and nothing else.
	if copied, _, err := n.look(ctx, n.copy); err != nil {
		return err
	} else if copied != seal {
		return archive.ErrChanged
	}
	if err := n.rewrite(ctx, all); err != nil {
		return err
	}
	if err := n.check(ctx, seal, all); err != nil {
		return err
	}
	return n.publish()
}

// look reads the seal and the annotations of a sealed archive.
func (n annotator) look(ctx context.Context, path string) (seal archive.Seal, list []archive.Annotation, err error) {
	a, err := archive.Open(path)
	if err != nil {
		return seal, nil, err
	}
	defer a.Close()
	seal, ok := a.Seal()
	if !ok {
		return seal, nil, fmt.Errorf("%w: the run is still being recorded, or its recording was cut short; seal it first", archive.ErrNotSealed)
	}
	list, err = a.Annotations(ctx)
	return seal, list, err
}

func (n annotator) copyFile(ctx context.Context) error {
	from, err := os.Open(n.path)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(n.copy, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, contextReader{ctx, from})
	return errors.Join(err, to.Close())
}

// A contextReader ends with the context.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// rewrite gives the copy the annotations that it shall have and lays it out anew, as sealing does.
func (n annotator) rewrite(ctx context.Context, all []archive.Annotation) (err error) {
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
	defer func() { err = sqlitefile.Damage(errors.Join(err, db.Close())) }()
	if _, err := db.ExecContext(ctx, "DELETE FROM annotation"); err != nil {
		return err
	}
	for _, a := range all { // numbered from 1 again
		if _, err := db.ExecContext(ctx, tables.InsertAnnotation, tables.AnnotationRow(a.Kind, a.Name, a.Text)...); err != nil {
			return err
		}
	}
	if _, err = db.ExecContext(ctx, "VACUUM INTO ?", result); err != nil {
		return err
	}
	return sqlitefile.Canonicalise(result, sqlitefile.OverwriteFile)
}

// check reads the outcome and compares it with what it has to hold.
func (n annotator) check(ctx context.Context, seal archive.Seal, want []archive.Annotation) error {
	a, err := archive.Open(n.result)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := checkRun(ctx, a, seal); err != nil {
		return err
	}
	got, err := a.Annotations(ctx)
	if err == nil && !slices.Equal(got, want) {
		err = errors.New("check of the copy: it has other annotations")
	}
	return err
}

// checkRun compares the seal and the records of a copy with the seal of what it came from.
func checkRun(ctx context.Context, a *archive.Archive, want archive.Seal) error {
	if now, ok := a.Seal(); !ok || now != want {
		return fmt.Errorf("check of the copy: %w: it has another seal", archive.ErrDamaged)
	}
	var got digest.Sink
	if err := provider.Copy(ctx, &got, a); err != nil {
		return err
	}
	return want.Check(&got)
}

// publish puts the outcome in the place of the archive.
func (n annotator) publish() error {
	info, err := os.Stat(n.path)
	if err != nil {
		return err
	}
	if err := os.Chmod(n.result, info.Mode().Perm()|0o200); err != nil { // to be flushed it must be writable
		return err
	}
	if err := sqlitefile.SyncFile(n.result); err != nil {
		return err
	}
	if err := os.Chmod(n.result, info.Mode().Perm()); err != nil {
		return err
	}
	if err := os.Rename(n.result, n.path); err != nil {
		return err
	}
	return outfile.SyncDir(filepath.Dir(n.path))
}
