package recordcmd

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
)

// NewAttach makes "attachments add", or what it was before under its name.
func NewAttach(word string) *cobra.Command {
	var name, mediaType string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   word + " FILE.simexp-live ATTACHMENT...",
		Short: "Add files that belong to a run to its recording",
		Long: `Add files that belong to a run (configuration, code, figures) to a recording that was cut short, before it is sealed. They are part of
the run and of its digest; a sealed archive takes no more. While a run is being recorded only its recorder can add files: record
--attach, run --attach, or a line of type "attachment".

The name of an attachment is the path as it is given, if that leads downwards from here, and otherwise the name of the file; "-" is
standard input, whose name --as gives. A file that cannot be attached, such as one of a name that there is already or that not every system takes, is reported and makes the exit code 1;
the others are attached all the same.`,
		Example: `  exparchive attachments add my.simexp-live config.yaml src/policy.py
  exparchive attachments add my.simexp-live ../plot-3.svg --as figures/costs.svg
  git diff | exparchive attachments add my.simexp-live - --as changes.diff`,
		Args: cli.NArgs(2, -1, "a live file and one or more files to attach"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (name != "" || mediaType != "") && len(args) > 2 {
				return cli.Usagef("%s: --as and --type go with one file", cli.Called(cmd))
			}
			var failed error
			report := func(err error) {
				cli.Warnf(cmd.ErrOrStderr(), "%v", err)
				failed = cli.Reported{}
			}
			live := runio.LiveName(args[0])
			if err := checkAttachable(live); err != nil {
				return err
			}
			files := readAttachments(cmd.Context(), cmd.ErrOrStderr(), args[1:], name, mediaType, report)
			if len(files) == 0 {
				return failed
			}
			if err := attach(cmd, live, files, asJSON, report); err != nil {
				return err
			}
			return failed
		},
	}
	cmd.Flags().StringVar(&name, "as", "", "the `name` of the attachment, a relative path with slashes")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line and file, as attachments does")
	cmd.Flags().StringVar(&mediaType, "type", "", "its media `type` (default: by the file's name)")
	return cmd
}

// attach adds files to a recording, and reports those that the run cannot have.
func attach(cmd *cobra.Command, live string, files []*provider.Attachment, asJSON bool,
	report func(error)) (err error) {
	ctx := cmd.Context()
	w, err := record.Resume(ctx, live, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	folder, err := inOneFolder(ctx, w, live, true)
	if err != nil {
		return err
	}
	for _, f := range files {
		switch err := folder.Attachment(ctx, f); {
		case errors.Is(err, provider.ErrInvalid):
			report(cli.InFile(live, err))
			continue
		case err != nil:
			return cli.InFile(live, err)
		}
		if asJSON {
			if err := json.NewEncoder(cmd.OutOrStdout()).Encode(runio.DescribeAttachment(f)); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s\n", terminal.Escape(fmt.Sprintf("%s: %s, %s", live, f.Name,
			cli.Plural(int64(len(f.Data)), "byte"))))
	}
	return nil
}

// checkAttachable says for what reason a file takes no attachments, before anything is tried.
func checkAttachable(live string) error {
	sealed := strings.TrimSuffix(live, archive.LiveSuffix)
	if a, err := archive.Open(sealed); err == nil && (live == sealed || !runio.Exists(live)) {
		state := a.State()
		a.Close()
		if state == archive.Sealed {
			return fmt.Errorf("%s: is sealed: its digest covers what is attached, so nothing can be added; record the run with --attach, or see annotate", sealed)
		}
	}
	return runio.CheckLive(live)
}

