package publishcmd

import (
	"context"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/secrets"
	"github.com/simexp/exparchive/provider/redact"
)

// filterFlags choose values of a run.
type filterFlags struct {
	fields, seqs, agents, iterations, match []string
	secrets                                 bool
	allow                                   string
}

// addFlags adds the flags to cmd, which does what verb says to the values. Only with content do they look into values.
func (f *filterFlags) addFlags(cmd *cobra.Command, verb string, content bool) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.fields, "field", nil, verb+" only this `field`: "+strings.Join(redact.Fields(), ", "))
	flags.StringSliceVar(&f.seqs, "seq", nil, verb+" only values of these records: `numbers` such as 7, 3-9 or 12-")
	flags.StringSliceVar(&f.agents, "agent", nil, verb+
		" only values of calls for this `agent`, and of events that name it as agent_id")
	flags.StringSliceVar(&f.iterations, "iteration", nil, verb+" only values of these iterations: `numbers` as for --seq")
	if content {
		flags.StringArrayVar(&f.match, "match", nil, verb+
			" values in which this regular `expression` matches (RE2 syntax; (?i) in front ignores case)")
		flags.BoolVar(&f.secrets, "secrets", false, verb+" values in which the command secrets finds something")
		flags.StringVar(&f.allow, "allow", "", "with --secrets, a `file` of what is known not to be one (see exparchive secrets --help); - is standard input")
	}
}

// filter gives what the flags stand for.
func (f *filterFlags) filter(cmd *cobra.Command) (*redact.Filter, error) {
	filter := &redact.Filter{Fields: f.fields, Agents: f.agents}
	for _, field := range f.fields {
		if field == "salt" {
			return nil, cli.Usagef("%s: --field salt: the salt is always withheld with the first value", cmd.Name())
		}
		if !slices.Contains(redact.Fields(), field) {
			return nil, cli.Usagef("%s: --field %q cannot be withheld, want one of %s", cmd.Name(), field,
				strings.Join(redact.Fields(), ", "))
		}
	}
	for _, numbers := range []struct {
		flag string
		text []string
		set  *redact.Ranges
	}{{"seq", f.seqs, &filter.Seqs}, {"iteration", f.iterations, &filter.Iterations}} {
		for _, text := range numbers.text {
			set, err := redact.ParseRanges(text)
			if err != nil {
				return nil, cli.Usagef("%s: --%s: %w", cmd.Name(), numbers.flag, err)
			}
			*numbers.set = append(*numbers.set, set...)
		}
	}
	for _, expr := range f.match {
		m, err := regexp.Compile(expr)
		if err != nil {
			return nil, cli.Usagef("%s: --match: %w", cmd.Name(), err)
		}
		filter.Match = append(filter.Match, m)
	}
	if f.allow != "" && !f.secrets {
		return nil, cli.Usagef("%s: --allow goes with --secrets", cmd.Name())
	}
	allow, err := readAllow(cmd.Context(), cmd.ErrOrStderr(), f.allow)
	if err != nil {
		return nil, err
	}
	if f.secrets {
		filter.Secrets = redact.FindSecrets(func(kind, secret string) bool {
			return allow.Allows(secrets.Finding{Kind: kind, Secret: secret})
		})
	}
	return filter, nil
}

// readAllow reads an allow list; none for an empty name.
func readAllow(ctx context.Context, stderr io.Writer, name string) (*secrets.Allow, error) {
	if name == "" {
		return nil, nil
	}
	from, err := runio.InputOf(ctx, stderr, name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(from.Path)
	if err != nil {
		return nil, cli.InFile(name, from.Named(err))
	}
	defer f.Close()
	allow, err := secrets.ParseAllow(f)
	return allow, cli.InFile(name, from.Named(err))
}
