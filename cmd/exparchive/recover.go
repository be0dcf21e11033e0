package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/archive/salvage"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/sign"
)

func newRecoverCommand() *cobra.Command {
	var output string
	var force, keepChanged, asJSON bool
	cmd := &cobra.Command{
		Use:   "recover DAMAGED -o NEW.simexp",
		Short: "Bring out of a damaged archive what can still be read",
		Long: `Bring out of a damaged or truncated archive, or live file, every record that can still be read, and seal it as a new archive.
DAMAGED is not changed.

Each record is compared with the hash that the file keeps of it. One that differs was changed: it is left out, unless
--keep-changed is given. Records that the file keeps no hash of, the newest of a recording that was cut short, are taken if
they break no rule. What is missing, changed or doubtful is printed, and stands in the new archive as notes of kind
"salvaged". If nothing is, the new archive is the same run, with the same digest.

Annotations (an "invalidated", a DOI, where an import comes from) are copied if they agree with their hash. Signatures are of the
whole run, so they are copied only with the whole run, and otherwise left out and named.

The exit code is 0 only if the run came out whole and no annotation is known to be lost.`,
		Example: `  exparchive recover broken.simexp -o repaired.simexp`,
		Args:    nArgs(1, 1, "one damaged archive or live file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if output == "" {
				return usageErrorf("recover: missing -o FILE%s (see `exparchive recover --help`)", archive.Extension)
			}
			r, err := recoverFile(cmd, args[0], output, force, keepChanged)
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(r)
			} else {
				r.print(cmd)
			}
			if err == nil && (!r.Whole || r.LostRemarks > 0) {
				err = errReported{}
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the archive to be written, `FILE`.simexp (required)")
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
	Annotations int      `json:"annotations"`      // copied
	LostRemarks int      `json:"lost_annotations"` // unreadable, as far as is known
	Signatures  []string `json:"signatures_left_out"`
	Digest      string   `json:"digest"`
	keepChanged bool
}

func recoverFile(cmd *cobra.Command, path, output string, force, keepChanged bool) (r recovery, err error) {
	if _, err := os.Stat(path); err != nil {
		return r, inFile(path, err)
	}
	s, err := salvage.Open(cmd.Context(), path)
	if err != nil {
		return r, inFile(path, err)
	}
	defer s.Close()
	s.KeepChanged = keepChanged
	annotations := s.Annotations
	left := []string{}
	if !s.Whole {
		annotations = slices.DeleteFunc(slices.Clone(annotations), func(a archive.Annotation) bool {
			signature := a.Kind == sign.KindSSH || a.Kind == sign.KindNote
			if signature {
				left = append(left, a.Name)
			}
			return signature
		})
	}
	copied := len(annotations)
	annotations = append(annotations, archive.Annotation{Kind: "provenance", Name: "recovered",
		Text: fmt.Sprintf("%d records recovered from a damaged file, whole: %v", s.Records, s.Whole)})
	// Not Restart: a recording of that name may be the very file that is recovered.
	w, err := record.Create(output, &record.Options{Replace: force, Bulk: true, Annotations: annotations})
	if _, there := os.Lstat(output); err != nil && there == nil && !force {
		return r, withForceHint(err)
	} else if err != nil {
		return r, err
	}
	if err := s.Write(cmd.Context(), w); err != nil {
		return r, errors.Join(inFile(path, err), w.Discard())
	}
	if err := w.Close(); err != nil {
		return r, err
	}
	seal, _ := w.Seal()
	r = recovery{File: path, Output: output, Whole: s.Whole, Records: s.Records, Proved: s.Proved, Uncommitted: s.Uncommitted,
		Missing: []string{}, Changed: append([]int64{}, s.Changed...), Doubts: append([]string{}, s.Doubts...),
		Annotations: copied, LostRemarks: s.LostAnnotations, Signatures: left, Digest: seal.Root.String(), keepChanged: keepChanged}
	for _, m := range s.Missing {
		r.Missing = append(r.Missing, m.String())
	}
	return r, nil
}

func (r recovery) print(cmd *cobra.Command) {
	out := cmd.OutOrStdout()
	line := func(format string, args ...any) { fmt.Fprintln(out, terminal.Escape(fmt.Sprintf(format, args...))) }
	line("%s: %s found, %d of them proved by their hash", r.File, plural(r.Records, "record"), r.Proved)
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
		line("%s copied", plural(int64(r.Annotations), "annotation"))
	}
	if r.LostRemarks > 0 {
		line("lost: %s", plural(int64(r.LostRemarks), "annotation"))
	}
	for _, name := range r.Signatures {
		line("left out, since it is of the whole run: the signature of %s", name)
	}
	if r.Whole {
		line("%s: the whole run, digest %s", r.Output, r.Digest)
	} else {
		line("%s: not the whole run, digest %s", r.Output, r.Digest)
	}
}
