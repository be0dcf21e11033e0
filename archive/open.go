package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite/vfs"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/schema"
)

// Options for [Open] and [New]. There are none yet; nil gives the defaults.
type Options struct{}

// State says what kind of file an archive is.
type State string

const (
	// Sealed is the state of a file that will never change again.
	Sealed State = "sealed"
	// Recording is the state of a live file that a process is recording into.
	Recording State = "recording"
	// Unfinished is the state of a live file that its recorder left behind.
	Unfinished State = "unfinished"
)

// An Archive is an open .simexp file, or a live file. It is a [provider.Provider] whose methods may be called from several
// goroutines. The caller closes it.
type Archive struct {
	path    string
	file    string // path, or what it links to: there the sidecars stand
	state   State
	version int64
	db      *sqlx.DB
	view    *vfs.FS
	files   []io.Closer
	main    *steadyFile // nil if SQLite itself reads the file
	source  *viewSource // likewise, and not nil for [New]
	raw     io.ReaderAt // the file as its pages are, nil if another process writes to it
	rawSize int64
	seal    *Seal
	typesMu sync.RWMutex
	types   map[int64]string // event types by id; grows while the run is recorded
}

var (
	_ provider.Tail    = (*Archive)(nil)
	_ provider.Counter = (*Archive)(nil)
)

// Open opens the archive or live file at path for reading and changes nothing, neither in the file nor beside it. It looks
// at the file's content, not at its name.
//
// The errors are [ErrNotArchive], [ErrNewer], [ErrDamaged], [ErrSidecar] (a journal or log stands beside a sealed file and
// SQLite would mix it in), [ErrUnsealed] (the log of a live file is missing) and those of the file system.
func Open(path string, opts *Options) (*Archive, error) { return openReader(path, opts, true) }

// openReader is Open; mayBusy is false for a caller that holds the recorder's lock itself.
func openReader(path string, _ *Options, mayBusy bool) (*Archive, error) {
	for attempt := 1; ; attempt++ {
		a := &Archive{path: path}
		err := a.openFile(mayBusy)
		if err == nil {
			return a, nil
		}
		err = errors.Join(fmt.Errorf("%s: %w", path, trimPath(err)), a.Close())
		if attempt == 5 || !errors.Is(err, ErrChanged) {
			return nil, err
		}
		time.Sleep(10 * time.Millisecond) // a recorder begins or ends just now
	}
}

