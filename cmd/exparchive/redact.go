package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/internal/workdir"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/redact"
)

type redactOptions struct {
	filters        filterFlags
	runID          string
	output         string
	dryRun, force  bool
	allowRemaining bool
	json           bool
}

func newRedactCommand() *cobra.Command {
	var o redactOptions
	cmd := &cobra.Command{
		Use:   "redact FILE -o PUBLIC.simexp",
		Short: "Write a copy of a run without certain values, which has the same digest",
		Long: `Write a copy of a run for publishing, without certain values. Each of them is replaced by its commitment, a hash, so that the copy
has the digest of the run: signatures and proofs hold for it too, and "reveal" can put values back from the original and prove
that they are the ones. FILE is anything that holds a run.

The flags say what is withheld. Those of different kinds narrow each other, those of one kind add up:

  --field response --agent BANK_A        the responses to BANK_A
  --match '(?i)project x' --match alice  every value in which one of the two is found
  --secrets                              every value in which a secret is found

If they fit no value nothing is written, and the exit code is 1; only --match and --secrets may find none.
A value goes as a whole: a prompt, an answer, the data of an event, the policies of an iteration. What identifies a record cannot be
withheld: run id, experiment, times, event types, agents, models, tokens, names of attachments, final costs. If what --match or
--secrets looks for is there, or in a value that the other flags leave in, it is listed and nothing is written, unless
--allow-remaining. Annotations (signatures, where an import comes from) are copied, except those in which it is found.

When the copy is written its digest is compared with that of the run, and its bytes are searched for what matched (texts of 5
bytes or more).

A commitment hides a value only as far as it cannot be guessed: who guesses the whole value can check the guess. A run that was
recorded with --salt has no such weakness.`,
		Example: `  exparchive redact my.simexp --secrets --dry-run
  exparchive redact my.simexp --field system_prompt,user_prompt -o public.simexp
  exparchive redact my.simexp --match 'alice|bob' -o public.simexp`,
		Args: nArgs(1, 1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	o.filters.addFlags(cmd, "withhold", true)
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "the archive to be written, `PUBLIC`.simexp (required unless --dry-run)")
	flags.BoolVar(&o.dryRun, "dry-run", false, "write nothing; print what would be withheld")
	flags.BoolVar(&o.allowRemaining, "allow-remaining", false, "write the copy also if what was looked for remains somewhere")
	flags.BoolVar(&o.force, "force", false, "replace an archive of that name")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	addRunFlag(cmd, &o.runID)
	return cmd
}

func (o *redactOptions) run(cmd *cobra.Command, path string) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	filter, err := o.filters.filter(cmd)
	switch {
	case err != nil:
		return err
	case filter.Empty():
		return usageErrorf("redact: nothing says what to withhold; want --field, --seq, --agent, --iteration, --match or --secrets")
	case !o.dryRun && o.output == "":
		return usageErrorf("redact: missing -o FILE%s, or --dry-run (see `exparchive redact --help`)", archive.Extension)
	}
	p, c, err := openRun(ctx, path, o.runID)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := o.checkSource(p, path); err != nil {
		return err
	}
	s, err := surveyRedaction(ctx, checked(p), filter)
	if err != nil {
		return inFile(path, err)
	}
	// A slip of the pen must not make a public file that holds everything. That a search finds nothing is good news.
	if _, values := s.counts(); values == 0 && !filter.ByContent() {
		return fmt.Errorf("%s: the flags fit no value of the run, or none that is not withheld already; nothing was written", path)
	}
	s.reportRemains(stderr)
	if len(s.remains) > 0 && !o.allowRemaining && !o.dryRun {
		return fmt.Errorf("%s: what was to be withheld remains in %s; nothing was written (--allow-remaining writes the copy all the same)", path, plural(int64(len(s.remains)), "place"))
	}
	if o.dryRun {
		s.warn(stderr, "would be left out")
	} else {
		if err := o.write(ctx, cmd, path, p, s); err != nil {
			return err
		}
		s.warn(stderr, "was left out")
	}
	if err := o.print(cmd, s); err != nil {
		return err
	}
	if len(s.remains) > 0 && !o.allowRemaining {
		return errReported{}
	}
	return nil
}