// readAttachments reads files to be attached, and reports those that cannot be. A name and a media type, if they are
// not empty, are those of the one file.
func readAttachments(ctx context.Context, stderr io.Writer, paths []string, name, mediaType string,
	report func(error)) []*provider.Attachment {
	var files []*provider.Attachment
	var names folderNames
	from := map[string]string{} // paths by name
	for _, p := range paths {
		f, err := readAttachment(ctx, stderr, p, name, mediaType)
		if err == nil {
			err = cli.InFile(p, names.add(f.Name))
		}
		if clash := (*provider.NameClashError)(nil); errors.As(err, &clash) && clash.Other == f.Name {
			err = &sameNameError{from[f.Name], p, f.Name}
		}
		if err != nil {
			report(err)
			continue
		}
		from[f.Name] = p
		files = append(files, f)
	}
	return files
}

// A sameNameError reports two files that would be one attachment.
type sameNameError struct{ first, second, name string }

func (e *sameNameError) Error() string {
	return fmt.Sprintf("%s and %s would both be the attachment %q", e.first, e.second, e.name)
}

// Unwrap gives [provider.ErrInvalid], as for other names that an attachment cannot have.
func (e *sameNameError) Unwrap() error { return provider.ErrInvalid }

func readAttachment(ctx context.Context, stderr io.Writer, p, name, mediaType string) (*provider.Attachment, error) {
	if p == cli.StdinName && name == "" {
		return nil, errNoName
	}
	from, err := runio.InputOf(ctx, stderr, p)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(from.Path)
	switch {
	case err != nil:
		return nil, cli.InFile(p, from.Named(err))
	case info.IsDir():
		return nil, fmt.Errorf("%s: is a folder; attach its files", p)
	case !info.Mode().IsRegular():
		return nil, cli.InFile(p, runio.ErrNotRegular)
	case info.Size() > provider.MaxText:
		return nil, fmt.Errorf("%s: %s, more than the %d that an attachment may have", cli.ShownName(p),
			cli.Plural(info.Size(), "byte"), provider.MaxText)
	}
	data, err := os.ReadFile(from.Path)
	if err != nil {
		return nil, cli.InFile(p, from.Named(err))
	}
	f := &provider.Attachment{Name: cmp.Or(name, attachmentName(p)), Data: data}
	f.MediaType = cmp.Or(mediaType, mediaTypes[strings.ToLower(filepath.Ext(p))],
		mediaTypes[strings.ToLower(path.Ext(f.Name))])
	return f, cli.InFile(p, f.Validate())
}

// errNoName reports standard input as an attachment without a name.
var errNoName = errors.New("standard input has no name that the attachment could have (`exparchive attachments add FILE.simexp-live - --as NAME` gives it one)")

// attachmentName makes the name of an attachment from the path of a file.
func attachmentName(p string) string {
	clean := filepath.Clean(p)
	if filepath.IsLocal(clean) && clean != "." {
		return filepath.ToSlash(clean)
	}
	if abs, err := filepath.Abs(clean); err == nil {
		clean = abs
	}
	return filepath.Base(clean)
}

// mediaTypes are those of the extensions that files of experiments have; the tables of systems differ.
var mediaTypes = map[string]string{
	".bib": "application/x-bibtex", ".c": "text/x-c", ".csv": "text/csv", ".db": "application/vnd.sqlite3",
	".go": "text/x-go", ".gz": "application/gzip",
	".htm": "text/html", ".html": "text/html", ".ipynb": "application/x-ipynb+json", ".jpeg": "image/jpeg",
	".jpg": "image/jpeg", ".js": "text/javascript",
	".json": "application/json", ".jsonl": "application/jsonl", ".log": "text/plain", ".md": "text/markdown",
	".parquet": "application/vnd.apache.parquet",
	".pdf":     "application/pdf", ".png": "image/png", ".py": "text/x-python", ".r": "text/x-r", ".rs": "text/x-rust",
	".sh":  "application/x-sh",
	".sql": "application/sql", ".svg": "image/svg+xml", ".tar": "application/x-tar", ".tex": "application/x-tex",
	".toml": "application/toml",
	".tsv":  "text/tab-separated-values", ".txt": "text/plain", ".xml": "application/xml", ".yaml": "application/yaml",
	".yml": "application/yaml",
	".zip": "application/zip", ".zst": "application/zstd",
}
