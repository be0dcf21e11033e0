package lockfile

import (
	"errors"

	"golang.org/x/sys/windows"
)

// beingRemoved reports whether an error of opening the lock's file may say that somebody just removes it, as its holder
// does in [Lock.Release]: who removes a file has it open for that, and shares it with nobody who does not allow it.
func beingRemoved(err error) bool { return errors.Is(err, windows.ERROR_SHARING_VIOLATION) }
