package publishcmd

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/internal/webfile"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/sign"
)

// NewVerify makes the command verify.
func NewVerify() *cobra.Command {
	var asJSON bool
	var proof *verifyProof
	var signatures *verifySignatures
	cmd := &cobra.Command{
		Use:   "verify FILE.simexp... | --proof PROOF",
		Short: "Check archives from the file's structure to every record's content",
		Long: `Check archives against every requirement of the format that binds files: the header, the pages, the schema, every value of every
row, that the records give the digest in the seal, and that no byte stands where none belongs. Every problem is printed on a
line of its own, with the number of the requirement in FORMAT.md (SX-044), its level and the place; the lines that begin with
"also" are about what may only follow from them, and those that begin with "fix" say what to do. Records that are not those that
were sealed are named. The exit code is 0 only if every requirement of level MUST holds.

Signatures that an archive has are checked too; --allowed-signers and --note-key say whose count, and then one of them has to be
there. --proof checks what prove wrote instead, with no archive at hand, and prints what is proven.`,
		Example: `  exparchive verify exp1.simexp
  exparchive verify --json *.simexp
  exparchive verify exp1.simexp --allowed-signers ~/.ssh/allowed_signers
  exparchive verify --proof answer.tlog-proof --root noted.checkpoint`,
		Args: func(cmd *cobra.Command, args []string) error { return proof.args(cmd, args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if proof.path != "" {
				return proof.run(cmd, signatures, asJSON)
			}
			if err := signatures.load(cmd.Context()); err != nil {
				return err
			}
			var failed error
			out := cmd.OutOrStdout()
			for _, path := range args {
				from, err := runio.SourceOf(cmd.Context(), cmd.ErrOrStderr(), path)
				var report verify.Report
				var signed []sign.Verdict
				if err == nil {
					report, err = verifySource(cmd.Context(), from)
				}
				if err == nil {
					signed, err = signatures.check(cmd.Context(), from.Path, &report)
				}
				if cmd.Context().Err() != nil {
					return cmd.Context().Err()
				}
				if err != nil {
					cli.Warnf(cmd.ErrOrStderr(), "%v", cli.InFile(path, from.Named(err)))
					failed = cli.Reported{}
					continue
				}
				if !report.OK() {
					failed = cli.Reported{}
				}
				if asJSON {
					if err := json.NewEncoder(out).Encode(newVerdict(path, report, signed)); err != nil {
						return err
					}
					continue
				}
				text := bufio.NewWriter(out)
				printProblems(text, path, report)
				if report.OK() {
					fmt.Fprintf(text, "%s: ok, %s, digest %s\n", terminal.Escape(path), cli.Plural(report.Records, "record"),
						report.Root)
					printSignatures(text, path, signed)
				}
				if err := text.Flush(); err != nil {
					return err
				}
			}
			return failed
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a file")
	runio.AddDownload(cmd.Flags())
	proof, signatures = addProofFlags(cmd), addSignatureFlags(cmd)
	return cmd
}

func verifySource(ctx context.Context, from runio.Source) (verify.Report, error) {
	if _, err := runio.SniffFile(ctx, from.Path); err != nil {
		return verify.Report{}, err
	}
	if !webfile.Is(from.Name) {
		return verify.File(ctx, from.Path)
	}
	r, size, closeFile, err := runio.OpenBytes(ctx, from.Path) // addresses need not end as the names of files have to
	if err != nil {
		return verify.Report{}, err
	}
	report, err := verify.Reader(ctx, r, size)
	return report, errors.Join(err, closeFile())
}

// printProblems prints what is wrong with a file, then what to do, each way once.
func printProblems(out io.Writer, path string, report verify.Report) {
	line := func(text string) { fmt.Fprintf(out, "%s: %s\n", terminal.Escape(path), terminal.Escape(text)) }
	fixes := map[string][]string{}
	var order []string
	for i, p := range slices.Concat(report.Problems, report.Later) {
		text := p.String()
		if i >= len(report.Problems) {
			text = "also " + text
		}
		if line(text); p.Remedy == "" {
			continue
		}
		if fixes[p.Remedy] == nil {
			order = append(order, p.Remedy)
		}
		if !slices.Contains(fixes[p.Remedy], p.Code) {
			fixes[p.Remedy] = append(fixes[p.Remedy], p.Code)
		}
	}
	for _, what := range report.Unchecked {
		line("not checked: " + what)
	}
	for _, remedy := range order {
		line(fmt.Sprintf("fix %s: %s", strings.Join(fixes[remedy], ", "), remedy))
	}
}

// A verdict is what verify says of one file in JSON.
type verdict struct {
	File      string           `json:"file"`
	OK        bool             `json:"ok"`
	State     archive.State    `json:"state,omitempty"`
	Digest    *string          `json:"digest"` // of the records as they are; null if not all could be read
	Records   int64            `json:"records"`
	Problems  []verdictProblem `json:"problems"`
	Later     []verdictProblem `json:"also,omitempty"`      // what may follow from them
	Unchecked []string         `json:"unchecked,omitempty"` // what could not be checked because of them
	Signed    []signatureInfo  `json:"signatures,omitempty"`
}

type verdictProblem struct {
	Code   string       `json:"code"` // requirement of FORMAT.md
	Level  verify.Level `json:"level,omitempty"`
	Place  verify.Place `json:"place,omitzero"`
	Text   string       `json:"text"`
	Remedy string       `json:"fix,omitempty"`
}

func newVerdict(path string, r verify.Report, signed []sign.Verdict) verdict {
	v := verdict{File: path, OK: r.OK(), State: r.State, Records: r.Records, Problems: []verdictProblem{},
		Unchecked: r.Unchecked}
	for _, s := range signed {
		v.Signed = append(v.Signed, newSignatureInfo(s))
	}
	if r.Root != (digest.Hash{}) {
		v.Digest = new(r.Root.String())
	}
	for _, p := range r.Problems {
		v.Problems = append(v.Problems, verdictProblem(p))
	}
	for _, p := range r.Later {
		v.Later = append(v.Later, verdictProblem(p))
	}
	return v
}
