package publishcmd

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/citation"
	"github.com/simexp/exparchive/internal/crate"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/paper"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
)

// Makers are what other commands make for a package.
type Makers struct {
	// CheckPaper reads a paper's file and checks the runs that it pins.
	CheckPaper func(ctx context.Context, stderr io.Writer, name string) (*paper.Paper, error)
	// BuildPaper makes what a paper's file lists, beside it.
	BuildPaper func(ctx context.Context, stderr io.Writer, name string) error
}

type packageOptions struct {
	makers   Makers
	which    runio.Choice
	about    aboutFlags
	output   string
	binaries []string
	force    bool
	json     bool
}

// NewPackage makes the command package.
func NewPackage(m Makers) *cobra.Command {
	o := packageOptions{makers: m}
	cmd := &cobra.Command{
		Use:   "package [RUN...] -o FOLDER|FILE.zip",
		Short: "Make a package for a repository of runs, tables and figures, which checks itself",
		Long: `Make a package of runs that can be handed in: a folder, or a ZIP file of it, with the archives, a report
of each, the tables and figures of paper.yaml if there is one, CITATION.cff, a README, the licence, and reproduce.sh,
which checks every run by its digest and makes every table and figure anew, with nothing but this program. It is an
RO-Crate 1.1 of the profile Process Run Crate 0.5 inside a BagIt 1.0 bag, with checksums of all files.

Without RUN the runs are those of paper.yaml, which are always in it. An archive is copied as it is, packed or not,
after every record was checked: one that was changed is refused. Of redacted copies and invalidated runs the package
says that they are. Old databases, web results and JSON lines are sealed into archives, which note where they come
from; a recording has to be sealed first.

` + aboutText + `
Title, authors and licence must be known. Without a date it is the day on which the last of the runs ended. The authors
stand as those who ran the experiments. Texts of CC-BY-4.0, CC0-1.0 and MIT are put in; of other licences of the SPDX
list the address is, unless --licence-file has the text.

The same input gives the same bytes. The package appears when it is complete, and not otherwise.`,
		Example: `  exparchive package exp1.simexp -o exp1.zip --title Liquidity --author 'Lovelace,' --licence MIT
  exparchive package -o package/                       what paper.yaml of this folder lists
  exparchive package --paper paper/paper.yaml -o paper.zip --binary bin/exparchive
  sh package/data/reproduce.sh`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "",
		"the `folder` to be made, or a ZIP file if its name ends in .zip (required)")
	f.StringArrayVar(&o.binaries, "binary", nil, "put this program in, a `file` built for any system; once for each")
	f.BoolVar(&o.force, "force", false, "replace a package or a file of that name")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	o.about.add(cmd, true)
	runio.AddChoice(cmd, &o.which)
	return cmd
}

func (o *packageOptions) run(cmd *cobra.Command, args []string) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	switch {
	case o.output == "":
		return cli.Usagef("package: missing -o FOLDER or -o FILE.zip (see `exparchive package --help`)")
	case o.output == cli.StdinName:
		return cli.Usagef("package: -o -: a package is a folder or a file; name one")
	}
	if err := o.free(); err != nil {
		return err
	}
	sources, err := o.sources(cmd, args)
	if err != nil {
		return err
	}
	var ids []string
	for _, s := range sources {
		ids = append(ids, s.id)
	}
	p, err := o.about.readPaper(cmd, ids)
	if err != nil {
		return err
	}
	if p == nil && len(sources) == 0 {
		return cli.Usagef("package: no runs: want RUN..., or a %s that pins some (see `exparchive package --help`)",
			paper.FileName)
	}
	w, err := o.about.work(cmd, p)
	if err != nil {
		return err
	}
	if missing := w.Missing(); len(missing) > 0 {
		return o.missing(ctx, w, missing, sources, p)
	}
	licence, err := o.about.licenceText(w, p)
	if err != nil {
		return err
	}
	if p != nil {
		if p, err = o.makers.CheckPaper(ctx, stderr, p.Path); err != nil {
			return err
		}
	}
	return o.build(cmd, sources, p, w, licence)
}

// free reports that there is no place for the package.
func (o *packageOptions) free() error {
	o.output = filepath.Clean(o.output)
	if o.isZip() {
		return cmp.Or(outfile.InFolder(o.output), runio.WithForceHint(outfile.Free(o.output, o.force)))
	}
	if err := outfile.InFolder(o.output); err != nil {
		return err
	}
	if _, err := os.Lstat(o.output); err != nil {
		return nil // or it cannot be made, which is said then
	}
	if !o.force {
		return runio.WithForceHint(cli.InFile(o.output, outfile.ErrExists))
	}
	return crate.CheckReplaceable(o.output)
}

func (o *packageOptions) isZip() bool { return strings.EqualFold(filepath.Ext(o.output), ".zip") }

// A packageSource is a run to be packed.
type packageSource struct {
	runio.Source
	id    string
	which runio.Choice
}

