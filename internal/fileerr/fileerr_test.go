package fileerr

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestIn(t *testing.T) {
	broken := errors.New("broken")
	missing := filepath.Join(t.TempDir(), "missing")
	_, noFile := os.Open(missing)
	for _, c := range []struct {
		path string
		err  error
		want string
	}{
		{"x", broken, "x: broken"},
		{"x", In("x", broken), "x: broken"},
		{"x", Errorf("x", "record %d: %w", 7, broken), "x: record 7: broken"},
		{"x", fmt.Errorf("%w (--force replaces it)", In("x", broken)), "x: broken (--force replaces it)"},
		{"x", errors.Join(broken, In("x", broken)), "broken\nx: broken"},
		{"x", errors.Join(In("y", broken), In("x", broken)), "y: broken\nx: broken"},
		{"x", In("x-live", broken), "x: x-live: broken"},
		{"x", errors.New("x: broken"), "x: x: broken"}, // what the text says does not count
		{"x", &fs.PathError{Op: "read", Path: "x", Err: broken}, "x: broken"},
		{"x", &fs.PathError{Op: "read", Path: "y", Err: broken}, "x: read y: broken"},
		{"x", &Error{"x", &fs.PathError{Op: "read", Path: "x", Err: broken}}, "x: broken"},
		{"x", errors.Join(&fs.PathError{Op: "read", Path: "x", Err: broken}, In("y", broken)), "x: broken\nx: y: broken"},
		{"x", fmt.Errorf("%w: %w", fs.ErrInvalid, &fs.PathError{Op: "read", Path: "x", Err: broken}),
			"x: invalid argument: read x: broken"},
		{missing, noFile, missing + ": no such file"},
		{missing, In(missing, noFile), missing + ": no such file"},
	} {
		got := In(c.path, c.err)
		if got.Error() != c.want {
			t.Errorf("%v in %s: got %q, want %q", c.err, c.path, got, c.want)
		}
		if !Names(got, c.path) || Names(got, "z") {
			t.Errorf("%v: got that it names %s: %v, z: %v", got, c.path, Names(got, c.path), Names(got, "z"))
		}
		if want := errors.Is(c.err, broken); errors.Is(got, broken) != want || errors.Is(got, fs.ErrNotExist) == want &&
			c.path == missing {
			t.Errorf("%v: what it wraps is lost", got)
		}
	}
	if err := In("x", nil); err != nil {
		t.Errorf("got %v for no error", err)
	}
	if errors.Is(In("x", broken), &Error{"x", fs.ErrExist}) {
		t.Error("an error is taken for another one about the same file")
	}
	if e := (*Error)(nil); !errors.As(In("x", broken), &e) || e.Path != "x" || e.Err != broken {
		t.Errorf("got %+v, want the path and the error", e)
	}
}
