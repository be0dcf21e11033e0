package recordcmd

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"iter"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/provider"
)

// preambleFlags say what a recording gets at its start beside what its source gives.
type preambleFlags struct {
	salt   bool
	attach []string
}

const saltUsage = "give the run a random salt, so that what redact withholds cannot be guessed from its commitment"

// addFlags adds the flags; more is added to what --salt says.
func (f *preambleFlags) addFlags(cmd *cobra.Command, more string) {
	cmd.Flags().BoolVar(&f.salt, "salt", false, saltUsage+more)
	cmd.Flags().StringArrayVar(&f.attach, "attach", nil,
		"attach this `file` to the run; may be given several times (see attachments)")
}

func (f *preambleFlags) any() bool { return f.salt || len(f.attach) > 0 }

// A preamble is a sink that adds a salt and attachments right after the start of a run.
type preamble struct {
	provider.Sink
	salt   []byte // nil for none
	files  []*provider.Attachment
	faulty bool // not every file could be attached for its name, which is told
}

// newPreamble reads the files that are to be attached and makes the salt, before anything is written. A file that
// cannot be read is an error; one of a name that an attachment cannot have is told of, and does not stop the recording.
func (f *preambleFlags) newPreamble(ctx context.Context, stderr io.Writer) (*preamble, error) {
	var p preamble
	var failed error
	p.files = readAttachments(ctx, stderr, f.attach, "", "", func(err error) {
		switch {
		case errors.Is(err, provider.ErrInvalid):
			cli.Warnf(stderr, "%v; the run is recorded without it", err)
			p.faulty = true
		case failed == nil:
			failed = err
		}
	})
	if f.salt {
		p.salt = newSalt()
	}
	return &p, failed
}

// fault gives what the exit code has to say of files that were left out.
func (p *preamble) fault() error {
	if p != nil && p.faulty {
		return cli.Reported{}
	}
	return nil
}

// before gives s with the preamble in front, s itself if there is nothing to add.
func (p *preamble) before(s provider.Sink) provider.Sink {
	if p.salt == nil && len(p.files) == 0 {
		return s
	}
	return &preamble{Sink: s, salt: p.salt, files: p.files}
}

// only reports whether a run of so many records has nothing but its start and what the preamble added to it, or others
// did.
func (p *preamble) only(records, others int64) bool {
	return p != nil && records > 1 && records == 1+int64(len(p.files))+others
}

// CheckedEvents implements [lend.EventTaker]: events pass through.
func (p *preamble) CheckedEvents(lend.Inside) (any, func(context.Context, *provider.Event) error) {
	return p, lend.CheckedEvents(p.Sink)
}

// Begin implements [provider.Sink]. A salt that the run has already stays.
func (p *preamble) Begin(ctx context.Context, s *provider.Start) error {
	if err := p.Sink.Begin(ctx, withSalt(s, p.salt)); err != nil {
		return err
	}
	for _, f := range p.files {
		if err := p.Attachment(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// withSalt gives s with a salt, unless it has one.
func withSalt(s *provider.Start, salt []byte) *provider.Start {
	if _, withheld := s.Withheld("salt"); salt == nil || withheld || s.Salt != nil {
		return s
	}
	salted := *s
	salted.Salt = salt
	return &salted
}

// salted is a run that is given a salt.
type salted struct {
	provider.Provider
	salt []byte
}

// Experiment implements [provider.Provider].
func (p salted) Experiment(ctx context.Context) (provider.Experiment, error) {
	e, err := p.Provider.Experiment(ctx)
	e.Start = *withSalt(&e.Start, p.salt)
	return e, err
}

// Records implements [provider.Provider].
func (p salted) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		for r, err := range p.Provider.Records(ctx) {
			if s, ok := r.(*provider.Start); ok {
				r = withSalt(s, p.salt)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

func newSalt() []byte {
	salt := make([]byte, provider.SaltSize)
	rand.Read(salt)
	return salt
}

// saltOf gives the salt of the recording in a live file, nil for none.
func saltOf(ctx context.Context, live string) ([]byte, error) {
	a, err := archive.Open(live)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer a.Close()
	e, err := a.Experiment(ctx)
	return e.Salt, err
}
