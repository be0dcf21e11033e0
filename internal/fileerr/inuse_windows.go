package fileerr

import (
	"errors"

	"golang.org/x/sys/windows"
)

// InUse reports whether a file could not be removed because another program has it open, which only Windows minds.
func InUse(err error) bool { return errors.Is(err, windows.ERROR_SHARING_VIOLATION) }
