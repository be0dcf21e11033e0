//go:build unix

package measure

import (
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
