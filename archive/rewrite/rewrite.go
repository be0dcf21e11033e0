package rewrite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/pages"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/lockfile"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// A content is what an archive holds beside its records: what can change, and the seal, which cannot.
type content struct {
	version     int
	seal        archive.Seal
	annotations []archive.Annotation
}

func (c content) equal(d content) bool {
	return c.version == d.version && c.seal == d.seal && slices.Equal(c.annotations, d.annotations)
}

// A replacement puts a changed copy of a sealed archive in the archive's place.
type replacement struct {
	sys    *sqlitefile.System
	name   string // of the archive as the caller knows it
	path   string // of the file itself: a symbolic link to it stays one
	copy   string // of it, which is migrated
	result string // what becomes the archive
	// goal says what the archive shall hold instead of what it holds now. It is called more than once.
	goal func(now content) (content, error)
	// keep is called when the outcome is complete and checked, before it takes the archive's place.
	keep func(was content) error
}

// Files that are worked in are named after the archive. Which function they belong to tells people what was going on;
// the lock is one for all, since of two that replace the file at once one would undo what the other did.
var workSuffixes = []string{annotated, upgrading, upgraded}

const lockName = "-annotate" // before sqlitefile.LockSuffix

// newReplacement prepares a replacement that makes what becomes the archive under its name with a suffix behind it.
func newReplacement(sys *sqlitefile.System, name, suffix string,
	goal func(content) (content, error),
) (*replacement, error) {
	path, err := filepath.EvalSymlinks(name) // or the link would be replaced by a file
	if err != nil {
		return nil, fileerr.In(name, cause(err))
	}
	return &replacement{
		sys: sys, name: name, path: path, copy: path + upgrading, result: path + suffix, goal: goal,
	}, nil
}

// run replaces the archive, unless it holds already what it shall hold. It gives what the archive held and what it
// shall hold. Errors name the archive once: those of plan do, and all others get the name here.
func (r *replacement) run(ctx context.Context) (was, want content, err error) {
	if was, want, err = r.plan(ctx); err != nil {
		return was, want, err
	}
	if was.equal(want) { // before anything is made in the folder
		r.sweepUnlocked()
		return was, want, nil
	}
	lock, err := sqlitefile.Lock(r.path + lockName)
	if err != nil {
		return was, want, r.named(step("lock", err))
	}
	// Again, since somebody may have had the lock before.
	if was, want, err = r.plan(ctx); err == nil {
		err = r.named(r.replace(ctx, was, want))
	}
	return was, want, first(err, r.named(r.sweep()), r.named(step("unlock", lock.Release())))
}

// plan says what the archive holds and what it shall hold. Its errors name the archive.
func (r *replacement) plan(ctx context.Context) (was, want content, err error) {
	a, err := archive.Open(r.name)
	if err != nil {
		return was, want, err
	}
	defer a.Close()
	if a.Packed() {
		return was, want, r.named(archive.ErrPacked)
	}
	if was, err = look(ctx, a); err == nil {
		want, err = r.goal(was)
	}
	return was, want, r.named(err)
}

// replace makes what the archive shall hold, and puts it in its place. The caller holds the lock.
func (r *replacement) replace(ctx context.Context, was, want content) error {
	if err := r.sweep(); err != nil || was.equal(want) {
		return err
	}
	if err := r.make(ctx, was, want); err != nil {
		return err
	}
	if r.keep != nil {
		if err := step("backup", r.keep(was)); err != nil {
			return err
		}
	}
	return step("replace the archive", r.publish())
}

// make makes the result, which is checked and not yet flushed.
func (r *replacement) make(ctx context.Context, was, want content) error {
	from := r.path
	if want.version != was.version {
		if err := r.migrate(ctx, was); err != nil {
			return err
		}
		from, was.version = r.copy, want.version
	}
	if err := r.layOut(ctx, from, was, want); err != nil {
		return step("copy", err)
	}
	if now, err := r.read(ctx, r.result, verified); err != nil {
		return step("check of the copy", err)
	} else if !now.equal(want) {
		return step("check of the copy", errors.New("it has another seal, version or other annotations"))
	}
	return nil
}

// migrate makes a copy of the archive in the newest version.
func (r *replacement) migrate(ctx context.Context, was content) error {
	if err := r.duplicate(ctx, r.path, r.copy); err != nil {
		return step("copy", err)
	}
	// The copy is what is changed, so it is the copy that has to have our schema and nothing else.
	if now, err := r.read(ctx, r.copy, look); err != nil {
		return step("copy", err)
	} else if !now.equal(was) {
		return archive.ErrChanged
	}
	return step("change the copy", sqlitefile.Corrupt(sqlitefile.MigrateFile(r.copy, was.version, r.sys.Options...)))
}

