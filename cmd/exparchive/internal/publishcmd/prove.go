package publishcmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/sign"
)

type proveOptions struct {
	seq         int64
	fields      []string
	consistency string
	output      string
	force       bool
	json        bool
}

// A proofText is what prove says in JSON.
type proofText struct {
	File       string `json:"file"`
	Seq        *int64 `json:"seq,omitempty"`         // of the record
	OldRecords *int64 `json:"old_records,omitempty"` // that the run continues
	Records    int64  `json:"records"`
	Digest     string `json:"digest"`
	Output     string `json:"output,omitempty"` // the file with the proof
	Proof      string `json:"proof,omitempty"`  // the text, if it was for standard output
}

// NewProve makes the command prove.
func NewProve() *cobra.Command {
	var o proveOptions
	var which runio.Choice
	cmd := &cobra.Command{
		Use:   "prove FILE --seq N | --consistency OLD",
		Short: "Write a proof that a record belongs to a run, or that a run continues an earlier one",
		Long: `Write a small text that proves something about a run to somebody who has only its digest, from a paper say, or a signature.
verify --proof checks it; so can other programs, since the forms are those of https://c2sp.org.

--seq N proves that record N, counted from 0 for the experiment, is in the run: an answer of a language model, say. The proof
shows the record, with its long values unless --fields chooses among them; of the others it has only a hash, which hides what
cannot be guessed (or anything, if the run has a salt). Signatures that the archive has go with it.

--consistency OLD proves that the run begins with the records of an earlier state of it: OLD is their number, or a checkpoint
that was noted down then, or a copy of the recording.`,
		Example: `  exparchive query exp1.simexp "SELECT id, agent_id FROM llm_interactions"
  exparchive prove exp1.simexp --seq 12 -o answer.tlog-proof
  exparchive prove exp1.simexp --seq 12 --fields response
  exparchive prove exp1.simexp --consistency noted.checkpoint`,
		Args: cli.NArgs(1, 1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			flags := cmd.Flags()
			switch {
			case flags.Changed("seq") == flags.Changed("consistency"):
				return cli.Usagef("prove: want either --seq N or --consistency OLD")
			case flags.Changed("fields") && !flags.Changed("seq"):
				return cli.Usagef("prove: --fields goes with --seq")
			case flags.Changed("seq") && o.seq < 0:
				return cli.Usagef("prove: --seq %d, want a number from 0", o.seq)
			}
			var text []byte
			var err error
			line := proofText{File: args[0]}
			if flags.Changed("seq") {
				text, err = proveRecord(cmd, args[0], which, o, flags.Changed("fields"), &line)
			} else {
				text, err = proveConsistency(cmd, args[0], which, o.consistency, &line)
			}
			if err != nil {
				return err
			}
			if !o.json {
				return runio.WriteOutput(cmd, o.output, o.force, text)
			}
			if o.output == "" || o.output == "-" {
				line.Proof = string(text)
			} else if line.Output, err = o.output, runio.WriteOutput(cmd, o.output, o.force, text); err != nil {
				return err
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(line)
		},
	}
	flags := cmd.Flags()
	flags.Int64Var(&o.seq, "seq", 0, "prove that record `n` belongs to the run")
	flags.StringSliceVar(&o.fields, "fields", nil, "of the long values show only these `fields`, such as response,parsed_policy; none shows none of them")
	flags.StringVar(&o.consistency, "consistency", "",
		"prove that the run continues `old`: a number of records, a file with a checkpoint, or a run")
	flags.StringVarP(&o.output, "output", "o", "", "the `file` to write; - is standard output, as without it")
	flags.BoolVar(&o.force, "force", false, "replace the output if it is there already")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	runio.AddChoice(cmd, &which)
	return cmd
}

func proveRecord(cmd *cobra.Command, path string, which runio.Choice, o proveOptions, chosen bool,
	line *proofText) ([]byte, error) {
	ctx := cmd.Context()
	var disclose func(string) bool
	if chosen {
		if len(o.fields) == 1 && o.fields[0] == "none" {
			o.fields = nil
		}
		disclose = func(field string) bool { return slices.Contains(o.fields, field) }
	}
	p, closer, err := runio.OpenRun(ctx, cmd.ErrOrStderr(), path, which)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	prover := digest.NewRecordProver(o.seq, disclose)
	if err := runio.Copy(ctx, cmd.ErrOrStderr(), "reading", prover, p); err != nil {
		return nil, cli.InFile(path, err)
	}
	proof, err := prover.Proof()
	if err != nil {
		return nil, cli.InFile(path, err)
	}
	if err := checkFields(proof, o.fields); err != nil {
		return nil, err
	}
	annotations, err := annotationsOf(ctx, p)
	if err != nil {
		return nil, cli.InFile(path, err)
	}
	proof.Log.Note = signedNote(annotations, proof.Log.Checkpoint)
	for _, s := range signaturesIn(annotations, proof.Log.Checkpoint).Verdicts {
		if s.SSH != nil && s.Err == nil {
			proof.Signatures = append(proof.Signatures, s.SSH.Armor())
		}
	}
	line.Seq, line.Records, line.Digest = &proof.Index, proof.Log.Checkpoint.Size, proof.Log.Checkpoint.Root.String()
	text := proof.AppendText(nil)
	if len(text) > digest.MaxProof {
		return nil, cli.InFile(path, fmt.Errorf("record %d: a proof of %d bytes, more than %d; --fields leaves values out",
			o.seq, len(text), digest.MaxProof))
	}
	return text, nil
}

// checkFields reports fields that were to be shown and cannot be.
func checkFields(p *digest.Proof, fields []string) error {
	e, err := digest.ParseEntry(p.Entry)
	if err != nil {
		return err
	}
	var known []string
	for f := range e.Kind.Committed() {
		if f.Name != "salt" {
			known = append(known, f.Name)
		}
	}
	for _, field := range fields {
		shown := func(d digest.Disclosure) bool { return d.Field == field }
		committed := func(f digest.EntryField) bool { return f.Name == field && f.Committed() }
		switch {
		case field == "salt":
			return cli.Usagef("prove: --fields salt: whoever has the salt has the keys of the whole run")
		case !slices.Contains(known, field):
			return cli.Usagef("prove: --fields %s: record %d is of kind %s, which has %s", field, p.Index, e.Kind,
				strings.Join(known, ", "))
		case slices.ContainsFunc(p.Disclosed, shown):
		case slices.ContainsFunc(e.Fields, committed):
			return fmt.Errorf("record %d: its %s is withheld from this file", p.Index, field)
		default:
			return fmt.Errorf("record %d: it has no %s", p.Index, field)
		}
	}
	return nil
}

// signedNote gives the signed note of c that is among the annotations, empty for none.
func signedNote(annotations []archive.Annotation, c digest.Checkpoint) string {
	var notes []string
	for _, a := range annotations {
		if a.Kind == sign.KindNote {
			notes = append(notes, a.Text)
		}
	}
	return sign.MergeNotes(c, notes...)
}

func proveConsistency(cmd *cobra.Command, path string, which runio.Choice, old string, line *proofText) ([]byte,
	error) {
	ctx := cmd.Context()
	size, oldRoot, err := earlier(ctx, cmd.ErrOrStderr(), old, which)
	if err != nil {
		return nil, err
	}
	p, closer, err := runio.OpenRun(ctx, cmd.ErrOrStderr(), path, which)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	prover := digest.NewConsistencyProver(size)
	if err := runio.Copy(ctx, cmd.ErrOrStderr(), "reading", prover, p); err != nil {
		return nil, cli.InFile(path, err)
	}
	proof, root, err := prover.Proof()
	if err != nil {
		return nil, cli.InFile(path, err)
	}
	if oldRoot != nil && *oldRoot != root {
		return nil, fmt.Errorf("%s: it does not continue %s: its first %s have digest %s, those were %s", path, old,
			cli.Plural(size, "record"), root, *oldRoot)
	}
	annotations, err := annotationsOf(ctx, p)
	if err != nil {
		return nil, cli.InFile(path, err)
	}
	proof.Log.Note = signedNote(annotations, proof.Log.Checkpoint)
	line.OldRecords, line.Records, line.Digest = &size, proof.Log.Checkpoint.Size, proof.Log.Checkpoint.Root.String()
	return proof.AppendText(nil), nil
}

// earlier finds out what an earlier state of a run was: its number of records, and their digest unless only the number
// was given.
func earlier(ctx context.Context, stderr io.Writer, old string, which runio.Choice) (size int64, root *digest.Hash,
	err error) {
	if size, err := strconv.ParseInt(old, 10, 64); err == nil && !runio.Exists(old) {
		if size < 1 {
			return 0, nil, cli.Usagef("prove: --consistency %d, want at least 1 record", size)
		}
		return size, nil, nil
	}
	if text, err := readLimited(ctx, old, digest.MaxCheckpoint); err == nil {
		if c, err := digest.ParseCheckpoint(string(text)); err == nil {
			return c.Size, &c.Root, nil
		}
	}
	c, _, err := checkpointOf(ctx, stderr, old, which, false)
	return c.Size, &c.Root, err
}
