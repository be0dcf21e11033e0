// Package fileerr makes errors that name the file that they are about, once. A function that is given a path wraps what
// it returns by [In] or [Errorf]; whoever wraps it again by [In] finds that the file is named already.
package fileerr

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
)

// An Error is about a file, whose name its text begins with.
type Error struct {
	Path string
	Err  error // what is wrong; it need not name the file
}

func (e *Error) Error() string { return e.Path + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is an Error without Err about the same file. [Names] asks so.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Err == nil && t.Path == e.Path
}

// ErrNotExist means that there is no file of that name. It wraps [fs.ErrNotExist], for which systems have various
// words.
var ErrNotExist error = notExist{}

// ErrNoFolder means that there is no folder of that name, in which a file is to be made. It wraps [fs.ErrNotExist].
var ErrNoFolder error = noFolder{}

// ErrNoDirectory means that what has the name of a folder is none, for which systems have various words.
var ErrNoDirectory = errors.New("not a directory")

type (
	notExist struct{}
	noFolder struct{}
)

func (notExist) Error() string { return "no such file" }
func (notExist) Unwrap() error { return fs.ErrNotExist }
func (noFolder) Error() string { return "no such folder" }
func (noFolder) Unwrap() error { return fs.ErrNotExist }

// ErrNotRegular means that what has the name of a file is none: a folder, a pipe, a device and, where a file is to be
// written, a link.
var ErrNotRegular = errors.New("not a regular file")

// Errorf is [fmt.Errorf] for an error about the file at path, which the format leaves out.
func Errorf(path, format string, args ...any) error {
	return &Error{path, fmt.Errorf(format, args...)}
}

// In gives err as an error that names the file at path: err itself, if it wraps an [Error] about that file. Of an
// [fs.PathError] about the file what went wrong remains, with [ErrNotExist] for a file that is missing; of joined
// errors each gets the name that lacks it. An error that names the folder of the file stays as it is. It gives nil for
// nil.
func In(path string, err error) error {
	if err == nil {
		return nil
	}
	if named, ok := err.(*Error); ok && named.Path == path {
		err = named.Err // which may be of the file system
	}
	if Names(err, path) || Names(err, filepath.Dir(path)) {
		return err
	}
	if reflect.TypeOf(err) == joined {
		var all []error
		for _, one := range err.(interface{ Unwrap() []error }).Unwrap() {
			all = append(all, In(path, one))
		}
		return errors.Join(all...)
	}
	if call, ok := err.(*fs.PathError); ok && call.Path == path {
		err = call.Err
		if errors.Is(err, fs.ErrNotExist) {
			err = ErrNotExist
		}
	}
	return &Error{path, err}
}

// joined is the type of what [errors.Join] gives. An error of [fmt.Errorf] wraps several too, within a text that would
// be lost.
var joined = reflect.TypeOf(errors.Join(errors.ErrUnsupported))

// Cause drops the path from an error of the file system, for a caller that names the file by itself. Other errors it
// gives as they are.
func Cause(err error) error {
	if call := (*fs.PathError)(nil); errors.As(err, &call) {
		return call.Err
	}
	return err
}

// Names reports whether err wraps an [Error] about the file at path.
func Names(err error, path string) bool { return errors.Is(err, &Error{Path: path}) }