// sources gives the runs that the arguments name.
func (o *packageOptions) sources(cmd *cobra.Command, args []string) (list []packageSource, err error) {
	ctx := cmd.Context()
	for from, err := range runio.SourcesOf(ctx, cmd.ErrOrStderr(), args, false) {
		var ids []string
		if err == nil {
			ids, err = runs.IDs(ctx, from.Path, o.which.Options())
		}
		if err != nil {
			return nil, runio.WithRunHint(cli.InFile(from.Name, from.Named(err)))
		}
		for _, id := range ids {
			if strings.HasPrefix(id, o.which.ID) {
				list = append(list, packageSource{from, id, runio.Choice{ID: id, Lenient: o.which.Lenient}})
			}
		}
	}
	if len(list) == 0 && len(args) > 0 {
		if o.which.ID != "" {
			return nil, fmt.Errorf("--run %q: no such run in %s", o.which.ID, strings.Join(args, ", "))
		}
		return nil, fmt.Errorf("%s: no runs", strings.Join(args, ", "))
	}
	return list, nil
}

// missing names everything that is not known and has to be: the date too, unless a run gives it.
func (o *packageOptions) missing(ctx context.Context, w citation.Work, missing []string, sources []packageSource,
	p *paper.Paper) error {
	day := w.Date
	note := func(path string, which runio.Choice) error {
		r, err := runs.Open(ctx, path, which.ID, which.Options())
		if err != nil {
			return err
		}
		defer r.Close()
		e, err := r.Provider.Experiment(ctx)
		day = cmp.Or(day, crate.DayOf(e))
		return err
	}
	for _, s := range sources {
		if err := note(s.Path, s.which); err != nil {
			return cli.InFile(s.Name, s.Named(err))
		}
	}
	if p != nil {
		for _, r := range p.Runs {
			_ = note(p.RunPath(r), runio.Choice{ID: r.ID, Lenient: r.Lenient}) // what is wrong is said when they are checked
		}
	}
	if day == "" {
		missing = append(missing, "date")
	}
	flags := map[string]string{"title": "--title", "authors": "--author", "licence": "--licence", "date": "--date"}
	for i, m := range missing {
		missing[i] = fmt.Sprintf("%s (%s)", m, flags[m])
	}
	return cli.Usagef("package: missing %s; they can stand in %s too", strings.Join(missing, ", "), paper.FileName)
}

// build makes the package beside its place, and moves it there.
func (o *packageOptions) build(cmd *cobra.Command, sources []packageSource, p *paper.Paper, w citation.Work,
	licence func(citation.Work) string) (err error) {
	bag, err := outfile.NewFolder(o.output)
	if err != nil {
		return cli.InFile(o.output, err)
	}
	folder := bag.Temp()
	names := &stagedNames{path: folder, as: o.output}
	defer func() {
		bag.Abort()
		if err != nil && cmd.Context().Err() != nil {
			err = cmd.Context().Err()
		}
		err = names.inError(err)
	}()
	b, err := crate.NewBuilder(folder)
	if err != nil {
		return err
	}
	b.Open = func(path string) (io.ReadCloser, error) { return openFile(cmd.Context(), path) }
	made, err := o.fill(cmd, b, names, sources, p, w, licence)
	if err != nil {
		return err
	}
	if err := o.place(cmd.Context(), bag, made.day, w.Title); err != nil {
		return err
	}
	return made.print(cmd.OutOrStdout(), o)
}

// place moves the package to its place.
func (o *packageOptions) place(ctx context.Context, bag *outfile.Folder, day, title string) error {
	if !o.isZip() {
		return runio.WithForceHint(crate.Place(bag, o.output, o.force))
	}
	f, err := outfile.Create(o.output, o.force)
	if err != nil {
		return runio.WithForceHint(err)
	}
	defer f.Abort()
	if err := crate.Zip(ctx, f, bag.Temp(), crate.FolderName(title), day); err != nil {
		return err
	}
	return runio.WithForceHint(f.Commit())
}

