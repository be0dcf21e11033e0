package papercmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/paper"
	"github.com/simexp/exparchive/internal/terminal"
)

func newPaperBuild() *cobra.Command {
	var output string
	var force, prune, asJSON bool
	cmd := &cobra.Command{
		Use:   "build [paper.yaml]",
		Short: "Make every table and figure of a paper",
		Long: `Make every table and figure that paper.yaml lists, each with FILE.source.json beside it, which says of
which runs, by id and digest, it was made. All runs are checked before anything is made, and everything is made before
anything is written: a run that is missing, changed, unfinished or invalidated is refused by name and the files stay
as they were.

A build that was cut short goes on with the next: what it had made is not taken for something changed by hand.

The same runs give the same bytes, on every machine. A file that is as it should be is not written anew. One that was
changed by hand, or that build did not make, is not replaced, unless --force says so. What an earlier build made and
paper.yaml does not list any more is named, and with --prune removed.`,
		Example: `  exparchive paper build
  exparchive paper build paper.yaml -o figures`,
		Args: cli.NArgs(0, 1, "one paper.yaml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := readPaper(args)
			if err != nil {
				return err
			}
			folder := outputFolder(p, output)
			if err := protect(p, folder); err != nil {
				return err
			}
			texts, err := makeAll(cmd.Context(), cmd.ErrOrStderr(), p)
			if err != nil {
				return err
			}
			if !force {
				if err := ownFiles(p, folder, texts); err != nil {
					return err
				}
			}
			former, err := p.Former(folder)
			if err != nil {
				return err
			}
			for _, f := range former {
				if prune && f.Edited && !force {
					return fmt.Errorf("%s: it was changed after it was built (--force removes it)", filepath.Join(folder, f.File))
				}
			}
			list, err := writeFiles(p, folder, texts)
			for _, f := range former {
				if err == nil && prune {
					err = removeFormer(folder, f)
				}
				list = append(list, builtFile{f.File, map[bool]string{false: "unlisted", true: "removed"}[prune]})
			}
			if err != nil {
				return err
			}
			for _, b := range list {
				if err := b.print(cmd.OutOrStdout(), asJSON); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the `folder` for the files; without it that of paper.yaml")
	cmd.Flags().BoolVar(&force, "force", false, "replace files too that were changed by hand or made by something else")
	cmd.Flags().BoolVar(&prune, "prune", false, "remove what an earlier build made and paper.yaml does not list any more")
	runio.AddDownload(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line and file")
	return cmd
}

// checkedRuns gives the runs of a paper, each of which is as the paper pins it. Of those with which something is wrong
// it tells.
func checkedRuns(ctx context.Context, stderr io.Writer, p *paper.Paper) (*pinned, error) {
	set := &pinned{stderr: stderr, paper: p, stamps: map[string]stamp{}, told: map[string]bool{}}
	return set, set.checkAll(ctx, p.Runs, func(r *paper.Run, e *runError) {
		cli.Warnf(stderr, "run %s: %v", terminal.Escape(r.Name), e)
	})
}

// makeAll makes the texts of the items of a paper.
func makeAll(ctx context.Context, stderr io.Writer, p *paper.Paper) ([][]byte, error) {
	set, err := checkedRuns(ctx, stderr, p)
	if err != nil {
		return nil, err
	}
	texts := make([][]byte, len(p.Items))
	for i, it := range p.Items {
		if texts[i], err = set.make(ctx, it); err != nil {
			return nil, cli.InFile(p.Path, err)
		}
	}
	return texts, nil
}

// CheckPaper reads a paper's file and checks the runs that it pins, as build does before it makes anything.
func CheckPaper(ctx context.Context, stderr io.Writer, name string) (*paper.Paper, error) {
	p, err := readPaper([]string{name})
	if err == nil {
		_, err = checkedRuns(ctx, stderr, p)
	}
	return p, err
}

// BuildPaper makes what a paper's file lists, as build does, in its folder, in which there is nothing of it yet.
func BuildPaper(ctx context.Context, stderr io.Writer, name string) error {
	p, err := readPaper([]string{name})
	if err != nil {
		return err
	}
	texts, err := makeAll(ctx, stderr, p)
	if err == nil {
		_, err = writeFiles(p, filepath.Dir(p.Path), texts)
	}
	return err
}

// A built file gets its place, and then its record of what it came from.
type built struct {
	name, path   string // in the folder of the paper's files; of the file
	text         []byte
	file, record *outfile.File // nil for what is as it should be already
	owed         bool          // the record lies hidden until the file has its place
}

// commit is what puts a file in its place. A test ends the program there.
var commit = (*outfile.File).Commit

// writeFiles writes the files and the records of what they came from. All are on disk before the first has its name,
// and before a file has its place its record lies hidden beside it: a build that is cut short leaves no file that could
// be taken for one that somebody changed.
func writeFiles(p *paper.Paper, folder string, texts [][]byte) (list []builtFile, err error) {
	var all []*built
	defer func() {
		for _, b := range all {
			b.close()
		}
	}()
	for i, it := range p.Items {
		b := &built{name: it.File, path: filepath.Join(folder, filepath.FromSlash(it.File)), text: texts[i]}
		all = append(all, b)
		went, err := b.goOn()
		if err == nil {
			err = b.prepare(p.SourceOf(it, texts[i]).Text())
		}
		if err != nil {
			return nil, err
		}
		done := "unchanged"
		if went || b.file != nil || b.record != nil {
			done = "written"
		}
		list = append(list, builtFile{it.File, done})
	}
	for _, b := range all {
		if b.owed {
			if err := commit(b.record); err != nil {
				return nil, err
			}
		}
	}
	for _, b := range all {
		if err := b.place(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// goOn ends what a build began that was cut short between the file and its record, and reports whether one was.
func (b *built) goOn() (bool, error) {
	next := paper.NextSource(b.path)
	if info, err := os.Lstat(next); err != nil || !info.Mode().IsRegular() {
		return false, nil
	}
	old, err := os.ReadFile(b.path)
	if records := paper.RecordsOf(b.path, b.name); err == nil && records.CutShort(old) {
		return true, outfile.Place(next, b.path+paper.SourceSuffix, true)
	}
	return false, fileerr.In(next, os.Remove(next)) // the file did not get its place
}

// prepare makes the file and its record ready to get their places.
func (b *built) prepare(record []byte) (err error) {
	if b.file, err = prepare(b.path, b.path, b.text); err != nil {
		return err
	}
	at, source := b.path+paper.SourceSuffix, b.path+paper.SourceSuffix
	if b.file != nil {
		at = paper.NextSource(b.path)
	}
	b.record, err = prepare(source, at, record)
	b.owed = at != source && b.record != nil
	return err
}

// place puts the file and then its record in their places.
func (b *built) place() error {
	if b.file != nil {
		if err := commit(b.file); err != nil {
			return err
		}
	}
	switch {
	case b.owed:
		return outfile.Place(paper.NextSource(b.path), b.path+paper.SourceSuffix, true)
	case b.record != nil:
		return commit(b.record)
	}
	return nil
}

// close removes what did not get its place, but for the record of a file that did.
func (b *built) close() {
	for _, f := range []*outfile.File{b.file, b.record} {
		if f != nil {
			f.Abort()
		}
	}
	if !b.owed {
		return
	}
	if there, err := os.ReadFile(b.path); err != nil || !bytes.Equal(there, b.text) {
		_ = os.Remove(paper.NextSource(b.path))
	}
}

// removeFormer removes a file of an earlier build, and last the records by which it is found.
func removeFormer(folder string, f paper.Former) error {
	path := filepath.Join(folder, filepath.FromSlash(f.File))
	for _, name := range []string{path, paper.NextSource(path), path + paper.SourceSuffix} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fileerr.In(name, err)
		}
	}
	return nil
}

// A builtFile is what build says of a file.
type builtFile struct {
	File string `json:"file"`
	Done string `json:"done"` // written, unchanged, unlisted or removed
}

func (f builtFile) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(f)
	}
	done := f.Done
	if done == "unlisted" {
		done = "the paper does not list it any more (--prune removes it)"
	}
	_, err := fmt.Fprintf(w, "%s: %s\n", terminal.Escape(f.File), done)
	return err
}

// outputFolder gives the folder for the files.
func outputFolder(p *paper.Paper, output string) string {
	if output != "" {
		return output
	}
	return filepath.Dir(p.Path)
}

// checkAll checks runs, tells of those with which something is wrong, and fails if there are any.
func (s *pinned) checkAll(ctx context.Context, runs []*paper.Run, tell func(*paper.Run, *runError)) error {
	var failed error
	for _, r := range runs {
		err := s.check(ctx, r)
		e := (*runError)(nil)
		switch {
		case errors.As(err, &e):
			tell(r, e)
			failed = cli.Reported{}
		case err != nil:
			return err
		}
	}
	return failed
}

// protect refuses files that would lie where the paper or its runs do, or behind a link that leads elsewhere.
func protect(p *paper.Paper, folder string) error {
	kept := map[string]string{p.Path: "the paper itself"}
	for _, r := range p.Runs {
		kept[p.RunPath(r)] = fmt.Sprintf("that of the run %q", r.Name)
	}
	for _, it := range p.Items {
		fail := func(format string, args ...any) error {
			return cli.InFile(p.Path, &paper.LineError{Line: it.Line, Err: fmt.Errorf(format, args...)})
		}
		for _, name := range []string{it.File, it.File + paper.SourceSuffix} {
			info, err := os.Stat(filepath.Join(folder, filepath.FromSlash(name)))
			if err != nil {
				continue
			}
			for path, what := range kept {
				if other, err := os.Stat(path); err == nil && os.SameFile(info, other) {
					return fail("file %.200q: the file is %s", name, what)
				}
			}
		}
		dir := filepath.Dir(filepath.FromSlash(it.File))
		for ; dir != "."; dir = filepath.Dir(dir) {
			at := filepath.Join(folder, dir)
			if info, err := os.Lstat(at); err == nil && !info.IsDir() {
				return fail("file %.200q: %s is no folder", it.File, at)
			}
		}
	}
	return nil
}

// ownFiles refuses to replace files that were changed by hand, or that have no record of what they came from.
func ownFiles(p *paper.Paper, folder string, texts [][]byte) error {
	for i, it := range p.Items {
		path := filepath.Join(folder, filepath.FromSlash(it.File))
		old, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) || err == nil && bytes.Equal(old, texts[i]):
			continue
		case err != nil:
			return fileerr.In(path, err)
		}
		records := paper.RecordsOf(path, it.File)
		switch {
		case records.None():
			return fmt.Errorf("%s: it is there already, and not made by paper build (--force replaces it)", path)
		case !records.Built(old):
			return fmt.Errorf("%s: it was changed after it was built (--force replaces it)", path)
		}
	}
	return nil
}

// prepare makes a file ready to get its place; nil if one with that text is there already, be it at another path.
func prepare(there, path string, text []byte) (*outfile.File, error) {
	if old, err := os.ReadFile(there); err == nil && bytes.Equal(old, text) {
		return nil, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, fileerr.In(path, err)
	}
	f, err := outfile.Create(path, true)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(text); err != nil {
		f.Abort()
		return nil, err
	}
	return f, nil
}
