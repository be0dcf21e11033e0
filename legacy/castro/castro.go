package castro

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/simexp/exparchive/legacy/duckdb"
	"github.com/simexp/exparchive/provider"
)

// Options for Open. The zero value, or nil, gives the defaults.
type Options struct {
	// Lenient leaves values out that cannot be kept as recorded, instead of refusing the run: each is named by a note and
	// its text becomes an attachment.
	Lenient bool
	// MaxJSON is the size of the largest JSON export, in bytes, which is read into memory; 0 means 256 MiB.
	MaxJSON int64
	// MaxRows bounds the memory that the rows of one table may take which belong to a run, or to the list of runs, in
	// bytes; 0 means six times the size of the file and its log, at least 64 MiB. A few bytes of a file may stand for any
	// number of rows. Rows of other runs that are read along with one, where runs are mixed, take as much again in all
	// tables together, at most 256 MiB.
	MaxRows int64
	// DuckDB are the options for the databases.
	DuckDB duckdb.Options
}

// RunInfo describes a run in a list.
type RunInfo struct {
	ID          string // as [Database.Run] takes it
	Name        string // of the experiment
	Type        string // of the experiment
	Generation  string // such as "core K1"
	Status      provider.Status
	CreatedAt   string // empty if not recorded
	CompletedAt string // empty if not recorded
}

// A Database is an open file of the original project. Its methods may be called from several goroutines.
type Database struct {
	path    string
	options Options
	db      *duckdb.DB // nil for a JSON export
	tables  tables
	web     *webFile // nil for a database
	sources []source

	mu     sync.Mutex
	known  []found              // every run, once they have been listed
	byID   map[string][]int     // of known
	latest map[string]latestRun // of castro.db, by the name of the experiment, once it was asked for
}

// A source reads the runs of one generation in a file.
type source interface {
	// runs lists them in the order of the file.
	runs(ctx context.Context) ([]RunInfo, error)
	// build gives b the run of an id that runs listed.
	build(b *builder, id string) error
}

// Open opens the file at path, a DuckDB database with the log beside it or a JSON export of the web sandbox. Nothing is
// changed. The caller must close the Database; the runs that it gave stay readable as long as it is open.
//
// A file that is none of ours is [ErrForeign], an empty database is [ErrNoTables]; the errors of [duckdb.Open] come as
// they are.
func Open(path string, opts *Options) (*Database, error) {
	d := &Database{path: path}
	if opts != nil {
		d.options = *opts
	}
	if d.options.MaxJSON <= 0 {
		d.options.MaxJSON = 256 << 20
	}
	isJSON, err := startsObject(path)
	if err != nil {
		return nil, err
	}
	if isJSON {
		if d.web, err = openWeb(path, d.options.MaxJSON); err != nil {
			return nil, err
		}
		d.sources = []source{d.web}
		return d, nil
	}
	if d.db, err = duckdb.Open(path, &d.options.DuckDB); err != nil {
		return nil, err
	}
	d.tables = detect(d.db, d.options.maxRows(path, d.db))
	t := &d.tables
	if t[scriptConfig] != nil {
		d.sources = append(d.sources, &script{t})
	}
	if t[castroRuns] != nil {
		d.sources = append(d.sources, &castro{t, d})
	}
	if t[gameSessions] != nil {
		d.sources = append(d.sources, &game{t})
	}
	if t[coreRuns] != nil {
		d.sources = append(d.sources, &core{tables: t, names: coreNames})
	}
	if t[unifiedRuns] != nil {
		d.sources = append(d.sources, &core{tables: t, names: unifiedNames})
	}
	if t[webDays] != nil {
		d.sources = append(d.sources, &webTables{t, path})
	}
	if d.sources == nil {
		err := noneOfOurs(d.db, path)
		return nil, errors.Join(err, d.db.Close())
	}
	return d, nil
}

