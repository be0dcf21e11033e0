//go:build !unix

package recordcmd

import "os"

func watchSettling(chan<- os.Signal) {}

func isSettling(os.Signal) bool { return false }

func sendSettling() bool { return false }
