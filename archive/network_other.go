//go:build !linux && !darwin && !freebsd && !windows

package archive

// networkFileSystem knows no network file systems here; see [WriterOptions] for how to say that there is one.
func networkFileSystem(string) string { return "" }