// fill fills the folder of the package.
func (o *packageOptions) fill(cmd *cobra.Command, b *crate.Builder, names *stagedNames, sources []packageSource,
	p *paper.Paper, w citation.Work, licence func(citation.Work) string) (made madePackage, err error) {
	ctx := cmd.Context()
	folder, stderr := names.path, &renamingWriter{cmd.ErrOrStderr(), names}
	for _, file := range o.binaries {
		if err := b.AddBinary(ctx, file); err != nil {
			return made, err
		}
	}
	for _, s := range sources {
		run, err := addRun(ctx, stderr, b, s)
		if err != nil {
			return made, runio.Placed(s.Name, folder, o.output, err)
		}
		names.add(b.Path(run.File), cli.ShownName(s.Name))
	}
	pinned := map[string]*crate.Run{}
	if p != nil {
		for _, r := range p.Runs {
			path := p.RunPath(r)
			from, err := runio.SourceOf(ctx, stderr, path)
			if err != nil {
				return made, err
			}
			run, err := addRun(ctx, stderr, b, packageSource{from, r.ID, runio.Choice{ID: r.ID, Lenient: r.Lenient}})
			if err == nil && run.Digest != r.Digest {
				err = fmt.Errorf("digest %s, want %s: it was changed since it was checked", run.Digest, r.Digest)
			}
			if err != nil {
				return made, runio.Placed(path, folder, o.output, err)
			}
			names.add(b.Path(run.File), cli.ShownName(path))
			pinned[r.Name] = run
		}
	}
	if w.Date = cmp.Or(w.Date, b.LastDay()); w.Date == "" {
		return made, cli.Usagef("package: missing date (--date), which no run has; it can stand in %s too", paper.FileName)
	}
	for _, r := range b.Runs() {
		if err := b.AddReport(r, func(archive string, w io.Writer) error {
			run, err := ReadReport(ctx, stderr, archive, runio.Choice{}, nil)
			if err == nil {
				err = run.WriteFile(w)
			}
			return err
		}); err != nil {
			return made, err
		}
	}
	if p != nil {
		build := func(file string) error {
			return runio.Renamed(o.makers.BuildPaper(ctx, stderr, file), file, p.Path)
		}
		if err := b.AddPaper(p, pinned, w, build); err != nil {
			return made, cli.InFile(p.Path, err)
		}
	}
	if err := b.Finish(w, licence(w), cli.ProgramVersion()); err != nil {
		return made, err
	}
	made = madePackage{Output: o.output, day: w.Date}
	made.Files, made.Bytes, err = crate.Measure(folder)
	for _, r := range b.Runs() {
		made.Runs = append(made.Runs, packedRun{"data/" + r.File, r.ID, r.Digest, r.Records, r.Withheld, r.Source})
	}
	return made, err
}

// openFile opens the file of a run, be it at an address.
func openFile(ctx context.Context, path string) (io.ReadCloser, error) {
	r, size, closeFile, err := runio.OpenBytes(ctx, path)
	if err != nil {
		return nil, err
	}
	return &openedFile{io.NewSectionReader(r, 0, size), closeFile}, nil
}

type openedFile struct {
	io.Reader
	close func() error
}

func (f *openedFile) Close() error { return f.close() }

// addRun puts a run into the package.
func addRun(ctx context.Context, stderr io.Writer, b *crate.Builder, s packageSource) (*crate.Run, error) {
	p, c, err := runio.OpenSource(ctx, stderr, s.Source, s.which)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	r, err := b.AddRun(ctx, p, s.Path, cli.ShownName(s.Name))
	return r, s.Named(err)
}

// A madePackage is what package says of what it made in JSON.
type madePackage struct {
	Output string      `json:"output"`
	Files  int         `json:"files"` // those of the bag too
	Bytes  int64       `json:"bytes"` // of all of them, not packed
	Runs   []packedRun `json:"runs"`

	day string
}

type packedRun struct {
	File     string `json:"file"` // in the package
	RunID    string `json:"run_id"`
	Digest   string `json:"digest"`
	Records  int64  `json:"records"`
	Withheld int64  `json:"withheld,omitempty"` // values that a redacted copy lacks
	Source   string `json:"source,omitempty"`   // name of the file that it was sealed from
}

func (m madePackage) print(w io.Writer, o *packageOptions) error {
	if o.json {
		return json.NewEncoder(w).Encode(m)
	}
	var text strings.Builder
	for _, r := range m.Runs {
		fmt.Fprintf(&text, "%s: %s, digest %s", r.File, cli.Plural(r.Records, "record"), r.Digest)
		if r.Withheld > 0 {
			fmt.Fprintf(&text, "; a redacted copy, %s withheld", cli.Plural(r.Withheld, "value"))
		}
		if r.Source != "" {
			fmt.Fprintf(&text, "; sealed from %s", terminal.Escape(r.Source))
		}
		text.WriteByte('\n')
	}
	fmt.Fprintf(&text, "%s: %s, %s, %s\n", terminal.Escape(m.Output), cli.Plural(int64(len(m.Runs)), "run"),
		cli.Plural(int64(m.Files), "file"), cli.Plural(m.Bytes, "byte"))
	_, err := io.WriteString(w, text.String())
	return err
}

// stagedNames are those of files of a package that is being made, and how they are called in messages: the archives as
// the files they come from, and the rest as they will be called.
type stagedNames struct {
	path, as string   // of the folder, and of the package
	archives []string // in turn a path and a name
}

func (n *stagedNames) add(path, as string) { n.archives = append(n.archives, path, as) }

// inText gives a message with the names.
func (n *stagedNames) inText(text string) string {
	return strings.NewReplacer(append(slices.Clone(n.archives), n.path, n.as)...).Replace(text)
}

// inError gives an error with the names.
func (n *stagedNames) inError(err error) error {
	for i := 0; i < len(n.archives); i += 2 {
		err = runio.Renamed(err, n.archives[i], n.archives[i+1])
	}
	return runio.Renamed(err, n.path, n.as)
}

// A renamingWriter is a writer of messages.
type renamingWriter struct {
	io.Writer
	names *stagedNames
}

func (w *renamingWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.Writer, w.names.inText(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
