package runio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/webfile"
	"github.com/simexp/exparchive/internal/workdir"
	"github.com/simexp/exparchive/provider/jsonl"
)

// A Scratch is what a command needs while it runs: on disk standard input as a file, an old database as an archive,
// copies of what lies at addresses, and the files that are open on the web. What is on disk lies in folders that nobody
// else may look into, which are made when they are first asked for, and go away with the command. What a killed process
// leaves is removed by the next one that makes a scratch.
type Scratch struct {
	Stdin io.Reader
	web   *webfile.Files
	whole bool // what lies at an address is copied before it is read

	dir    *workdir.Dir
	input  string            // path of the copy of standard input, once there is one
	copies map[string]string // paths of copies, by the names of addresses
	dirs   []*workdir.Dir    // all of them
}

type scratchKey struct{}

// WithScratch gives a context of commands that has a scratch.
func WithScratch(ctx context.Context, stdin io.Reader) (context.Context, *Scratch) {
	s := &Scratch{Stdin: stdin, web: webfile.New(nil)}
	return webfile.With(context.WithValue(ctx, scratchKey{}, s), s.web), s
}

// ScratchOf gives the scratch of a context of commands.
func ScratchOf(ctx context.Context) *Scratch { return ctx.Value(scratchKey{}).(*Scratch) }

// Path gives the path of a file of that name.
func (s *Scratch) Path(name string) (string, error) {
	if s.dir == nil {
		dir, err := s.makeDir()
		if err != nil {
			return "", err
		}
		s.dir = dir
	}
	return filepath.Join(s.dir.Path(), name+archive.Extension), nil // package workdir wants such names
}

// makeDir makes a folder that goes away with the scratch.
func (s *Scratch) makeDir() (*workdir.Dir, error) {
	if s.dirs == nil {
		_ = workdir.Sweep(os.TempDir()) // what cannot be removed is no failure of this command
	}
	dir, err := workdir.Make(os.TempDir())
	if err != nil {
		return nil, fmt.Errorf("temporary files: %w", err)
	}
	s.dirs = append(s.dirs, dir)
	return dir, nil
}

// Remove removes the folders and ends what is open on the web.
func (s *Scratch) Remove() (err error) {
	s.web.Close()
	for _, dir := range s.dirs {
		err = errors.Join(err, dir.Remove())
	}
	s.dir, s.dirs = nil, nil
	return err
}

// standardInput gives the path of a copy of standard input, which is as large as the disk allows.
func (s *Scratch) standardInput(ctx context.Context) (string, error) {
	if s.input != "" {
		return s.input, nil
	}
	path, err := s.Path("stdin")
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("temporary files: %w", err)
	}
	in := jsonl.Interruptible(ctx, s.Stdin)
	_, err = io.Copy(f, in)
	in.Close()
	if err = errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	s.input = path
	return path, nil
}
