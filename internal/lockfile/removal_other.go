//go:build !windows

package lockfile

// beingRemoved is false: elsewhere a file that is removed can be opened until it is.
func beingRemoved(error) bool { return false }
