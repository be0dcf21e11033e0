package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/sign"
)

// A signatureInfo is a signature over a checkpoint, and what is known of it.
type signatureInfo struct {
	Kind    string `json:"kind"` // ssh or note
	Key     string `json:"key"`
	Signer  string `json:"signer,omitempty"`  // who signed, as the keys say that the user trusts; empty if none of them did
	Problem string `json:"problem,omitempty"` // why it is worth nothing

	ssh  *sign.Signature
	note string
}

// String describes the signature for people.
func (s signatureInfo) String() string {
	switch {
	case s.Problem != "":
		return s.Problem
	case s.Signer != "" && s.Kind == "note":
		return "signed by note key " + s.Signer
	case s.Signer != "":
		return fmt.Sprintf("signed by %s with %s", s.Signer, s.Key)
	case s.Kind == "note":
		return fmt.Sprintf("a note signature by %s, not checked: that takes its public key", s.Key)
	}
	return fmt.Sprintf("signed with %s; whose key that is was not checked", s.Key)
}

// maxSignatures bounds how many signatures of a stranger's file are checked, since each takes time.
const maxSignatures = 100

// signaturesIn takes the signatures over c out of the annotations of an archive, and gives the other annotations. An SSH
// signature is checked with the key in it, so what is left open is only whose key it is; one that does not hold has a
// Problem. A note signature cannot be checked without its key.
func signaturesIn(annotations []archive.Annotation, c digest.Checkpoint) (signatures []signatureInfo, rest []archive.Annotation) {
	for _, a := range annotations {
		if err := tooMany(len(signatures) + 1); err != nil && (a.Kind == sign.KindSSH || a.Kind == sign.KindNote) {
			signatures[maxSignatures-1].Problem = err.Error()
			continue
		}
		switch a.Kind {
		case sign.KindSSH:
			signatures = append(signatures, newSSHSignature(a.Text, c))
		case sign.KindNote:
			signatures = append(signatures, newNoteSignature(a.Text, c))
		default:
			rest = append(rest, a)
		}
	}
	return signatures, rest
}

// tooMany reports more signatures than are checked.
func tooMany(n int) error {
	if n > maxSignatures {
		return fmt.Errorf("%w: %d of them, more than the %d that are checked", sign.ErrSignature, n, maxSignatures)
	}
	return nil
}

func newSSHSignature(armoured string, c digest.Checkpoint) signatureInfo {
	s := signatureInfo{Kind: "ssh"}
	var err error
	if s.ssh, err = sign.ParseSignature([]byte(armoured)); err == nil {
		s.Key = sign.Describe(s.ssh.Key)
		err = s.ssh.Verify(c.Text())
	}
	if err != nil {
		s.Problem = err.Error()
	}
	return s
}

func newNoteSignature(note string, c digest.Checkpoint) signatureInfo {
	s := signatureInfo{Kind: "note", note: note}
	if s.note = sign.MergeNotes(c, note); s.note == "" {
		s.Problem = fmt.Sprintf("%v: a note that is not of this checkpoint", sign.ErrSignature)
		return s
	}
	var names []string
	for line := range strings.Lines(strings.TrimPrefix(s.note, c.Text()+"\n")) {
		if words := strings.Fields(line); len(words) > 1 {
			names = append(names, words[1])
		}
	}
	s.Key = strings.Join(names, ", ")
	return s
}

// trust says whose signatures count.
type trust struct {
	allowedPath string
	noteKeys    []string // as they were given: keys, or files with one
	allowed     *sign.AllowedSigners
	verifiers   []string
}

func (t *trust) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.allowedPath, "allowed-signers", "", "want an SSH signature by one of the keys in this `file` (see ssh-keygen(1), ALLOWED SIGNERS)")
	cmd.Flags().StringArrayVar(&t.noteKeys, "note-key", nil, "want a note signature by this public `key`, NAME+HASH+BASE64, or by the one in a file; may be repeated")
}

// load reads the files that the flags name.
func (t *trust) load() error {
	if t.allowedPath != "" {
		text, err := readLimited(t.allowedPath, sign.MaxAllowedSigners)
		if err != nil {
			return err
		}
		if t.allowed, err = sign.ParseAllowedSigners(text, time.Local); err != nil {
			return inFile(t.allowedPath, err)
		}
	}
	for _, key := range t.noteKeys {
		verifier, where := key, "--note-key"
		if text, err := readLimited(key, 1<<16); err == nil {
			verifier, where = string(text), key
		} else if strings.Count(key, "+") < 2 { // which a key has, and the name of a file seldom
			return err
		}
		if err := sign.CheckNoteKey(verifier); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		t.verifiers = append(t.verifiers, verifier)
	}
	return nil
}

