//go:build !unix

package hostile

import "time"

// LimitMemory does nothing here.
func LimitMemory()             {}
func usedTime() time.Duration  { return 0 }
func forgetPeak()              {}
func peakMemory() (size int64) { return 0 }
