package record

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/outfile"
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
		return fmt.Errorf("%s: %w", w.live, errNothing)
	}
	seal, err := w.writeSeal(ctx)
	if err != nil {
		return fmt.Errorf("%s: seal: %w", w.live, err)
	}
	temp := w.path + sealingSuffix
	if err := w.copyTo(ctx, temp, seal); err != nil {
		return errors.Join(fmt.Errorf("%s: seal: %w", w.live, err), w.remove(temp))
	}
	if err := w.publish(temp); err != nil {
		return errors.Join(fmt.Errorf("%s: seal: %w", w.live, err), w.remove(temp))
	}
	w.seal = &seal
	// From here on the run is safe in its final place; what remains of the live file is only litter.
	return errors.Join(w.disconnect(), w.removeLive(), w.release())
}

// writeSeal records the seal in the live file, in place of one that an interrupted sealing left there.
func (w *Writer) writeSeal(ctx context.Context) (archive.Seal, error) {
	s := archive.Seal{Root: w.tree.Root(), Records: w.tree.Len()}
	if s.Records != w.next {
		return s, fmt.Errorf("%d records hashed, %d written", s.Records, w.next)
	}
	if err := w.conn.QueryRowContext(ctx, countQuery).Scan(&s.Events, &s.Interactions, &s.Iterations, &s.Notes, &s.Attachments); err != nil {
		return s, err
	}
	if err := insertBlocks(ctx, w.stmt.block, w.blocks.Last(&w.tree)); err != nil {
		return s, err
	}
	_, err := w.conn.ExecContext(ctx, `INSERT OR REPLACE INTO seal (id, root, records, events, interactions, iterations, notes, attachments)
		VALUES (1, ?, ?, ?, ?, ?, ?, ?)`, s.Root[:], s.Records, s.Events, s.Interactions, s.Iterations, s.Notes, s.Attachments)
	return s, err
}

const countQuery = `SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM llm_interaction), (SELECT count(*) FROM iteration),
	(SELECT count(*) FROM note), (SELECT count(*) FROM attachment)`

// copyTo makes the sealed file under the name temp, checks that it holds the run and flushes it to disk.
//
// VACUUM INTO puts equal contents on equal pages, however they were written; what is left of the past and of SQLite's
// release goes when the copy is made canonical.
func (w *Writer) copyTo(ctx context.Context, temp string, want archive.Seal) error {
	if err := w.remove(temp); err != nil {
		return err
	}
	path, err := filepath.Abs(temp) // an absolute path is never taken for a URI
	if err != nil {
		return err
	}
	if _, err := w.conn.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return err
	}
	if err := sqlitefile.Canonicalise(temp, w.sys.Overwrite); err != nil {
		return err
	}
	if err := w.sys.Sync(temp); err != nil {
		return err
	}
	a, err := archive.Open(temp)
	if err != nil {
		return err
	}
	defer a.Close()
	root, records, err := digest.Of(ctx, a)
	if err != nil {
		return fmt.Errorf("check of the copy: %w", err)
	}
	if root != want.Root || records != want.Records {
		return fmt.Errorf("check of the copy: %d records with digest %v, want %d with %v", records, root, want.Records, want.Root)
	}
	return nil
}

// publish gives the finished copy its final name. What is there already is replaced with Replace, whatever it is.
func (w *Writer) publish(temp string) error {
	if !w.opts.Replace {
		// The same bytes are what a sealing published that was interrupted before the live file was gone. The digest
		// does not tell: a redacted copy has that of the run.
		if same, err := outfile.Same(temp, w.path); err == nil && same {
			return errors.Join(w.sys.Sync(w.path), w.remove(temp), w.sys.SyncDir(filepath.Dir(w.path)))
		}
		// A link, unlike a rename, does not replace what is there. Some file systems have none.
		err := w.sys.Link(temp, w.path)
		if err == nil {
			return errors.Join(w.remove(temp), w.sys.SyncDir(filepath.Dir(w.path)))
		}
		if _, there := os.Lstat(w.path); errors.Is(err, fs.ErrExist) || there == nil {
			return fmt.Errorf("%s: %w", w.path, archive.ErrExists)
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