// judge finds out who made a signature over c.
func (t *trust) judge(s *signatureInfo, c digest.Checkpoint) {
	switch {
	case s.Problem != "":
	case s.ssh != nil && t.allowed != nil:
		who, err := t.allowed.Check(s.ssh, c.Text(), time.Now())
		if err != nil {
			s.Problem = err.Error()
		}
		s.Signer = who
	case s.note != "" && t.verifiers != nil:
		_, names, err := sign.OpenNote(s.note, t.verifiers...)
		if err != nil {
			s.Problem = err.Error()
		}
		s.Signer = strings.Join(names, ", ")
	}
}

// judgeAll judges signatures, and reports whether those are there that are wanted: one of each kind that keys were given for.
func (t *trust) judgeAll(signatures []signatureInfo, c digest.Checkpoint) (missing string) {
	ssh, note := t.allowed == nil, t.verifiers == nil
	for i := range signatures {
		s := &signatures[i]
		t.judge(s, c)
		ssh = ssh || s.Kind == "ssh" && s.Signer != ""
		note = note || s.Kind == "note" && s.Signer != ""
	}
	switch {
	case !ssh:
		return "no signature by an allowed signer"
	case !note:
		return "no signature by the note key"
	}
	return ""
}

// verifySignatures are the flags of verify that are about signatures.
type verifySignatures struct {
	trust
	files []string
}

func addSignatureFlags(cmd *cobra.Command) *verifySignatures {
	v := &verifySignatures{}
	v.addFlags(cmd)
	cmd.Flags().StringArrayVar(&v.files, "signature", nil, "check also the signature in this `file`, which sign -o or ssh-keygen wrote; may be repeated")
	return v
}

// codeSignature is the code of the problems that signatures have.
const codeSignature = "signature"

// check verifies the signatures over the archive at path and adds what is wrong to its report. The signatures count only for an
// archive whose content is what was sealed, so with another problem they are not looked at. The flags must be loaded.
func (v *verifySignatures) check(ctx context.Context, path string, report *verify.Report) ([]signatureInfo, error) {
	if !report.OK() {
		return nil, nil
	}
	a, err := archive.Open(path)
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
	c := digest.Checkpoint{Origin: digest.Origin(e.RunID), Size: report.Records, Root: report.Root}
	signatures, _ := signaturesIn(annotations, c)
	more, err := readSignatures(v.files, c)
	if err != nil {
		return nil, err
	}
	signatures = append(signatures, more...)
	missing := v.judgeAll(signatures, c)
	for _, s := range signatures {
		// A signature by a stranger beside the one that is wanted does no harm; one that does not hold should not be there.
		if s.Problem != "" && (missing != "" || strings.HasPrefix(s.Problem, sign.ErrSignature.Error())) {
			report.Problems = append(report.Problems, verify.Problem{Code: codeSignature, Place: verify.Place{Name: s.Key}, Text: s.Problem})
		}
	}
	if missing != "" {
		report.Problems = append(report.Problems, verify.Problem{Code: codeSignature, Text: missing})
	}
	return signatures, nil
}

// readSignatures reads signatures over c from files, armoured SSH signatures or signed notes.
func readSignatures(paths []string, c digest.Checkpoint) ([]signatureInfo, error) {
	var signatures []signatureInfo
	for _, path := range paths {
		text, err := readLimited(path, max(sign.MaxSignature, digest.MaxCheckpoint))
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(string(text), "-----BEGIN") {
			signatures = append(signatures, newSSHSignature(string(text), c))
		} else {
			signatures = append(signatures, newNoteSignature(string(text), c))
		}
	}
	return signatures, nil
}

// printSignatures prints the signatures that hold, a line each.
func printSignatures(w io.Writer, path string, signatures []signatureInfo) {
	for _, s := range signatures {
		fmt.Fprintf(w, "%s: %s\n", terminal.Escape(path), terminal.Escape(s.String()))
	}
}

// readLimited reads a file of at most limit bytes.
func readLimited(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, inFile(path, err)
	case info.IsDir():
		return nil, inFile(path, errDirectory)
	case info.Size() > limit:
		return nil, fmt.Errorf("%s: %d bytes, more than %d", path, info.Size(), limit)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, inFile(path, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("more than %d bytes", limit)}
	}
	return text, inFile(path, err)
}