// look reads the content of a sealed archive.
func look(ctx context.Context, a *archive.Archive) (c content, err error) {
	seal, ok := a.Seal()
	if !ok {
		return c, fmt.Errorf("%w: the run is still being recorded, or its recording was cut short; seal it first",
			archive.ErrNotSealed)
	}
	c = content{version: a.SchemaVersion(), seal: seal}
	c.annotations, err = a.Annotations(ctx)
	return c, err
}

// verified reads the content of a sealed archive and compares its records with the seal.
func verified(ctx context.Context, a *archive.Archive) (content, error) {
	c, err := look(ctx, a)
	if err != nil {
		return c, err
	}
	var got digest.Sink
	if err := provider.Copy(ctx, &got, a); err != nil {
		return c, err
	}
	return c, c.seal.Check(&got)
}

// read reads one of the files that are worked in.
func (r *replacement) read(ctx context.Context, path string,
	read func(context.Context, *archive.Archive) (content, error),
) (c content, err error) {
	f, size, err := sqlitefile.OpenRegular(path)
	if err != nil {
		return c, err
	}
	defer f.Close()
	return readFile(ctx, f, size, read)
}

func readFile(ctx context.Context, f *os.File, size int64,
	read func(context.Context, *archive.Archive) (content, error),
) (c content, err error) {
	a, err := archive.New(f, size)
	if err != nil {
		return c, err
	}
	defer a.Close()
	return read(ctx, a)
}

// layOut makes the result from a file that holds was, as sealing does.
func (r *replacement) layOut(ctx context.Context, from string, was, want content) error {
	f, size, err := sqlitefile.OpenRegular(from)
	if err != nil {
		return err
	}
	defer f.Close()
	if now, err := readFile(ctx, f, size, look); err != nil {
		return err
	} else if !now.equal(was) {
		return archive.ErrChanged
	}
	file, err := sqlitefile.New(f, size)
	if err != nil {
		return err
	}
	defer file.Close()
	db, err := pages.Open(file)
	if err != nil {
		return err
	}
	all := make([]tables.Annotation, len(want.annotations))
	for i, a := range want.annotations {
		all[i] = tables.Annotation{Kind: a.Kind, Name: a.Name, Text: a.Text}
	}
	return db.WriteFile(ctx, r.sys, r.result, 0o600, pages.Change{Annotations: all})
}

// publish puts the result in the place of the archive, with its permissions but for those to write.
func (r *replacement) publish() error {
	if err := r.flush(r.result); err != nil {
		return err
	}
	if err := r.sys.Rename(r.result, r.path); err != nil {
		return err
	}
	return r.sys.SyncDir(filepath.Dir(r.path))
}

// flush makes the bytes of a file durable and gives it the permissions of the archive but for those to write.
func (r *replacement) flush(path string) error {
	info, err := os.Stat(r.path)
	if err != nil {
		return err
	}
	return r.sys.SealFile(path, info.Mode())
}

// duplicate copies a file, for its owner alone and not flushed.
func (r *replacement) duplicate(ctx context.Context, from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := r.sys.Create(to, 0o600); err != nil {
		return err
	}
	buf := make([]byte, 1<<20)
	for at := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.ReadFull(in, buf)
		if n > 0 {
			if err := r.sys.Overwrite(to, buf[:n], at); err != nil {
				return err
			}
			at += int64(n)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// leftovers are the files that a killed process may have left behind, those of SQLite among them.
func (r *replacement) leftovers() (all []string) {
	for _, work := range workSuffixes {
		for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
			all = append(all, r.path+work+suffix)
		}
	}
	return all
}

// sweep removes what a killed process may have left behind. The caller holds the lock.
func (r *replacement) sweep() (err error) {
	for _, path := range r.leftovers() {
		err = first(err, r.remove(path))
	}
	return step("remove what is left over", err)
}

// sweepUnlocked sweeps, if there is anything to sweep or the file of a lock that nobody holds. It is for calls that
// have nothing else to do: what cannot be removed is no failure of theirs.
func (r *replacement) sweepUnlocked() {
	lockFile := r.path + lockName + sqlitefile.LockSuffix
	for _, path := range append(r.leftovers(), lockFile) {
		if _, err := os.Lstat(path); err != nil {
			continue
		}
		if lock, err := lockfile.Try(lockFile); err == nil && lock != nil {
			_ = errors.Join(r.sweep(), lock.Release())
		}
		return
	}
}

// remove removes a file that may not be there.
func (r *replacement) remove(path string) error {
	if err := r.sys.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// named puts the name of the archive before an error that does not name it.
func (r *replacement) named(err error) error { return fileerr.In(r.name, err) }

// step says what was being done when err happened, instead of the names of files that the caller never heard of.
func step(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, cause(err))
}

// cause drops what the operating system's errors say of the call and of paths.
func cause(err error) error {
	if e := (*os.LinkError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return sqlitefile.TrimPath(err)
}

// first gives the first error there is. What fails behind it fails because of it, or matters less.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
