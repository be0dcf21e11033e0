//go:build !unix

package archive_test

import "time"

func limitChild()              {}
func usedTime() time.Duration  { return 0 }
func usedMemory() (size int64) { return 0 }
