package sqlitefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite/vfs"

	"github.com/simexp/exparchive/schema"
)

// A File is an archive or live file that is open for reading. Its header was checked before SQLite saw it, and its
// schema is the one of its version. Its methods may be called from several goroutines. The caller closes it.
type File struct {
	// DB reads the file, or a copy of it that was brought to the newest version.
	DB *sqlx.DB
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
	// Touched says that the header of Pages is not the one that a sealed file of its size and version has.
	Touched bool

	view   *vfs.FS
	source *ViewSource
	files  []io.Closer
	main   *steadyFile
}

// Open opens the archive or live file at path for reading. A caller that holds the recorder's lock itself says so: to
// it the file is one that nobody records into.
func Open(path string, held bool) (*File, error) {
	for attempt := 1; ; attempt++ {
		f := &File{}
		err := f.open(path, held)
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

// New opens a sealed file whose size bytes r gives.
func New(r io.ReaderAt, size int64) (*File, error) {
	f := &File{}
	h, err := readHeader(r, size)
	if err == nil && h.wal {
		err = fmt.Errorf("%w: only a sealed file can be read without its folder", ErrUnsealed)
	}
	if err == nil {
		err = f.openView(r, size, h)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Close releases the file.
func (f *File) Close() error {
	var err error
	if f.DB != nil {
		err = f.DB.Close()
	}
	if f.view != nil {
		err = errors.Join(err, f.view.Close())
	}
	for _, c := range f.files {
		err = errors.Join(err, c.Close())
	}
	f.DB, f.view, f.files = nil, nil, nil
	return err
}

// Conn gives a connection with the limits of a reader. The caller closes it.
func (f *File) Conn(ctx context.Context) (*sql.Conn, error) {
	c, err := f.DB.Conn(ctx)
	if err != nil {
		return nil, Damage(err)
	}
	if err := setLimits(c); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Explain puts the error that reading the file gave in the place of what SQLite says of it.
func (f *File) Explain(err *error) {
	if *err == nil || f.source == nil || !errors.Is(*err, ErrDamaged) {
		return
	}
	if first := f.source.First.Load(); first != nil {
		*err = TrimPath(*first)
	}
}

func (f *File) open(path string, held bool) (err error) {
	defer f.Explain(&err)
	if f.Path, err = FollowLink(path); err != nil {
		return err
	}
	file, size, err := OpenRegular(f.Path)
	if err != nil {
		return NotArchive(err)
	}
	f.files = append(f.files, file)
	f.Recording = !held && BeingRecorded(f.Path)
	if f.Recording && SharesIndex(f.Path) {
		h, err := readHeader(file, size)
		if err != nil {
			return err
		}
		if h.version == Formats.Version { // of an older one a copy is read, as it is at this moment
			f.DB = sqlx.NewDb(openShared(f.Path), "sqlite")
			return f.check()
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
	f.Pages, f.Size = r, size
	head := make([]byte, HeaderSize)
	if _, err := r.ReadAt(head, 0); err != nil {
		return err
	}
	f.Touched = string(head) != string(CanonicalHeader(uint32(h.pages), h.version))
	if err := f.openDB(f.source, size); err != nil || h.version == Formats.Version {
		return err
	}
	return f.openMigrated(r, size, h.version)
}

func (f *File) openDB(r io.ReaderAt, size int64) error {
	db, view, err := OpenView(r, size)
	if err != nil {
		return err
	}
	f.DB, f.view = sqlx.NewDb(db, "sqlite"), view
	return f.check()
}

// openMigrated goes on with a copy, brought to the newest version, of a file of an older one that was opened and
// checked. The copy is where temporary files go and lives as long as the File.
func (f *File) openMigrated(r io.ReaderAt, size int64, version int) error {
	temp, err := os.CreateTemp("", "exparchive-*.simexp")
	if err != nil {
		return err
	}
	f.files = append(f.files, tempFile{temp})
	if _, err := io.Copy(temp, io.NewSectionReader(r, 0, size)); err != nil {
		return err
	}
	if err := MigrateFile(temp.Name(), version); err != nil {
		return err
	}
	info, err := temp.Stat()
	if err != nil {
		return err
	}
	if err := errors.Join(f.DB.Close(), f.view.Close()); err != nil {
		return err
	}
	f.DB, f.view = nil, nil
	err = f.openDB(temp, info.Size())
	f.Version = version // the file's own
	return err
}

// maxObjects is more than any version of the format has.
const maxObjects = 2000

// check refuses a schema that is not the one of its version.
func (f *File) check() error {
	ctx := context.Background()
	conn, err := f.DB.Connx(ctx)
	if err != nil {
		return Damage(err)
	}
	defer conn.Close()
	if err := setLimits(conn.Conn); err != nil {
		return err
	}
	if err := conn.GetContext(ctx, &f.Version, "PRAGMA user_version"); err != nil {
		return Damage(err)
	}
	rows, err := conn.QueryxContext(ctx, "SELECT type, name, tbl_name, sql FROM sqlite_schema LIMIT ?", maxObjects)
	if err != nil {
		return Damage(err)
	}
	defer rows.Close()
	budget := f.Budget()
	var objects []schema.Object
	for rows.Next() {
		var o schema.Object
		if err := rows.StructScan(&o); err != nil {
			return Damage(err)
		}
		if err := budget.Take(len(o.Type) + len(o.Name) + len(o.Table) + len(o.SQL.String)); err != nil {
			return err
		}
		objects = append(objects, o)
	}
	if err := rows.Err(); err != nil {
		return Damage(err)
	}
	if f.Live, err = Formats.Check(int64(f.Version), objects); err != nil {
		return fmt.Errorf("%w: %w", ErrNotArchive, err)
	}
	return nil
}

// SharesIndex reports whether the recorder of a live file lets SQLite in other processes read along.
func SharesIndex(livePath string) bool {
	_, err := os.Lstat(livePath + "-shm")
	return err == nil
}
