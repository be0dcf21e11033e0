package schema

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestFormatHasTheSchema: appendix B of FORMAT.md has the text of every object of the newest version, in the order of
// the rows of sqlite_schema.
func TestFormatHasTheSchema(t *testing.T) {
	const begin, end = "<!-- schema: written by the tests of package schema -->\n```sql\n",
		"```\n<!-- end of schema -->"
	text, err := os.ReadFile("../archive/FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(text), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("FORMAT.md has no place for the schema")
	}
	objects, err := Objects(Version)
	if err != nil {
		t.Fatal(err)
	}
	var statements []string
	for _, o := range objects {
		statements = append(statements, o.SQL.String)
	}
	want := strings.Join(statements, ";\n\n") + ";\n"
	if got != want && *update {
		if err := os.WriteFile("../archive/FORMAT.md", []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("the schema in FORMAT.md is not that of version %d; -update writes it\ngot\n%s\nwant\n%s", Version,
			got, want)
	}
	// A reader of the document cuts it behind semicolons at the end of a line.
	if cut := strings.Split(strings.TrimSuffix(want, ";\n"), ";\n\n"); !slices.Equal(cut, statements) {
		t.Errorf("got %d statements when the schema is cut, want %d", len(cut), len(statements))
	}
}
