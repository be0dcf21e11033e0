package papercmd

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/paper"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/internal/webfile"
	"github.com/simexp/exparchive/series"
)

// initOptions are the flags of paper init.
type initOptions struct {
	output   string
	force    bool
	json     bool
	lenient  bool
	accept   []string
	label    []string // NAME=VALUE
	labels   string   // a regular expression
	baseline []string // NAME=VALUE
	same     []string // names

	pattern *regexp.Regexp
}

// figureRuns is how many runs the figure that init lists has at most: they have a panel each.
const figureRuns = 6

func newPaperInit() *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init RUN...",
		Short: "Write a paper.yaml that pins runs, with tables and a figure of them",
		Long: `Write a paper.yaml that pins runs by id and digest, with a table of runs, one of iterations and a
figure of their costs, which builds as it stands and is yours to change. A run is called as its file, or as its id if
the file holds several.

--labels gives each run labels from its name: the named groups of a regular expression (RE2) that matches the name;
--label NAME=VALUE gives one to all runs in whose names the expression does not find it. --baseline NAME=VALUE says
which run is the baseline of those that have the same --same labels.`,
		Example: `  exparchive paper init runs/*.simexp
  exparchive paper init runs --labels '(?P<task>.+)_(?P<model>.+)' --baseline model=none`,
		Args: cli.NArgs(1, -1, "runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			if err := cmp.Or(outfile.InFolder(o.output), outfile.Free(o.output, o.force)); err != nil {
				return runio.WithForceHint(err)
			}
			p := &paper.Paper{Path: o.output}
			for _, arg := range args {
				if arg == cli.StdinName {
					return cli.Usagef("paper init: a paper pins files, and standard input is none")
				}
				for file, err := range runs.Files(arg, false) {
					if err == nil {
						err = o.addFile(cmd, p, file)
					}
					if err != nil {
						return cli.InFile(file, err)
					}
				}
			}
			if len(p.Runs) == 0 {
				return cmp.Or(runio.PassedOver(args), fmt.Errorf("%s: no runs", strings.Join(args, ", ")))
			}
			if err := o.setBaselines(p); err != nil {
				return err
			}
			if err := o.addItems(cmd, p); err != nil {
				return err
			}
			var b bytes.Buffer
			if err := p.Write(&b); err != nil {
				return err
			}
			if _, err := paper.Parse(b.Bytes()); err != nil {
				return cli.InFile(o.output, err)
			}
			f, err := outfile.Create(o.output, o.force)
			if err != nil {
				return runio.WithForceHint(err)
			}
			defer f.Abort()
			if _, err := f.Write(b.Bytes()); err != nil {
				return err
			}
			if err := f.Commit(); err != nil {
				return err
			}
			if o.json {
				done := map[string]any{"output": o.output, "runs": len(p.Runs), "files": len(p.Items)}
				return json.NewEncoder(cmd.OutOrStdout()).Encode(done)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s, %s\n", terminal.Escape(o.output),
				cli.Plural(int64(len(p.Runs)), "run"), cli.Plural(int64(len(p.Items)), "file"))
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", paper.FileName, "the `file` to write")
	flags.BoolVar(&o.force, "force", false, "replace the file if it exists")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	runio.AddDownload(flags)
	flags.BoolVar(&o.lenient, "lenient", false, "of old databases, leave out values that cannot be kept as recorded")
	flags.StringSliceVar(&o.accept, "accept", nil, "take runs that are `unfinished` or invalidated; both with a comma")
	flags.StringVar(&o.labels, "labels", "", "labels from the names of runs: the named groups of this `regexp`")
	flags.StringArrayVar(&o.label, "label", nil, "give all runs the label `NAME=VALUE`, unless --labels finds it")
	flags.StringSliceVar(&o.baseline, "baseline", nil, "the run with the labels `NAME=VALUE` is the baseline of others")
	flags.StringSliceVar(&o.same, "same", nil, "of those that have the same labels of these `names` as the baseline")
	return cmd
}

