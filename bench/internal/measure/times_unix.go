//go:build unix

package measure

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

// selfTimes gives the processor time that this process has used.
func selfTimes() (user, sys time.Duration) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // who asks is this process, so there is nothing that could be wrong
	}
	return time.Duration(u.Utime.Nano()), time.Duration(u.Stime.Nano())
}

// peak gives the most memory that a process that has ended had, in bytes.
func peak(p *os.ProcessState) int64 {
	u, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(u.Maxrss)
	}
	return int64(u.Maxrss) << 10
}
