package record

import (
	"errors"
)

// Sync writes the events that wait. When it returns nil, all that was recorded so far is durable.
func (w *Writer) Sync() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ready(nil, func() error { return nil }); err != nil {
		return err
	}
	return w.flush(nil, nil)
}

// Close ends a recording without sealing it, if Finish has not: what waits is written, and the live file stays behind
// as one complete file. A copy, which is [Options].Bulk, is discarded. It may be called more than once.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	if w.timer != nil {
		w.timer.Stop()
	}
	var err error
	if w.err == nil && w.next > 0 && !w.opts.Bulk {
		err = w.flush(nil, nil)
	}
	if w.err == nil && err == nil && w.conn != nil {
		// Out of WAL mode nothing stands beside the file any more. Where that fails, as when somebody reads the file at
		// this moment, the log stays and belongs to it.
		_ = emptyLog(w.conn)
	}
	empty := w.next == 0
	if w.spill != nil && len(w.spill.rest) > 0 {
		if w.saveSpill(); w.spill.err != nil {
			err = errors.Join(err, w.err)
		}
	}
	connected := w.db != nil
	err = errors.Join(err, w.disconnect())
	if connected && w.err == nil && err == nil {
		_ = w.leaveWAL()
	}
	if empty && w.err == nil {
		err = errors.Join(err, w.removeLive())
	}
	return errors.Join(err, w.release())
}

// Discard ends a recording and removes the live file with all that was recorded. It is for copies of runs that exist
// elsewhere, when copying failed. After Finish or Close it does nothing.
func (w *Writer) Discard() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	if w.timer != nil {
		w.timer.Stop()
	}
	return errors.Join(w.disconnect(), w.removeLive(), w.release())
}
