package record

import (
	"errors"
	"fmt"

	"github.com/simexp/exparchive/provider"
)

var (
	// ErrSealed means that a sealed archive was to be changed.
	ErrSealed = errors.New("sealed")
	// ErrFinished means that a recording has its result and takes no more records; it can only be sealed.
	ErrFinished = errors.New("finished")
	// ErrLost means that the live file was removed or replaced while it was recorded into.
	ErrLost = errors.New("live file removed or replaced")
)

var errNothing = fmt.Errorf("%w: nothing was recorded", provider.ErrNoRun)
