package publishcmd

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/progress"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/internal/webfile"
)

// A packedFile says in JSON what pack or unpack made.
type packedFile struct {
	File        string `json:"file"`
	Output      string `json:"output"`
	Bytes       int64  `json:"bytes"` // of the archive as it was sealed
	PackedBytes int64  `json:"packed_bytes"`
	Records     int64  `json:"records"`
	Digest      string `json:"digest"`
}

// A packer is what pack and unpack have in common: they make another form of the file of a sealed archive.
type packer struct {
	unpack        bool   // it takes packed archives and makes others
	label         string // of the bar
	output        string
	force, asJSON bool
}

// NewPack makes the command pack.
func NewPack() *cobra.Command {
	o := &packer{label: "packing"}
	cmd := &cobra.Command{
		Use:   "pack FILE.simexp...",
		Short: "Pack archives with zstd; every command still reads them",
		Long: `Pack archives for publication: FILE.simexp.zst is the sealed file in zstd's seekable format. Every command
reads it as it is, a part
of it without unpacking the rest; zstd -d gives back the sealed file byte for byte, and so does unpack. Whoever has
neither program
nor interest in a part of it needs nothing but zstd and SQLite.

The whole run is compared with its seal first, and what was packed with the file afterwards. The archive itself stays
as it is.
In a folder that holds both, the packed one is not counted. A packed archive is never changed: to annotate, sign or
upgrade it,
unpack it first. The same archive gives the same bytes on every machine.`,
		Example: `  exparchive pack exp1.simexp                 makes exp1.simexp.zst
  exparchive replay exp1.simexp.zst
  exparchive pack *.simexp
  zstd -d exp1.simexp.zst`,
		Args: cli.NArgs(1, -1, "one or more archives"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	o.addFlags(cmd, "`FILE`.simexp.zst, instead of the archive's name with .zst behind it")
	return cmd
}

// NewUnpack makes the command unpack.
func NewUnpack() *cobra.Command {
	o := &packer{unpack: true, label: "unpacking"}
	cmd := &cobra.Command{
		Use:   "unpack FILE.simexp.zst...",
		Short: "Give back the sealed files that were packed, byte for byte",
		Long: `Give back the sealed file that was packed, byte for byte, as zstd -d does; but the run is compared with its
seal first, and a file
that was changed is refused. The packed file stays as it is.`,
		Example: `  exparchive unpack exp1.simexp.zst           makes exp1.simexp
  exparchive unpack exp1.simexp.zst -o - | sha256sum`,
		Args: cli.NArgs(1, -1, "one or more packed archives"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	o.addFlags(cmd, "`FILE`.simexp, instead of the packed one's name without .zst")
	return cmd
}

func (o *packer) addFlags(cmd *cobra.Command, output string) {
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "the file to be written, "+output+"; - is standard output")
	runio.AddDownload(cmd.Flags())
	cmd.Flags().BoolVar(&o.force, "force", false, "replace a file of that name")
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "print one JSON object a line and file")
}

func (o *packer) run(cmd *cobra.Command, args []string) error {
	if len(args) > 1 && o.output != "" {
		return cli.Usagef("%s: -o names one file, and there are %d to %s", cmd.Name(), len(args), cmd.Name())
	}
	var failed error
	for _, name := range args {
		err := o.file(cmd, name)
		switch {
		case cmd.Context().Err() != nil:
			return cmd.Context().Err()
		case err != nil && len(args) == 1:
			return err
		case err != nil:
			cli.Warnf(cmd.ErrOrStderr(), "%v", err)
			failed = cli.Reported{}
		}
	}
	return failed
}

// target gives the name of what is made from a file.
func (o *packer) target(name string) (string, error) {
	if o.output != "" {
		return o.output, nil
	}
	target, like := name+archive.PackedSuffix, archive.Extension
	if o.unpack {
		target, like = strings.TrimSuffix(name, archive.PackedSuffix), archive.Extension+archive.PackedSuffix
	}
	if name == cli.StdinName || webfile.Is(name) || !strings.HasSuffix(name, like) {
		return "", cli.Usagef("%s: its name does not end in %s; say with -o what is to be written", cli.ShownName(name), like)
	}
	return target, nil
}

// file makes the other form of one file.
func (o *packer) file(cmd *cobra.Command, name string) error {
	ctx := cmd.Context()
	from, err := runio.SourceOf(ctx, cmd.ErrOrStderr(), name)
	if err != nil {
		return err
	}
	if _, err := runio.SniffFile(ctx, from.Path); err != nil {
		return from.Named(err)
	}
	a, err := runio.OpenArchive(ctx, cmd.ErrOrStderr(), from.Path)
	if err != nil {
		return from.Named(err)
	}
	defer a.Close()
	raw, err := a.Raw()
	switch {
	case err != nil:
		err = fmt.Errorf("%w: seal it first", err)
	case a.Packed() && !o.unpack:
		err = errors.New("is packed already")
	case !a.Packed() && o.unpack:
		err = errors.New("is not packed")
	}
	if err != nil {
		return cli.InFile(name, err)
	}
	output, err := o.target(name)
	if err == nil {
		err = o.free(name, output)
	}
	if err != nil {
		return err
	}
	run, err := runio.DigestRun(ctx, cmd.ErrOrStderr(), a)
	if err != nil {
		return cli.InFile(name, fmt.Errorf("nothing was written: %w", from.Named(err)))
	}
	made := packedFile{File: name, Output: output, Bytes: raw.Size(), Records: run.Count(), Digest: run.Root().String()}
	fill := func(w io.Writer) error {
		bar := progress.New(cmd.ErrOrStderr(), o.label, 0)
		defer bar.Clear()
		w = barWriter{w, bar}
		if o.unpack {
			_, err := io.Copy(w, interruptible{ctx, raw})
			return err
		}
		return archive.Pack(ctx, w, a)
	}
	check := func(path string) (err error) {
		made.PackedBytes, err = o.check(ctx, path, from.Path, raw)
		return err
	}
	if err := runio.WriteFile(cmd, output, o.force, fill, check); err != nil {
		return err
	}
	return made.print(cmd.OutOrStdout(), o)
}

// free reports that the output cannot be written.
func (o *packer) free(name, output string) error {
	if o.unpack || output == cli.StdinName {
		return outputFree(name, output, o.force)
	}
	return cmp.Or(notOriginal(name, output), outfile.InFolder(output),
		runio.WithForceHint(outfile.Free(output, o.force)))
}

// check compares what was made at path with the bytes of the archive, and gives how long the packed one is.
func (o *packer) check(ctx context.Context, path, source string, want *io.SectionReader) (int64, error) {
	a, err := archive.Open(path)
	if err != nil {
		return 0, err
	}
	defer a.Close()
	got, err := a.Raw()
	if err != nil {
		return 0, err
	}
	if same, err := equal(got, want); err != nil {
		return 0, err
	} else if !same || a.Packed() == o.unpack {
		return 0, errors.New("what was written holds other bytes than the archive")
	}
	if o.unpack {
		path = source
	}
	_, size, closeFile, err := runio.OpenBytes(ctx, path)
	if err != nil {
		return 0, err
	}
	return size, closeFile()
}

// equal reports whether a and b give the same bytes from their beginnings on.
func equal(a, b *io.SectionReader) (bool, error) {
	if a.Size() != b.Size() {
		return false, nil
	}
	x, y := make([]byte, 1<<20), make([]byte, 1<<20)
	for at := int64(0); at < a.Size(); at += int64(len(x)) {
		n := min(int64(len(x)), a.Size()-at)
		if _, err := a.ReadAt(x[:n], at); err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		if _, err := b.ReadAt(y[:n], at); err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		if !bytes.Equal(x[:n], y[:n]) {
			return false, nil
		}
	}
	return true, nil
}

func (f packedFile) print(w io.Writer, o *packer) error {
	if o.asJSON {
		return json.NewEncoder(w).Encode(f)
	}
	text := fmt.Sprintf("%s of %s, %d %%", cli.Plural(f.PackedBytes, "byte"), cli.Plural(f.Bytes, "byte"),
		(100*f.PackedBytes+f.Bytes/2)/f.Bytes)
	if o.unpack {
		text = cli.Plural(f.Bytes, "byte")
	}
	_, err := fmt.Fprintln(w, terminal.Escape(fmt.Sprintf("%s: %s; %s, digest %s", f.Output, text,
		cli.Plural(f.Records, "record"), f.Digest)))
	return err
}

// interruptible reads until ctx is done.
type interruptible struct {
	ctx context.Context
	io.Reader
}

func (r interruptible) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(b)
}

// barWriter is a writer that advances a bar.
type barWriter struct {
	io.Writer
	bar *progress.Bar
}

func (w barWriter) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	w.bar.Add(int64(n))
	return n, err
}
