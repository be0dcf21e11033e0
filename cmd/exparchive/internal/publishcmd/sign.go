package publishcmd

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/rewrite"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/sign"
)

type signOptions struct {
	key            string
	noteKey        string
	newNoteKey     string
	passphraseFile string
	output         string
	detached       bool
	force          bool
	json           bool
}

// A signing is what sign says in JSON.
type signing struct {
	File      string `json:"file,omitempty"` // none for a key that was made
	Kind      string `json:"kind,omitempty"` // ssh or note
	Key       string `json:"key,omitempty"`
	Records   int64  `json:"records,omitempty"`
	Digest    string `json:"digest,omitempty"`
	Output    string `json:"output,omitempty"`     // the file with the signature
	Signature string `json:"signature,omitempty"`  // the text, if it was for standard output
	PublicKey string `json:"public_key,omitempty"` // of the note key that was made
}

// NewSign makes the command sign.
func NewSign() *cobra.Command {
	var o signOptions
	var which runio.Choice
	cmd := &cobra.Command{
		Use:   "sign FILE.simexp --key KEY | --note-key KEY",
		Short: "Sign the digest of an archive with an SSH key",
		Long: `Sign what digest --checkpoint prints of an archive: its run's name, number of records and digest. The signature is kept in the
archive, which is replaced by a copy that has it; the run and its digest stay as they are. An archive may have many signatures.

--key takes an SSH key, such as ~/.ssh/id_ed25519. An encrypted one is used through the ssh-agent, or its passphrase is
asked for on the terminal; a public key (.pub) always goes through the agent. The signature has the namespace
` + sign.Namespace + `, and with -o it goes to a file too, where stock OpenSSH verifies it:

  exparchive digest --checkpoint exp1.simexp |
    ssh-keygen -Y verify -f allowed_signers -I alice@example.com \
      -n ` + sign.Namespace + ` -s exp1.simexp.sig

--note-key takes a secret note key (https://c2sp.org/signed-note). With it the checkpoint becomes a text of less than 300 bytes
that has its signature in it and can be printed in a paper; digest --checkpoint --note prints it. --new-note-key NAME makes such a key
in the file that --note-key names, and prints the public key, which verify --note-key takes.`,
		Example: `  exparchive sign exp1.simexp --key ~/.ssh/id_ed25519
  exparchive sign exp1.simexp --key ~/.ssh/id_ed25519 --detached -o exp1.simexp.sig
  exparchive sign --new-note-key example.org/lab --note-key lab.key
  exparchive sign exp1.simexp --note-key lab.key`,
		Args: cli.NArgs(0, 1, "one archive"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(args); err != nil {
				return err
			}
			if o.newNoteKey != "" {
				if err := makeNoteKey(cmd.OutOrStdout(), o.newNoteKey, o.noteKey, o.json); err != nil || len(args) == 0 {
					return err
				}
			}
			return runSign(cmd, args[0], which, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.key, "key", "", "sign with the SSH key in this `file`, private or public")
	flags.StringVar(&o.noteKey, "note-key", "", "sign with the secret note key in this `file`")
	flags.StringVar(&o.newNoteKey, "new-note-key", "",
		"make a note key of this `name`, best like example.org/lab, in the file that --note-key names")
	flags.StringVar(&o.passphraseFile, "passphrase-file", "", "the first line of this `file` opens an encrypted SSH key")
	flags.StringVarP(&o.output, "output", "o", "", "write the signature to this `file` as well; - is standard output")
	flags.BoolVar(&o.detached, "detached", false, "leave the archive as it is; without -o the signature goes to standard output")
	flags.BoolVar(&o.force, "force", false, "replace the output if it is there already")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	runio.AddChoice(cmd, &which)
	return cmd
}

func (o *signOptions) check(args []string) error {
	switch {
	case o.newNoteKey != "" && (o.noteKey == "" || o.key != ""):
		return cli.Usagef("sign: --new-note-key needs --note-key FILE, the file to be made, and no --key")
	case o.newNoteKey != "" && o.noteKey == cli.StdinName:
		return cli.Usagef("sign: --note-key -: a secret key is made in a file; give its name")
	case len(args) == 0 && o.newNoteKey == "":
		return cli.Usagef("sign: missing argument, want one archive (see `exparchive sign --help`)")
	case (o.key == "") == (o.noteKey == ""):
		return cli.Usagef("sign: want a key: either --key FILE for an SSH key or --note-key FILE for a note key")
	case o.passphraseFile != "" && o.key == "":
		return cli.Usagef("sign: --passphrase-file goes with --key")
	}
	if o.detached && o.output == "" {
		o.output = "-"
	}
	return nil
}

// makeNoteKey makes a secret note key in a file and prints the public one.
func makeNoteKey(w io.Writer, name, path string, asJSON bool) error {
	signer, verifier, err := sign.NewNoteKey(name)
	if err != nil {
		return &cli.UsageError{Err: err}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w, and may be a key that is needed; choose another name", path, outfile.ErrExists)
	} else if err != nil {
		return cli.InFile(path, cmp.Or(outfile.InFolder(path), err))
	}
	_, err = f.WriteString(signer + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return cli.InFile(path, errors.Join(err, os.Remove(path)))
	}
	if asJSON {
		return json.NewEncoder(w).Encode(signing{PublicKey: verifier})
	}
	_, err = fmt.Fprintln(w, verifier)
	return err
}

func runSign(cmd *cobra.Command, path string, which runio.Choice, o signOptions) error {
	ctx := cmd.Context()
	if o.output != "" && o.output != "-" {
		if err := cmp.Or(outfile.InFolder(o.output), outfile.Free(o.output, o.force)); err != nil {
			return runio.WithForceHint(err)
		}
	}
	if !o.detached {
		if err := runio.CheckChangeable(path); err != nil {
			return err
		}
	}
	c, annotations, err := checkpointOf(ctx, cmd.ErrOrStderr(), path, which, !o.detached)
	if err != nil {
		return err
	}
	var a archive.Annotation
	var who string
	if o.noteKey != "" {
		a, who, err = signNote(ctx, o.noteKey, c)
	} else {
		a, who, err = signSSH(ctx, o, c, annotations)
	}
	if err != nil {
		return err
	}
	if !o.detached {
		if err := roomFor(a, annotations); err != nil {
			return cli.InFile(path, err)
		}
		if err := rewrite.Annotate(ctx, path, []archive.Annotation{a}); err != nil {
			return err
		}
	}
	line := signing{File: path, Kind: "ssh", Key: a.Name, Records: c.Size, Digest: c.Root.String(), Output: o.output}
	if a.Kind == sign.KindNote {
		line.Kind = "note"
	}
	if o.json && o.output == "-" {
		line.Output, line.Signature = "", a.Text
	} else if o.output != "" {
		if err := runio.WriteOutput(cmd, o.output, o.force, []byte(a.Text)); err != nil {
			return err
		}
	}
	if o.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(line)
	}
	if o.output != "-" {
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: signed with %s\n", terminal.Escape(path), terminal.Escape(who))
	}
	return err
}

var errNotKept = errors.New("only a sealed archive keeps a signature; with --detached it goes elsewhere")

// roomFor refuses one more signature in an archive that has as many as are checked.
func roomFor(signature archive.Annotation, annotations []archive.Annotation) error {
	n := 0
	for _, a := range annotations {
		if a == signature {
			return nil // nothing will be added
		}
		if a.Kind == sign.KindSSH || a.Kind == sign.KindNote {
			n++
		}
	}
	if n >= sign.MaxSignatures {
		return fmt.Errorf("%w: it has %d, and no more are checked; with --detached it goes elsewhere", sign.ErrTooMany, n)
	}
	return nil
}

// checkpointOf computes the checkpoint of the run in a file from its records, and gives the annotations if the file is
// an archive. With sealed it has to be a sealed one.
func checkpointOf(ctx context.Context, stderr io.Writer, path string, which runio.Choice,
	sealed bool) (digest.Checkpoint, []archive.Annotation, error) {
	p, closer, err := runio.OpenRun(ctx, stderr, path, which)
	if err != nil {
		return digest.Checkpoint{}, nil, err
	}
	defer closer.Close()
	if a, ok := p.(*archive.Archive); sealed && (!ok || a.State() != archive.Sealed) {
		return digest.Checkpoint{}, nil, cli.InFile(path, errNotKept)
	}
	e, err := p.Experiment(ctx)
	if err != nil {
		return digest.Checkpoint{}, nil, cli.InFile(path, err)
	}
	sink, err := runio.DigestRun(ctx, stderr, p)
	if err != nil {
		return digest.Checkpoint{}, nil, cli.InFile(path, err)
	}
	c := digest.Checkpoint{Origin: digest.Origin(e.RunID), Size: sink.Count(), Root: sink.Root()}
	annotations, err := annotationsOf(ctx, p)
	return c, annotations, cli.InFile(path, err)
}

// annotationsOf gives the annotations of an archive, and none of another source.
func annotationsOf(ctx context.Context, p provider.Provider) ([]archive.Annotation, error) {
	if a, ok := p.(*archive.Archive); ok {
		return a.Annotations(ctx)
	}
	return nil, nil
}

func signNote(ctx context.Context, path string, c digest.Checkpoint) (archive.Annotation, string, error) {
	key, err := readLimited(ctx, path, 1<<16)
	if err != nil {
		return archive.Annotation{}, "", err
	}
	signed, name, err := sign.SignNote(string(key), c)
	return archive.Annotation{Kind: sign.KindNote, Name: name, Text: signed}, "note key " + name, cli.InFile(path, err)
}

// signSSH signs c, or gives the signature by the same key that is among the annotations.
func signSSH(ctx context.Context, o signOptions, c digest.Checkpoint,
	annotations []archive.Annotation) (archive.Annotation, string, error) {
	signer, closer, err := loadKey(ctx, o)
	if err != nil {
		return archive.Annotation{}, "", cli.InFile(o.key, err)
	}
	defer closer.Close()
	key := signer.PublicKey()
	for _, s := range signaturesIn(annotations, c).Verdicts {
		if s.Err == nil && s.SSH != nil && s.Key == sign.Describe(key) {
			return sshAnnotation(s.SSH), s.Key, nil
		}
	}
	s, err := sign.Sign(signer, c.Text())
	if err != nil {
		return archive.Annotation{}, "", cli.InFile(o.key, err)
	}
	return sshAnnotation(s), sign.Describe(key), nil
}

func sshAnnotation(s *sign.Signature) archive.Annotation {
	return archive.Annotation{Kind: sign.KindSSH, Name: ssh.FingerprintSHA256(s.Key), Text: s.Armor()}
}
