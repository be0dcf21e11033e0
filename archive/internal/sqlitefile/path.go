package sqlitefile

import (
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/internal/fileerr"
)

// FollowLink gives the file that path stands for if it is a symbolic link: the log, the lock and the spill of a live
// file stand beside the file itself, and whoever looks for them beside a link misses them.
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
		return path, &os.PathError{Op: "open", Path: path, Err: fileerr.Cause(err)}
	}
	return target, nil
}

// TrimPath is [fileerr.Cause].
func TrimPath(err error) error { return fileerr.Cause(err) }
