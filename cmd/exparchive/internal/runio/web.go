package runio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/webfile"
)

const downloadFlag = "download"

// AddDownload adds the flag --download to a command that reads runs.
func AddDownload(flags *pflag.FlagSet) {
	flags.Bool(downloadFlag, false, "of an address, read a temporary copy of all that lies there, not parts of it")
}

// runFlags are the flags that name runs.
var runFlags = []string{"against", "baseline", "from"}

// TakeAddresses puts names that can be shown in the place of the addresses among the arguments of a command, which
// knows them by these names only: what is secret in them is in nothing that it prints. It refuses to write to an
// address.
func TakeAddresses(cmd *cobra.Command, args []string) error {
	s := ScratchOf(cmd.Context())
	flags := cmd.Flags()
	if f := flags.Lookup(downloadFlag); f != nil && f.Value.String() == "true" {
		s.whole = true
	}
	if f := flags.Lookup("output"); f != nil && webfile.Is(f.Value.String()) {
		return cli.Usagef("%s: -o %s: nothing is written to an address; name a file", cli.Called(cmd),
			cli.ShownName(f.Value.String()))
	}
	for _, name := range runFlags {
		if f := flags.Lookup(name); f != nil && webfile.Is(f.Value.String()) {
			if err := f.Value.Set(s.web.Name(f.Value.String())); err != nil {
				return err
			}
		}
	}
	own := len(args)
	if n := cmd.ArgsLenAtDash(); n >= 0 { // what follows may be another program's
		own = n
	}
	for i, arg := range args[:own] {
		args[i] = s.web.Name(arg)
	}
	return nil
}

var errNotRun = errors.New("only runs are read from addresses; download it, and name the file")

// addressOf gives the source of the name of an address.
func addressOf(ctx context.Context, stderr io.Writer, name string) (Source, error) {
	s := ScratchOf(ctx)
	if !s.whole {
		_, err := runs.Sniff(ctx, name)
		if ctx.Err() != nil {
			return Source{}, ctx.Err()
		}
		return Source{name, name}, withDownloadHint(err)
	}
	path, err := s.download(ctx, stderr, name)
	if ctx.Err() != nil {
		return Source{}, ctx.Err()
	}
	return Source{name, path}, cli.InFile(name, err)
}

func withDownloadHint(err error) error {
	if errors.Is(err, webfile.ErrNoParts) {
		return fmt.Errorf("%w (--%s reads a temporary copy)", err, downloadFlag)
	}
	return err
}

// CopyOf is SourceOf for a command that reads the file in ways of its own, and so an address only with --download.
func CopyOf(ctx context.Context, stderr io.Writer, name string) (Source, error) {
	if webfile.Is(name) && !ScratchOf(ctx).whole {
		return Source{}, cli.Usagef("%s: here an address is read with --%s only, which makes a temporary copy",
			cli.ShownName(name), downloadFlag)
	}
	return SourceOf(ctx, stderr, name)
}

// download gives the path of a copy of what lies at an address.
func (s *Scratch) download(ctx context.Context, stderr io.Writer, name string) (string, error) {
	if path := s.copies[name]; path != "" {
		return path, nil
	}
	dir, err := s.makeDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir.Path(), copyName(name))
	if err := s.fetch(ctx, s.web.Address(name), path); err != nil {
		return "", err
	}
	// The log of an old database lies beside it.
	if kind, err := runs.Sniff(ctx, path); err == nil && kind == runs.DuckDB {
		for _, suffix := range []string{".wal", ".wal.checkpoint"} {
			log, err := webfile.Beside(s.web.Address(name), suffix)
			if err == nil {
				err = s.fetch(ctx, log, path+suffix)
			}
			switch {
			case err == nil || errors.Is(err, os.ErrNotExist):
			case errors.Is(err, os.ErrPermission): // which some servers say of what is not there
				cli.Warnf(stderr, "%s: read without the log that may lie beside it as %s: %v", name, suffix, err)
			default:
				return "", fmt.Errorf("its log %s: %w", suffix, err)
			}
		}
	}
	if s.copies == nil {
		s.copies = map[string]string{}
	}
	s.copies[name] = path
	return path, nil
}

// fetch copies what lies at an address into a new file, of which nothing is left after an error.
func (s *Scratch) fetch(ctx context.Context, address, path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("temporary files: %w", err)
	}
	if err = errors.Join(s.web.Download(ctx, address, f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// copyName gives what the copy of what lies at an address is called: as there, as far as every file system takes it and
// package workdir, since runs of the web sandbox have their names from their files.
func copyName(address string) string {
	base := strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z' {
			return r
		}
		return '_'
	}, webfile.Base(address))
	base = strings.TrimLeft(base, ".")
	if strings.Contains(base, archive.Extension) && len(base) <= 100 {
		return base
	}
	base = strings.TrimSuffix(base, filepath.Ext(base))
	if base == "" {
		base = "download"
	}
	return base[:min(len(base), 100)] + archive.Extension
}

// OpenBytes opens the file of a source as bytes. The caller closes it.
func OpenBytes(ctx context.Context, path string) (r io.ReaderAt, size int64, close func() error, err error) {
	if webfile.Is(path) {
		f, err := webfile.From(ctx).Open(ctx, path)
		if err != nil {
			return nil, 0, nil, fileerr.In(path, err)
		}
		return f, f.Size(), func() error { return nil }, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, nil, errors.Join(err, f.Close())
	}
	return f, info.Size(), f.Close, nil
}
