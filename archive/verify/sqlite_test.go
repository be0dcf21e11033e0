package verify

import (
	"slices"
	"testing"

	"github.com/simexp/exparchive/archive/internal/archivetest"
)

// TestSQLiteAgrees: SQLite, which lays pages out in its own way, finds nothing wrong with those of a sealed file.
func TestSQLiteAgrees(t *testing.T) {
	for name, g := range goodFiles() {
		if got := integrity(t, g.make(t)); !slices.Equal(got, []string{"ok"}) {
			t.Errorf("%s: SQLite says %q", name, got)
		}
	}
	bad := onRoot("z_note", func(page []byte) { page[0] = 12 })(t, goodFiles()["all"].make(t))
	if got := integrity(t, bad); slices.Equal(got, []string{"ok"}) {
		t.Error("SQLite finds nothing wrong with a page of no kind")
	}
}

func integrity(t *testing.T, b []byte) (lines []string) {
	t.Helper()
	db := archivetest.OpenSQL(t, archivetest.Write(t, b), "mode=ro")
	rows, err := db.Query("PRAGMA integrity_check")
	if err != nil {
		return []string{err.Error()}
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		lines = append(lines, err.Error())
	}
	return lines
}
