//go:build !linux && !darwin

package outfile

import "errors"

// exchange swaps two names in one step, for which this system has no call.
func exchange(_, _ string) error { return errors.ErrUnsupported }
