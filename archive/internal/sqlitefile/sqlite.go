package sqlitefile

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
	"modernc.org/sqlite/vfs"

	"github.com/simexp/exparchive/provider"
)

// Two drivers, so that what is set up for the one never touches the other, nor the connections of a program that uses
// the same SQLite for itself.
var (
	readDriver  = newReadDriver()
	WriteDriver = &sqlite.Driver{}
)

func init() {
	// Without it, closing any other handle on a database file in this process would drop SQLite's locks on it.
	// Where there are no such locks there is nothing to do about it.
	_, _ = sqlite.OFDLocking(true)
}

// connector opens connections of one driver to one database.
type connector struct {
	driver *sqlite.Driver
	dsn    string
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c connector) Driver() driver.Driver                        { return c.driver }

// dsn gives the data source name of a path; every character of the path stands for itself.
func dsn(path string, options ...string) string {
	path = filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" && !strings.HasPrefix(path, "/") {
		path = "/" + path // file:///C:/…
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: strings.Join(options, "&")}
	return u.String()
}

// OpenWritable opens a database at path for writing, on one connection. It belongs to the caller alone. The path is
// made absolute, so that it is never taken for a URI.
func OpenWritable(path string, options ...string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector{WriteDriver, dsn(path, options...)})
	db.SetMaxOpenConns(1)
	return db, nil
}

// Options of every handle that reads: nothing in the file is trusted, and nothing is written, not even temporary files.
var readOptions = []string{
	"mode=ro", "_defensive=1", "_dqs=0", "_query_only=1",
	"_pragma=trusted_schema(0)", "_pragma=cell_size_check(1)", "_pragma=mmap_size(0)", "_pragma=temp_store(MEMORY)",
}

// OpenView opens the database whose bytes r gives. SQLite never learns a path and cannot find a sidecar.
// The caller closes both what is returned, db first.
func OpenView(r io.ReaderAt, size int64) (*sql.DB, *vfs.FS, error) {
	name, v, err := vfs.New(viewFS{r: r, size: size})
	if err != nil {
		return nil, nil, err
	}
	options := append([]string{"vfs=" + name, "immutable=1"}, readOptions...)
	return sql.OpenDB(connector{readDriver, dsn(viewName, options...)}), v, nil
}

// openShared opens a live file beside its recorder.
func openShared(path string) *sql.DB {
	return sql.OpenDB(connector{readDriver, dsn(path, append([]string{"_busy_timeout=2000"}, readOptions...)...)})
}

// limits of a handle that reads, by SQLite's own numbers for them.
var limits = []struct{ id, value int }{
	{sqlite3.SQLITE_LIMIT_LENGTH, provider.MaxText + 1<<20},
	{sqlite3.SQLITE_LIMIT_SQL_LENGTH, 1 << 20},
	{sqlite3.SQLITE_LIMIT_COLUMN, 200},
	{sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 200},
	{sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 50},
	{sqlite3.SQLITE_LIMIT_VDBE_OP, 1 << 20},
	{sqlite3.SQLITE_LIMIT_FUNCTION_ARG, 50},
	{sqlite3.SQLITE_LIMIT_ATTACHED, 0},
	{sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100},
	{sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0},
	{sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0},
}

// setLimits applies limits to one connection.
func setLimits(c *sql.Conn) error {
	for _, l := range limits {
		if _, err := sqlite.Limit(c, l.id, l.value); err != nil {
			return fmt.Errorf("limit %d: %w", l.id, err)
		}
	}
	return nil
}

func newReadDriver() *sqlite.Driver {
	d := &sqlite.Driver{}
	d.RegisterConnectionHook(func(c sqlite.ExecQuerierContext, _ string) error {
		return c.(sqlite.AuthorizerRegisterer).RegisterAuthorizer(authorize)
	})
	return d
}

// viewName is the name under which SQLite asks for the database in a view.
const viewName = "archive"

// viewFS is a file system of one file.
type viewFS struct {
	r    io.ReaderAt
	size int64
}

// Open implements [fs.FS].
func (v viewFS) Open(name string) (fs.File, error) {
	if strings.TrimPrefix(name, "/") != viewName {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &viewFile{io.NewSectionReader(v.r, 0, v.size)}, nil
}

type viewFile struct{ *io.SectionReader }

func (viewFile) Close() error                 { return nil }
func (f viewFile) Stat() (fs.FileInfo, error) { return viewInfo(f.Size()), nil }

type viewInfo int64

func (viewInfo) Name() string       { return viewName }
func (i viewInfo) Size() int64      { return int64(i) }
func (viewInfo) Mode() fs.FileMode  { return 0o444 }
func (viewInfo) ModTime() time.Time { return time.Time{} }
func (viewInfo) IsDir() bool        { return false }
func (viewInfo) Sys() any           { return nil }

// Refused reports that a statement was not compiled because it does more than read.
func Refused(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_AUTH || e.Code()&0xff == sqlite3.SQLITE_READONLY)
}

// TooBig reports whether a value is longer than SQLite takes.
func TooBig(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_TOOBIG
}

// OfSystem reports whether an error of SQLite is about memory, locks, files or SQLite itself, and not about what it was
// asked.
func OfSystem(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL,
		sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_INTERNAL, sqlite3.SQLITE_IOERR:
		return true
	}
	return false
}

// Damage turns what SQLite says of the content of a file in a view into [ErrDamaged]; other errors stay. What cannot be
// read is damaged too.
func Damage(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_IOERR {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return Corrupt(err)
}

// Corrupt is [Damage] for a file that is written to: where the medium fails, that is no fault of the file.
func Corrupt(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_TOOBIG:
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	return err
}