func (o *initOptions) check() (err error) {
	if o.pattern, err = regexp.Compile(o.labels); err != nil {
		return cli.Usagef("paper init: --labels: %v", err)
	}
	if o.labels == "" {
		o.pattern = nil
	}
	for _, a := range o.accept {
		if a != paper.AcceptUnfinished && a != paper.AcceptInvalidated {
			return cli.Usagef("paper init: --accept %q, want %s or %s", a, paper.AcceptUnfinished, paper.AcceptInvalidated)
		}
	}
	for flag, list := range map[string][]string{"label": o.label, "baseline": o.baseline} {
		for _, text := range list {
			if name, _, ok := strings.Cut(text, "="); !ok || name == "" {
				return cli.Usagef("paper init: --%s %q, want NAME=VALUE", flag, text)
			}
		}
	}
	if len(o.same) > 0 && len(o.baseline) == 0 {
		return cli.Usagef("paper init: --same wants a --baseline")
	}
	return nil
}

// addFile adds the runs of a file.
func (o *initOptions) addFile(cmd *cobra.Command, p *paper.Paper, file string) error {
	ctx := cmd.Context()
	if webfile.From(ctx).Address(file) != file {
		return paper.ErrSecret
	}
	from, err := runio.SourceOf(ctx, cmd.ErrOrStderr(), file)
	if err != nil {
		return err
	}
	ids, err := runs.IDs(ctx, from.Path, &runs.Options{Lenient: o.lenient})
	if err != nil {
		return runio.WithRunHint(from.Named(err))
	}
	relative, err := relativeTo(filepath.Dir(o.output), file)
	if err != nil {
		return err
	}
	set := &pinned{stderr: cmd.ErrOrStderr()}
	for _, id := range ids {
		found, err := set.examine(ctx, file, id, o.lenient)
		if err != nil {
			return runio.WithRunHint(err)
		}
		r := &paper.Run{File: relative, ID: found.ID, Digest: found.Digest, Lenient: o.lenient}
		base := filepath.Base(file)
		if webfile.Is(file) {
			base = cmp.Or(webfile.Base(file), "run")
		}
		name := strings.TrimSuffix(base, filepath.Ext(base))
		if len(ids) > 1 {
			name = id
		}
		r.Name = name
		for n := 2; slices.ContainsFunc(p.Runs, func(x *paper.Run) bool { return x.Name == r.Name }); n++ {
			r.Name = fmt.Sprintf("%s-%d", name, n)
		}
		for _, word := range []string{paper.AcceptInvalidated, paper.AcceptUnfinished} {
			if word == paper.AcceptUnfinished && !found.unfinished || word == paper.AcceptInvalidated && found.invalid == "" {
				continue
			}
			if !slices.Contains(o.accept, word) {
				return fmt.Errorf("the run %s is %s (--accept %[2]s takes it nevertheless)", id, word)
			}
			r.Accept = append(r.Accept, word)
		}
		if r.Labels, err = o.labelsOf(name); err != nil {
			return err
		}
		p.Runs = append(p.Runs, r)
	}
	return nil
}

// relativeTo gives the path of a file from a folder on, with slashes, or the address that it is.
func relativeTo(folder, file string) (string, error) {
	if webfile.Is(file) {
		return file, nil
	}
	if !utf8.ValidString(file) {
		return "", fmt.Errorf("the name of the file is not UTF-8, which a paper's file is")
	}
	from, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	to, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	path, err := filepath.Rel(from, to)
	if err != nil {
		return "", fmt.Errorf("there is no path from %s to it", folder)
	}
	return filepath.ToSlash(path), nil
}

