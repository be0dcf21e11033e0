package sign

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/simexp/exparchive/internal/fileerr"
)

var (
	// ErrKey means that a file has no key that can sign.
	ErrKey = errors.New("not an SSH key")
	// ErrLocked means that there is a key but its private half cannot be had: it is encrypted, or not in the agent.
	ErrLocked = errors.New("the private key cannot be had")
	// ErrPassphrase means that a passphrase does not open a key.
	ErrPassphrase = errors.New("wrong passphrase")
)

// maxKey is the length in bytes of the longest file of a key that is read.
const maxKey = 1 << 18

// KeyOptions say how [LoadSigner] gets at a key that is encrypted, or that only an agent has. The zero value cannot.
type KeyOptions struct {
	// Passphrase opens an encrypted key without asking anybody; nil if there is none.
	Passphrase []byte
	// Agent is the socket of an ssh-agent, as in SSH_AUTH_SOCK; empty if there is none.
	Agent string
	// Ask asks the user for a passphrase when neither of the others will do; nil if nobody can be asked. It is asked up to
	// three times.
	Ask func(ctx context.Context, prompt string) ([]byte, error)
}

// LoadSigner gives the key in the file at path, private or public. An encrypted private key is opened with the
// passphrase or used through the agent, and otherwise the user is asked; a public key (also FILE.pub beside a private
// key of a kind that this program cannot use itself, such as one on a security token) always goes through the agent.
// The caller closes the Closer after the last signature; when ctx is done it closes by itself.
//
// Errors wrap [ErrKey], [ErrLocked], [ErrPassphrase], [ErrUnsupported] or those of the file system and of the agent.
func LoadSigner(ctx context.Context, path string, o KeyOptions) (ssh.Signer, io.Closer, error) {
	text, err := readKey(path)
	if err != nil {
		return nil, nil, err
	}
	if public, _, _, _, err := ssh.ParseAuthorizedKey(text); err == nil {
		return o.fromAgent(ctx, public)
	}
	signer, err := ssh.ParsePrivateKey(text)
	var missing *ssh.PassphraseMissingError
	switch {
	case err == nil:
		return checked(signer)
	case errors.As(err, &missing):
		return o.unlock(ctx, path, text, missing.PublicKey)
	}
	if public, ok := publicKey(path); ok && o.Agent != "" {
		return o.fromAgent(ctx, public)
	}
	return nil, nil, fmt.Errorf("%w: %w", ErrKey, err)
}

func checked(signer ssh.Signer) (ssh.Signer, io.Closer, error) {
	return signer, io.NopCloser(nil), checkKey(signer.PublicKey())
}

// unlock gives the signer of an encrypted key. The public key is nil where the file does not say it.
func (o KeyOptions) unlock(ctx context.Context, path string, text []byte, public ssh.PublicKey) (ssh.Signer, io.Closer,
	error) {
	if o.Passphrase != nil {
		return decrypt(text, o.Passphrase)
	}
	if public == nil {
		public, _ = publicKey(path)
	}
	var agentErr error
	if public != nil && o.Agent != "" {
		signer, closer, err := o.fromAgent(ctx, public)
		if err == nil {
			return signer, closer, nil
		}
		agentErr = err
	}
	if o.Ask == nil {
		if agentErr != nil {
			return nil, nil, fmt.Errorf("%w: it is encrypted; %w", ErrLocked, agentErr)
		}
		return nil, nil, fmt.Errorf("%w: it is encrypted", ErrLocked)
	}
	for try := 1; ; try++ {
		passphrase, err := o.Ask(ctx, "Passphrase of "+path+": ")
		if err != nil {
			return nil, nil, err
		}
		signer, closer, err := decrypt(text, passphrase)
		clear(passphrase)
		if !errors.Is(err, ErrPassphrase) || try == 3 {
			return signer, closer, err
		}
	}
}

func decrypt(text, passphrase []byte) (ssh.Signer, io.Closer, error) {
	signer, err := ssh.ParsePrivateKeyWithPassphrase(text, passphrase)
	switch {
	case errors.Is(err, x509.IncorrectPasswordError), len(passphrase) == 0:
		return nil, nil, ErrPassphrase
	case err != nil:
		return nil, nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return checked(signer)
}

// publicKey reads the public key beside a private one.
func publicKey(path string) (ssh.PublicKey, bool) {
	text, err := readKey(path + ".pub")
	if err != nil {
		return nil, false
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	return key, err == nil
}

func readKey(path string) ([]byte, error) {
	text, err := fileerr.ReadAtMost(path, maxKey)
	if errors.Is(err, fileerr.ErrLonger) {
		err = fmt.Errorf("%w: %w", ErrKey, err)
	}
	return text, err
}

// agentTime bounds how long an agent may take. The user may have to touch a token.
const agentTime = 2 * time.Minute

// fromAgent gives the signer of a key that the agent holds.
func (o KeyOptions) fromAgent(ctx context.Context, key ssh.PublicKey) (ssh.Signer, io.Closer, error) {
	if err := checkKey(key); err != nil {
		return nil, nil, err
	}
	if o.Agent == "" {
		return nil, nil, fmt.Errorf("%w: no ssh-agent runs that could have that of %s", ErrLocked, Describe(key))
	}
	conn, err := dialAgent(ctx, o.Agent)
	if err != nil {
		return nil, nil, fmt.Errorf("ssh-agent: %w", err)
	}
	closer := &agentConn{Closer: conn}
	closer.stop = context.AfterFunc(ctx, func() { conn.Close() })
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("ssh-agent: %w", err), closer.Close())
	}
	for _, s := range signers {
		if bytes.Equal(s.PublicKey().Marshal(), key.Marshal()) {
			return s, closer, nil
		}
	}
	return nil, nil, errors.Join(fmt.Errorf("%w: the ssh-agent does not have %s; add it with ssh-add", ErrLocked,
		Describe(key)), closer.Close())
}

// An agentConn is a connection to an agent that ends with a context.
type agentConn struct {
	io.Closer
	stop func() bool
}

func (a *agentConn) Close() error {
	if !a.stop() {
		return nil // closed already
	}
	return a.Closer.Close()
}

// dialAgent connects to an agent: a socket, or a named pipe on Windows.
func dialAgent(ctx context.Context, address string) (io.ReadWriteCloser, error) {
	if runtime.GOOS == "windows" {
		if pipe, err := os.OpenFile(address, os.O_RDWR, 0); err == nil {
			return pipe, nil
		}
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", address)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(agentTime)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// AgentAddress gives where this user's agent listens, empty if there is none.
func AgentAddress() string {
	if address := os.Getenv("SSH_AUTH_SOCK"); address != "" || runtime.GOOS != "windows" {
		return address
	}
	const pipe = `\\.\pipe\openssh-ssh-agent`
	if _, err := os.Stat(pipe); err != nil {
		return ""
	}
	return pipe
}
