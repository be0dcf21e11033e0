package record

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/pages"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/workdir"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// sealingSuffix follows the archive's name in the name of the copy that becomes it.
const sealingSuffix = "-sealing"

// finish seals the live file and ends the recording. The caller holds mu and has flushed.
func (w *Writer) finish(ctx context.Context) error {
	if w.timer != nil {
		w.timer.Stop()
	}
	if w.next == 0 {
		return fileerr.In(w.file(), errNothing)
	}
	seal, err := w.sealOf()
	if err != nil {
		return fileerr.Errorf(w.file(), "seal: %w", err)
	}
	temp := w.path + sealingSuffix
	if err := w.copyTo(ctx, temp, seal); err != nil {
		return errors.Join(fileerr.Errorf(w.file(), "seal: %w", err), w.remove(temp))
	}
	if err := w.publish(temp); err != nil {
		return errors.Join(fileerr.Errorf(w.file(), "seal: %w", err), w.remove(temp))
	}
	w.seal = &seal
	// From here on the run is safe in its final place; what remains of the live file is only litter.
	err = w.disconnect()
	removed := w.removeLive()
	for try := 0; fileerr.InUse(removed) && try < 10; try++ { // most readers have a file open for a moment
		time.Sleep(20 * time.Millisecond)
		removed = w.removeLive()
	}
	if fileerr.InUse(removed) {
		workdir.Tell(fileerr.Errorf(w.live, "sealed, and cannot be removed while another program has it open; "+
			"`exparchive seal` removes it afterwards: %w", fileerr.Cause(removed)))
		removed = nil
	}
	return errors.Join(err, removed, w.release())
}

// sealOf gives the seal of what was recorded.
func (w *Writer) sealOf() (archive.Seal, error) {
	s := archive.Seal{Root: w.tree.Root(), Records: w.tree.Len()}
	if s.Records != w.next {
		return s, fmt.Errorf("%d records hashed, %d written", s.Records, w.next)
	}
	s.Events, s.Interactions = w.counts[provider.KindEvent], w.counts[provider.KindInteraction]
	s.Iterations, s.Notes = w.counts[provider.KindIteration], w.counts[provider.KindNote]
	s.Attachments = w.counts[provider.KindAttachment]
	return s, nil
}

// copyTo makes the sealed file under the name temp, read-only, checks that it holds the run and flushes it to disk.
func (w *Writer) copyTo(ctx context.Context, temp string, want archive.Seal) (err error) {
	if err := w.remove(temp); err != nil {
		return err
	}
	seal := &tables.Seal{Digest: want.Root, Counts: [...]int64{
		want.Records, want.Events, want.Interactions, want.Iterations, want.Notes, want.Attachments,
	}}
	if err := w.rows.writeTo(ctx, temp, seal, w.blocks.Last(&w.tree)); err != nil {
		return err
	}
	info, err := os.Stat(temp)
	if err != nil {
		return err
	}
	if err := w.sys.SealFile(temp, info.Mode()); err != nil {
		return err
	}
	var copied digest.Sink
	if err := readBack(ctx, temp, &copied); err != nil {
		return fmt.Errorf("check of the copy: %w", err)
	}
	if got := archive.SealOf(&copied); got != want {
		return fmt.Errorf("check of the copy: got %v, want %v", got, want)
	}
	return nil
}

// writeTo makes the file from the pages of the live file, as they are with its log. They are read without SQLite, which
// only brings what is in the log into the file before, if nobody reads along. The live file does not change by being
// sealed.
func (r *liveRows) writeTo(ctx context.Context, path string, seal *tables.Seal, blocks []tables.LeafBlock) (err error) {
	if !r.w.exclusive {
		_ = emptyLog(r.w.conn)
	}
	live, err := sqlitefile.Open(r.w.live, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, live.Close()) }()
	db, err := pages.Open(live)
	if err != nil {
		return err
	}
	return db.WriteFile(ctx, r.w.sys, path, 0o644, pages.Change{Seal: seal, Blocks: blocks})
}

// readBack takes all records of the sealed file at path into sink. What is withheld must be of one of them. That events
// are valid is not checked again: with the digest of those that were, they are the same bytes.
func readBack(ctx context.Context, path string, sink *digest.Sink) (err error) {
	a, err := archive.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	loan := &lend.Loan{}
	sink.Borrows(loan)
	defer func() { loan.Checked = false }()
	for r, err := range lend.Records(ctx, a, &lend.Loan{}) {
		if err != nil {
			return err
		}
		loan.Checked = r.RecordKind() == provider.KindEvent
		if err := provider.Put(ctx, sink, r); err != nil {
			return err
		}
	}
	raw, err := a.Raw()
	if err != nil {
		return err
	}
	f, err := sqlitefile.New(raw, raw.Size())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	db, err := pages.Open(f)
	if err != nil {
		return err
	}
	r, err := db.Read(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	last, some, err := r.Last(tables.TableRedaction)
	if seq, _ := tables.RedactionRecord(last); err == nil && some && seq >= sink.Count() {
		err = fmt.Errorf("table %s, row %d: no such record", tables.TableRedaction, last)
	}
	return err
}

// publish gives the finished copy its final name. What is there already is replaced with Replace, whatever it is.
func (w *Writer) publish(temp string) error {
	if !w.opts.Replace {
		// The same bytes are what a sealing published that was interrupted before the live file was gone. The digest
		// does not tell: a redacted copy has that of the run.
		if same, err := outfile.Same(temp, w.path); err == nil && same {
			info, err := os.Stat(w.path)
			if err == nil {
				err = w.sys.SealFile(w.path, info.Mode())
			}
			return errors.Join(err, w.remove(temp), w.sys.SyncDir(filepath.Dir(w.path)))
		}
		// A link, unlike a rename, does not replace what is there. Some file systems have none.
		err := w.sys.Link(temp, w.path)
		if err == nil {
			err = w.remove(temp)
			w.sys.SealName(w.path)
			return errors.Join(err, w.sys.SyncDir(filepath.Dir(w.path)))
		}
		if _, there := os.Lstat(w.path); errors.Is(err, fs.ErrExist) || there == nil {
			return fileerr.In(w.path, archive.ErrExists)
		}
	}
	for _, suffix := range []string{"-wal", "-shm", "-journal"} { // of what is replaced; they would be mixed with the new file
		if err := w.remove(w.path + suffix); err != nil {
			return err
		}
	}
	if err := w.sys.Rename(temp, w.path); err != nil {
		return err
	}
	return w.sys.SyncDir(filepath.Dir(w.path))
}

// Seal seals the recording at livePath as it is, whether it has a result or not, and gives what it sealed. The
// archive's name is that of the live file without "-live".
func Seal(ctx context.Context, livePath string, opts *Options) (archive.Seal, error) {
	w, err := openLive(ctx, livePath, opts)
	if err != nil {
		return archive.Seal{}, err
	}
	w.mu.Lock()
	err = w.finish(ctx)
	w.mu.Unlock()
	if err = errors.Join(err, w.Close()); err != nil {
		return archive.Seal{}, err
	}
	seal, _ := w.Seal()
	return seal, nil
}
