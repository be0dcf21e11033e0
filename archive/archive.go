package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/schema"
)

const (
	// Extension is that of sealed archives.
	Extension = ".simexp"
	// LiveSuffix follows the name of the archive-to-be in the name of a live file.
	LiveSuffix = "-live"
)

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

// A Seal is what a sealed archive says of its own content.
type Seal struct {
	Root         digest.Hash // the digest of the run
	Records      int64       // all of them, the Start and the Result included
	Events       int64
	Interactions int64
	Iterations   int64
	Notes        int64
	Attachments  int64
}

// An Archive is an open .simexp file, or a live file. It is a [provider.Provider] whose methods may be called from
// several goroutines. The caller closes it.
type Archive struct {
	path    string
	file    *sqlitefile.File
	state   State
	seal    *Seal
	typesMu sync.RWMutex
	types   map[int64]string // event types by id; grows while the run is recorded

	textsChecked atomic.Bool // they are no more than the file may hold
}

var (
	_ provider.Tail     = (*Archive)(nil)
	_ provider.Counter  = (*Archive)(nil)
	_ provider.Selector = (*Archive)(nil)
)

// Open opens the archive or live file at path for reading and changes nothing, neither in the file nor beside it. It
// looks at the file's content, not at its name.
//
// The errors are [ErrNotArchive], [ErrNewer], [ErrDamaged], [ErrSidecar] (a journal or log stands beside a sealed file
// and SQLite would mix it in), [ErrUnsealed] (the log of a live file is missing) and those of the file system. They
// begin with path.
func Open(path string) (*Archive, error) {
	f, err := sqlitefile.Open(path, false)
	if err != nil {
		return nil, fileerr.In(path, err)
	}
	a, err := newArchive(f)
	if err != nil {
		return nil, errors.Join(fileerr.In(path, err), f.Close())
	}
	a.path = path
	return a, nil
}

// New opens a sealed archive whose size bytes r gives, and which r's owner keeps as it is until Close. The file of a
// recording, which it takes too, is not [Sealed], whatever its seal says.
func New(r io.ReaderAt, size int64) (*Archive, error) {
	f, err := sqlitefile.New(r, size)
	if err != nil {
		return nil, err
	}
	a, err := newArchive(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return a, nil
}

// newArchive reads what every use of the archive needs.
func newArchive(f *sqlitefile.File) (_ *Archive, err error) {
	defer f.Explain(&err)
	a := &Archive{file: f, state: Unfinished}
	if f.Recording {
		a.state = Recording
	}
	ctx := context.Background()
	conn, err := f.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if a.types, err = loadTypes(ctx, conn, f.Budget()); err != nil {
		return nil, err
	}
	if a.seal, err = loadSeal(ctx, conn); err != nil {
		return nil, err
	}
	// A live file has a seal only if sealing was interrupted.
	if a.seal != nil && a.state == Unfinished && !strings.HasSuffix(f.Path, LiveSuffix) {
		switch {
		case !f.Live:
			a.state = Sealed
		case f.Path != "":
			return nil, fmt.Errorf("%w: %w: a seal, and a table that only a recording has", ErrNotArchive, schema.ErrForeign)
		}
	}
	var n int
	if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM z_experiment LIMIT 2)").Scan(&n); err != nil {
		return nil, sqlitefile.Damage(err)
	}
	if n != 1 {
		return nil, errNoRun
	}
	return a, nil
}

func loadTypes(ctx context.Context, conn *sql.Conn, budget *sqlitefile.Budget) (map[int64]string, error) {
	rows, err := conn.QueryContext(ctx, "SELECT id, name FROM z_event_type LIMIT ?", tables.MaxEventTypes+1)
	if err != nil {
		return nil, sqlitefile.Damage(err)
	}
	defer rows.Close()
	types := map[int64]string{}
	for rows.Next() {
		var id int64
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, sqlitefile.Damage(err)
		}
		if err := budget.Take(len(name)); err != nil {
			return nil, err
		}
		types[id] = name
	}
	if len(types) > tables.MaxEventTypes {
		return nil, fmt.Errorf("%w: more than %d event types", sqlitefile.ErrDamaged, tables.MaxEventTypes)
	}
	return types, sqlitefile.Damage(rows.Err())
}

func loadSeal(ctx context.Context, conn *sql.Conn) (*Seal, error) {
	var s Seal
	var root []byte
	err := conn.QueryRowContext(ctx, `SELECT digest, records, events, interactions, iterations, notes, attachments
		FROM (SELECT * FROM z_experiment LIMIT 1) WHERE digest IS NOT NULL`).
		Scan(&root, &s.Records, &s.Events, &s.Interactions, &s.Iterations, &s.Notes, &s.Attachments)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, sqlitefile.Damage(err)
	case len(root) != len(s.Root):
		return nil, fmt.Errorf("%w: seal: a digest of %d bytes", sqlitefile.ErrDamaged, len(root))
	}
	s.Root = digest.Hash(root)
	return &s, nil
}

// Close releases the file. The Archive must not be used any more.
func (a *Archive) Close() error { return a.file.Close() }

// Path gives the name that the archive was opened by, empty for [New].
func (a *Archive) Path() string { return a.path }

// State tells whether the archive is sealed.
func (a *Archive) State() State { return a.state }

// SchemaVersion gives the schema version of the file.
func (a *Archive) SchemaVersion() int { return a.file.Version }

// Seal gives what a sealed archive says of its content, and false for a live file. It is a claim of the file;
// package verify checks it.
func (a *Archive) Seal() (Seal, bool) {
	if a.seal == nil || a.state != Sealed {
		return Seal{}, false
	}
	return *a.seal, true
}

// Touched reports that another program has written to a sealed archive since it was sealed: its header is not the one
// that sealing writes. What was written it does not tell; package verify does.
func (a *Archive) Touched() bool { return a.state == Sealed && a.file.Touched }

// Raw gives the bytes of the file of a sealed archive, for whoever looks into them; a live file is [ErrNotSealed].
func (a *Archive) Raw() (*io.SectionReader, error) {
	if a.state != Sealed {
		return nil, ErrNotSealed
	}
	return io.NewSectionReader(a.file.Pages, 0, a.file.Size), nil
}

// SchemaTexts gives the names and the SQL of the tables and views that every archive of the version has: what is among
// the bytes of the file whatever was recorded.
func (a *Archive) SchemaTexts() []string {
	objects, err := sqlitefile.Formats.Objects(a.SchemaVersion())
	if err != nil {
		return nil // opening it compared its objects with these
	}
	var texts []string
	for _, o := range objects {
		texts = append(texts, o.Name, o.SQL.String)
	}
	return texts
}

// Annotations gives what the archive says beside the run, in the order in which it was added.
func (a *Archive) Annotations(ctx context.Context) (list []Annotation, err error) {
	defer a.file.Explain(&err)
	rows, err := a.file.DB.QueryxContext(ctx, "SELECT kind, coalesce(name, '') AS name, text FROM z_annotation ORDER BY id")
	if err != nil {
		return nil, sqlitefile.Damage(err)
	}
	defer rows.Close()
	budget := a.file.Budget()
	for rows.Next() {
		var x Annotation
		if err := rows.StructScan(&x); err != nil {
			return nil, sqlitefile.Damage(err)
		}
		if err := budget.Take(len(x.Kind) + len(x.Name) + len(x.Text)); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, sqlitefile.Damage(rows.Err())
}
