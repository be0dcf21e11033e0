package papercmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/paper"
	"github.com/simexp/exparchive/internal/terminal"
)

// A finding is what check says has changed.
type finding struct {
	About string `json:"about"` // run, file or paper
	Name  string `json:"name"`
	What  string `json:"what"`
	Text  string `json:"text"`
}

func newPaperCheck() *cobra.Command {
	var output string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check [paper.yaml]",
		Short: "Say what has changed since the tables and figures of a paper were made",
		Long: `Say what has changed: runs that are missing, have another id or digest, are unfinished or invalidated;
tables and figures that are missing, not what would be built now, or whose build was cut short; and whether paper.yaml
was changed since. Nothing is written. The exit code is 0 if everything is as it was, and 1 if not.

What an earlier build made and paper.yaml does not list any more is named too, and is no change.`,
		Example: `  exparchive paper check
  exparchive paper check paper.yaml -o figures --json`,
		Args: cli.NArgs(0, 1, "one paper.yaml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := readPaper(args)
			if err != nil {
				return err
			}
			var list []finding
			set := &pinned{stderr: cmd.ErrOrStderr(), paper: p, stamps: map[string]stamp{}, told: map[string]bool{}}
			err = set.checkAll(cmd.Context(), p.Runs, func(r *paper.Run, e *runError) {
				list = append(list, finding{"run", r.Name, e.what, e.Error()})
			})
			if fatal(err) {
				return err
			}
			more, err := set.checkFiles(cmd, outputFolder(p, output))
			if err != nil {
				return err
			}
			list = append(list, more...)
			former, err := p.Former(outputFolder(p, output))
			if err != nil {
				return err
			}
			named := slices.Clone(list)
			for _, f := range former {
				named = append(named, finding{"file", f.File, "unlisted", "an earlier build made it, and " + p.Path +
					" does not list it any more (exparchive paper build --prune removes it)"})
			}
			for _, f := range named {
				if err := f.print(cmd.OutOrStdout(), asJSON); err != nil {
					return err
				}
			}
			if len(list) > 0 {
				return cli.Reported{}
			}
			if !asJSON {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s and %s as they were\n",
					cli.Plural(int64(len(p.Runs)), "run"), cli.Plural(int64(len(p.Items)), "file"))
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the `folder` with the files; without it that of paper.yaml")
	runio.AddDownload(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line and change")
	return cmd
}

func (f finding) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(f)
	}
	_, err := fmt.Fprintf(w, "%s %s: %s\n", f.About, terminal.Escape(f.Name), terminal.Escape(f.Text))
	return err
}

// checkFiles compares each file, and the record of what it came from, with what would be built.
func (s *pinned) checkFiles(cmd *cobra.Command, folder string) (list []finding, err error) {
	paperChanged := false
	for _, it := range s.paper.Items {
		add := func(what, format string, args ...any) {
			list = append(list, finding{"file", it.File, what, fmt.Sprintf(format, args...)})
		}
		path := filepath.Join(folder, filepath.FromSlash(it.File))
		text, err := os.ReadFile(path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			add("missing", "the file is missing")
			continue
		case err != nil:
			add("unreadable", "%v", err)
			continue
		}
		records := paper.RecordsOf(path, it.File)
		source := records.Source
		switch {
		case records.CutShort(text):
			add("interrupted", "a build ended between the file and %s%s (exparchive paper build goes on)", it.File,
				paper.SourceSuffix)
			source = records.Next
		case records.Text == nil:
			add("source", "what it came from, %s%s, is missing, unreadable or of another file", it.File, paper.SourceSuffix)
			source.Paper.SHA256 = s.paper.SHA256
		case !records.Built(text):
			add("edited", "the file was changed after it was built")
		}
		paperChanged = paperChanged || source.Paper.SHA256 != s.paper.SHA256
		if records.Text != nil && !records.Built(text) {
			continue
		}
		unsound := ""
		for _, r := range s.paper.Sources(it) {
			if _, sound := s.stamps[r.Name]; !sound {
				unsound = r.Name
			}
		}
		if unsound != "" {
			add("run", "it cannot be built: see run %s", unsound)
			continue
		}
		want, err := s.make(cmd.Context(), it)
		switch {
		case cmd.Context().Err() != nil:
			return nil, cmd.Context().Err()
		case err != nil:
			add("failed", "it cannot be built: %v", err)
			continue
		case !bytes.Equal(want, text):
			add("differs", "the file is not what would be built")
			continue
		}
		wanted := s.paper.SourceOf(it, want)
		wanted.Paper = source.Paper // is told once
		if records.Text != nil && !records.CutShort(text) && !bytes.Equal(wanted.Text(), records.Text) {
			add("source", "%s%s is not what would be written", it.File, paper.SourceSuffix)
		}
	}
	if paperChanged {
		list = append(list, finding{"paper", s.paper.Path, "changed", "it was changed since the files were built"})
	}
	return list, nil
}