// checkSource refuses a run that is not at an end, and one that the copy would replace.
func (o *redactOptions) checkSource(p provider.Provider, path string) error {
	if a, ok := p.(*archive.Archive); ok && a.State() == archive.Recording {
		return fmt.Errorf("%s: is being recorded; redact it when the recording has ended", path)
	}
	if o.dryRun {
		return nil
	}
	return outputFree(path, o.output, o.force)
}

// outputFree reports that a copy of source cannot be written to output.
func outputFree(source, output string, force bool) error {
	from, err := os.Stat(source)
	if err != nil {
		return inFile(source, err)
	}
	if to, err := os.Stat(output); err == nil && os.SameFile(from, to) {
		return usageErrorf("%s: is the original; choose another name for the copy", output)
	}
	return placeFree(output, force)
}

// placeFree reports that an archive of the name path cannot be written.
func placeFree(path string, force bool) error {
	if live := path + archive.LiveSuffix; exists(live) {
		return fmt.Errorf("%s: an unfinished recording of that name is there: seal or remove it first", live)
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return inFile(path, err)
	case !info.Mode().IsRegular():
		return inFile(path, errNotRegular)
	case !force:
		return fmt.Errorf("%s: %w (--force replaces it)", path, archive.ErrExists)
	}
	return nil
}

// write writes the copy, checks it, and only then gives it its name.
func (o *redactOptions) write(ctx context.Context, cmd *cobra.Command, source string, p provider.Provider, s *redactSurvey) error {
	return writeChecked(o.output, o.force, &archive.WriterOptions{Annotations: s.annotate}, func(w *archive.Writer) error {
		return inFile(source, copyRun(ctx, cmd.ErrOrStderr(), "redacting", redact.NewSink(w, s.rule), p))
	}, func(path string) error { return s.checkCopy(ctx, path) })
}

// writeChecked makes an archive in a folder of its own beside its place, and moves it there if check finds nothing wrong with it.
func writeChecked(output string, force bool, opts *archive.WriterOptions, fill func(*archive.Writer) error, check func(path string) error) (err error) {
	folder := filepath.Dir(output)
	if err := workdir.Sweep(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return inFile(output, err)
	}
	work, err := workdir.Make(folder)
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return inFile(output, &fs.PathError{Op: "create", Path: output, Err: pathErr.Err})
	} else if err != nil {
		return inFile(output, err)
	}
	defer func() { err = errors.Join(err, work.Remove()) }()
	path := filepath.Join(work.Path(), "copy"+archive.Extension)
	opts.Bulk = true
	w, err := archive.Create(path, opts)
	if err != nil {
		return err
	}
	if err := errors.Join(fill(w), w.Close()); err != nil {
		return err
	}
	if err := check(path); err != nil {
		return fmt.Errorf("%s: nothing was written: %w", output, err)
	}
	if err := placeFree(output, force); err != nil { // again: it took a while
		return err
	}
	err = outfile.Place(path, output, force)
	if errors.Is(err, outfile.ErrExists) {
		err = fmt.Errorf("%w (--force replaces it)", err)
	}
	return err
}

// print says what was withheld, or would be.
func (o *redactOptions) print(cmd *cobra.Command, s *redactSurvey) error {
	w := cmd.OutOrStdout()
	list, values := s.counts()
	if o.json {
		if s.remains == nil {
			s.remains = []remainder{}
		}
		if list == nil {
			list = []redactCount{}
		}
		return json.NewEncoder(w).Encode(struct {
			File      string        `json:"file,omitempty"`
			Digest    string        `json:"digest"`
			Values    int64         `json:"values"`
			Records   int           `json:"records"`
			Fields    []redactCount `json:"fields"`
			Remaining []remainder   `json:"remaining"`
		}{o.output, s.root.String(), values, len(s.picks), list, s.remains})
	}
	if len(list) > 0 {
		t := newTable("FIELD", ">VALUES", ">BYTES")
		for _, c := range list {
			t.add(c.Field, fmt.Sprint(c.Values), fmt.Sprint(c.Bytes))
		}
		if err := t.print(w); err != nil {
			return err
		}
	}
	what := fmt.Sprintf("%s of %s", plural(values, "value"), plural(int64(len(s.picks)), "record"))
	if o.dryRun {
		_, err := fmt.Fprintf(w, "would be withheld: %s\n", what)
		return err
	}
	_, err := fmt.Fprintf(w, "%s: withheld %s, digest %s as before\n", terminal.Escape(o.output), what, s.root)
	return err
}
