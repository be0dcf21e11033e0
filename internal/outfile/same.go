package outfile

import (
	"bytes"
	"io"
	"os"
)

// Same reports whether two files hold the same bytes. It opens regular files only: one that is not, or that cannot be
// looked at, is an error or, for a folder or a pipe, false.
func Same(a, b string) (bool, error) {
	var files [2]*os.File
	var size [2]int64
	for i, path := range []string{a, b} {
		info, err := os.Stat(path)
		if err != nil {
			return false, err
		}
		if !info.Mode().IsRegular() {
			return false, nil
		}
		f, err := os.Open(path)
		if err != nil {
			return false, err
		}
		defer f.Close()
		files[i], size[i] = f, info.Size()
	}
	if size[0] != size[1] {
		return false, nil
	}
	x, y := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, errX := io.ReadFull(files[0], x)
		m, errY := io.ReadFull(files[1], y)
		switch {
		case !bytes.Equal(x[:n], y[:m]):
			return false, nil
		case errX == nil && errY == nil:
			continue
		case ended(errX) && ended(errY):
			return true, nil
		case !ended(errX) && errX != nil:
			return false, errX
		}
		return false, errY
	}
}

func ended(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }
