package publishcmd

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/sign"
)

// verifyProof are the flags of verify that are about proofs.
type verifyProof struct {
	path    string
	root    string
	oldRoot string
}

func addProofFlags(cmd *cobra.Command) *verifyProof {
	v := &verifyProof{}
	flags := cmd.Flags()
	flags.StringVar(&v.path, "proof", "", "check the proof in this `file`, with no archive at hand")
	flags.StringVar(&v.root, "root", "", "with --proof, the `digest` that is trusted, or a file with a checkpoint")
	flags.StringVar(&v.oldRoot, "old-root", "", "with a proof of consistency, the earlier `digest`, or a file with a checkpoint")
	return v
}

// args checks the arguments of verify: archives, or none with --proof.
func (v *verifyProof) args(cmd *cobra.Command, args []string) error {
	switch {
	case v.path == "" && (v.root != "" || v.oldRoot != ""):
		return cli.Usagef("verify: --root and --old-root go with --proof")
	case v.path == "":
		return cli.NArgs(1, -1, "one or more archives")(cmd, args)
	case len(args) > 0:
		return cli.Usagef("verify: --proof is checked without an archive; unexpected argument %q", args[0])
	}
	return nil
}

// A proofVerdict is what verify says of a proof.
type proofVerdict struct {
	File    string `json:"file"`
	OK      bool   `json:"ok"`
	Kind    string `json:"record_kind,omitempty"`
	Index   *int64 `json:"seq,omitempty"` // of the record
	OldSize *int64 `json:"old_records,omitempty"`
	Origin  string `json:"origin,omitempty"`
	Size    int64  `json:"records"`
	Digest  string `json:"digest,omitempty"`
	// why the digest is to be believed; none if nothing was given to compare it with
	Trusted    []string          `json:"trusted"`
	Fields     map[string]string `json:"fields,omitempty"`
	Values     map[string]string `json:"values,omitempty"`
	Hidden     map[string]string `json:"hidden,omitempty"` // commitments to the values that the proof does not show
	Problem    string            `json:"problem,omitempty"`
	entry      digest.Entry
	disclosed  []digest.Disclosure
	signatures sign.List
}

// errUntrusted means that a proof leads to another digest than the one that is trusted.
var errUntrusted = errors.New("the proof is not about the run that is trusted")

// run checks the proof and prints what it proves.
func (v *verifyProof) run(cmd *cobra.Command, signatures *verifySignatures, asJSON bool) error {
	text, err := readLimited(cmd.Context(), v.path, digest.MaxProof)
	if err != nil {
		return err
	}
	if err := signatures.load(cmd.Context()); err != nil {
		return err
	}
	d := proofVerdict{File: v.path, Trusted: []string{}}
	err = v.check(cmd.Context(), &d, text, signatures)
	var usage *cli.UsageError
	if errors.As(err, &usage) {
		return err
	}
	d.OK = err == nil
	if !asJSON {
		if err != nil {
			return cli.InFile(v.path, err)
		}
		return d.print(cmd.OutOrStdout())
	}
	if err != nil {
		d = proofVerdict{File: v.path, Trusted: []string{}, Problem: fileerr.Text(err)}
	}
	if e := json.NewEncoder(cmd.OutOrStdout()).Encode(d); e != nil {
		return e
	}
	if err != nil {
		return cli.Reported{}
	}
	return nil
}

func (v *verifyProof) check(ctx context.Context, d *proofVerdict, text []byte, signatures *verifySignatures) error {
	var log digest.Log
	var armoured []string
	if digest.IsConsistencyProof(text) {
		p, err := digest.ParseConsistencyProof(text)
		if err != nil {
			return err
		}
		if v.oldRoot == "" {
			return cli.Usagef("verify: a proof of consistency needs --old-root, the digest of the first %s or a file with their checkpoint", cli.Plural(p.OldSize, "record"))
		}
		old, _, err := readTrusted(ctx, v.oldRoot)
		if err != nil {
			return err
		}
		if old.Origin != "" && old.Size != p.OldSize {
			return fmt.Errorf("%w: it begins at %s, %s has %d", errUntrusted, cli.Plural(p.OldSize, "record"), v.oldRoot,
				old.Size)
		}
		if err := p.Check(old.Root); err != nil {
			return err
		}
		log, d.OldSize = p.Log, &p.OldSize
	} else {
		p, err := digest.ParseProof(text)
		if err != nil {
			return err
		}
		if v.oldRoot != "" {
			return cli.Usagef("verify: --old-root goes with a proof of consistency; this one is about a record")
		}
		if d.entry, err = p.Check(); err != nil {
			return err
		}
		log, armoured, d.Index, d.disclosed = p.Log, p.Signatures, &p.Index, p.Disclosed
		d.Kind = d.entry.Kind.String()
		d.describe()
	}
	c := log.Checkpoint
	d.signatures.Checkpoint = c
	d.Origin, d.Size, d.Digest = c.Origin, c.Size, c.Root.String()
	if err := v.trustRoot(ctx, d, c, signatures); err != nil {
		return err
	}
	return d.trustSignatures(ctx, log, armoured, signatures)
}

