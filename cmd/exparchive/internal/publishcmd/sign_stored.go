package publishcmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/sign"
)

// A signatureInfo is what is known of a signature, in JSON.
type signatureInfo struct {
	Kind string `json:"kind"` // ssh or note
	Key  string `json:"key"`
	// who signed, as the keys say that the user trusts; empty if none of them did
	Signer  string `json:"signer,omitempty"`
	Problem string `json:"problem,omitempty"` // why it is worth nothing
}

func newSignatureInfo(v sign.Verdict) signatureInfo {
	info := signatureInfo{Kind: "ssh", Key: v.Key, Signer: v.Signer}
	if v.Kind == sign.KindNote {
		info.Kind = "note"
	}
	if v.Err != nil {
		info.Problem = fileerr.Text(v.Err)
	}
	return info
}

// signaturesIn takes the signatures over c out of the annotations of an archive.
func signaturesIn(annotations []archive.Annotation, c digest.Checkpoint) *sign.List {
	list := &sign.List{Checkpoint: c}
	for _, a := range annotations {
		list.Add(a.Kind, a.Text)
	}
	return list
}

// trust is the flags that say whose signatures count.
type trust struct {
	allowedPath string
	noteKeys    []string // as they were given: keys, or files with one
	sign.Trust           // what is in them, when they are loaded
}

func (t *trust) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.allowedPath, "allowed-signers", "",
		"want an SSH signature by one of the keys in this `file` (see ssh-keygen(1), ALLOWED SIGNERS)")
	cmd.Flags().StringArrayVar(&t.noteKeys, "note-key", nil,
		"want a note signature by this public `key`, NAME+HASH+BASE64, or by the one in a file; may be repeated")
}

// load reads the files that the flags name.
func (t *trust) load(ctx context.Context) error {
	if t.allowedPath != "" {
		text, err := readLimited(ctx, t.allowedPath, sign.MaxAllowedSigners)
		if err != nil {
			return err
		}
		if t.Allowed, err = sign.ParseAllowedSigners(text, time.Local); err != nil {
			return cli.InFile(t.allowedPath, err)
		}
	}
	for _, key := range t.noteKeys {
		verifier, where := key, "--note-key"
		if text, err := readLimited(ctx, key, 1<<16); err == nil {
			verifier, where = string(text), key
		} else if strings.Count(key, "+") < 2 { // which a key has, and the name of a file seldom
			return err
		}
		if err := sign.CheckNoteKey(verifier); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		t.NoteKeys = append(t.NoteKeys, verifier)
	}
	return nil
}

// verifySignatures are the flags of verify that are about signatures.
type verifySignatures struct {
	trust
	files []string
}

func addSignatureFlags(cmd *cobra.Command) *verifySignatures {
	v := &verifySignatures{}
	v.addFlags(cmd)
	cmd.Flags().StringArrayVar(&v.files, "signature", nil,
		"check also the signature in this `file`, which sign -o or ssh-keygen wrote; may be repeated")
	return v
}

// codeSignature is the code of the problems that signatures have.
const codeSignature = "signature"

// check verifies the signatures over the archive at path and adds what is wrong to its report. The signatures count
// only for an archive whose content is what was sealed, so with another problem they are not looked at. The flags must
// be loaded.
func (v *verifySignatures) check(ctx context.Context, path string, report *verify.Report) ([]sign.Verdict, error) {
	if !report.OK() {
		return nil, nil
	}
	a, err := runs.OpenArchive(ctx, path)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	e, err := a.Experiment(ctx)
	if err != nil {
		return nil, err
	}
	annotations, err := a.Annotations(ctx)
	if err != nil {
		return nil, err
	}
	list := signaturesIn(annotations, digest.Checkpoint{Origin: digest.Origin(e.RunID), Size: report.Records,
		Root: report.Root})
	if err := v.addFiles(ctx, list); err != nil {
		return nil, err
	}
	for _, f := range list.Judge(v.Trust, time.Now()) {
		p := verify.Problem{Code: codeSignature, Place: verify.Place{Name: f.Key}, Text: f.Err.Error()}
		report.Problems = append(report.Problems, p)
	}
	return list.Verdicts, nil
}

// addFiles adds the signatures in the files that the user named.
func (v *verifySignatures) addFiles(ctx context.Context, list *sign.List) error {
	for _, path := range v.files {
		text, err := readLimited(ctx, path, max(sign.MaxSignature, digest.MaxCheckpoint))
		if err != nil {
			return err
		}
		list.AddOwn(string(text))
	}
	return nil
}

// printSignatures prints the signatures that hold, a line each.
func printSignatures(w io.Writer, path string, signatures []sign.Verdict) {
	for _, s := range signatures {
		fmt.Fprintf(w, "%s: %s\n", terminal.Escape(path), terminal.Escape(s.String()))
	}
}

// readLimited reads a file of at most limit bytes, or as much of standard input for "-".
func readLimited(ctx context.Context, name string, limit int64) ([]byte, error) {
	from, err := runio.InputOf(ctx, io.Discard, name)
	if err != nil {
		return nil, err
	}
	text, err := readFileLimited(from.Path, limit)
	return text, from.Named(err)
}

func readFileLimited(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, cli.InFile(path, err)
	case info.IsDir():
		return nil, cli.InFile(path, runio.ErrDirectory)
	case info.Size() > limit:
		return nil, cli.InFile(path, fmt.Errorf("%d bytes, more than %d", info.Size(), limit))
	}
	text, err := fileerr.ReadAtMost(path, limit)
	return text, cli.InFile(path, err)
}
