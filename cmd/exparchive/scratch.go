package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/internal/workdir"
	"github.com/simexp/exparchive/provider/jsonl"
)

// A scratch is what a command needs on disk while it runs: standard input as a file, an old database as an archive. All
// of it lies in one folder that nobody else may look into, which is made when it is first asked for, and goes away with
// the command. What a killed process leaves is removed by the next one that makes a scratch.
type scratch struct {
	stdin io.Reader
	dir   *workdir.Dir
	input string // path of the copy of standard input, once there is one
}

type scratchKey struct{}

// withScratch gives a context of commands that has a scratch.
func withScratch(ctx context.Context, stdin io.Reader) (context.Context, *scratch) {
	s := &scratch{stdin: stdin}
	return context.WithValue(ctx, scratchKey{}, s), s
}

func scratchOf(ctx context.Context) *scratch { return ctx.Value(scratchKey{}).(*scratch) }

// path gives the path of a file of that name.
func (s *scratch) path(name string) (string, error) {
	if s.dir == nil {
		_ = workdir.Sweep(os.TempDir()) // what cannot be removed is no failure of this command
		dir, err := workdir.Make(os.TempDir())
		if err != nil {
			return "", fmt.Errorf("temporary files: %w", err)
		}
		s.dir = dir
	}
	return filepath.Join(s.dir.Path(), name+archive.Extension), nil // package workdir wants such names
}

// remove removes the folder.
func (s *scratch) remove() error {
	if s.dir == nil {
		return nil
	}
	dir := s.dir
	s.dir = nil
	return dir.Remove()
}

// standardInput gives the path of a copy of standard input, which is as large as the disk allows.
func (s *scratch) standardInput(ctx context.Context) (string, error) {
	if s.input != "" {
		return s.input, nil
	}
	path, err := s.path("stdin")
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("temporary files: %w", err)
	}
	in := jsonl.Interruptible(ctx, s.stdin)
	_, err = io.Copy(f, in)
	in.Close()
	if err = errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	s.input = path
	return path, nil
}

// checkChangeable refuses standard input for a command that changes the file it is given.
func checkChangeable(name string) error {
	if name == stdinName {
		return errUnchangeable
	}
	return nil
}

var errUnchangeable = usageErrorf("standard input is no file that can be changed; name the file")

// A source is a file to read.
type source struct {
	name string // as the command line has it
	path string // where it lies
}

// sourceOf gives the source of a name on the command line.
func sourceOf(ctx context.Context, stderr io.Writer, name string) (source, error) {
	if name != stdinName {
		return source{name, name}, nil
	}
	s := scratchOf(ctx)
	if s.input == "" && terminal.IsInput(s.stdin) {
		fmt.Fprintln(stderr, "exparchive: reading from the terminal")
	}
	path, err := s.standardInput(ctx)
	switch {
	case ctx.Err() != nil:
		return source{}, ctx.Err()
	case err != nil:
		return source{}, inFile(name, err)
	}
	return source{name, path}, nil
}

// named makes an error about the file at s.path one about the name that the caller knows.
func (s source) named(err error) error {
	if s.name == s.path || !fileerr.Names(err, s.path) {
		return err
	}
	return &renamedError{err, s.path, shownName(s.name)}
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

// sourcesOf gives what the arguments of a command stand for: files, and the files of folders that may hold runs. What
// cannot be looked at comes with an error.
func sourcesOf(ctx context.Context, stderr io.Writer, args []string, recursive bool) func(yield func(source, error) bool) {
	return func(yield func(source, error) bool) {
		for _, arg := range args {
			if arg == stdinName {
				if s, err := sourceOf(ctx, stderr, arg); !yield(s, err) {
					return
				}
				continue
			}
			for path, err := range runs.Files(arg, recursive) {
				if !yield(source{path, path}, err) {
					return
				}
			}
		}
	}
}

// isFolder reports whether path is one.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// archiveOutput gives where an archive is to be made that the command line wants at output, and what is to be called
// when it is there. For "-" that is a temporary file, which is then copied to standard output; what the command prints
// goes to standard error.
func archiveOutput(cmd *cobra.Command, output string) (path string, written func() error, err error) {
	if output != stdinName {
		return output, func() error { return nil }, nil
	}
	stdout := cmd.OutOrStdout()
	if terminal.Is(stdout) {
		return "", nil, usageErrorf("%s: -o -: standard output is a terminal, which an archive would confuse; redirect it", cmd.Name())
	}
	if path, err = scratchOf(cmd.Context()).path("stdout"); err != nil {
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

// recordingName refuses to record to standard output: a recording that is cut short is kept under its name.
func recordingName(cmd *cobra.Command, output string) error {
	if output == stdinName {
		return usageErrorf("%s: -o -: a recording needs the name of a file, under which it is kept if it is cut short", cmd.Name())
	}
	return nil
}
