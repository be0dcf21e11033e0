package sign

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Namespace is the namespace of signatures over checkpoints: a signature that was made for something else is refused.
const Namespace = "simexp-checkpoint@simexp.github.io"

var (
	// ErrSignature means that a signature is malformed, or not of the text that it stands with.
	ErrSignature = errors.New("bad signature")
	// ErrUnsupported means that a key or signature is of a kind that this package does not know.
	ErrUnsupported = errors.New("unsupported kind of key or signature")
)

// A Signature is an SSH signature: the key, what it was made for, and the signature itself, but not the text that it
// signs.
type Signature struct {
	Key       ssh.PublicKey
	Namespace string
	reserved  string
	hash      string // algorithm that the text is hashed with
	signature *ssh.Signature
}

// The blob of a signature, and what is signed, after PROTOCOL.sshsig. All numbers are big-endian and all strings have
// their length before them, as usual in SSH.
type (
	blob struct {
		Magic     [6]byte
		Version   uint32
		Key       []byte
		Namespace string
		Reserved  string
		Hash      string
		Signature []byte
	}
	signedData struct {
		Magic     [6]byte
		Namespace string
		Reserved  string
		Hash      string
		Sum       []byte
	}
)

var magic = [6]byte([]byte("SSHSIG"))

const (
	version = 1

	beginSignature = "-----BEGIN SSH SIGNATURE-----"
	endSignature   = "-----END SSH SIGNATURE-----"
	armourWidth    = 70 // columns; ssh-keygen's own

	// MaxSignature is the length in bytes of the longest armoured signature that is read.
	MaxSignature = 1 << 16
)

// formats gives the signature algorithms that each type of key may be used with. Those with SHA-1 are not among them.
var formats = map[string][]string{
	ssh.KeyAlgoED25519:    {ssh.KeyAlgoED25519},
	ssh.KeyAlgoSKED25519:  {ssh.KeyAlgoSKED25519},
	ssh.KeyAlgoRSA:        {ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256},
	ssh.KeyAlgoECDSA256:   {ssh.KeyAlgoECDSA256},
	ssh.KeyAlgoECDSA384:   {ssh.KeyAlgoECDSA384},
	ssh.KeyAlgoECDSA521:   {ssh.KeyAlgoECDSA521},
	ssh.KeyAlgoSKECDSA256: {ssh.KeyAlgoSKECDSA256},
}

// checkKey refuses keys that this package does not know what to do with, certificates among them.
func checkKey(key ssh.PublicKey) error {
	if formats[key.Type()] == nil {
		return fmt.Errorf("%w: %.80q", ErrUnsupported, key.Type())
	}
	return nil
}

// sumOf hashes a text with the named algorithm.
func sumOf(algorithm, text string) ([]byte, error) {
	switch algorithm {
	case "sha256":
		sum := sha256.Sum256([]byte(text))
		return sum[:], nil
	case "sha512":
		sum := sha512.Sum512([]byte(text))
		return sum[:], nil
	}
	return nil, fmt.Errorf("%w: hash %.80q", ErrUnsupported, algorithm)
}

// data gives what the key signs for a text.
func (s *Signature) data(text string) ([]byte, error) {
	sum, err := sumOf(s.hash, text)
	if err != nil {
		return nil, err
	}
	return ssh.Marshal(signedData{Magic: magic, Namespace: s.Namespace, Reserved: s.reserved, Hash: s.hash, Sum: sum}), nil
}

// Sign makes an SSH signature of text, which is the text of a checkpoint, in [Namespace].
func Sign(signer ssh.Signer, text string) (*Signature, error) { return signIn(Namespace, signer, text) }

func signIn(namespace string, signer ssh.Signer, text string) (*Signature, error) {
	key := signer.PublicKey()
	if err := checkKey(key); err != nil {
		return nil, err
	}
	s := &Signature{Key: key, Namespace: namespace, hash: "sha512"}
	data, err := s.data(text)
	if err != nil {
		return nil, err
	}
	// An RSA key would by default sign with SHA-1.
	if a, ok := signer.(ssh.AlgorithmSigner); ok {
		s.signature, err = a.SignWithAlgorithm(rand.Reader, data, formats[key.Type()][0])
	} else {
		s.signature, err = signer.Sign(rand.Reader, data)
	}
	if err != nil {
		return nil, fmt.Errorf("sign with %s: %w", Describe(key), err)
	}
	if err := s.Verify(text); err != nil {
		return nil, fmt.Errorf("sign with %s: the outcome does not verify: %w", Describe(key), err)
	}
	return s, nil
}