// readTrusted reads a digest or the file of a checkpoint. Of a digest only the Root is known.
func readTrusted(ctx context.Context, s string) (c digest.Checkpoint, text string, err error) {
	if root, err := digest.ParseHash(s); err == nil {
		return digest.Checkpoint{Root: root}, "", nil
	}
	b, err := readLimited(ctx, s, digest.MaxCheckpoint)
	if err != nil {
		return c, "", fmt.Errorf("%w; want a digest of 64 hexadecimal digits or a file with a checkpoint", err)
	}
	c, err = digest.ParseCheckpoint(string(b))
	return c, string(b), cli.InFile(s, err)
}

// onlySaid is what a digest without a checkpoint or a signature does not prove: many numbers of records fit the same
// digest and path.
const onlySaid = "; the run's name and the numbers of records are only what the proof says, " +
	"a checkpoint would prove them"

// trustRoot compares c with what the user gave as --root. If that is a signed note and its key was given too, the
// signature counts.
func (v *verifyProof) trustRoot(ctx context.Context, d *proofVerdict, c digest.Checkpoint,
	signatures *verifySignatures) error {
	if v.root == "" {
		return nil
	}
	want, text, err := readTrusted(ctx, v.root)
	if err != nil {
		return err
	}
	if want.Root != c.Root || text != "" && (want.Size != c.Size || want.Origin != c.Origin) {
		return fmt.Errorf("%w: it proves %s of %d records with digest %s, want digest %s", errUntrusted, c.Origin, c.Size,
			c.Root, want.Root)
	}
	why := "it is the one given by --root"
	if text == "" {
		why += onlySaid
	}
	d.Trusted = append(d.Trusted, why)
	if text != "" && text != c.Text() && len(signatures.NoteKeys) > 0 {
		d.signatures.AddOwn(text)
	}
	return nil
}

// trustSignatures judges the signatures that come with the proof and those in the files that the user named.
func (d *proofVerdict) trustSignatures(ctx context.Context, log digest.Log, armoured []string,
	v *verifySignatures) error {
	for _, a := range armoured {
		d.signatures.Add(sign.KindSSH, a)
	}
	if log.Note != "" {
		d.signatures.Add(sign.KindNote, log.Note)
	}
	if err := v.addFiles(ctx, &d.signatures); err != nil {
		return err
	}
	faults := d.signatures.Judge(v.Trust, time.Now())
	for _, s := range d.signatures.Verdicts {
		if s.Signer != "" {
			d.Trusted = append(d.Trusted, s.String())
		}
	}
	if len(faults) > 0 {
		return faults[0].Err
	}
	return nil
}

// describe fills in what the record says.
func (d *proofVerdict) describe() {
	d.Fields, d.Values, d.Hidden = map[string]string{}, map[string]string{}, map[string]string{}
	for _, f := range d.entry.Fields {
		if f.Committed() {
			d.Hidden[f.Name] = f.Commitment.String()
		} else {
			d.Fields[f.Name] = f.String()
		}
	}
	for _, v := range d.disclosed {
		delete(d.Hidden, v.Field)
		d.Values[v.Field] = valueText(v.Value)
	}
}

// valueText shows a value, which may be a file.
func valueText(value []byte) string {
	if !utf8.Valid(value) {
		return cli.Plural(int64(len(value)), "byte") + ", not text"
	}
	return string(value)
}

func (d *proofVerdict) print(w io.Writer) error {
	out := bufio.NewWriter(w)
	if d.Index != nil {
		fmt.Fprintf(out, "the proof holds: record %d, %s, is in %s\n", *d.Index, d.Kind, terminal.Escape(d.Origin))
	} else {
		fmt.Fprintf(out, "the proof holds: %s continues its first %s\n", terminal.Escape(d.Origin),
			cli.Plural(*d.OldSize, "record"))
	}
	fmt.Fprintf(out, "with %s and digest %s\n", cli.Plural(d.Size, "record"), d.Digest)
	for _, why := range d.Trusted {
		fmt.Fprintf(out, "digest: %s\n", terminal.Escape(why))
	}
	if len(d.Trusted) == 0 {
		fmt.Fprintln(out, "digest: compare it with one that you trust; --root, --allowed-signers and --note-key do"+onlySaid)
	}
	for _, f := range d.entry.Fields {
		value, shown := d.Values[f.Name]
		switch {
		case !f.Committed():
			fmt.Fprintf(out, "%s: %s\n", f.Name, terminal.Escape(f.String()))
		case !shown:
			fmt.Fprintf(out, "%s: not shown, commitment %s\n", f.Name, f.Commitment)
		default:
			fmt.Fprintf(out, "%s:\n", f.Name)
			for line := range strings.Lines(value) {
				fmt.Fprintf(out, "    %s\n", terminal.Escape(strings.TrimSuffix(line, "\n")))
			}
		}
	}
	return out.Flush()
}
