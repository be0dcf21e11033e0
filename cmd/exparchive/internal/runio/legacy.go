package runio

import (
	"fmt"
	"strings"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/legacy/castro"
)

// AboutFields lays a description out as labels and texts.
func AboutFields(about castro.Description) (fields [][2]string) {
	add := func(label, text string) { fields = append(fields, [2]string{label, text}) }
	add("kind", KindText(about))
	for _, g := range about.Generations {
		add("generation", g.Name+": "+g.Explanation)
	}
	if about.Log != "" {
		add("log", about.Log)
	}
	var other []string
	for _, t := range about.Tables {
		if t.Imported() {
			add("table", fmt.Sprintf("%s, %s (%s)", t.Name, cli.Plural(t.Rows, "row"), t.Generation))
		} else {
			other = append(other, fmt.Sprintf("%s (%s)", t.Name, cli.Plural(t.Rows, "row")))
		}
		for _, column := range t.Unreadable {
			add("unreadable", t.Name+"."+column)
		}
	}
	if len(other) > 0 {
		add("not imported", "tables "+strings.Join(other, ", "))
	}
	if len(about.NotKept) > 0 {
		add("not imported", "columns "+strings.Join(about.NotKept, ", ")+": the order of the records stands for them")
	}
	for _, n := range about.Notes {
		add("about", n)
	}
	return fields
}

// KindText says which program wrote the file, and in what form.
func KindText(about castro.Description) string {
	if about.EngineVersion == "" && about.StorageVersion == 0 {
		return about.Kind
	}
	return fmt.Sprintf("%s, made by DuckDB %s, storage version %d", about.Kind, about.EngineVersion, about.StorageVersion)
}