// Verify reports whether s is a signature of text by s.Key in [Namespace]. Whether the key is anybody's is another
// question: see [AllowedSigners]. An error wraps [ErrSignature].
func (s *Signature) Verify(text string) error {
	if s.Namespace != Namespace {
		return fmt.Errorf("%w: made for %.80q, want %q", ErrSignature, s.Namespace, Namespace)
	}
	data, err := s.data(text)
	if err != nil {
		return err
	}
	if err := s.Key.Verify(data, s.signature); err != nil {
		return fmt.Errorf("%w: not of this checkpoint, or changed (key %s)", ErrSignature, Describe(s.Key))
	}
	return nil
}

// Armor gives s in the form of a file: lines of base64 between two marks. The last line ends in a newline.
func (s *Signature) Armor() string {
	data := base64.StdEncoding.EncodeToString(ssh.Marshal(blob{
		Magic: magic, Version: version, Key: s.Key.Marshal(), Namespace: s.Namespace, Reserved: s.reserved, Hash: s.hash,
		Signature: ssh.Marshal(s.signature),
	}))
	var b strings.Builder
	b.WriteString(beginSignature + "\n")
	for part := range slices.Chunk([]byte(data), armourWidth) {
		b.Write(part)
		b.WriteByte('\n')
	}
	b.WriteString(endSignature + "\n")
	return b.String()
}

// ParseSignature undoes [Signature.Armor]. It checks only the form: see [Signature.Verify]. An error wraps
// [ErrSignature] or [ErrUnsupported].
func ParseSignature(armoured []byte) (*Signature, error) {
	if len(armoured) > MaxSignature {
		return nil, fmt.Errorf("%w: %d bytes, more than %d", ErrSignature, len(armoured), MaxSignature)
	}
	text := bytes.TrimRight(armoured, " \t\r\n")
	text, begins := bytes.CutPrefix(text, []byte(beginSignature))
	text, ends := bytes.CutSuffix(text, []byte(endSignature))
	if !begins || !ends {
		return nil, fmt.Errorf("%w: want an SSH signature, from %q to %q", ErrSignature, beginSignature, endSignature)
	}
	data, err := base64.StdEncoding.Strict().DecodeString(string(text)) // which ignores line ends
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return parseBlob(data)
}

func parseBlob(data []byte) (*Signature, error) {
	var b blob
	if err := ssh.Unmarshal(data, &b); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if b.Magic != magic {
		return nil, fmt.Errorf("%w: it begins with %q, want %q", ErrSignature, b.Magic[:], magic[:])
	}
	if b.Version != version {
		return nil, fmt.Errorf("%w: SSH signature of version %d, want %d", ErrUnsupported, b.Version, version)
	}
	s := &Signature{Namespace: b.Namespace, reserved: b.Reserved, hash: b.Hash, signature: &ssh.Signature{}}
	var err error
	if s.Key, err = ssh.ParsePublicKey(b.Key); err != nil {
		return nil, fmt.Errorf("%w: key: %w", ErrSignature, err)
	}
	if err := checkKey(s.Key); err != nil {
		return nil, err
	}
	if err := ssh.Unmarshal(b.Signature, s.signature); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if !slices.Contains(formats[s.Key.Type()], s.signature.Format) {
		return nil, fmt.Errorf("%w: %.80q by a key of type %s", ErrUnsupported, s.signature.Format, s.Key.Type())
	}
	if len(s.signature.Rest) > 0 && !strings.HasPrefix(s.Key.Type(), "sk-") { // there it is about the token
		return nil, fmt.Errorf("%w: %d bytes behind it", ErrSignature, len(s.signature.Rest))
	}
	if s.Namespace == "" {
		return nil, fmt.Errorf("%w: no namespace", ErrSignature)
	}
	if _, err := sumOf(s.hash, ""); err != nil {
		return nil, err
	}
	return s, nil
}

// Describe names a key as ssh-keygen does: its type and its fingerprint.
func Describe(key ssh.PublicKey) string { return key.Type() + " " + ssh.FingerprintSHA256(key) }