// maxRows gives MaxRows for one file.
func (o *Options) maxRows(path string, db *duckdb.DB) int64 {
	if o.MaxRows > 0 {
		return o.MaxRows
	}
	info, err := os.Stat(path)
	if err != nil {
		return leastMaxRows
	}
	return max(leastMaxRows, 6*(info.Size()+db.Info().LogBytes))
}

const leastMaxRows = 64 << 20

// startsObject reports whether the file begins like a JSON object.
func startsObject(path string) (bool, error) {
	if info, err := os.Stat(path); err != nil {
		return false, err
	} else if !info.Mode().IsRegular() { // opening a pipe could wait for ever
		return false, fmt.Errorf("%w: not a regular file", ErrForeign)
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 64)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		return false, err
	}
	if duckdb.IsDatabase(head[:n]) {
		return false, nil
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head[:n], []byte("\ufeff")), " \t\r\n")
	return bytes.HasPrefix(text, []byte("{")), nil
}

// Close closes the file.
func (d *Database) Close() error {
	if d.db == nil {
		return nil
	}
	return d.db.Close()
}

// Runs lists the runs in the file. Only their own rows are read.
func (d *Database) Runs(ctx context.Context) ([]RunInfo, error) {
	known, err := d.list(ctx)
	if err != nil {
		return nil, err
	}
	var all []RunInfo
	for _, f := range known {
		all = append(all, f.info)
	}
	return all, nil
}

// list gives every run with the source that reads it. The file does not change while it is open, so it is asked once.
func (d *Database) list(ctx context.Context) ([]found, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known != nil {
		return d.known, nil
	}
	var known []found
	for _, s := range d.sources {
		runs, err := s.runs(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range runs {
			known = append(known, found{r, s})
		}
	}
	for _, t := range d.tables {
		if t != nil {
			t.shelf.pool.listed(known)
			break // it is that of all
		}
	}
	d.known, d.byID = known, map[string][]int{}
	for i, f := range known {
		d.byID[f.info.ID] = append(d.byID[f.info.ID], i)
	}
	return known, nil
}

// Run gives the run of an id, for which a prefix is enough if only one run has it; empty means the only run of the
// file. The error is [provider.ErrNoRun] or [ErrManyRuns] and says which runs there are. The run is read when it is
// first used.
func (d *Database) Run(ctx context.Context, id string) (*Run, error) {
	known, err := d.list(ctx)
	if err != nil {
		return nil, err
	}
	if at := d.byID[id]; len(at) == 1 { // without a look at all the others
		return d.run(known[at[0]]), nil
	}
	var exact, prefix []found
	var ids []string
	for _, f := range known {
		ids = append(ids, f.info.ID)
		if f.info.ID == id {
			exact = append(exact, f)
		} else if strings.HasPrefix(f.info.ID, id) {
			prefix = append(prefix, f)
		}
	}
	if len(exact) == 0 {
		exact = prefix
	}
	switch {
	case len(ids) == 0:
		return nil, fmt.Errorf("%w: the tables of runs in the file are empty", provider.ErrNoRun)
	case len(exact) == 1:
		return d.run(exact[0]), nil
	case len(exact) == 0:
		return nil, fmt.Errorf("run %q: %w; there %s", id, provider.ErrNoRun, listRuns(ids))
	case id == "":
		return nil, fmt.Errorf("%w; choose one: there %s", ErrManyRuns, listRuns(ids))
	}
	ids = nil
	for _, f := range exact {
		ids = append(ids, f.info.ID)
	}
	return nil, fmt.Errorf("run %q: %w that begin so; there %s", id, ErrManyRuns, listRuns(ids))
}

func (d *Database) run(f found) *Run {
	return &Run{info: f.info, source: f.source, lenient: d.options.Lenient}
}

type found struct {
	info   RunInfo
	source source
}

// listRuns names the runs for a message.
func listRuns(ids []string) string {
	const most = 20
	if len(ids) == 1 {
		return "is only " + ids[0]
	}
	more := ""
	if n := len(ids) - most; n > 0 {
		ids, more = ids[:most], fmt.Sprintf(" and %d more", n)
	}
	return "are " + strings.Join(slices.Clone(ids), ", ") + more
}
