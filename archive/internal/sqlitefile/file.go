package sqlitefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite/vfs"

	"github.com/simexp/exparchive/archive/internal/btree"
)

// A File is an archive or live file that is open for reading. Its header and its schema, which is the one of its
// version, were checked before SQLite saw it, which does not unless it is asked something. Its methods may be called
// from several goroutines. The caller closes it.
type File struct {
	// Path is where the file itself is, behind symbolic links: its sidecars stand there. It is empty for a file without
	// a name.
	Path string
	// Version is the schema version of the file itself.
	Version int
	// Live says that the file has a table that only live files have.
	Live bool
	// Recording says that a process records into the file.
	Recording bool
	// Pages are those of the file itself, Size bytes, its log included; nil if SQLite reads the file beside its
	// recorder.
	Pages io.ReaderAt
	Size  int64
	// PageSize is the length of each in bytes, and Roots are those that the tables begin on, by name.
	PageSize int64
	Roots    map[string]uint32
	// Touched says that the header of Pages is not the one that a sealed file of its size and version has.
	Touched bool
	// Packed says that the file is a packed one, which holds Pages.
	Packed bool

	source *ViewSource
	files  []io.Closer
	main   *steadyFile
	newest *File // a copy of an older one that was brought to the newest version

	mu     sync.Mutex // of what follows
	closed bool
	pagers []*btree.Pager
	db     *sqlx.DB
	view   *vfs.FS
}

// Open opens the archive or live file at path for reading. A caller that holds the recorder's lock itself says so: to
// it the file is one that nobody records into.
func Open(path string, held bool) (*File, error) {
	for attempt := 1; ; attempt++ {
		f := &File{}
		err := f.openAt(path, held)
		if err == nil {
			return f, nil
		}
		err = errors.Join(TrimPath(err), f.Close())
		if attempt == 5 || !errors.Is(err, ErrChanged) {
			return nil, err
		}
		time.Sleep(10 * time.Millisecond) // a recorder begins or ends just now
	}
}

// New opens a sealed file, which may be packed, whose size bytes r gives.
func New(r io.ReaderAt, size int64) (*File, error) {
	f := &File{}
	if err := f.openAlone(r, size); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// openAlone opens a file that has nothing beside it.
func (f *File) openAlone(r io.ReaderAt, size int64) (err error) {
	defer f.Explain(&err)
	if f.Packed, err = IsPacked(r); err != nil {
		return err
	}
	if f.Packed {
		p, err := OpenPacked(r, size)
		if err != nil {
			return err
		}
		r, size = p, p.Size()
	}
	h, err := readHeader(r, size)
	if err == nil && h.wal {
		err = fmt.Errorf("%w: only a sealed file can be read without its folder", ErrUnsealed)
	}
	if err != nil {
		return err
	}
	return f.openView(r, size, h)
}

// Close releases the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.closeDB()
	if f.newest != nil {
		err = errors.Join(err, f.newest.Close())
	}
	for _, c := range f.files {
		err = errors.Join(err, c.Close())
	}
	for _, p := range f.pagers {
		idlePagers.Put(p)
	}
	f.files, f.pagers, f.closed = nil, nil, true
	return err
}

func (f *File) closeDB() error {
	var err error
	if f.db != nil {
		err = f.db.Close()
	}
	if f.view != nil {
		err = errors.Join(err, f.view.Close())
	}
	f.db, f.view = nil, nil
	return err
}

// Newest gives the file in the newest version: f itself, or for one of an older version a copy that was brought to it,
// which is closed with f.
func (f *File) Newest() *File {
	if f.newest != nil {
		return f.newest
	}
	return f
}

// Conn gives a connection to the file in the newest version, with the limits of a reader. The caller closes it.
func (f *File) Conn(ctx context.Context) (*sql.Conn, error) {
	if f.newest != nil {
		return f.newest.Conn(ctx)
	}
	db, err := f.open()
	if err != nil {
		return nil, err
	}
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, Damage(err)
	}
	if err := setLimits(c); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// open gives the database. SQLite opens it when it is first needed.
func (f *File) open() (*sqlx.DB, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.db != nil:
		return f.db, nil
	case f.closed:
		return nil, os.ErrClosed
	case f.Pages == nil:
		f.db = sqlx.NewDb(openShared(f.Path), "sqlite")
	default:
		db, view, err := OpenView(f.source, f.Size)
		if err != nil {
			return nil, err
		}
		f.db, f.view = sqlx.NewDb(db, "sqlite"), view
	}
	version, live, err := f.checkDB(f.db)
	switch {
	case err != nil:
	case f.Pages == nil:
		f.Version, f.Live = version, live
	case version != f.Version || live != f.Live: // SQLite has to see what the pages have
		err = fmt.Errorf("%w: %s: its rows are not those that SQLite sees", ErrDamaged, SchemaTable)
	}
	if err != nil {
		return nil, errors.Join(err, f.closeDB())
	}
	return f.db, nil
}

