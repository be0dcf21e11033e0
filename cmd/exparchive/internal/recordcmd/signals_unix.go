//go:build unix

package recordcmd

import (
	"os"
	"os/signal"
	"syscall"
)

// TakeFileSizeSignal makes a write past a limit on the size of files (ulimit -f) fail like one on a full disk, so that
// the recorder can keep what it has elsewhere; the signal's own action is to end the process. It is taken and not
// ignored, which an experiment that the recorder starts would inherit.
func TakeFileSizeSignal() { signal.Notify(make(chan os.Signal, 1), syscall.SIGXFSZ) }

// A process that sends itself a signal of a higher number than those that wait has got those when it gets it. SIGCONT
// changes nothing.

func watchSettling(signals chan<- os.Signal) { signal.Notify(signals, syscall.SIGCONT) }

func isSettling(sig os.Signal) bool { return sig == syscall.SIGCONT }

func sendSettling() bool { return syscall.Kill(os.Getpid(), syscall.SIGCONT) == nil }
