//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// A write past a limit on the size of files (ulimit -f) is to fail like one on a full disk, so that the recorder can keep
// what it has elsewhere; the signal's own action is to end the process.
func init() { signal.Ignore(syscall.SIGXFSZ) }
