//go:build !linux && !darwin && !freebsd && !windows

package record

// networkFileSystem knows no network file systems here; see [Options] for how to say that there is one.
func networkFileSystem(string) string { return "" }
