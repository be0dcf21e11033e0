package sqlitefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// FollowLink gives the file that path stands for if it is a symbolic link: the log, the lock and the spill of a live file stand
// beside the file itself, and whoever looks for them beside a link misses them.
func FollowLink(path string) (string, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return path, err
	}
	if info.Mode()&os.ModeSymlink == 0 {
		return path, nil
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return path, &os.PathError{Op: "open", Path: path, Err: causeOf(err)}
	}
	return target, nil
}

func causeOf(err error) error {
	if e := (*os.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// TrimPath drops the path from an error that names it; the caller names it once.
func TrimPath(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}