// Explain puts the error that reading the file gave in the place of what is said of its content.
func (f *File) Explain(err *error) {
	if f.newest != nil {
		f.newest.Explain(err)
	}
	if *err == nil || f.source == nil || !errors.Is(*err, ErrDamaged) {
		return
	}
	if first := f.source.First.Load(); first != nil {
		*err = TrimPath(*first)
	}
}

func (f *File) openAt(path string, held bool) (err error) {
	defer f.Explain(&err)
	if f.Path, err = FollowLink(path); err != nil {
		return err
	}
	file, size, err := OpenRegular(f.Path)
	if err != nil {
		return NotArchive(err)
	}
	f.files = append(f.files, file)
	readAhead(file)
	if packed, err := IsPacked(file); err != nil {
		return err
	} else if packed && held {
		return ErrPacked
	} else if packed {
		if f.main, err = NewSteadyFile(file); err != nil {
			return err
		}
		return f.openAlone(f.main, f.main.Size())
	}
	f.Recording = !held && BeingRecorded(f.Path)
	if f.Recording && SharesIndex(f.Path) {
		h, err := readHeader(file, size)
		if err != nil {
			return err
		}
		if h.version == Formats.Version { // of an older one a copy is read, as it is at this moment
			_, err := f.open()
			return err
		}
	}
	if f.main, err = NewSteadyFile(file); err != nil {
		return err
	}
	h, err := readHeader(f.main, size)
	if err != nil {
		return err
	}
	if h.wal {
		return f.openWAL(h)
	}
	if err := refuseSidecars(f.Path); err != nil {
		return err
	}
	return f.openView(f.main, f.main.Size(), h)
}

// openWAL opens a live file together with its write-ahead log: one that a killed recorder left behind, or that an
// exclusive one is recording into.
func (f *File) openWAL(h header) error {
	wal, size, err := OpenRegular(f.Path + "-wal")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := f.main.steady(0, nil); err != nil { // its recorder has just ended
			return err
		}
		return fmt.Errorf("%w: it was recorded into when it was copied, and %s-wal, which holds its newest records, is missing", ErrUnsealed, f.Path)
	case errors.Is(err, ErrNotRegular):
		return fmt.Errorf("%w: %s-wal is %w", ErrDamaged, f.Path, ErrNotRegular)
	case err != nil:
		return err
	}
	f.files = append(f.files, wal)
	log := steadyLog{wal, f.main}
	index, err := ReadWAL(log, size, h.pageSize)
	if err != nil {
		return err
	}
	o, err := newOverlay(f.main, f.main.Size(), h, log, index)
	if err != nil {
		return err
	}
	if h, err = readHeader(o, o.Size()); err != nil {
		return err
	}
	return f.openView(o, o.Size(), h)
}

// refuseSidecars looks for files that SQLite would take for part of a database at path.
func refuseSidecars(path string) error {
	for _, suffix := range []string{"-wal", "-journal"} {
		info, err := os.Lstat(path + suffix)
		if err == nil && info.Size() > 0 {
			return fmt.Errorf("%w: %s belongs to another state of the file; if the archive was copied over an older one, remove it", ErrSidecar, path+suffix)
		}
	}
	return nil
}

func (f *File) openView(r io.ReaderAt, size int64, h header) error {
	f.source = &ViewSource{ReaderAt: r}
	f.Pages, f.Size, f.PageSize, f.Version = f.source, size, h.pageSize, h.version
	head := make([]byte, HeaderSize)
	if _, err := r.ReadAt(head, 0); err != nil {
		return err
	}
	f.Touched = string(head) != string(CanonicalHeader(uint32(h.pages), h.version))
	if err := f.checkPages(); err != nil || h.version == Formats.Version {
		return err
	}
	return f.migrate()
}

// migrate makes the copy of a file of an older version, which was checked. It is where temporary files go and lives as
// long as the File.
func (f *File) migrate() error {
	temp, err := os.CreateTemp("", "exparchive-*.simexp")
	if err != nil {
		return err
	}
	f.files = append(f.files, tempFile{temp})
	if _, err := io.Copy(temp, io.NewSectionReader(f.Pages, 0, f.Size)); err != nil {
		return err
	}
	if err := MigrateFile(temp.Name(), f.Version); err != nil {
		return err
	}
	info, err := temp.Stat()
	if err != nil {
		return err
	}
	f.newest, err = New(temp, info.Size())
	return err
}

// SharesIndex reports whether the recorder of a live file lets SQLite in other processes read along.
func SharesIndex(livePath string) bool {
	_, err := os.Lstat(livePath + "-shm")
	return err == nil
}
