package record

import (
	"errors"

	"golang.org/x/sys/windows"
)

// inUse reports whether a file could not be removed because another program has it open.
func inUse(err error) bool { return errors.Is(err, windows.ERROR_SHARING_VIOLATION) }
