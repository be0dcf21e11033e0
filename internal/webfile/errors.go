package webfile

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"
)

// The classes of what is wrong with a file on the web. What a server says is in none of them is a [StatusError] or an
// error of the network.
var (
	// ErrNoParts means that a file cannot be read in parts. It can be downloaded.
	ErrNoParts = errors.New("cannot be read in parts")
	// ErrChanged means that the server has another file now than when it was opened.
	ErrChanged = errors.New("changed on the server while it was read")
	// ErrAnswer means that the answer of the server is not one to what it was asked.
	ErrAnswer = errors.New("the server's answer is wrong")
	// ErrStalled means that a server sent nothing for a long time.
	ErrStalled = errors.New("the server sends nothing any more")
	// ErrRedirects means that a server sends on and on to other addresses.
	ErrRedirects = errors.New("sent on to other addresses too often")
)

var errAddress = errors.New("not an address of a file, such as https://example.org/run.simexp")

// errPort does not tell the port, which may be a password that a slash cut off from the sign behind it.
var errPort = errors.New("not an address of a file: its port is past 65535")

// A StatusError is what a server says in the place of a file. It wraps [fs.ErrNotExist] or [fs.ErrPermission] where it
// means that.
type StatusError struct {
	Code int    // of HTTP
	At   string // the address that the server sent on to, as it is shown; empty for none

	after time.Duration // to wait before asking again; 0 if the server does not say
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("the server answers %d %s", e.Code, http.StatusText(e.Code))
	if e.At != "" {
		text += ", at " + e.At
	}
	return text
}

// Unwrap gives what the code means.
func (e *StatusError) Unwrap() error {
	switch e.Code {
	case http.StatusNotFound, http.StatusGone:
		return fs.ErrNotExist
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusProxyAuthRequired,
		http.StatusUnavailableForLegalReasons:
		return fs.ErrPermission
	}
	return nil
}

// A cleanError is one whose text may name addresses.
type cleanError struct{ err error }

func (e cleanError) Error() string { return Clean(e.err.Error()) }
func (e cleanError) Unwrap() error { return e.err }
