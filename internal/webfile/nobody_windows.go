package webfile

import "golang.org/x/sys/windows"

// errNobody means that no server listens. It is not syscall.ECONNREFUSED, which Windows does not give.
var errNobody error = windows.WSAECONNREFUSED
