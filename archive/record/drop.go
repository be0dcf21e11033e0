package record

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// A recorded record cannot be taken out of a live file, whose hash tree covers it. So a second live file is recorded,
// of the records that stay, those that are dropped as an attachment, and a note; when it is complete and on disk it is
// renamed to the first one, in one step.
const (
	droppingSuffix   = "-drop" // follows the archive's name in that of the second one
	droppedExtension = ".jsonl"
	droppedKind      = "dropped" // of the note
)

// maxDropped bounds an attachment of dropped records, in bytes, apart from the last record in it. A variable for tests.
var maxDropped = 32 << 20

// DropOpenIteration takes the open iteration out of the recording at livePath, which its recorder left behind, so that
// a program that can only begin an iteration anew can go on with it. It gives what it dropped, nil if there was
// nothing.
//
// Events and interactions are dropped, and notes about records by their position, which is another one then. They stay
// available as attachments dropped/SEQ.jsonl, lines whose first had the position SEQ, and a note of kind "dropped" says
// so. Other notes and attachments stay where they are. The recording at livePath is at every moment either the old or
// the new one.
func DropOpenIteration(ctx context.Context, livePath string, opts *Options) (_ *OpenIteration, err error) {
	w, err := Resume(ctx, livePath, opts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	a, err := w.openOf()
	if err != nil {
		return nil, err
	}
	open, err := FindOpenIteration(ctx, a)
	if open == nil || err != nil {
		return nil, errors.Join(fileerr.In(w.live, err), a.Close())
	}
	temp, err := w.recordWithout(ctx, a, open)
	err = errors.Join(err, a.Close())
	if err == nil {
		err = w.replaceBy(temp)
	}
	if err != nil {
		return nil, errors.Join(fileerr.In(w.live, err), w.removeDropping())
	}
	return open, nil
}

// recordWithout records the run of a without its open iteration and gives the name of the live file, which is on disk.
func (w *Writer) recordWithout(ctx context.Context, a *archive.Archive, open *OpenIteration) (temp string, err error) {
	annotations, err := a.Annotations(ctx)
	if err != nil {
		return "", err
	}
	to, err := Create(w.path+droppingSuffix, &Options{
		unflushed: true, Restart: true, Replace: true, Exclusive: w.exclusive, Annotations: annotations,
		system: w.opts.system, network: w.opts.network,
	})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	d := dropped{to: to}
	for r, err := range a.Records(ctx) {
		switch {
		case err != nil:
			return "", err
		case r.RecordMeta().Seq >= open.from && drops(r):
			err = d.add(ctx, r)
		default:
			err = provider.Put(ctx, to, r)
		}
		if err != nil {
			return "", fmt.Errorf("record %d: %w", r.RecordMeta().Seq, err)
		}
	}
	if err := d.flush(ctx); err != nil {
		return "", err
	}
	what := fmt.Sprintf("%d records were", d.count)
	if d.count == 1 {
		what = "1 record was"
	}
	note := &provider.Note{Kind: droppedKind, Text: fmt.Sprintf(
		"of iteration %d, from record %d on, %s dropped when the recording was resumed (events: %d, calls of a language model: %d); it is in %s",
		open.Number, open.First, what, open.Events, open.Interactions, strings.Join(d.names, ", "))}
	if err := to.Note(ctx, note); err != nil {
		return "", err
	}
	if err := to.Close(); err != nil {
		return "", err
	}
	return to.live, w.sys.Sync(to.live)
}

// drops reports whether a record behind the last finished iteration goes with the open one.
func drops(r provider.Record) bool {
	switch r := r.(type) {
	case *provider.Event, *provider.Interaction:
		return true
	case *provider.Note:
		return strings.HasPrefix(r.Subject, provider.Subject("records")+"/")
	}
	return false
}

// dropped makes attachments of records. It holds one at a time.
type dropped struct {
	to    provider.Sink
	part  provider.Attachment
	names []string // of the attachments that to has
	count int64
}

func (d *dropped) add(ctx context.Context, r provider.Record) error {
	line, err := jsonl.Line(r)
	if err != nil {
		return err
	}
	if len(line) > provider.MaxText {
		return fmt.Errorf("its line has %d bytes, more than the %d that an attachment may have: nothing was dropped",
			len(line), provider.MaxText)
	}
	if len(d.part.Data)+len(line) > maxDropped {
		if err := d.flush(ctx); err != nil {
			return err
		}
	}
	if len(d.part.Data) == 0 {
		d.part.Name = fmt.Sprintf("%s%d%s", droppedFolder, r.RecordMeta().Seq, droppedExtension)
	}
	d.part.Data = append(d.part.Data, line...)
	d.count++
	return nil
}

// flush attaches what was gathered.
func (d *dropped) flush(ctx context.Context) error {
	if len(d.part.Data) == 0 {
		return nil
	}
	d.part.MediaType = "application/jsonl"
	err := d.to.Attachment(ctx, &d.part)
	// What was dropped before shortened the run: a part of it may have begun at the same position.
	stem := strings.TrimSuffix(d.part.Name, droppedExtension)
	for n := 2; n < 1000 && errors.As(err, new(*provider.NameClashError)); n++ {
		d.part.Name = fmt.Sprintf("%s.%d%s", stem, n, droppedExtension)
		err = d.to.Attachment(ctx, &d.part)
	}
	d.names = append(d.names, d.part.Name)
	d.part.Data = d.part.Data[:0]
	return err
}

// replaceBy puts the live file temp in the place of that of w and ends w.
func (w *Writer) replaceBy(temp string) error {
	for _, suffix := range []string{"-wal", "-journal"} {
		if _, err := os.Lstat(temp + suffix); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("%s%s is there, and may hold records", temp, suffix), err)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = emptyLog(w.conn)
	err := w.disconnect()
	if err == nil {
		err = w.leaveWAL()
	}
	// A log that stays, since somebody reads, would be taken for that of the new file.
	if _, there := os.Lstat(w.live + "-wal"); err == nil && !errors.Is(there, fs.ErrNotExist) {
		err = errors.Join(fmt.Errorf("%w: somebody reads the recording; try again when nobody does", archive.ErrBusy), there)
	}
	if err == nil {
		err = w.sys.Rename(temp, w.live)
	}
	if err == nil {
		err = w.sys.SyncDir(filepath.Dir(w.live))
	}
	return errors.Join(err, w.release())
}

// removeDropping removes what is left of the second live file. The caller holds the lock of the first one.
func (w *Writer) removeDropping() error {
	name := w.path + droppingSuffix + archive.LiveSuffix
	names := []string{name + sqlitefile.LockSuffix}
	for _, name := range []string{name, name + creatingSuffix} {
		names = append(names, name, name+"-journal", name+"-wal", name+"-shm")
	}
	var failed error
	for _, name := range names {
		// A name that is too long is no file's. Nothing is dropped then: there is no second live file.
		if err := w.remove(name); !errors.Is(err, syscall.ENAMETOOLONG) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
