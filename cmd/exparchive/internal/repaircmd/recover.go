package repaircmd

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/archive/salvage"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/sign"
)

// NewRecover makes the command recover.
func NewRecover() *cobra.Command {
	var output string
	var force, keepChanged, asJSON bool
	cmd := &cobra.Command{
		Use:   "recover DAMAGED -o NEW.simexp",
		Short: "Bring out of a damaged archive what can still be read",
		Long: `Bring out of a damaged or truncated archive, or live file, every record that can still be read, and seal it as a new archive.
DAMAGED is not changed.

Each record is compared with what the file keeps of its hash: the first 4 bytes, and the whole hash of every 256 records and of
the run. One that differs was changed: it is left out, unless --keep-changed is given. Records that the file keeps no hash of, the newest of a recording that was cut short, are taken if
they break no rule. What is missing, changed or doubtful is printed, and stands in the new archive as notes of kind
"salvaged". If nothing is, the new archive is the same run, with the same digest.

Annotations (an "invalidated", a DOI, where an import comes from) are copied if they agree with their checksum. What can be read of
others, and what is known of those that are lost, is said on stderr and in annotations of kind "salvaged". Signatures are of the
whole run and hold for no other, so without the whole of it they are named and kept under the kinds "salvaged-ssh-signature" and
"salvaged-note-signature".

The exit code is 0 only if the run came out whole and the file tells that no annotation is damaged or lost.`,
		Example: `  exparchive recover broken.simexp -o repaired.simexp`,
		Args:    cli.NArgs(1, 1, "one damaged archive or live file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if output == "" {
				return cli.Usagef("recover: missing -o FILE%s (see `exparchive recover --help`)", archive.Extension)
			}
			r, err := recoverFile(cmd, args[0], output, force, keepChanged)
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(r)
			} else {
				err = r.print(cmd.OutOrStdout())
			}
			if err == nil && (!r.Whole || r.Lost > 0 || r.Unsure || len(r.Damaged) > 0) {
				err = cli.Reported{}
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "",
		"the archive to be written, `FILE`.simexp (required); - is standard output")
	runio.AddDownload(cmd.Flags())
	cmd.Flags().BoolVar(&force, "force", false, "replace an archive of that name")
	cmd.Flags().BoolVar(&keepChanged, "keep-changed", false, "bring out records too that are not as they were recorded")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// A recovery says what came of a damaged file.
type recovery struct {
	File        string   `json:"file"`
	Output      string   `json:"output"`
	Whole       bool     `json:"whole"`
	Records     int64    `json:"records"` // of the original, found and sound
	Proved      int64    `json:"proved"`
	Uncommitted int64    `json:"uncommitted"`
	Missing     []string `json:"missing"`
	Changed     []int64  `json:"changed"`
	Doubts      []string `json:"doubts"`
	Annotations int      `json:"annotations"`         // copied
	Damaged     []int64  `json:"damaged_annotations"` // not as they were written, by number
	Lost        int      `json:"lost_annotations"`    // unreadable, at least
	Unsure      bool     `json:"more_may_be_lost"`    // annotations
	Signatures  []string `json:"signatures_left_out"` // kept under another kind
	Digest      string   `json:"digest"`
	keepChanged bool
}

func recoverFile(cmd *cobra.Command, path, output string, force, keepChanged bool) (r recovery, err error) {
	from, err := runio.CopyOf(cmd.Context(), cmd.ErrOrStderr(), path)
	if err != nil {
		return r, err
	}
	if _, err := os.Stat(from.Path); err != nil {
		return r, cli.InFile(path, err)
	}
	target, written, err := runio.ArchiveOutput(cmd, output)
	if err != nil {
		return r, err
	}
	if runio.IsFolder(from.Path) {
		return recovery{}, cli.InFile(from.Path, runio.ErrDirectory)
	}
	s, err := salvage.Open(cmd.Context(), from.Path)
	if err != nil {
		return r, cli.InFile(path, from.Named(err))
	}
	defer s.Close()
	found := s.Report()
	annotations, left := found.Annotations, []string{}
	if !found.Whole {
		annotations, left = setSignaturesAside(annotations)
	}
	copied := len(annotations) - len(left)
	annotations = append(slices.Clone(annotations), found.Remarks()...)
	annotations = append(annotations, archive.Annotation{Kind: "provenance", Name: "recovered",
		Text: fmt.Sprintf("%d records recovered from a damaged file, whole: %v", found.Records, found.Whole)})
	// Not Restart: a recording of that name may be the very file that is recovered.
	w, err := record.Create(target, &record.Options{Replace: force, Bulk: true, Annotations: annotations})
	if _, there := os.Lstat(target); err != nil && there == nil && !force {
		return r, runio.WithForceHint(err)
	} else if err != nil {
		return r, err
	}
	if err := s.Write(cmd.Context(), w, salvage.Options{KeepChanged: keepChanged}); err != nil {
		return r, errors.Join(cli.InFile(path, err), w.Discard())
	}
	if err := w.Close(); err != nil {
		return r, err
	}
	if err := written(); err != nil {
		return r, err
	}
	seal, _ := w.Seal()
	r = recovery{
		File: path, Output: output, Whole: found.Whole, Records: found.Records, Proved: found.Proved,
		Uncommitted: found.Uncommitted,
		Missing:     []string{}, Changed: append([]int64{}, found.Changed...), Doubts: append([]string{}, found.Doubts...),
		Annotations: copied, Damaged: []int64{}, Lost: found.Lost, Unsure: found.Unsure,
		Signatures: left, Digest: seal.Root.String(), keepChanged: keepChanged,
	}
	for _, m := range found.Missing {
		r.Missing = append(r.Missing, m.String())
	}
	for _, d := range found.Damaged {
		r.Damaged = append(r.Damaged, d.Number)
		cli.Warnf(cmd.ErrOrStderr(), "%s: %s", path, terminal.Clip(d.String(), 300))
	}
	if text := found.LostAnnotations(); text != "" {
		cli.Warnf(cmd.ErrOrStderr(), "%s: %s", path, text)
	}
	return r, nil
}

// setAside comes before the kind of a signature that does not hold for the run that it is kept with.
const setAside = "salvaged-"

// setSignaturesAside gives annotations in which signatures have another kind, so that nobody takes them for signatures
// of this run, and the names of those signatures.
func setSignaturesAside(annotations []archive.Annotation) (all []archive.Annotation, names []string) {
	names = []string{}
	for _, a := range annotations {
		if a.Kind == sign.KindSSH || a.Kind == sign.KindNote {
			names = append(names, a.Name)
			a.Kind = setAside + a.Kind
		}
		all = append(all, a)
	}
	return all, names
}

func (r recovery) print(w io.Writer) error {
	out := bufio.NewWriter(w)
	line := func(format string, args ...any) { fmt.Fprintln(out, terminal.Escape(fmt.Sprintf(format, args...))) }
	line("%s: %s found, %d of them proved by their hash", r.File, cli.Plural(r.Records, "record"), r.Proved)
	if r.Uncommitted > 0 {
		line("%d of them had not been acknowledged, or come from behind a damaged place of the log", r.Uncommitted)
	}
	for _, m := range r.Missing {
		line("missing: %s", m)
	}
	what := "left out"
	if r.keepChanged {
		what = "kept"
	}
	for _, c := range r.Changed {
		line("changed, %s: %d", what, c)
	}
	for _, d := range r.Doubts {
		line("doubtful: %s", d)
	}
	if r.Annotations > 0 {
		line("%s copied", cli.Plural(int64(r.Annotations), "annotation"))
	}
	if n := len(r.Damaged); n > 0 {
		line("damaged: %s; what can be read is kept as annotations of kind \"salvaged\"", cli.Plural(int64(n), "annotation"))
	}
	switch {
	case r.Lost > 0 && r.Unsure:
		line("lost: at least %s", cli.Plural(int64(r.Lost), "annotation"))
	case r.Lost > 0:
		line("lost: %s", cli.Plural(int64(r.Lost), "annotation"))
	case r.Unsure:
		line("lost: perhaps annotations")
	}
	for _, name := range r.Signatures {
		line("kept under a kind that begins with %s, since it is of the whole run: the signature of %s", setAside, name)
	}
	if r.Whole {
		line("%s: the whole run, digest %s", r.Output, r.Digest)
	} else {
		line("%s: not the whole run, digest %s", r.Output, r.Digest)
	}
	return out.Flush()
}
