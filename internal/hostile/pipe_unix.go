//go:build unix

package hostile

import "syscall"

// pipes are files whose opening waits for ever.
func (m *maker) pipes() {
	pipe := func(path string) {
		if m.err == nil {
			m.err = syscall.Mkfifo(path, 0o666)
		}
	}
	pipe(m.file("pipe", true, nil))
	pipe(m.file("pipe for a log", true, m.src.Live) + "-wal")
	pipe(m.file("pipe for a lock", false, m.src.Sealed) + "-lock")
}
