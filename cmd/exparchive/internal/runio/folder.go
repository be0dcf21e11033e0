package runio

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// MakeFolder makes a folder, and those above it that are missing. Also after an error, unmake removes those that this
// call made and that are empty.
func MakeFolder(path string) (unmake func(), err error) {
	var missing, made []string
	for p := filepath.Clean(path); !Exists(p) && p != filepath.Dir(p); p = filepath.Dir(p) {
		missing = append(missing, p)
	}
	unmake = func() {
		for _, p := range slices.Backward(made) {
			if os.Remove(p) != nil {
				return
			}
		}
	}
	for _, p := range slices.Backward(missing) {
		if err := os.Mkdir(p, 0o777); err == nil {
			made = append(made, p)
		} else if !errors.Is(err, fs.ErrExist) {
			return unmake, err
		}
	}
	return unmake, os.MkdirAll(path, 0o777) // which says so if a file of that name is there
}

// Exists reports whether there is something of that name, be it a link that leads nowhere.
func Exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
