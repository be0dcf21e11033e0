package publishcmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"golang.org/x/crypto/ssh"
	"golang.org/x/term"

	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/sign"
)

// loadKey gives the SSH key that the options name.
func loadKey(ctx context.Context, o signOptions) (ssh.Signer, io.Closer, error) {
	opts := sign.KeyOptions{Agent: sign.AgentAddress(), Ask: askPassphrase}
	if o.passphraseFile != "" {
		text, err := readLimited(ctx, o.passphraseFile, 1<<16)
		if err != nil {
			return nil, nil, err
		}
		line, _, _ := bytes.Cut(text, []byte("\n"))
		opts.Passphrase = bytes.TrimSuffix(line, []byte("\r"))
	}
	from, err := runio.InputOf(ctx, io.Discard, o.key)
	if err != nil {
		return nil, nil, err
	}
	signer, closer, err := sign.LoadSigner(ctx, from.Path, opts)
	err = from.Named(err)
	if ctx.Err() != nil {
		err = ctx.Err() // what an interrupt breaks has many names
	}
	return signer, closer, err
}

var errNoTerminal = errors.New("it is encrypted, and there is no terminal to ask for its passphrase on; add it to the ssh-agent with ssh-add, or use --passphrase-file")

// askPassphrase asks on the terminal of the process, whatever standard input is.
func askPassphrase(ctx context.Context, prompt string) ([]byte, error) {
	name := "/dev/tty"
	if runtime.GOOS == "windows" {
		name = "CONIN$"
	}
	tty, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", sign.ErrLocked, errNoTerminal)
	}
	defer tty.Close()
	fd := int(tty.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", sign.ErrLocked, errNoTerminal)
	}
	fmt.Fprint(os.Stderr, terminal.Escape(prompt))
	type answer struct {
		text []byte
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		got <- answer{text, err}
	}()
	select {
	case a := <-got:
		fmt.Fprintln(os.Stderr)
		return a.text, a.err
	case <-ctx.Done(): // the terminal must not be left without an echo
		err := term.Restore(fd, before)
		fmt.Fprintln(os.Stderr)
		return nil, errors.Join(ctx.Err(), err)
	}
}
