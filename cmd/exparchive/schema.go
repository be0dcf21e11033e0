package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
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
	"attachments add": "attachments", "attachments extract": "attachments", "attach": "attachments",
	"extract": "attachments",
	"seal":    "digest", "replay": "lines", "run": "lines",
	"exparchive": "version", // with --version
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

// withColumns adds the members of columns that a command was asked for to its schema, which is of arrays of objects.
func withColumns(schema []byte, names []string) ([]byte, error) {
	if len(names) == 0 {
		return schema, nil
	}
	var s map[string]any
	if err := json.Unmarshal(schema, &s); err != nil {
		return nil, err
	}
	items, _ := s["items"].(map[string]any)
	objects, _ := items["anyOf"].([]any)
	for _, one := range append(objects, items) {
		object, _ := one.(map[string]any)
		if object["properties"] == nil {
			continue
		}
		patterns, _ := object["patternProperties"].(map[string]any)
		if patterns == nil {
			patterns = map[string]any{}
			object["patternProperties"] = patterns
		}
		for _, name := range names {
			patterns["^"+regexp.QuoteMeta(name)+"( [\\s\\S]*)?$"] = map[string]any{"description": "the column " + name}
		}
		patterns["^(derived|defaulted)_columns$"] = map[string]any{
			"description": "if columns are computed or have defaults: those that were not recorded but computed, and those whose value here is, or comes from, a default",
			"type":        "array", "items": map[string]any{"type": "string"},
		}
	}
	text, err := json.MarshalIndent(s, "", "  ")
	return append(text, '\n'), err
}

func newSchemaCommand() *cobra.Command {
	var columns []string
	cmd := &cobra.Command{
		Use:   "schema [COMMAND]",
		Short: "Print the JSON Schema of what a command prints with --json",
		Long: `Print the JSON Schema (2020-12) of what a command prints with --json: of each object, where it prints one a line. Without a command
it lists those that have one. That of replay and run is of the lines of the protocol as they are written, and protocol is that of the
lines as record and resume take them, where more may be left out. That of paper is of the file paper.yaml.

The objects of tables have no members but those that it names: --column NAME adds that of a column of one's own.`,
		Example: `  exparchive schema verify
  exparchive schema duckdb tables
  exparchive schema table iterations --column fraction`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), strings.Join(withSchema(), "\n"))
				return err
			}
			command := strings.Join(args, " ")
			text := schemaOf(command)
			if text == nil {
				return cli.Usagef("schema: there is none of %q (`exparchive schema` lists them)", command)
			}
			if of, _, err := newRootCommand().Find(args); len(columns) > 0 && (err != nil || of.Flags().Lookup("column") == nil) {
				return cli.Usagef("schema: %s has no --column", command)
			}
			text, err := withColumns(text, columns)
			if err == nil {
				_, err = cmd.OutOrStdout().Write(text)
			}
			return err
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return cli.Beginning(withSchema(), typed, false), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringArrayVar(&columns, "column", nil, "a table has a column of this `name`; may be given several times")
	return cmd
}

// withSchema gives the names for which there is a schema: of commands, and of the lines that record and resume take.
func withSchema() []string { return append(commandsWithSchema(newRootCommand()), "protocol") }

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
