//go:build !linux

package sqlitefile

import "os"

func readAhead(*os.File) {}
