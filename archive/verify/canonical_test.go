package verify

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/othertools"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/schema"
)

// TestSameBytesFromAnotherSQLite: other releases of SQLite lay the same rows out on the same pages, so that the canonical form of
// what they write is the file itself. Here they copy it, and make it from the rows.
func TestSameBytesFromAnotherSQLite(t *testing.T) {
	for name, records := range map[string][]provider.Record{"many": archivetest.ManyRecords(20_000), "all": goodFiles()["all"].Records, "long": goodFiles()["extremes"].Records} {
		path := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil)
		want := archivetest.ReadFile(t, path)
		copied, made := filepath.Join(t.TempDir(), "copied.simexp"), filepath.Join(t.TempDir(), "made.simexp")
		tool(t, "sqlite3", path, "VACUUM INTO '"+copied+"'")
		// Row by row, and backwards; VACUUM then lays out what came of it.
		tool(t, "sqlite3", filepath.Join(t.TempDir(), "scratch.db"), "PRAGMA page_size = 8192; ATTACH '"+path+"' AS old; "+ddl(t)+rowByRow+
			"PRAGMA application_id = 1397312856; PRAGMA user_version = 1; VACUUM main INTO '"+made+"'")
		for how, other := range map[string]string{"copied": copied, "made row by row": made} {
			raw := archivetest.ReadFile(t, other)
			if err := sqlitefile.Canonicalise(other, sqlitefile.OverwriteFile); err != nil {
				t.Fatal(err)
			}
			if got := archivetest.ReadFile(t, other); !bytes.Equal(got, want) {
				t.Errorf("%s, %s: got %d bytes that differ from the %d of the archive", name, how, len(got), len(want))
			} else if bytes.Equal(raw, want) {
				t.Errorf("%s, %s: the canonical form changed nothing", name, how)
			}
		}
	}
}

// rowByRow copies the tables of old in descending order of their keys, so that SQLite cannot copy pages.
const rowByRow = `
INSERT INTO experiment SELECT * FROM old.experiment ORDER BY id DESC;
INSERT INTO iteration SELECT * FROM old.iteration ORDER BY number DESC;
INSERT INTO iteration_span SELECT * FROM old.iteration_span ORDER BY iteration DESC;
INSERT INTO event_type SELECT * FROM old.event_type ORDER BY id DESC;
INSERT INTO event SELECT * FROM old.event ORDER BY seq DESC;
INSERT INTO section SELECT * FROM old.section ORDER BY id DESC;
INSERT INTO llm_interaction SELECT * FROM old.llm_interaction ORDER BY seq DESC;
INSERT INTO note SELECT * FROM old.note ORDER BY seq DESC;
INSERT INTO attachment SELECT * FROM old.attachment ORDER BY seq DESC;
INSERT INTO redaction SELECT * FROM old.redaction ORDER BY seq DESC, field DESC;
INSERT INTO annotation SELECT * FROM old.annotation ORDER BY id DESC;
INSERT INTO leaf_block SELECT * FROM old.leaf_block ORDER BY first_seq DESC;
INSERT INTO seal SELECT * FROM old.seal ORDER BY id DESC;
`

// ddl gives the statements that make the schema.
func ddl(t *testing.T) (text string) {
	t.Helper()
	objects, err := schema.Objects(schema.Version)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if o.SQL.Valid {
			text += o.SQL.String + ";\n"
		}
	}
	return text
}

// tool runs a program, if there is one of that name.
func tool(t *testing.T, name string, args ...string) {
	t.Helper()
	othertools.Find(t, name)
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// TestCanonicaliseRefuses: a file that is not sound is not touched any further.
func TestCanonicaliseRefuses(t *testing.T) {
	b := recordtest.SampleBytes(t)
	pageOf(t, b, "note")[0] = 12
	path := archivetest.Write(t, b)
	if err := sqlitefile.Canonicalise(path, sqlitefile.OverwriteFile); err == nil {
		t.Error("a broken page: got no error")
	}
	if err := sqlitefile.Canonicalise(filepath.Join(t.TempDir(), "none"), sqlitefile.OverwriteFile); !os.IsNotExist(err) {
		t.Errorf("no file: got %v", err)
	}
}
