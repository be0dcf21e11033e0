package runio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/workdir"
	"github.com/simexp/exparchive/provider/jsonl"
)

// A Scratch is what a command needs on disk while it runs: standard input as a file, an old database as an archive. All
// of it lies in one folder that nobody else may look into, which is made when it is first asked for, and goes away with
// the command. What a killed process leaves is removed by the next one that makes a scratch.
type Scratch struct {
	Stdin io.Reader
	dir   *workdir.Dir
	input string // path of the copy of standard input, once there is one
}

type scratchKey struct{}

// WithScratch gives a context of commands that has a scratch.
func WithScratch(ctx context.Context, stdin io.Reader) (context.Context, *Scratch) {
	s := &Scratch{Stdin: stdin}
	return context.WithValue(ctx, scratchKey{}, s), s
}

// ScratchOf gives the scratch of a context of commands.
func ScratchOf(ctx context.Context) *Scratch { return ctx.Value(scratchKey{}).(*Scratch) }

// Path gives the path of a file of that name.
func (s *Scratch) Path(name string) (string, error) {
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

// Remove removes the folder.
func (s *Scratch) Remove() error {
	if s.dir == nil {
		return nil
	}
	dir := s.dir
	s.dir = nil
	return dir.Remove()
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
