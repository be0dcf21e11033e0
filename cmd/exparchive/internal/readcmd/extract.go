package readcmd

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
)

type extractOptions struct {
	folder string
	which  runio.Choice
	force  bool
	json   bool
}

// NewExtract makes "attachments extract", or what it was before under its name.
func NewExtract(word string) *cobra.Command {
	var o extractOptions
	cmd := &cobra.Command{
		Use:   word + " FILE [NAME...] [-o FOLDER]",
		Short: "Write the files attached to a run into a folder",
		Long: `Write the files that are attached to a run into a folder, which is made if need be: all of them, or only those that are named.
"-o -" writes one file to standard output. Without -o they are listed.

Nothing is written outside of the folder, and no file that is there is replaced unless --force. A file that cannot be written, such as
one with a name that this system does not take, is reported and makes the exit code 1; the others are written all the same.`,
		Example: `  exparchive attachments extract my.simexp -o my-files
  exparchive attachments extract my.simexp configs/exp1.yaml -o - | less`,
		Args: cli.NArgs(1, -1, "a file and perhaps names of attachments"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0], args[1:]) },
	}
	cmd.Flags().StringVarP(&o.folder, "output", "o", "",
		"the `folder` to write the files into; - is standard output, for one file")
	cmd.Flags().BoolVar(&o.force, "force", false, "replace files that are there already")
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object a line and file")
	runio.AddChoice(cmd, &o.which)
	return cmd
}

func (o *extractOptions) run(cmd *cobra.Command, file string, names []string) error {
	ctx := cmd.Context()
	p, c, err := runio.OpenRun(ctx, cmd.ErrOrStderr(), file, o.which)
	if err != nil {
		return err
	}
	defer c.Close()
	if o.folder == "" {
		return o.list(cmd, p, file, names)
	}
	wanted, err := o.choose(ctx, p, file, names)
	if err != nil {
		return err
	}
	switch {
	case len(wanted) == 0 && len(names) == 0:
		return fmt.Errorf("%s: has no attachments", file)
	case o.folder == "-" && len(wanted) != 1:
		return cli.Usagef("%s: standard output takes one file, not %d; name it", cli.Called(cmd), len(wanted))
	}
	if o.folder == "-" {
		return EachAttachment(ctx, p, wanted, func(f *provider.Attachment, fault error) error {
			if fault != nil {
				return cli.InFile(file, fault)
			}
			if _, withheld := f.Withheld("data"); withheld {
				return fmt.Errorf("%s: %q %w", file, f.Name, errWithheldFile)
			}
			_, err := cmd.OutOrStdout().Write(f.Data)
			return err
		})
	}
	return o.write(cmd, p, file, wanted)
}

// list prints the attachments, or those of them that are named.
func (o *extractOptions) list(cmd *cobra.Command, p provider.Provider, file string, names []string) error {
	ctx := cmd.Context()
	wanted, err := o.choose(ctx, p, file, names)
	if err != nil {
		return err
	}
	t := cli.NewTable("NAME", "MEDIA TYPE", ">BYTES", "SHA-256")
	enc := json.NewEncoder(cmd.OutOrStdout())
	var failed error
	err = EachAttachment(ctx, p, wanted, func(f *provider.Attachment, fault error) error {
		if fault != nil {
			cli.Warnf(cmd.ErrOrStderr(), "%v", cli.InFile(file, fault))
			failed = cli.Reported{}
			return nil
		}
		a := runio.DescribeAttachment(f)
		if a.Commitment != nil {
			t.Add(f.Name, cli.TextOrDash(f.MediaType), "-", "withheld")
		} else {
			t.Add(f.Name, cli.TextOrDash(f.MediaType), fmt.Sprint(*a.Size), *a.SHA256)
		}
		if o.json {
			return enc.Encode(a)
		}
		return nil
	})
	switch {
	case err != nil:
		return cli.InFile(file, err)
	case o.json:
		return failed
	case len(wanted) == 0:
		_, err = fmt.Fprintln(cmd.OutOrStdout(), "no attachments")
		return err
	}
	if err := t.Print(cmd.OutOrStdout()); err != nil {
		return err
	}
	return failed
}

