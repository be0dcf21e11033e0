package record

import "errors"

// Discard ends a recording and removes the live file with all that was recorded. It is for copies of runs that exist elsewhere,
// when copying failed. After Finish or Close it does nothing.
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
