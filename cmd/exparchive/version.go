package main

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/schema"
)

func newVersionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of the program and of what it is made of",
		Long: `Print the version of the program, of Go and SQLite, and the schema version of the archives it writes.
Archives of older schema versions can be read, newer ones cannot.`,
		Args: cli.NArgs(0, 0, "none"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := struct {
				Version  string `json:"version"`
				Go       string `json:"go"`
				SQLite   string `json:"sqlite"`
				Schema   int    `json:"schema_version"`
				Platform string `json:"platform"`
			}{cli.ProgramVersion(), runtime.Version(), sqlite3.SQLITE_VERSION, schema.Version,
				runtime.GOOS + "/" + runtime.GOARCH}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(v)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "exparchive %s\ngo         %s\nsqlite     %s\nschema     version %d\nplatform   %s\n",
				v.Version, v.Go, v.SQLite, v.Schema, v.Platform)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
