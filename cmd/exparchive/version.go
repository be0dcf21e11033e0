package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/legacy/duckdb"
	"github.com/simexp/exparchive/schema"
)

func newVersionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of the program and of what it is made of",
		Long: `Print the version of the program, the commit that it was built from, the versions of Go and SQLite
in it, the schema versions of the archives that it reads, of which it writes the last, and the storage
versions of the DuckDB databases that it reads. "exparchive --version" prints the same.

Archives of newer schema versions cannot be read.`,
		Args: cli.NArgs(0, 0, "none"),
		RunE: func(cmd *cobra.Command, _ []string) error { return printVersion(cmd.OutOrStdout(), asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func printVersion(w io.Writer, asJSON bool) error {
	b := cli.ProgramBuild()
	platform := runtime.GOOS + "/" + runtime.GOARCH
	if asJSON {
		return json.NewEncoder(w).Encode(struct {
			Version  string `json:"version"`
			Commit   string `json:"commit,omitempty"`
			Time     string `json:"commit_time,omitempty"`
			Modified bool   `json:"modified,omitempty"`
			Go       string `json:"go"`
			SQLite   string `json:"sqlite"`
			Schema   int    `json:"schema_version"`
			Schemas  []int  `json:"readable_schema_versions"`
			Storage  []int  `json:"duckdb_storage_versions"`
			Platform string `json:"platform"`
		}{b.Version, b.Commit, b.Time, b.Modified, runtime.Version(), sqlite3.SQLITE_VERSION, schema.Version,
			upTo(1, schema.Version), upTo(duckdb.OldestStorage, duckdb.NewestStorage), platform})
	}
	text := "exparchive " + b.Version + "\n"
	if b.Commit != "" {
		text += "commit     " + b.Commit
		if b.Time != "" {
			text += ", " + b.Time
		}
		if b.Modified {
			text += ", changed since"
		}
		text += "\n"
	}
	text += "go         " + runtime.Version() + "\n"
	text += "sqlite     " + sqlite3.SQLITE_VERSION + "\n"
	text += fmt.Sprintf("schema     %s\n", versions(1, schema.Version))
	text += fmt.Sprintf("duckdb     storage %s\n", versions(duckdb.OldestStorage, duckdb.NewestStorage))
	text += "platform   " + platform + "\n"
	_, err := io.WriteString(w, text)
	return err
}

// versions names those from the first to the last.
func versions(first, last int) string {
	if first == last {
		return fmt.Sprintf("version %d", first)
	}
	return fmt.Sprintf("versions %d to %d", first, last)
}

func upTo(first, last int) (all []int) {
	for v := first; v <= last; v++ {
		all = append(all, v)
	}
	return all
}
