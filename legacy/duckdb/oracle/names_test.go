package oracle

import (
	"regexp"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb/internal/scope"
)

// TestNames wants the reader to know every function and type that a release has: what it does not know it takes for
// something that was dropped.
func TestNames(t *testing.T) {
	plain := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	for _, release := range Releases {
		t.Run(release.Name, func(t *testing.T) {
			only(t, release.Name)
			p := startJudge(t, release.Name)
			for list, known := range map[string]func(string) bool{
				"SELECT DISTINCT function_name FROM duckdb_functions()": scope.IsFunction,
				"SELECT DISTINCT type_name FROM duckdb_types()":         scope.IsType,
			} {
				rows, err := p.Query(list)
				if err != nil {
					t.Fatal(err)
				}
				if rows.Len() < 30 {
					t.Errorf("%s: got %d names, want some", list, rows.Len())
				}
				for i := range rows.Len() {
					if name := rows.Text(i, 0); plain.MatchString(name) && !known(name) {
						t.Errorf("%s: %s is not known", list, name)
					}
				}
			}
		})
	}
}
