package disktest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// Kind says what an [Op] or a [Call] does.
type Kind string

const (
	Write    Kind = "write"    // Data at Offset of the file
	Truncate Kind = "truncate" // to Offset bytes
	Sync     Kind = "sync"     // of the file's content
	Create   Kind = "create"   // of the name Path
	Delete   Kind = "delete"   // of the name Path
	Link     Kind = "link"     // of the name Path to the file of the name From
	Rename   Kind = "rename"   // of From to Path
	SyncDir  Kind = "syncdir"  // of the names in the folder Path
	Mark     Kind = "mark"     // nothing: Offset is the test's own
	Open     Kind = "open"     // a Call only
	Read     Kind = "read"     // a Call only
	Shm      Kind = "shm"      // a Call only: a mapping of shared memory
	Chmod    Kind = "chmod"    // a Call only: permissions are not simulated
)

// An Op is one thing that was done to the disk.
type Op struct {
	Kind   Kind
	File   int // which file, whatever its name
	Path   string
	From   string
	Offset int64
	Data   []byte
}

// A Call is one call that can fail.
type Call struct {
	N    int // how many calls there were before
	Kind Kind
	Path string
}

// A Failure is how a call fails. The zero value lets it succeed.
type Failure struct {
	Code  int32 // SQLite's extended result code, for calls that SQLite makes
	Err   error // for the others; if nil, one made of Code
	Short bool  // half of a write is done before it fails
}

func (f Failure) fails() bool { return f.Code != 0 || f.Err != nil }

func (f Failure) err(kind Kind, path string) error {
	if f.Err != nil {
		return &os.PathError{Op: string(kind), Path: path, Err: f.Err}
	}
	return &os.PathError{Op: string(kind), Path: path, Err: fmt.Errorf("made to fail with code %d", f.Code)}
}

// A Disk is a VFS of SQLite. Its methods may be called from several goroutines.
type Disk struct {
	name string
	shim *shim

	mu    sync.Mutex
	fail  func(Call) Failure
	calls int
	quiet bool
	ops   []Op
	files map[string]int // by name
	last  int
}

// New registers a disk. The caller closes it when every database in it is closed.
func New() (*Disk, error) {
	d := &Disk{files: map[string]int{}}
	return d, d.register()
}

// Close takes the VFS out of SQLite's list.
func (d *Disk) Close() error { return d.unregister() }

// VFS gives the name under which SQLite knows the disk.
func (d *Disk) VFS() string { return d.name }

// System leads the calls of a writer through the disk. Options are more of those for SQLite.
func (d *Disk) System(options ...string) *sqlitefile.System {
	return &sqlitefile.System{
		Options: append([]string{"vfs=" + d.VFS()}, options...),
		Sync:    d.Sync, SyncDir: d.SyncDir, Remove: d.Remove, Link: d.Link, Rename: d.Rename, Chmod: d.Chmod,
		Create: d.Create, Write: d.Write, Overwrite: d.Overwrite, Patch: d.Patch,
	}
}

// Ops gives what was done so far. It belongs to the disk until that is not used any more.
func (d *Disk) Ops() []Op {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ops
}

// Calls gives how many calls there were that could have failed.
func (d *Disk) Calls() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls
}

// Fail sets what decides which calls fail; nil lets all succeed. It is called with the disk locked.
func (d *Disk) Fail(fail func(Call) Failure) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail, d.calls = fail, 0
}

// Forget stops writing down what is done; for tests that only fail calls.
func (d *Disk) Forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.quiet, d.ops = true, nil
}

// Mark puts a mark into the log.
func (d *Disk) Mark(n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.add(Op{Kind: Mark, Offset: n})
}

func (d *Disk) add(op Op) {
	if !d.quiet {
		d.ops = append(d.ops, op)
	}
}

// call asks whether a call fails. The caller holds mu.
func (d *Disk) call(kind Kind, path string) Failure {
	n := d.calls
	d.calls++
	if d.fail == nil {
		return Failure{}
	}
	return d.fail(Call{N: n, Kind: kind, Path: path})
}

// file gives the number of the file of a name, a new one for a new name. The caller holds mu.
func (d *Disk) file(path string) int {
	n, ok := d.files[path]
	if !ok {
		d.last++
		n = d.last
		d.files[path] = n
	}
	return n
}

func abs(path string) string {
	p, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return p
}

