package duckdb

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Windows refuses the open or the read itself.
const (
	errorSharingViolation syscall.Errno = 32
	errorLockViolation    syscall.Errno = 33
)

func probeLock(*os.File) error { return nil }

// inUse names the error that Windows gives for a file that another process has open exclusively.
func inUse(err error) error {
	if errors.Is(err, errorSharingViolation) || errors.Is(err, errorLockViolation) {
		return fmt.Errorf("%w: %w", ErrInUse, err)
	}
	return err
}
