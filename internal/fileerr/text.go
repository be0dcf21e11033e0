package fileerr

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// Text gives the text of err for people. Errors of the file system, of the system, of numbers and of programs that were
// to be started stand in it without the names of the calls that failed, such as open and strconv.ParseInt: only the
// file or the text that they are about, and what is wrong with it. It is for printing, and no error is told by it.
func Text(err error) string {
	text := err.Error()
	for e := range each(err) {
		about, cause := "", ""
		switch e := e.(type) {
		case *fs.PathError:
			about, cause = e.Path, Text(e.Err)
		case *os.LinkError:
			about, cause = e.New, Text(e.Err)
		case *os.SyscallError:
			cause = Text(e.Err)
		case *exec.Error:
			about, cause = e.Name, Text(e.Err)
		case syscall.Errno:
			cause = e.Error()
		case *strconv.NumError:
			about, cause = strconv.Quote(e.Num), numberFault(e)
		default:
			continue
		}
		switch {
		case errors.Is(e, exec.ErrNotFound):
			cause = "no such program"
		case errors.Is(e, fs.ErrNotExist):
			cause = ErrNotExist.Error()
		}
		if about == "" || isStream(about) {
			text = strings.Replace(text, e.Error(), cause, 1)
			continue
		}
		plain := about + ": " + cause
		if named := about + ": " + e.Error(); strings.Contains(text, named) { // by whoever wrapped it
			text = strings.Replace(text, named, plain, 1)
		} else {
			text = strings.Replace(text, e.Error(), plain, 1)
		}
	}
	return text
}

func numberFault(e *strconv.NumError) string {
	switch {
	case errors.Is(e, strconv.ErrRange):
		return "a number out of range"
	case e.Func == "ParseBool":
		return "neither true nor false"
	}
	return "not a number"
}

// isStream reports whether the system calls by this name what has none: "|0" is the reading end of a pipe.
func isStream(path string) bool {
	return strings.HasPrefix(path, "|") || path == os.Stdin.Name() || path == os.Stdout.Name() || path == os.Stderr.Name()
}

// each yields err and everything that it wraps, the outer ones first.
func each(err error) func(yield func(error) bool) {
	return func(yield func(error) bool) { walk(err, yield) }
}

func walk(err error, yield func(error) bool) bool {
	if err == nil {
		return true
	}
	if !yield(err) {
		return false
	}
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		return walk(wrapper.Unwrap(), yield)
	case interface{ Unwrap() []error }:
		for _, part := range wrapper.Unwrap() {
			if !walk(part, yield) {
				return false
			}
		}
	}
	return true
}
