package sign

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/mod/sumdb/note"

	"github.com/simexp/exparchive/provider/digest"
)

// MaxNoteName is the length in bytes of the longest name of a note key that [NewNoteKey] takes: with it a signed
// checkpoint stays below 300 bytes.
const MaxNoteName = 60

// NewNoteKey makes a note key. The name says whose it is, best as a URL without its scheme, such as example.org/lab.
// Both keys are lines of text: the signer is secret, the verifier is for everybody.
func NewNoteKey(name string) (signer, verifier string, err error) {
	switch {
	case name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) ||
			r == '+'
	}):
		return "", "", fmt.Errorf("name of a note key: %.80q, want a text without spaces and plus signs, such as example.org/lab", name)
	case len(name) > MaxNoteName:
		return "", "", fmt.Errorf("name of a note key: %.80q has %d bytes, more than %d", name, len(name), MaxNoteName)
	}
	return note.GenerateKey(rand.Reader, name)
}

// maxNoteKey is the length in bytes of the longest note key that is read.
const maxNoteKey = 4096

var (
	errNoteSigner   = errors.New(`not the secret key of a note, one line that begins with "PRIVATE+KEY+"`)
	errNoteVerifier = errors.New("not the public key of a note, one line with a name, a plus, 8 hexadecimal digits, a plus and base64")
	errSecret       = errors.New("this is the secret key of a note; its public key is wanted, and this one should be shown to nobody")
)

// SignNote signs the checkpoint with a note key as [NewNoteKey] makes them, and gives the signed note and the key's
// name.
func SignNote(signer string, c digest.Checkpoint) (signed, name string, err error) {
	key := strings.TrimSpace(signer)
	if len(key) > maxNoteKey {
		return "", "", errNoteSigner
	}
	s, err := note.NewSigner(key)
	if err != nil {
		return "", "", errNoteSigner // whose own text would quote the key
	}
	b, err := note.Sign(&note.Note{Text: c.Text()}, s)
	if err != nil {
		return "", "", fmt.Errorf("sign a note: %w", err)
	}
	return string(b), s.Name(), nil
}

// CheckNoteKey reports whether a text is the public key of a note.
func CheckNoteKey(verifier string) error {
	_, err := noteVerifier(verifier)
	return err
}

func noteVerifier(text string) (note.Verifier, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "PRIVATE+KEY+") {
		return nil, errSecret
	}
	if len(text) > maxNoteKey {
		return nil, errNoteVerifier
	}
	v, err := note.NewVerifier(text)
	if err != nil {
		return nil, errNoteVerifier
	}
	return v, nil
}

// OpenNote verifies a signed checkpoint with the public keys of those who may sign, and gives what they signed and the
// names of the keys that did. It fails with [ErrUnknownSigner] if none did, and with [ErrSignature] if the signature of
// one of them is bad or the note is none.
func OpenNote(signed string, verifiers ...string) (c digest.Checkpoint, names []string, err error) {
	if len(signed) > digest.MaxCheckpoint {
		return c, nil, fmt.Errorf("%w: note of %d bytes, more than %d", ErrSignature, len(signed), digest.MaxCheckpoint)
	}
	var known []note.Verifier
	for _, text := range verifiers {
		v, err := noteVerifier(text)
		if err != nil {
			return c, nil, err
		}
		known = append(known, v)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(known...))
	if err != nil {
		var unverified *note.UnverifiedNoteError
		if errors.As(err, &unverified) {
			var by []string
			for _, s := range unverified.Note.UnverifiedSigs {
				by = append(by, fmt.Sprintf("%s+%08x", s.Name, s.Hash))
			}
			return c, nil, fmt.Errorf("%w: the note is signed by %.300s, which is none of the keys given", ErrUnknownSigner,
				strings.Join(by, ", "))
		}
		return c, nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	for _, s := range n.Sigs {
		names = append(names, s.Name)
	}
	if c, err = digest.ParseCheckpoint(n.Text); err != nil {
		return c, nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return c, names, nil
}

// MergeNotes gives one note with the signatures of all of the notes over the checkpoint c. Notes of anything else are
// left out. Without any it gives the empty string.
func MergeNotes(c digest.Checkpoint, notes ...string) string {
	text := c.Text()
	var lines []string
	seen := map[string]bool{}
	for _, n := range notes {
		signatures, ok := strings.CutPrefix(n, text+"\n")
		if !ok || !strings.HasSuffix(n, "\n") {
			continue
		}
		for line := range strings.Lines(signatures) {
			if strings.HasPrefix(line, "— ") && !seen[line] {
				seen[line] = true
				lines = append(lines, line)
			}
		}
	}
	if lines == nil {
		return ""
	}
	return text + "\n" + strings.Join(lines, "")
}
