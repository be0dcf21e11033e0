//go:build linux || darwin || freebsd

package main

import (
	"os"
	"runtime"
	"syscall"
	"testing"
)

// reportPeak reports the most memory that an ended process had.
func reportPeak(b *testing.B, p *os.ProcessState) {
	peak := float64(p.SysUsage().(*syscall.Rusage).Maxrss)
	if runtime.GOOS != "darwin" { // which counts in bytes, the others in KiB
		peak *= 1024
	}
	b.ReportMetric(peak/1e6, "peak-MB")
}
