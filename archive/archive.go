package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/pages"
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
	// PackedSuffix follows the name of the archive in the name of its packed form.
	PackedSuffix = ".zst"
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
	pages   *pages.Database // nil for a file that SQLite reads beside its recorder
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

// Open opens the archive, packed or not, or the live file at path for reading and changes nothing, neither in the file
// nor beside it. It looks at the file's content, not at its name.
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

// New opens a sealed archive, packed or not, whose size bytes r gives, and which r's owner keeps as it is until Close:
// bytes in memory, or what is read by parts from elsewhere, such as the web. An r with a method BlockSize() int64 is read
// in blocks of so many bytes, or few more, where a file would be read further ahead. Errors of r come as they are. The file of a
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
func newArchive(f *sqlitefile.File) (a *Archive, err error) {
	defer f.Explain(&err)
	a = &Archive{file: f, state: Unfinished}
	if f.Recording {
		a.state = Recording
	}
	if f.Pages != nil {
		if a.pages, err = pages.Open(f.Newest()); err != nil {
			return nil, err
		}
	}
	return a, a.begin()
}

// begin looks what kind of file it is.
func (a *Archive) begin() error {
	f := a.file
	r, err := a.read(context.Background())
	if err != nil {
		return err
	}
	defer r.Close()
	if a.types, err = loadTypes(r, f.Budget()); err != nil {
		return err
	}
	row, err := experimentRow(r)
	if err != nil {
		return err
	}
	if a.seal, err = sealOf(row); err != nil {
		return err
	}
	// A live file has a seal only if sealing was interrupted.
	if a.seal != nil && a.state == Unfinished && !strings.HasSuffix(f.Path, LiveSuffix) {
		switch {
		case !f.Live:
			a.state = Sealed
		case f.Path != "":
			return fmt.Errorf("%w: %w: a seal, and a table that only a recording has", ErrNotArchive, schema.ErrForeign)
		}
	}
	return nil
}

// read begins a reading of the tables. The pages of a file are read without SQLite, but for one that another process is
// recording into.
func (a *Archive) read(ctx context.Context) (tables.Reading, error) {
	if a.pages == nil {
		return tables.ReadSQL(ctx, a.file)
	}
	return a.pages.Read(ctx)
}

// each gives the rows of a table to take; columns and keys are those of [tables.Reading].
func each(r tables.Reading, table string, columns int, first, last int64, take func(tables.Row) error) error {
	rows, err := r.Rows(table, columns, first, last)
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		row, err := rows.Next()
		if err != nil || row == nil {
			return err
		}
		if err := take(row); err != nil {
			return err
		}
	}
}

// all gives all rows of a table to take.
func all(r tables.Reading, table string, columns int, take func(tables.Row) error) error {
	return each(r, table, columns, math.MinInt64, math.MaxInt64, take)
}

// experimentRow reads the one row of the table of the experiment, which the caller owns.
func experimentRow(r tables.Reading) (row tables.Row, err error) {
	n := 0
	err = all(r, tables.TableExperiment, 0, func(x tables.Row) error {
		if n++; n > 1 {
			return errNoRun
		}
		row = own(x)
		return nil
	})
	if err == nil && n == 0 {
		err = errNoRun
	}
	return row, err
}

// own gives a copy of a row.
func own(row tables.Row) tables.Row {
	size := 0
	for i := range row {
		size += len(row[i].Bytes)
	}
	row, all := slices.Clone(row), make([]byte, 0, size)
	for i := range row {
		if row[i].Bytes != nil {
			begin := len(all)
			all = append(all, row[i].Bytes...)
			row[i].Bytes = all[begin:len(all):len(all)]
		}
	}
	return row
}

func loadTypes(r tables.Reading, budget *sqlitefile.Budget) (map[int64]string, error) {
	types := map[int64]string{}
	err := all(r, tables.TableEventType, 0, func(row tables.Row) error {
		if len(types) == tables.MaxEventTypes {
			return fmt.Errorf("%w: more than %d event types", sqlitefile.ErrDamaged, tables.MaxEventTypes)
		}
		name := row[tables.EventTypeName].Bytes
		types[row[tables.EventTypeID].Int] = string(name)
		return budget.Take(len(name))
	})
	return types, err
}

// sealOf reads the seal from the row of the experiment, nil if it has none.
func sealOf(row tables.Row) (*Seal, error) {
	if row[tables.ExperimentDigest].Kind == btree.Null {
		return nil, nil
	}
	s, err := tables.SealOf(row)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", sqlitefile.ErrDamaged, err)
	}
	return &Seal{s.Digest, s.Counts[0], s.Counts[1], s.Counts[2], s.Counts[3], s.Counts[4], s.Counts[5]}, nil
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

// Packed reports whether the archive is in packed form: see [Pack].
func (a *Archive) Packed() bool { return a.file.Packed }

// Raw gives the bytes of the file of a sealed archive, for whoever looks into them; a live file is [ErrNotSealed]. Of a
// packed one they are those of the archive inside.
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
	r, err := a.read(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	budget := a.file.Budget()
	err = all(r, tables.TableAnnotation, 0, func(row tables.Row) error {
		x := Annotation{
			Kind: string(row[tables.AnnotationKind].Bytes),
			Name: string(row[tables.AnnotationName].Bytes),
			Text: string(row[tables.AnnotationText].Bytes),
		}
		list = append(list, x)
		return budget.Take(len(x.Kind) + len(x.Name) + len(x.Text))
	})
	return list, err
}
