package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider/digest"
)

func newVerifyCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify FILE.simexp...",
		Short: "Check archives from the file's structure to every record's content",
		Long: `Check archives: the structure of the file, the schema, the JSON and the amounts of every record, and that the records give
the digest in the seal. Every problem is printed, one line each. The exit code is 0 only if there is none.`,
		Example: `  exparchive verify exp1.simexp
  exparchive verify --json *.simexp`,
		Args: nArgs(1, -1, "one or more archives"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var failed error
			out := cmd.OutOrStdout()
			for _, path := range args {
				report, err := verifyFile(cmd, path)
				if cmd.Context().Err() != nil {
					return cmd.Context().Err()
				}
				if err != nil {
					warnf(cmd.ErrOrStderr(), "%v", inFile(path, err))
					failed = errReported{}
					continue
				}
				if !report.OK() {
					failed = errReported{}
				}
				if asJSON {
					if err := json.NewEncoder(out).Encode(newVerdict(path, report)); err != nil {
						return err
					}
					continue
				}
				for _, p := range report.Problems {
					fmt.Fprintf(out, "%s: %s\n", terminal.Escape(path), terminal.Escape(p.String()))
				}
				if report.OK() {
					fmt.Fprintf(out, "%s: ok, %s, digest %s\n", terminal.Escape(path), plural(report.Records, "record"), report.Root)
				}
			}
			return failed
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a file")
	return cmd
}

func verifyFile(cmd *cobra.Command, path string) (archive.Report, error) {
	if _, err := sniffFile(path); err != nil {
		return archive.Report{}, err
	}
	report, err := archive.Verify(cmd.Context(), path)
	for i := range report.Problems { // the name of the file stands before each line
		report.Problems[i].Text = strings.TrimPrefix(report.Problems[i].Text, path+": ")
	}
	return report, err
}

// A verdict is what verify says of one file in JSON.
type verdict struct {
	File     string           `json:"file"`
	OK       bool             `json:"ok"`
	State    archive.State    `json:"state,omitempty"`
	Digest   *string          `json:"digest"` // of the records as they are; null if not all could be read
	Records  int64            `json:"records"`
	Problems []verdictProblem `json:"problems"`
}

type verdictProblem struct {
	Code  string `json:"code"`
	Place string `json:"place,omitempty"`
	Text  string `json:"text"`
}

func newVerdict(path string, r archive.Report) verdict {
	v := verdict{File: path, OK: r.OK(), State: r.State, Records: r.Records, Problems: []verdictProblem{}}
	if r.Root != (digest.Hash{}) {
		v.Digest = new(r.Root.String())
	}
	for _, p := range r.Problems {
		v.Problems = append(v.Problems, verdictProblem(p))
	}
	return v
}
