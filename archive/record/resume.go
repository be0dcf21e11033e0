package record

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/provider"
)

// Resume continues the recording at livePath, a live file that its recorder left behind, after its last durable
// record. What the recorder could not write and spilled is taken in first. Begin must not be called again:
// [Writer.Count] tells which record is next. A recording that has its result already is [ErrFinished], for [Seal] to
// seal; one that is going on is [archive.ErrBusy].
func Resume(ctx context.Context, livePath string, opts *Options) (*Writer, error) {
	w, err := openLive(ctx, livePath, opts)
	if err != nil {
		return nil, err
	}
	if w.order.Record(provider.KindEvent) != nil {
		return nil, errors.Join(fileerr.Errorf(livePath, "%w: the run has its result; seal it", ErrFinished), w.Close())
	}
	return w, nil
}

// openLive opens a live file for writing and brings the writer to where its last recorder was.
func openLive(ctx context.Context, livePath string, opts *Options) (*Writer, error) {
	livePath, err := sqlitefile.FollowLink(livePath)
	if err != nil {
		return nil, err
	}
	path, ok := strings.CutSuffix(livePath, archive.LiveSuffix)
	if !ok {
		// Refuse with the best reason there is: it may be sealed, or no archive at all.
		a, err := archive.Open(livePath)
		if err != nil {
			return nil, err
		}
		defer a.Close()
		if a.State() == archive.Sealed {
			return nil, fileerr.Errorf(livePath, "%w: it takes no more records", ErrSealed)
		}
		return nil, fileerr.Errorf(livePath, "the name of a live file ends in %q", archive.LiveSuffix)
	}
	w := newWriter(path, opts)
	if err := w.checkAnnotations(); err != nil {
		return nil, err
	}
	if err := w.acquire(longestLive); err != nil {
		return nil, err
	}
	if err := w.restore(ctx); err != nil {
		return nil, errors.Join(err, w.disconnect(), w.release())
	}
	return w, nil
}

// restore checks the file as a reader does, before SQLite may write to it, and then takes its state from it.
func (w *Writer) restore(ctx context.Context) error {
	if err := w.sweep(); err != nil {
		return err
	}
	spilled, err := w.read(ctx)
	if err != nil {
		return fileerr.In(w.live, err)
	}
	if err := w.open(); err != nil {
		return fileerr.In(w.live, sqlitefile.Damage(err))
	}
	if err := w.annotate(); err != nil {
		return fileerr.In(w.live, err)
	}
	return w.takeIn(ctx, spilled)
}

// read takes the state of the recording from the live file, which is opened as a reader does, and gives what was
// spilled.
func (w *Writer) read(ctx context.Context) (_ *spilled, err error) {
	f, err := sqlitefile.Open(w.live, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if newest := sqlitefile.Formats.Version; f.Version != newest { // a reader sees a copy of it, which is migrated
		return nil, fmt.Errorf("schema version %d, which this release reads and does not record, want %d: "+
			"end the recording with the release that began it", f.Version, newest)
	}
	a, err := archive.New(f.Pages, f.Size)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := w.loadTypes(ctx, f); err != nil {
		return nil, err
	}
	spilled, err := readSpill(w.live)
	if err != nil {
		return nil, err
	}
	return spilled, w.load(ctx, a, spilled)
}

// loadTypes reads the event types. They are numbered from 1 without gaps, in the order of their first use.
func (w *Writer) loadTypes(ctx context.Context, f *sqlitefile.File) error {
	conn, err := f.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	rows, err := conn.QueryContext(ctx, "SELECT id, name FROM z_event_type ORDER BY id")
	if err != nil {
		return sqlitefile.Damage(err)
	}
	defer rows.Close()
	for want := int64(1); rows.Next(); want++ {
		var id int64
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return sqlitefile.Damage(err)
		}
		if id != want {
			return fmt.Errorf("%w: event type %d, want %d", archive.ErrDamaged, id, want)
		}
		if _, twice := w.types[name]; twice {
			return fmt.Errorf("%w: event types %d and %d have the same name", archive.ErrDamaged, w.types[name], id)
		}
		w.types[name] = id
	}
	return sqlitefile.Damage(rows.Err())
}

// load reads the whole run: its tree must be built again, and so it is known to be sound.
func (w *Writer) load(ctx context.Context, a *archive.Archive, spilled *spilled) error {
	for r, err := range a.Records(ctx) {
		if err == nil {
			err = r.Validate()
		}
		if err == nil {
			err = w.salt.Check(r)
		}
		if err == nil {
			err = spilled.compare(w.next, w.tree.Root, r)
		}
		if err != nil {
			return fmt.Errorf("record %d: %w", w.next, err)
		}
		switch r := r.(type) {
		case *provider.Start:
			w.runID = r.RunID
			err = w.admit(r, w.order.Begin)
		case *provider.Iteration:
			w.numbers[r.Number] = struct{}{}
		case *provider.Attachment:
			err = w.names.Add(r.Name)
		case *provider.Result:
			err = w.order.Finish()
		}
		if err != nil {
			return fmt.Errorf("record %d: %w", w.next, err)
		}
		w.blocks.Add(&w.tree, w.leaf.Hash(r))
		w.blocks.Take() // they are in the file
		w.next++
		w.counts[r.RecordKind()]++
		w.texts.add(r)
	}
	return nil
}
