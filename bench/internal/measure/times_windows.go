package measure

import (
	"os"
	"syscall"
	"time"
)

// selfTimes gives the processor time that this process has used.
func selfTimes() (user, sys time.Duration) {
	process, err := syscall.GetCurrentProcess()
	if err != nil {
		panic(err) // who asks is this process, so there is nothing that could be wrong
	}
	var created, ended, kernel, own syscall.Filetime
	if err := syscall.GetProcessTimes(process, &created, &ended, &kernel, &own); err != nil {
		panic(err)
	}
	span := func(f syscall.Filetime) time.Duration { // in units of 100 ns
		return time.Duration(int64(f.HighDateTime)<<32|int64(f.LowDateTime)) * 100
	}
	return span(own), span(kernel)
}

// peak is not told.
func peak(*os.ProcessState) int64 { return 0 }
