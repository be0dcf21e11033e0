package runio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/internal/webfile"
	"github.com/simexp/exparchive/legacy/castro"
)

// CheckChangeable refuses standard input, and an address, for a command that changes the file it is given.
func CheckChangeable(name string) error {
	switch {
	case name == cli.StdinName:
		return errUnchangeable
	case webfile.Is(name):
		return cli.Usagef("%s: what lies at an address is only read; download it, and name the file", cli.ShownName(name))
	}
	return nil
}

var errUnchangeable = cli.Usagef("standard input is no file that can be changed; name the file")

// A Source is a file to read, or an archive at an address of the web.
type Source struct {
	Name string // as the command line has it
	Path string // where it lies, the name of an address too
}

// SourceOf gives the source of the name of a run on the command line.
func SourceOf(ctx context.Context, stderr io.Writer, name string) (Source, error) {
	if webfile.Is(name) {
		return addressOf(ctx, stderr, name)
	}
	return InputOf(ctx, stderr, name)
}

// InputOf is SourceOf for what is no run, and lies on this machine.
func InputOf(ctx context.Context, stderr io.Writer, name string) (Source, error) {
	if webfile.Is(name) {
		return Source{}, cli.InFile(name, errNotRun)
	}
	if name != cli.StdinName {
		return Source{name, name}, nil
	}
	s := ScratchOf(ctx)
	if s.input == "" && terminal.IsInput(s.Stdin) {
		fmt.Fprintln(stderr, "exparchive: reading from the terminal")
	}
	path, err := s.standardInput(ctx)
	switch {
	case ctx.Err() != nil:
		return Source{}, ctx.Err()
	case err != nil:
		return Source{}, cli.InFile(name, err)
	}
	return Source{name, path}, nil
}

// Named makes an error about the file at s.path one about the name that the caller knows.
func (s Source) Named(err error) error {
	if s.Name == cli.StdinName && errors.Is(err, castro.ErrNoTables) {
		return cli.InFile(s.Name, errNoLog)
	}
	if s.Name == s.Path || !fileerr.Names(err, s.Path) {
		return err
	}
	return &renamedError{err, s.Path, cli.ShownName(s.Name)}
}

// errNoLog stands for the words of package castro about the log of a database, which no file can lie beside here.
var errNoLog = fmt.Errorf("%w; one that needs its log (.wal) cannot come from standard input: name the file, with the "+
	"log beside it", castro.ErrNoTables)

// Renamed makes an error that names what lies at or below path one that has another name in its place: of what was made
// under a temporary name and is called as.
func Renamed(err error, path, as string) error {
	if err == nil || !strings.Contains(err.Error(), path) {
		return err
	}
	return &renamedError{err, path, as}
}

// A renamedError is an error about a file by another name.
type renamedError struct {
	err      error
	path, as string
}

func (e *renamedError) Error() string { return strings.ReplaceAll(e.err.Error(), e.path, e.as) }
func (e *renamedError) Unwrap() error { return e.err }

// Is reports whether target asks whether the file of that name is named; see [fileerr.Error].
func (e *renamedError) Is(target error) bool {
	t, ok := target.(*fileerr.Error)
	return ok && t.Err == nil && t.Path == e.as
}

// SourcesOf gives what the arguments of a command stand for: files, and the files of folders that may hold runs. What
// cannot be looked at comes with an error. The files beside a recording that is named too, as by a pattern of the
// shell, are passed over.
func SourcesOf(ctx context.Context, stderr io.Writer, args []string,
	recursive bool) func(yield func(Source, error) bool) {
	return func(yield func(Source, error) bool) {
		for _, arg := range args {
			if arg == cli.StdinName || webfile.Is(arg) {
				if s, err := SourceOf(ctx, stderr, arg); !yield(s, err) {
					return
				}
				continue
			}
			if besideOneOf(args, arg) {
				continue
			}
			for path, err := range runs.Files(arg, recursive) {
				if !yield(Source{path, path}, err) {
					return
				}
			}
		}
	}
}

// besideOneOf reports whether path is a file that belongs to one of several recordings.
func besideOneOf(recordings []string, path string) bool {
	recording, what, ok := strings.Cut(path, archive.Extension+archive.LiveSuffix+"-")
	return ok && !strings.ContainsAny(what, `/\`) && slices.Contains(recordings,
		recording+archive.Extension+archive.LiveSuffix)
}

// IsFolder reports whether path is one.
func IsFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// ArchiveOutput gives where an archive is to be made that the command line wants at output, and what is to be called
// when it is there. For "-" that is a temporary file, which is then copied to standard output; what the command prints
// goes to standard error.
func ArchiveOutput(cmd *cobra.Command, output string) (path string, written func() error, err error) {
	if output != cli.StdinName {
		return output, func() error { return nil }, nil
	}
	stdout := cmd.OutOrStdout()
	if terminal.Is(stdout) {
		return "", nil, cli.Usagef("%s: -o -: standard output is a terminal, which an archive would confuse; redirect it",
			cmd.Name())
	}
	if path, err = ScratchOf(cmd.Context()).Path("stdout"); err != nil {
		return "", nil, err
	}
	cmd.SetOut(cmd.ErrOrStderr())
	return path, func() error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := io.Copy(stdout, f); err != nil {
			return fmt.Errorf("standard output: %w", fileerr.Cause(err))
		}
		return nil
	}, nil
}

// RecordingName refuses to record to standard output: a recording that is cut short is kept under its name.
func RecordingName(cmd *cobra.Command, output string) error {
	if output == cli.StdinName {
		return cli.Usagef("%s: -o -: a recording needs the name of a file, under which it is kept if it is cut short",
			cmd.Name())
	}
	return nil
}