// choose gives the names of the attachments that are wanted, in the order of the run.
func (o *extractOptions) choose(ctx context.Context, p provider.Provider, file string, names []string) ([]string,
	error) {
	var all, wanted []string
	err := EachAttachment(ctx, p, nil, func(f *provider.Attachment, _ error) error {
		all = append(all, f.Name)
		if len(names) == 0 || slices.Contains(names, f.Name) {
			wanted = append(wanted, f.Name)
		}
		return nil
	})
	if err != nil {
		return nil, cli.InFile(file, err)
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("%s: no attachment %q (it has %d; `exparchive attachments %s` lists them)", file, name,
				len(all), file)
		}
	}
	return wanted, nil
}

// EachAttachment calls take with the attachments that are wanted, all for nil. Records come from strangers and are
// checked: fault says what is wrong with one.
func EachAttachment(ctx context.Context, p provider.Provider, wanted []string,
	take func(f *provider.Attachment, fault error) error) error {
	set := make(map[string]bool, len(wanted))
	for _, name := range wanted {
		set[name] = true
	}
	for r, err := range p.Records(ctx) {
		if err != nil {
			return err
		}
		f, ok := r.(*provider.Attachment)
		if !ok || wanted != nil && !set[f.Name] {
			continue
		}
		if err := take(f, f.Validate()); err != nil {
			return err
		}
	}
	return nil
}

var errWithheldFile = errors.New("was withheld from this copy")

// write writes attachments into the folder. Files in the way are found before the first one is written. One that cannot
// be written, such as for its name, does not stop the others.
func (o *extractOptions) write(cmd *cobra.Command, p provider.Provider, file string, wanted []string) error {
	unmake, err := runio.MakeFolder(o.folder)
	defer unmake()
	if err != nil {
		return cli.InFile(o.folder, err)
	}
	root, err := os.OpenRoot(o.folder) // no name and no link leads out of it
	if err != nil {
		return cli.InFile(o.folder, err)
	}
	defer root.Close()
	for _, name := range wanted {
		if err := o.free(root, name); errors.Is(err, outfile.ErrExists) || errors.Is(err, runio.ErrNotRegular) {
			return fmt.Errorf("%s: %w", path.Join(o.folder, name), err)
		}
	}
	var failed error
	err = EachAttachment(cmd.Context(), p, wanted, func(f *provider.Attachment, fault error) error {
		if _, withheld := f.Withheld("data"); withheld {
			fault = fmt.Errorf("%q %w", f.Name, errWithheldFile)
		}
		if fault != nil {
			cli.Warnf(cmd.ErrOrStderr(), "%v", cli.InFile(file, fault))
			failed = cli.Reported{}
			return nil
		}
		if err := o.writeFile(root, f); err != nil {
			cli.Warnf(cmd.ErrOrStderr(), "%s: %v", path.Join(o.folder, f.Name), err)
			failed = cli.Reported{}
			return nil
		}
		if o.json {
			a := runio.DescribeAttachment(f)
			a.File = path.Join(o.folder, f.Name)
			return json.NewEncoder(cmd.OutOrStdout()).Encode(a)
		}
		_, err := fmt.Fprintln(cmd.OutOrStdout(), terminal.Escape(path.Join(o.folder, f.Name)))
		return err
	})
	if err != nil {
		return err
	}
	return failed
}

// free reports that a file is in the way.
func (o *extractOptions) free(root *os.Root, name string) error {
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fileerr.Cause(err)
	case !info.Mode().IsRegular():
		return runio.ErrNotRegular
	case !o.force:
		return runio.WithForceHint(outfile.ErrExists)
	}
	return nil
}

// writeFile writes one file under a temporary name and gives it its own when it is complete.
func (o *extractOptions) writeFile(root *os.Root, f *provider.Attachment) (err error) {
	if err := root.MkdirAll(path.Dir(f.Name), 0o777); err != nil {
		return fileerr.Cause(err)
	}
	if err := o.free(root, f.Name); err != nil { // names that differ in case only may be the same file
		return err
	}
	var random [6]byte
	rand.Read(random[:])
	temp := path.Join(path.Dir(f.Name), fmt.Sprintf(".%x.part", random))
	out, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return fileerr.Cause(err)
	}
	_, err = out.Write(f.Data)
	if err = errors.Join(err, out.Close()); err == nil {
		err = root.Rename(temp, f.Name)
	}
	if err != nil {
		return errors.Join(fileerr.Cause(err), root.Remove(temp))
	}
	return nil
}
