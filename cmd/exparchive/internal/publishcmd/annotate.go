package publishcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/rewrite"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
)

type annotateOptions struct {
	annotation archive.Annotation
	list, json bool
	remove     int
}

// NewAnnotate makes the command annotate.
func NewAnnotate() *cobra.Command {
	var o annotateOptions
	cmd := &cobra.Command{
		Use:   "annotate FILE.simexp --kind KIND --text TEXT",
		Short: "Say something about a sealed archive: that it is invalidated, its DOI",
		Long: `Say something about a sealed archive that is not part of the run: that it was invalidated and why, the DOI of the paper, a tag by
which "ls --tag" finds it. info and ls show it. The run, its digest, signatures and proofs stay as they are; the file's own SHA-256 changes.

The archive is replaced by a changed copy that has been checked. --list numbers the annotations that there are, also those that
import and sign made, and --remove N takes one out. A recording that is not sealed takes notes instead: lines of type "note".`,
		Example: `  exparchive annotate my.simexp --kind invalidated --text "wrong configs"
  exparchive annotate my.simexp --kind doi --text 10.1000/182
  exparchive annotate my.simexp --kind tag --text baseline
  exparchive annotate my.simexp --list`,
		Args: cli.NArgs(1, 1, "one archive"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			if o.list {
				return o.show(cmd, args[0])
			}
			return o.edit(cmd, args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.annotation.Kind, "kind", "", "what `kind` of annotation it is: invalidated, doi, tag, comment, or any other word")
	flags.StringVar(&o.annotation.Name, "name", "", "what it is about (optional), a short `name`")
	flags.StringVar(&o.annotation.Text, "text", "", "the annotation itself, any `text`")
	runio.AddDownload(flags)
	flags.BoolVar(&o.list, "list", false, "list the annotations with their numbers")
	flags.IntVar(&o.remove, "remove", 0, "take out annotation number `n`")
	flags.BoolVar(&o.json, "json", false, "print one JSON object a line and annotation")
	return cmd
}

func (o *annotateOptions) check(cmd *cobra.Command) error {
	changed := cmd.Flags().Changed
	adds := changed("kind") || changed("text") || changed("name")
	n := 0
	for _, wanted := range []bool{adds, o.list, changed("remove")} {
		if wanted {
			n++
		}
	}
	switch {
	case n != 1:
		return cli.Usagef("annotate: want one of --kind with --text, --list, --remove (see `exparchive annotate --help`)")
	case adds && (o.annotation.Kind == "" || o.annotation.Text == ""):
		return cli.Usagef("annotate: an annotation needs both --kind and --text")
	case changed("remove") && o.remove < 1:
		return cli.Usagef("annotate: --remove %d, want a number from 1 (--list shows them)", o.remove)
	}
	return nil
}

// A numberedAnnotation is what --json prints.
type numberedAnnotation struct {
	Number int `json:"number"`
	runs.Annotation
	Done string `json:"done,omitempty"` // added, removed or present, if it was not only listed
}

func (o *annotateOptions) show(cmd *cobra.Command, path string) error {
	list, err := readAnnotations(cmd.Context(), cmd.ErrOrStderr(), path)
	if err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	if o.json {
		enc := json.NewEncoder(w)
		for i, a := range list {
			if err := enc.Encode(numberedAnnotation{Number: i + 1, Annotation: runs.Annotation(a)}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(list) == 0 {
		_, err = fmt.Fprintln(w, "no annotations")
		return err
	}
	t := cli.NewTable(">NUMBER", "KIND", "NAME", "TEXT")
	for i, a := range list {
		t.Add(fmt.Sprint(i+1), a.Kind, a.Name, terminal.Clip(strings.Join(strings.Fields(a.Text), " "), 100))
	}
	return t.Print(w)
}

// readAnnotations reads the annotations of an archive.
func readAnnotations(ctx context.Context, stderr io.Writer, path string) ([]archive.Annotation, error) {
	from, err := runio.SourceOf(ctx, stderr, path)
	if err != nil {
		return nil, err
	}
	if _, err := runio.SniffFile(ctx, from.Path); err != nil {
		return nil, from.Named(err)
	}
	a, err := runio.OpenArchive(ctx, stderr, from.Path)
	if err != nil {
		return nil, cli.InFile(path, from.Named(err))
	}
	defer a.Close()
	list, err := a.Annotations(ctx)
	return list, cli.InFile(path, from.Named(err))
}

func (o *annotateOptions) edit(cmd *cobra.Command, path string) error {
	if err := runio.CheckChangeable(path); err != nil {
		return err
	}
	// What is rewritten looks untouched afterwards, so that it is said before.
	if a, err := runio.OpenArchive(cmd.Context(), cmd.ErrOrStderr(), path); err == nil {
		a.Close()
	}
	var done string
	var line numberedAnnotation
	err := rewrite.Edit(cmd.Context(), path, func(old []archive.Annotation) ([]archive.Annotation, error) {
		if o.remove == 0 {
			if i := slices.Index(old, o.annotation); i >= 0 {
				line = numberedAnnotation{i + 1, runs.Annotation(o.annotation), "present"}
				done = "is there already"
				return old, nil
			}
			line = numberedAnnotation{len(old) + 1, runs.Annotation(o.annotation), "added"}
			done = fmt.Sprintf("annotation %d: %s", len(old)+1, annotationText(o.annotation))
			return append(slices.Clone(old), o.annotation), nil
		}
		if o.remove > len(old) {
			return nil, fmt.Errorf("no annotation %d: there are %d (--list shows them)", o.remove, len(old))
		}
		line = numberedAnnotation{o.remove, runs.Annotation(old[o.remove-1]), "removed"}
		done = "removed " + annotationText(old[o.remove-1])
		return slices.Delete(slices.Clone(old), o.remove-1, o.remove), nil
	})
	switch {
	case errors.Is(err, archive.ErrNotSealed):
		return fmt.Errorf("%w; until then, record a line of type \"note\"", err)
	case errors.Is(err, os.ErrNotExist):
		if _, err := runio.SniffFile(cmd.Context(), path); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(line)
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), terminal.Escape(path+": "+done))
	return err
}

// annotationText shows an annotation on one line.
func annotationText(a archive.Annotation) string {
	text := a.Kind + ": "
	if a.Name != "" {
		text += a.Name + ": "
	}
	return text + terminal.Clip(strings.Join(strings.Fields(a.Text), " "), 100)
}
