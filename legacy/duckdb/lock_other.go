//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || solaris || windows)

package duckdb

import "os"

// probeLock finds nothing: these systems have no locks to ask for.
func probeLock(*os.File) error { return nil }

func inUse(err error) error { return err }
