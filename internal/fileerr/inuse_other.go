//go:build !windows

package fileerr

// InUse reports whether a file could not be removed because another program has it open, which only Windows minds.
func InUse(error) bool { return false }