// trimPath drops the path from an error that names it; the caller names it once.
func trimPath(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// New opens a sealed archive whose size bytes r gives, and which r's owner keeps as it is until Close.
func New(r io.ReaderAt, size int64, _ *Options) (*Archive, error) {
	a := &Archive{}
	h, err := readHeader(r, size)
	if err == nil && h.wal {
		err = fmt.Errorf("%w: only a sealed file can be read without its folder", ErrUnsealed)
	}
	if err == nil {
		err = a.openView(r, size, h)
	}
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *Archive) openFile(mayBusy bool) (err error) {
	defer a.explain(&err)
	file, err := followLink(a.path)
	if err != nil {
		return err
	}
	a.file = file
	f, size, err := openRegular(a.file)
	if err != nil {
		return notArchive(err)
	}
	a.files = append(a.files, f)
	recorded := mayBusy && beingRecorded(a.file)
	if recorded && sharesIndex(a.file) {
		h, err := readHeader(f, size)
		if err != nil {
			return err
		}
		a.state = Recording
		a.db = sqlx.NewDb(openShared(a.file), "sqlite")
		return a.check(h)
	}
	if a.main, err = newSteadyFile(f); err != nil {
		return err
	}
	h, err := readHeader(a.main, size)
	if err != nil {
		return err
	}
	if h.wal {
		err = a.openWAL(h)
	} else if err = refuseSidecars(a.file); err == nil {
		err = a.openView(a.main, a.main.size(), h)
	}
	if recorded {
		a.state = Recording
	}
	return err
}

// openWAL opens a live file together with its write-ahead log: one that a killed recorder left behind, or that an exclusive one is
// recording into.
func (a *Archive) openWAL(h header) error {
	wal, size, err := openRegular(a.file + "-wal")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := a.main.steady(0, nil); err != nil { // its recorder has just ended
			return err
		}
		return fmt.Errorf("%w: it was recorded into when it was copied, and %s-wal, which holds its newest records, is missing", ErrUnsealed, a.file)
	case errors.Is(err, errNotRegular):
		return fmt.Errorf("%w: %s-wal is %w", ErrDamaged, a.file, errNotRegular)
	case err != nil:
		return err
	}
	a.files = append(a.files, wal)
	log := steadyLog{wal, a.main}
	index, err := readWAL(log, size, h.pageSize)
	if err != nil {
		return err
	}
	o, err := newOverlay(a.main, a.main.size(), h, log, index)
	if err != nil {
		return err
	}
	if h, err = readHeader(o, o.size()); err != nil {
		return err
	}
	return a.openView(o, o.size(), h)
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

func (a *Archive) openView(r io.ReaderAt, size int64, h header) error {
	a.source = &viewSource{ReaderAt: r}
	db, view, err := openView(a.source, size)
	if err != nil {
		return err
	}
	a.db, a.view = sqlx.NewDb(db, "sqlite"), view
	a.raw, a.rawSize = r, size
	a.state = Unfinished
	if err := a.check(h); err != nil || h.version == int64(formats.Version) {
		return err
	}
	return a.openMigrated(r, size)
}

// check reads what every use of the archive needs, and refuses a schema that is not ours.
func (a *Archive) check(h header) error {
	ctx := context.Background()
	conn, err := a.db.Connx(ctx)
	if err != nil {
		return damage(err)
	}
	defer conn.Close()
	if err := setLimits(conn.Conn); err != nil {
		return err
	}
	var objects []schema.Object
	if err := conn.SelectContext(ctx, &objects, "SELECT type, name, tbl_name, sql FROM sqlite_schema LIMIT 2000"); err != nil {
		return damage(err)
	}
	if err := conn.GetContext(ctx, &a.version, "PRAGMA user_version"); err != nil {
		return damage(err)
	}
	if err := formats.Check(a.version, objects); err != nil {
		return fmt.Errorf("%w: %w", ErrNotArchive, err)
	}
	if err := a.loadTypes(ctx, conn); err != nil {
		return err
	}
	if err := a.loadSeal(ctx, conn); err != nil {
		return err
	}
	var n int
	if err := conn.GetContext(ctx, &n, "SELECT count(*) FROM experiment"); err != nil {
		return damage(err)
	}
	if n != 1 {
		return errNoRun
	}
	return nil
}

// maxEventTypes bounds what a stranger's table of event types can ask for.
const maxEventTypes = 1 << 16

func (a *Archive) loadTypes(ctx context.Context, conn *sqlx.Conn) error {
	rows, err := conn.QueryContext(ctx, "SELECT id, name FROM event_type LIMIT ?", maxEventTypes+1)
	if err != nil {
		return damage(err)
	}
	defer rows.Close()
	a.types = map[int64]string{}
	for rows.Next() {
		var id int64
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return damage(err)
		}
		a.types[id] = name
	}
	if len(a.types) > maxEventTypes {
		return fmt.Errorf("%w: more than %d event types", ErrDamaged, maxEventTypes)
	}
	return damage(rows.Err())
}

func (a *Archive) loadSeal(ctx context.Context, conn *sqlx.Conn) error {
	var s Seal
	var root []byte
	err := conn.QueryRowContext(ctx, "SELECT root, records, events, interactions, iterations, notes, attachments FROM seal").
		Scan(&root, &s.Records, &s.Events, &s.Interactions, &s.Iterations, &s.Notes, &s.Attachments)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return damage(err)
	case len(root) != len(s.Root):
		return fmt.Errorf("%w: seal: a root of %d bytes", ErrDamaged, len(root))
	}
	s.Root = digest.Hash(root)
	a.seal = &s
	// A live file has a seal only if sealing was interrupted.
	if a.state == Unfinished && !strings.HasSuffix(a.file, LiveSuffix) {
		a.state = Sealed
	}
	return nil
}

// Close releases the file. The Archive must not be used any more.
func (a *Archive) Close() error {
	var err error
	if a.db != nil {
		err = a.db.Close()
	}
	if a.view != nil {
		err = errors.Join(err, a.view.Close())
	}
	for _, f := range a.files {
		err = errors.Join(err, f.Close())
	}
	a.db, a.view, a.files = nil, nil, nil
	return err
}

// Path gives the name that the archive was opened by, empty for [New].
func (a *Archive) Path() string { return a.path }

// State tells whether the archive is sealed.
func (a *Archive) State() State { return a.state }

// SchemaVersion gives the schema version of the file.
func (a *Archive) SchemaVersion() int { return int(a.version) }

// Seal gives what a sealed archive says of its content, and false for a live file. It is a claim of the file;
// [Verify] checks it.
func (a *Archive) Seal() (Seal, bool) {
	if a.seal == nil || a.state != Sealed {
		return Seal{}, false
	}
	return *a.seal, true
}

// Annotations gives what the archive says beside the run, in the order in which it was added.
func (a *Archive) Annotations(ctx context.Context) (list []Annotation, err error) {
	defer a.explain(&err)
	err = a.db.SelectContext(ctx, &list, "SELECT kind, coalesce(name, '') AS name, text FROM annotation ORDER BY id")
	return list, damage(err)
}
