package webfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
)

// Download writes the whole file at an address, or at that of a name, into a file of the disk, which is emptied before.
// The server has to say how long it is. Errors are those of [Files.Open] and of the disk.
func (f *Files) Download(ctx context.Context, address string, to *os.File) error {
	f.mu.Lock()
	address = f.address(address)
	f.connect()
	f.mu.Unlock()
	if _, err := parse(address); err != nil {
		return err
	}
	return f.again(ctx, func() error {
		a, err := f.get(ctx, address, http.Header{})
		if err != nil {
			return err
		}
		defer a.Close()
		switch form := a.Header.Get("Content-Encoding"); {
		case a.StatusCode != http.StatusOK:
			return a.refused()
		case form != "" && form != "identity":
			return fmt.Errorf("%w: it comes compressed (%.40q), which nobody asked for", ErrAnswer, form)
		case a.ContentLength < 0:
			return fmt.Errorf("%w: it does not say how long the file is", ErrAnswer)
		}
		if err := errors.Join(to.Truncate(0), seekStart(to)); err != nil {
			return localError{err}
		}
		n, err := io.Copy(localWriter{to}, io.LimitReader(a, a.ContentLength))
		if err == nil && n < a.ContentLength {
			err = io.ErrUnexpectedEOF
		}
		return err
	})
}

func seekStart(f *os.File) error {
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// A localError is one of the disk, which asking the server again does not help against.
type localError struct{ error }

func (e localError) Unwrap() error { return e.error }

type localWriter struct{ io.Writer }

func (w localWriter) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	if err != nil {
		err = localError{err}
	}
	return n, err
}
