package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// followLink gives the file that path stands for if it is a symbolic link: the log, the lock and the spill of a live file stand
// beside the file itself, and whoever looks for them beside a link misses them.
func followLink(path string) (string, error) {
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

// What is put behind the name of an archive at most, while it is recorded, and ever.
const (
	longestLive   = LiveSuffix + creatingSuffix + "-journal"
	longestSuffix = annotatingSuffix + "-journal"
)

// nameFits reports that the name of an archive is too long for the files that stand beside it, of which the longest has suffix
// behind it.
func nameFits(path, suffix string) error {
	if _, err := os.Lstat(path + suffix); errors.Is(err, syscall.ENAMETOOLONG) {
		return fmt.Errorf("%s: the name is too long: files with up to %d bytes more stand beside it while it is recorded or changed: %w",
			path, len(suffix), syscall.ENAMETOOLONG)
	}
	return nil
}