// labelsOf gives the labels of a run by its name, in the order of the flags and groups.
func (o *initOptions) labelsOf(name string) (list []paper.Label, err error) {
	put := func(label, text string) {
		value := jsontext.AppendString(nil, text)
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
			value = []byte(text)
		}
		i := slices.IndexFunc(list, func(l paper.Label) bool { return l.Name == label })
		if i < 0 {
			list = append(list, paper.Label{Name: label})
			i = len(list) - 1
		}
		list[i].Value = value
	}
	for _, text := range o.label {
		label, value, _ := strings.Cut(text, "=")
		put(label, value)
	}
	if o.pattern == nil {
		return list, nil
	}
	match := o.pattern.FindStringSubmatchIndex(name)
	if match == nil {
		return nil, fmt.Errorf("--labels: the name %q does not match", name)
	}
	for i, label := range o.pattern.SubexpNames() {
		if label != "" && match[2*i] >= 0 {
			put(label, name[match[2*i]:match[2*i+1]])
		}
	}
	return list, nil
}

func labelText(r *paper.Run, name string) string {
	for _, l := range r.Labels {
		if l.Name == name {
			if s, err := jsontext.Unquote(l.Value); err == nil && l.Value[0] == '"' {
				return s
			}
			return string(l.Value)
		}
	}
	return ""
}

// setBaselines gives runs their baselines.
func (o *initOptions) setBaselines(p *paper.Paper) error {
	if len(o.baseline) == 0 {
		return nil
	}
	bases := map[string]*paper.Run{}
	key := func(r *paper.Run) string {
		var texts []string
		for _, name := range o.same {
			texts = append(texts, strconv.Quote(labelText(r, name)))
		}
		return strings.Join(texts, " ")
	}
	for _, r := range p.Runs {
		if slices.ContainsFunc(o.baseline, func(text string) bool {
			name, value, _ := strings.Cut(text, "=")
			return labelText(r, name) != value
		}) {
			continue
		}
		if other := bases[key(r)]; other != nil {
			return fmt.Errorf("--baseline: %q and %q both have the labels %s; more labels, with commas, choose one",
				other.Name, r.Name, strings.Join(o.baseline, ","))
		}
		bases[key(r)] = r
	}
	if len(bases) == 0 {
		return fmt.Errorf("--baseline: no run has the labels %s", strings.Join(o.baseline, ","))
	}
	for _, r := range p.Runs {
		if base := bases[key(r)]; base != nil {
			r.Baseline = base.Name
		}
	}
	return nil
}

// addItems lists the tables and the figure.
func (o *initOptions) addItems(cmd *cobra.Command, p *paper.Paper) error {
	var labels, parameters []paper.Column
	for _, r := range p.Runs {
		for _, l := range r.Labels {
			text := l.Name + "=label:/" + jsontext.EscapePointer(l.Name)
			if _, err := series.ParseColumn(text); err == nil && !slices.Contains(labels, paper.Column{Text: text}) {
				labels = append(labels, paper.Column{Text: text})
			}
		}
	}
	first := p.Runs[0]
	choice := runio.Choice{ID: first.ID, Lenient: o.lenient}
	provider, c, err := runio.OpenRun(cmd.Context(), cmd.ErrOrStderr(), p.RunPath(first), choice)
	if err != nil {
		return err
	}
	defer c.Close()
	columns, err := series.Parameters(cmd.Context(), provider)
	if err != nil {
		return err
	}
	for _, c := range columns {
		parameters = append(parameters, paper.Column{Text: c.String()})
	}
	p.Items = []*paper.Item{
		{Command: "table", Kind: "summary", File: "runs.tex", Columns: labels,
			Options: []paper.Option{{Name: "caption", Values: []string{"The runs"}}}},
		{Command: "table", Kind: "iterations", File: "iterations.csv", Columns: parameters},
	}
	figure := &paper.Item{Command: "plot", Kind: "convergence", File: "costs.pdf", Columns: parameters}
	if len(p.Runs) > figureRuns {
		for _, r := range p.Runs[:figureRuns] {
			figure.Runs = append(figure.Runs, r.Name)
		}
		figure.Columns = nil // which its runs may not have
	}
	p.Items = append(p.Items, figure)
	return nil
}
