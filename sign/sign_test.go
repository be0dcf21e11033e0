package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/simexp/exparchive/internal/othertools"
	"github.com/simexp/exparchive/provider/digest"
)

var checkpoint = digest.Checkpoint{Origin: "simexp/exp1", Size: 44, Root: digest.Hash{1, 2, 3}}

// newKeys gives a fresh private key of each type.
func newKeys(t testing.TB) map[string]any {
	t.Helper()
	keys := map[string]any{}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys[ssh.KeyAlgoED25519] = ed
	if keys[ssh.KeyAlgoRSA], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	for name, curve := range map[string]elliptic.Curve{ssh.KeyAlgoECDSA256: elliptic.P256(),
		ssh.KeyAlgoECDSA384: elliptic.P384(), ssh.KeyAlgoECDSA521: elliptic.P521()} {
		if keys[name], err = ecdsa.GenerateKey(curve, rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

func newSigner(t testing.TB) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// writeKey writes a private key, encrypted if there is a passphrase, and its public half beside it.
func writeKey(t testing.TB, path string, key any, passphrase string) ssh.PublicKey {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key.(crypto.PrivateKey), "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key.(crypto.PrivateKey), "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(os.WriteFile(path, pem.EncodeToMemory(block), 0o600),
		os.WriteFile(path+".pub", ssh.MarshalAuthorizedKey(signer.PublicKey()), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return signer.PublicKey()
}

func TestSignAndVerify(t *testing.T) {
	text := checkpoint.Text()
	for name, key := range newKeys(t) {
		signer, err := ssh.NewSignerFromKey(key)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Sign(signer, text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := ParseSignature([]byte(s.Armor()))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := again.Verify(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if again.Armor() != s.Armor() || Describe(again.Key) != Describe(signer.PublicKey()) {
			t.Errorf("%s: got %s back, want %s", name, again.Armor(), s.Armor())
		}
		if err := again.Verify(strings.Replace(text, "44", "45", 1)); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: another text: got %v, want ErrSignature", name, err)
		}
		other, err := signIn("file", signer, text)
		if err == nil || other != nil {
			t.Errorf("%s: a signature for %q verifies here", name, "file")
		}
	}
}

// TestChangedSignatures flips a bit of every byte: each is refused, or parses and does not verify.
func TestChangedSignatures(t *testing.T) {
	text := checkpoint.Text()
	s, err := Sign(newSigner(t), text)
	if err != nil {
		t.Fatal(err)
	}
	armoured := s.Armor()
	body := strings.TrimSuffix(strings.TrimPrefix(armoured, beginSignature), endSignature+"\n")
	data, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		changed := bytes.Clone(data)
		changed[i] ^= 4
		s, err := parseBlob(changed)
		if err == nil {
			err = s.Verify(text)
		}
		if !errors.Is(err, ErrSignature) && !errors.Is(err, ErrUnsupported) {
			t.Errorf("byte %d changed: got %v, want an error of this package", i, err)
		}
	}
	for n := range len(armoured) - 1 { // without its last newline it is whole
		if _, err := ParseSignature([]byte(armoured[:n])); !errors.Is(err, ErrSignature) {
			t.Errorf("first %d of %d bytes: got %v, want ErrSignature", n, len(armoured), err)
		}
	}
	if _, err := ParseSignature([]byte(strings.ReplaceAll(armoured, "\n", "\r\n"))); err != nil {
		t.Errorf("with the line ends of Windows: %v", err)
	}
	if _, err := ParseSignature(bytes.Repeat([]byte("x"), MaxSignature+1)); !errors.Is(err, ErrSignature) {
		t.Errorf("too long: got %v, want ErrSignature", err)
	}
}

// TestRefusedKinds: SHA-1, and what is signed by something that is no plain key.
func TestRefusedKinds(t *testing.T) {
	text := checkpoint.Text()
	keys := newKeys(t)
	signer, err := ssh.NewSignerFromKey(keys[ssh.KeyAlgoRSA])
	if err != nil {
		t.Fatal(err)
	}
	s := &Signature{Key: signer.PublicKey(), Namespace: Namespace, hash: "sha512"}
	data, err := s.data(text)
	if err != nil {
		t.Fatal(err)
	}
	if s.signature, err = signer.(ssh.AlgorithmSigner).SignWithAlgorithm(rand.Reader, data, ssh.KeyAlgoRSA); err != nil {
		t.Fatal(err)
	}
	if _, err := ParseSignature([]byte(s.Armor())); !errors.Is(err, ErrUnsupported) {
		t.Errorf("RSA with SHA-1: got %v, want ErrUnsupported", err)
	}
	s, err = Sign(signer, text)
	if err != nil {
		t.Fatal(err)
	}
	if s.hash = "md5"; true {
		if _, err := ParseSignature([]byte(s.Armor())); !errors.Is(err, ErrUnsupported) {
			t.Errorf("md5: got %v, want ErrUnsupported", err)
		}
	}
	cert := &ssh.Certificate{Key: signer.PublicKey(), CertType: ssh.UserCert, ValidBefore: ssh.CertTimeInfinity}
	if err := cert.SignCert(rand.Reader, newSigner(t)); err != nil {
		t.Fatal(err)
	}
	certSigner, err := ssh.NewCertSigner(cert, signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Sign(certSigner, text); !errors.Is(err, ErrUnsupported) {
		t.Errorf("certificate: got %v, want ErrUnsupported", err)
	}
}

// TestSecurityToken verifies the signature of a security token, made here as such a token makes it.
func TestSecurityToken(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const application = "ssh:"
	key, err := ssh.ParsePublicKey(ssh.Marshal(struct {
		Name        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, public, application}))
	if err != nil {
		t.Fatal(err)
	}
	text := checkpoint.Text()
	for _, touched := range []bool{true, false} {
		s := &Signature{Key: key, Namespace: Namespace, hash: "sha512"}
		data, err := s.data(text)
		if err != nil {
			t.Fatal(err)
		}
		flags := []byte{0, 0, 0, 0, 7} // and a counter
		if touched {
			flags[0] = 1
		}
		app, sum := sha256.Sum256([]byte(application)), sha256.Sum256(data)
		signed := append(append(append([]byte{}, app[:]...), flags...), sum[:]...)
		s.signature = &ssh.Signature{Format: ssh.KeyAlgoSKED25519, Blob: ed25519.Sign(private, signed), Rest: flags}
		again, err := ParseSignature([]byte(s.Armor()))
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Verify(text); (err == nil) != touched {
			t.Errorf("touched %t: got %v", touched, err)
		}
	}
}

// sshKeygen gives the path of ssh-keygen, or skips the test.
func sshKeygen(t *testing.T) string {
	t.Helper()
	return othertools.Find(t, "ssh-keygen")
}

// TestWithSSHKeygen: it accepts our signatures, and we accept its own, for keys that it made, of each type.
func TestWithSSHKeygen(t *testing.T) {
	keygen := sshKeygen(t)
	dir := t.TempDir()
	text := checkpoint.Text()
	message := filepath.Join(dir, "checkpoint")
	if err := os.WriteFile(message, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func(allowed, signature, text string) error {
		cmd := exec.Command(keygen, "-Y", "verify", "-f", allowed, "-I", "alice@example.com", "-n", Namespace, "-s",
			signature)
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	for _, kind := range [][]string{{"ed25519"}, {"rsa", "-b", "2048"}, {"ecdsa", "-b", "256"}, {"ecdsa", "-b", "384"},
		{"ecdsa", "-b", "521"}} {
		name := strings.Join(kind, "")
		path := filepath.Join(dir, name)
		args := append([]string{"-q", "-N", "", "-C", "", "-f", path, "-t"}, kind...)
		if out, err := exec.Command(keygen, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		public, err := os.ReadFile(path + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		allowedFile := path + ".allowed"
		allowedText := append([]byte(`*@example.com namespaces="file,simexp-*" `), public...)
		if err := os.WriteFile(allowedFile, allowedText, 0o600); err != nil {
			t.Fatal(err)
		}
		allowed, err := ParseAllowedSigners(allowedText, time.UTC)
		if err != nil {
			t.Fatal(err)
		}

		signer, closer, err := LoadSigner(t.Context(), path, KeyOptions{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		s, err := Sign(signer, text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := closer.Close(); err != nil {
			t.Error(err)
		}
		ours := path + ".ours"
		if err := os.WriteFile(ours, []byte(s.Armor()), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := verify(allowedFile, ours, text); err != nil {
			t.Errorf("%s: ssh-keygen refuses our signature: %v", name, err)
		}
		if err := verify(allowedFile, ours, text+" "); err == nil {
			t.Errorf("%s: ssh-keygen accepts our signature for another text", name)
		}

		if out, err := exec.Command(keygen, "-q", "-Y", "sign", "-f", path, "-n", Namespace,
			message).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		theirs, err := os.ReadFile(message + ".sig")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(message + ".sig"); err != nil {
			t.Fatal(err)
		}
		parsed, err := ParseSignature(theirs)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if who, err := allowed.Check(parsed, text, time.Now()); err != nil || who != "*@example.com" {
			t.Errorf("%s: signature of ssh-keygen: got %q, %v", name, who, err)
		}
		if parsed.Armor() != string(theirs) {
			t.Errorf("%s: got\n%s\nback, want\n%s", name, parsed.Armor(), theirs)
		}
		if name == "ed25519" && s.Armor() != string(theirs) { // the one kind that has no chance in it
			t.Errorf("got\n%s\nwant that of ssh-keygen\n%s", s.Armor(), theirs)
		}
	}
}

func TestAllowedSigners(t *testing.T) {
	signer, other := newSigner(t), newSigner(t)
	text := checkpoint.Text()
	s, err := Sign(signer, text)
	if err != nil {
		t.Fatal(err)
	}
	key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
	otherKey := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(other.PublicKey())))
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		file string
		who  string // empty for unknown
	}{
		{"alice@example.com " + key, "alice@example.com"},
		{"alice@example.com\t" + key + " a comment", "alice@example.com"},
		{"\n# comment\n  alice@example.com,bob@example.com " + key + "\r\n", "alice@example.com,bob@example.com"},
		{`"alice smith@example.com" ` + key, "alice smith@example.com"},
		{`alice@example.com namespaces="file,simexp-checkpoint@*" ` + key, "alice@example.com"},
		{`alice@example.com NAMESPACES="*" ` + key, "alice@example.com"},
		{`alice@example.com namespaces="*,!simexp-*" ` + key, ""},
		{`alice@example.com namespaces="file" ` + key, ""},
		{`alice@example.com namespaces="" ` + key, ""},
		{`alice@example.com valid-after="20260101",valid-before="20261231Z" ` + key, "alice@example.com"},
		{`alice@example.com valid-after="202606011159" ` + key, "alice@example.com"},
		{`alice@example.com valid-after="20260601120001" ` + key, ""},
		{`alice@example.com valid-before="20260601115959Z" ` + key, ""},
		{`alice@example.com valid-before="tomorrow" ` + key, ""},
		{`alice@example.com namespaces="file",namespaces="simexp-*" ` + key, ""},
		{`alice@example.com valid-before="20200101",VALID-BEFORE="20300101" ` + key, ""},
		{`alice@example.com namespaces="file, simexp-*" ` + key, ""},
		{`alice@example.com namespaces=simexp-* ` + key, ""},
		{`alice@example.com namespaces="a,*,b"valid-before="20200101" ` + key, ""},
		{`alice@example.com namespaces="simexp-*\" ` + key, ""},
		{`alice@example.com namespaces="\",simexp-*" ` + key, "alice@example.com"},
		{`alice@example.com valid-before="20261399" ` + key, ""},
		{`alice@example.com cert-authority ` + key, ""},
		{`alice@example.com new-restriction="x" ` + key, ""},
		{"alice@example.com " + otherKey, ""},
		{"alice@example.com " + otherKey + "\nbob@example.com " + key, "bob@example.com"},
		{`alice@example.com namespaces="file" ` + key + "\nbob@example.com " + key, "bob@example.com"},
		{"alice@example.com ssh-rsa " + strings.Fields(key)[1], ""},
		{key, ""},
		{"alice@example.com", ""},
		{"", ""},
	} {
		list, err := ParseAllowedSigners([]byte(c.file), time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		who, err := list.Check(s, text, now)
		if c.who == "" && !errors.Is(err, ErrUnknownSigner) || c.who != "" && err != nil || who != c.who {
			t.Errorf("%q: got %q, %v, want %q", c.file, who, err, c.who)
		}
	}
	list, err := ParseAllowedSigners([]byte("x y\nalice@example.com "+key+"\nz"), time.UTC)
	if err != nil || fmt.Sprint(list.Skipped) != "[1 3]" {
		t.Errorf("got %v skipped, %v, want lines 1 and 3", list.Skipped, err)
	}
	if _, err := list.Check(s, text+"x", now); !errors.Is(err, ErrSignature) {
		t.Errorf("another text: got %v, want ErrSignature", err)
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		s, pattern string
		want       bool
	}{
		{"", "", true}, {"", "*", true}, {"a", "", false}, {"abc", "a*c", true}, {"abc", "a?c", true}, {"abc", "*b", false},
		{"abcbc", "a*bc", true}, {"abc", "**", true}, {"ab", "a?b", false}, {"file", "file", true},
		{strings.Repeat("a", 10000), strings.Repeat("a*", 1000) + "b", false}, // and soon
	} {
		if got := match(c.s, c.pattern); got != c.want {
			t.Errorf("%.20q, %.20q: got %t, want %t", c.s, c.pattern, got, c.want)
		}
	}
}

func TestEncryptedKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "id")
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public := writeKey(t, path, key, "secret")
	load := func(o KeyOptions) error {
		signer, closer, err := LoadSigner(t.Context(), path, o)
		if err != nil {
			return err
		}
		defer closer.Close()
		if Describe(signer.PublicKey()) != Describe(public) {
			t.Errorf("got %s, want %s", Describe(signer.PublicKey()), Describe(public))
		}
		_, err = Sign(signer, checkpoint.Text())
		return err
	}
	answers := func(list ...string) func(context.Context, string) ([]byte, error) {
		return func(_ context.Context, prompt string) ([]byte, error) {
			if !strings.Contains(prompt, path) {
				t.Errorf("got prompt %q, want the file's name in it", prompt)
			}
			if len(list) == 0 {
				t.Fatal("asked too often")
			}
			var answer string
			answer, list = list[0], list[1:]
			return []byte(answer), nil
		}
	}
	errAsk := errors.New("no terminal")
	for _, c := range []struct {
		name string
		o    KeyOptions
		want error
	}{
		{"nobody to ask", KeyOptions{}, ErrLocked},
		{"passphrase", KeyOptions{Passphrase: []byte("secret")}, nil},
		{"wrong passphrase", KeyOptions{Passphrase: []byte("x")}, ErrPassphrase},
		{"empty passphrase", KeyOptions{Passphrase: []byte{}}, ErrPassphrase},
		{"asked", KeyOptions{Ask: answers("secret")}, nil},
		{"asked three times", KeyOptions{Ask: answers("x", "", "secret")}, nil},
		{"asked in vain", KeyOptions{Ask: answers("x", "y", "z")}, ErrPassphrase},
		{"cannot ask", KeyOptions{Ask: func(context.Context, string) ([]byte, error) { return nil, errAsk }}, errAsk},
		{"an agent that is not there", KeyOptions{Agent: filepath.Join(t.TempDir(), "none")}, ErrLocked},
	} {
		if err := load(c.o); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

// TestAgent signs with keys that only an agent has, one of this process.
func TestAgent(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("agents listen on named pipes there")
	}
	dir, err := os.MkdirTemp("", "agent") // a short path: that of a socket has about 100 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	ring := agent.NewKeyring()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = agent.ServeAgent(ring, conn)
				conn.Close()
			}()
		}
	}()
	text := checkpoint.Text()
	for name, key := range newKeys(t) {
		path := filepath.Join(dir, name)
		public := writeKey(t, path, key, "secret")
		o := KeyOptions{Agent: socket}
		if _, _, err := LoadSigner(t.Context(), path, o); !errors.Is(err, ErrLocked) {
			t.Errorf("%s: not in the agent: got %v, want ErrLocked", name, err)
		}
		if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{path, path + ".pub"} {
			signer, closer, err := LoadSigner(t.Context(), path, o)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			s, err := Sign(signer, text)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if again, err := ParseSignature([]byte(s.Armor())); err != nil || Describe(again.Key) != Describe(public) ||
				again.Verify(text) != nil {
				t.Errorf("%s: got %v", name, err)
			}
			if err := closer.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestSilentAgent: an agent that answers nothing does not keep us past the end of the context.
func TestSilentAgent(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("agents listen on named pipes there")
	}
	dir, err := os.MkdirTemp("", "agent")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	path := filepath.Join(dir, "id")
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	writeKey(t, path, key, "")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := LoadSigner(ctx, path+".pub", KeyOptions{Agent: socket}); err == nil {
		t.Error("got a signer from an agent that does not answer")
	}
}

func TestLoadSignerRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"text": "hello\n", "empty": "", "huge": strings.Repeat("x", maxKey+1),
		"cut": "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE=\n-----END OPENSSH PRIVATE KEY-----\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := LoadSigner(t.Context(), path, KeyOptions{}); !errors.Is(err, ErrKey) {
			t.Errorf("%s: got %v, want ErrKey", name, err)
		}
	}
	if _, _, err := LoadSigner(t.Context(), filepath.Join(dir, "missing"), KeyOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: got %v, want fs.ErrNotExist", err)
	}
}

func TestNote(t *testing.T) {
	c := digest.Checkpoint{Origin: digest.Origin(strings.Repeat("run", 30)), Size: digest.MaxSize, Root: digest.Hash{9}}
	longest := strings.Repeat("n", MaxNoteName)
	signer, verifier, err := NewNoteKey(longest)
	if err != nil {
		t.Fatal(err)
	}
	signed, name, err := SignNote(signer+"\n", c)
	if err != nil || name != longest {
		t.Fatalf("got key %q, %v", name, err)
	}
	if len(signed) >= 300 {
		t.Errorf("got a note of %d bytes, want less than 300:\n%s", len(signed), signed)
	}
	got, names, err := OpenNote(signed, verifier+"\n")
	if err != nil || got.Text() != c.Text() || fmt.Sprint(names) != fmt.Sprint([]string{longest}) {
		t.Errorf("got %+v by %v, %v, want %+v", got, names, err, c)
	}
	// By hand: the last 64 bytes are an Ed25519 signature of the three lines.
	_, encoded, _ := strings.Cut(strings.TrimSpace(signed[len(c.Text())+1:]), longest+" ")
	signature, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(signature) != 68 {
		t.Fatalf("got %d bytes of signature, %v", len(signature), err)
	}
	public, err := base64.StdEncoding.DecodeString(strings.SplitN(verifier, "+", 3)[2])
	if err != nil || !ed25519.Verify(public[1:], []byte(c.Text()), signature[4:]) {
		t.Errorf("the signature does not verify by hand: %v", err)
	}

	_, stranger, err := NewNoteKey("stranger.example")
	if err != nil {
		t.Fatal(err)
	}
	for what, f := range map[string]func() error{
		"changed":      func() error { _, _, err := OpenNote(strings.Replace(signed, "CQ", "CR", 1), verifier); return err },
		"stranger":     func() error { _, _, err := OpenNote(signed, stranger); return err },
		"no keys":      func() error { _, _, err := OpenNote(signed); return err },
		"not a note":   func() error { _, _, err := OpenNote("hello", verifier); return err },
		"no signature": func() error { _, _, err := OpenNote(c.Text(), verifier); return err },
		"too long":     func() error { _, _, err := OpenNote(strings.Repeat("x", 1<<20), verifier); return err },
	} {
		want := ErrSignature
		if what == "stranger" || what == "no keys" {
			want = ErrUnknownSigner
		}
		if err := f(); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
	}
	for _, key := range []string{"", "x", verifier, "PRIVATE+KEY+x+00000000+AAAA", strings.Repeat("x", 10000)} {
		if _, _, err := SignNote(key, c); err == nil || key != "" && strings.Contains(err.Error(), key) {
			t.Errorf("key %.20q: got %v, want an error that does not quote it", key, err)
		}
	}
	if err := CheckNoteKey(verifier); err != nil {
		t.Error(err)
	}
	for _, key := range []string{"", "x", strings.Repeat("x", 10000), "x+00000000+AAAA", signer} {
		if _, _, err := OpenNote(signed, key); err == nil || key == signer && strings.Contains(err.Error(), signer[30:]) {
			t.Errorf("verifier %.20q: got %v, want an error that does not quote it", key, err)
		}
		if err := CheckNoteKey(key); err == nil {
			t.Errorf("verifier %.20q: got no error", key)
		}
	}
	for _, name := range []string{"", "a b", "a+b", "a\nb", strings.Repeat("x", MaxNoteName+1)} {
		if _, _, err := NewNoteKey(name); err == nil {
			t.Errorf("name %q: got no error", name)
		}
	}
}

func TestMergeNotes(t *testing.T) {
	var notes, verifiers []string
	for _, name := range []string{"a.example", "b.example"} {
		signer, verifier, err := NewNoteKey(name)
		if err != nil {
			t.Fatal(err)
		}
		signed, _, err := SignNote(signer, checkpoint)
		if err != nil {
			t.Fatal(err)
		}
		notes, verifiers = append(notes, signed), append(verifiers, verifier)
	}
	other := strings.Replace(notes[0], "44", "45", 1)
	merged := MergeNotes(checkpoint, notes[0], other, notes[1], notes[0], "", "x\n")
	if _, names, err := OpenNote(merged, verifiers...); err != nil || fmt.Sprint(names) != "[a.example b.example]" {
		t.Errorf("got %v, %v", names, err)
	}
	if got := MergeNotes(checkpoint, other); got != "" {
		t.Errorf("got %q of a note of another checkpoint, want nothing", got)
	}
}

func FuzzParseSignature(f *testing.F) {
	s, err := Sign(newSigner(f), checkpoint.Text())
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(s.Armor()), false)
	data, _ := base64.StdEncoding.DecodeString(strings.TrimSuffix(strings.TrimPrefix(s.Armor(), beginSignature),
		endSignature+"\n"))
	f.Add(data, true)
	f.Fuzz(func(t *testing.T, b []byte, raw bool) {
		parse := ParseSignature
		if raw {
			parse = parseBlob
		}
		s, err := parse(b)
		if err != nil {
			return
		}
		_ = s.Verify(checkpoint.Text())
		if _, err := ParseSignature([]byte(s.Armor())); err != nil && len(b) < MaxSignature/2 {
			t.Fatalf("what was parsed does not parse again: %v", err)
		}
	})
}

func FuzzParseAllowedSigners(f *testing.F) {
	key := string(ssh.MarshalAuthorizedKey(newSigner(f).PublicKey()))
	s, err := Sign(newSigner(f), checkpoint.Text())
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("alice@example.com " + key))
	f.Add([]byte(`"a b" namespaces="x,!y*",valid-after="20260101",valid-before="202601010101Z" ` + key))
	f.Fuzz(func(_ *testing.T, b []byte) {
		if list, err := ParseAllowedSigners(b, time.UTC); err == nil {
			_, _ = list.Check(s, checkpoint.Text(), time.Time{})
		}
	})
}

func FuzzOpenNote(f *testing.F) {
	signer, verifier, err := NewNoteKey("a.example")
	if err != nil {
		f.Fatal(err)
	}
	signed, _, err := SignNote(signer, checkpoint)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed, verifier, signer)
	f.Fuzz(func(_ *testing.T, signed, verifier, signer string) {
		_, _, _ = OpenNote(signed, verifier)
		_, _, _ = SignNote(signer, checkpoint)
		MergeNotes(checkpoint, signed)
	})
}

func FuzzLoadSigner(f *testing.F) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(f.TempDir(), "id")
	for _, passphrase := range []string{"", "x"} {
		writeKey(f, path, key, passphrase)
		for _, name := range []string{path, path + ".pub"} {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "id")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		signer, closer, err := LoadSigner(t.Context(), path, KeyOptions{Passphrase: []byte("x")})
		if err == nil {
			_, _ = Sign(signer, checkpoint.Text())
			closer.Close()
		}
	})
}
