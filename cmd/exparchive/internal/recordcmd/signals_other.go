//go:build !unix

package recordcmd

import "os"

// TakeFileSizeSignal does nothing: there is no such signal.
func TakeFileSizeSignal() {}

func watchSettling(chan<- os.Signal) {}

func isSettling(os.Signal) bool { return false }

func sendSettling() bool { return false }
