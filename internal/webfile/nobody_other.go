//go:build !windows

package webfile

import "syscall"

// errNobody means that no server listens.
var errNobody error = syscall.ECONNREFUSED
