package main

import (
	"embed"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
)

// schemas has the JSON Schemas (2020-12) of what commands print with --json, as COMMAND.json.
//
//go:embed schemas/*.json
var schemas embed.FS

// sharedSchemas has the commands that print what another one does, and the name of its schema.
var sharedSchemas = map[string]string{
	"attachments add": "attachments", "attachments extract": "attachments", "attach": "attachments", "extract": "attachments",
	"seal": "digest", "replay": "lines", "run": "lines",
}

// schemaOf gives the schema of a command by its name, nil if it has none.
func schemaOf(command string) []byte {
	name, shared := sharedSchemas[command]
	if !shared {
		name = strings.ReplaceAll(command, " ", "-")
	}
	text, err := schemas.ReadFile("schemas/" + name + ".json")
	if err != nil {
		return nil
	}
	return text
}

func newSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [COMMAND]",
		Short: "Print the JSON Schema of what a command prints with --json",
		Long: `Print the JSON Schema (2020-12) of what a command prints with --json: of each object, where it prints one a line. Without a command
it lists those that have one. That of replay and run is the line protocol's, and that of paper is of the file paper.yaml.`,
		Example: `  exparchive schema verify
  exparchive schema duckdb tables`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), strings.Join(commandsWithSchema(cmd.Root()), "\n"))
				return err
			}
			command := strings.Join(args, " ")
			text := schemaOf(command)
			if text == nil {
				return cli.Usagef("schema: there is none of %q (`exparchive schema` lists them)", command)
			}
			_, err := cmd.OutOrStdout().Write(text)
			return err
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return cli.Beginning(commandsWithSchema(cmd.Root()), typed, false), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// commandsWithSchema gives the names of the commands below cmd that have a schema, in the order of the help.
func commandsWithSchema(cmd *cobra.Command) []string {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.Hidden {
			continue
		}
		if name := cli.Called(sub); schemaOf(name) != nil {
			names = append(names, name)
		}
		names = append(names, commandsWithSchema(sub)...)
	}
	return names
}