// Sync stands for opening a file, flushing and closing it.
func (d *Disk) Sync(path string) error {
	path = abs(path)
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.call(Sync, path); f.fails() {
		return f.err(Sync, path)
	}
	if _, err := os.Stat(path); err != nil {
		return err
	}
	d.add(Op{Kind: Sync, File: d.file(path), Path: path})
	return nil
}

// SyncDir stands for flushing a folder.
func (d *Disk) SyncDir(path string) error {
	path = abs(path)
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.call(SyncDir, path); f.fails() {
		return f.err(SyncDir, path)
	}
	d.add(Op{Kind: SyncDir, Path: path})
	return nil
}

// Remove is [os.Remove].
func (d *Disk) Remove(path string) error {
	path = abs(path)
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		return err // not a call that a medium could fail
	}
	if f := d.call(Delete, path); f.fails() {
		return f.err(Delete, path)
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	delete(d.files, path)
	d.add(Op{Kind: Delete, Path: path})
	return nil
}

// Link is [os.Link].
func (d *Disk) Link(from, to string) error { return d.move(Link, from, to, os.Link) }

// Rename is [os.Rename].
func (d *Disk) Rename(from, to string) error { return d.move(Rename, from, to, os.Rename) }

func (d *Disk) move(kind Kind, from, to string, do func(from, to string) error) error {
	from, to = abs(from), abs(to)
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.call(kind, to); f.fails() {
		return f.err(kind, to)
	}
	if err := do(from, to); err != nil {
		return err
	}
	d.files[to] = d.file(from)
	if kind == Rename {
		delete(d.files, from)
	}
	d.add(Op{Kind: kind, Path: to, From: from})
	return nil
}

// Chmod is [os.Chmod].
func (d *Disk) Chmod(path string, mode os.FileMode) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.call(Chmod, abs(path)); f.fails() {
		return f.err(Chmod, path)
	}
	return os.Chmod(path, mode)
}

// Create makes an empty file.
func (d *Disk) Create(path string, perm os.FileMode) error {
	path = abs(path)
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.call(Create, path); f.fails() {
		return f.err(Create, path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	d.add(Op{Kind: Create, File: d.file(path), Path: path})
	return f.Close()
}

// Write makes a file anew and flushes it.
func (d *Disk) Write(path string, data []byte) error {
	path = abs(path)
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.write(path, data, 0, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, true)
}

// Overwrite changes bytes of a file and does not flush it.
func (d *Disk) Overwrite(path string, data []byte, offset int64) error {
	path = abs(path)
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.write(path, data, offset, os.O_RDWR, false)
}

// Patch overwrites bytes of a file and flushes it.
func (d *Disk) Patch(path string, data []byte, offset int64) error {
	path = abs(path)
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.write(path, data, offset, os.O_RDWR, true)
}

func (d *Disk) write(path string, data []byte, offset int64, flags int, flush bool) error {
	if f := d.call(Open, path); f.fails() {
		return f.err(Open, path)
	}
	_, err := os.Lstat(path)
	isNew := os.IsNotExist(err)
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return err
	}
	n := d.file(path)
	if isNew {
		d.add(Op{Kind: Create, File: n, Path: path})
	} else if flags&os.O_TRUNC != 0 {
		d.add(Op{Kind: Truncate, File: n, Path: path})
	}
	failure := d.call(Write, path)
	if failure.fails() {
		data = data[:len(data)/2]
		if !failure.Short {
			data = nil
		}
		err = failure.err(Write, path)
	}
	if _, e := file.WriteAt(data, offset); e != nil {
		err = errors.Join(err, e)
	}
	err = errors.Join(err, file.Close())
	d.add(Op{Kind: Write, File: n, Path: path, Offset: offset, Data: slices.Clone(data)})
	if err != nil || !flush {
		return err
	}
	if f := d.call(Sync, path); f.fails() {
		return f.err(Sync, path)
	}
	d.add(Op{Kind: Sync, File: n, Path: path})
	return nil
}

// Codes that a failing medium gives.
const (
	Full      = sqlite3.SQLITE_FULL
	WriteEIO  = sqlite3.SQLITE_IOERR_WRITE
	SyncEIO   = sqlite3.SQLITE_IOERR_FSYNC
	ReadEIO   = sqlite3.SQLITE_IOERR_READ
	DeleteEIO = sqlite3.SQLITE_IOERR_DELETE
	ShmEIO    = sqlite3.SQLITE_IOERR_SHMMAP
	IOErr     = sqlite3.SQLITE_IOERR
)
