package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/schema"
)

func TestOpenRefuses(t *testing.T) {
	good := recordtest.SampleBytes(t)
	at := func(off int, bytes ...byte) []byte {
		b := append([]byte(nil), good...)
		copy(b[off:], bytes)
		return b
	}
	noFile := "no such file"
	if runtime.GOOS == "windows" { // says it otherwise, and Wine in other words still
		noFile = ""
	}
	for _, c := range []struct {
		name string
		path string
		want error
		text string
	}{
		{"nothing", filepath.Join(t.TempDir(), "none.simexp"), os.ErrNotExist, noFile},
		{"folder", t.TempDir(), archive.ErrNotArchive, "not a regular file"},
		{"empty", archivetest.Write(t, nil), archive.ErrNotArchive, "empty"},
		{"text", archivetest.Write(t, []byte("hello")), archive.ErrNotArchive, "not an SQLite database"},
		{"LFS pointer", archivetest.Write(t, []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")),
			archive.ErrNotArchive, "git lfs pull"},
		{"DuckDB", archivetest.Write(t, append(make([]byte, 8), "DUCK________"...)), archive.ErrNotArchive, "DuckDB"},
		{"JSON lines", archivetest.Write(t, []byte(`{"type":"experiment"}`)), archive.ErrNotArchive, "JSON"},
		{"other database", archivetest.Write(t, at(68, 0, 0, 0, 0)), archive.ErrNotArchive, "application id"},
		{"newer", archivetest.Write(t, at(60, 0, 0, 0, 99)), archive.ErrNewer, "version 99"},
		{"older than the first", archivetest.Write(t, at(60, 0, 0, 0, 0)), archive.ErrNotArchive,
			"schema version 0, the first is 1"},
		{"negative version", archivetest.Write(t, at(60, 255, 255, 255, 255)), archive.ErrNotArchive,
			"schema version -1, the first is 1"},
		{"the recorder's table", recordtest.Edit(t, schema.LiveObjects()[0].SQL.String), archive.ErrNotArchive,
			"a table that only a recording has"},
		{"half a header", archivetest.Write(t, good[:50]), archive.ErrDamaged, "header"},
		{"half a file", archivetest.Write(t, good[:len(good)/2]), archive.ErrDamaged, "bytes"},
		{"a byte more", archivetest.Write(t, append(good[:len(good):len(good)], 0)), archive.ErrDamaged, "bytes"},
		{"page size", archivetest.Write(t, at(16, 0x10, 0x01)), archive.ErrDamaged, "page size"},
		{"encoding", archivetest.Write(t, at(56, 0, 0, 0, 2)), archive.ErrDamaged, "encoding"},
		{"reserved bytes", archivetest.Write(t, at(20, 255)), archive.ErrDamaged, "reserved"},
		{"copy of a live file", archivetest.Write(t, at(18, 2, 2)), archive.ErrUnsealed, "-wal"},
		{"garbage behind the header", archivetest.Write(t,
			append(good[:100:100], bytes.Repeat([]byte{0xa5}, len(good)-100)...)), archive.ErrDamaged, ""},
		{"trigger", recordtest.Edit(t, "CREATE TRIGGER x AFTER INSERT ON z_event BEGIN SELECT 1; END"), archive.ErrNotArchive,
			`unknown "trigger"`},
		{"view that never ends", recordtest.Edit(t, "DROP VIEW costs; CREATE VIEW costs AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x FROM c"), archive.ErrNotArchive, "view"},
		{"view for a table", recordtest.Edit(t, "DROP TABLE z_note; CREATE VIEW z_note AS SELECT 1 AS seq, 'a' AS kind, zeroblob(1e9) AS text"), archive.ErrNotArchive, "z_note"},
		{"table missing", recordtest.Edit(t, "DROP TABLE z_annotation"), archive.ErrNotArchive, "z_annotation"},
		{"extra index", recordtest.Edit(t, "CREATE INDEX i ON z_event (iteration)"), archive.ErrNotArchive, "index"},
		{"no run", recordtest.Edit(t, "DELETE FROM z_experiment"), provider.ErrNoRun, "nothing was recorded"},
	} {
		a, err := archive.Open(c.path)
		if err == nil {
			a.Close()
		}
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want %v with %q", c.name, err, c.want, c.text)
		}
		if err != nil && strings.Count(err.Error(), c.path) > 1 && c.want != archive.ErrUnsealed {
			t.Errorf("%s: the error names the file twice: %v", c.name, err)
		}
	}
}

// TestCut cuts a sealed archive at many lengths: none opens.
func TestCut(t *testing.T) {
	good := recordtest.SampleBytes(t)
	for n := 0; n < len(good); n += 1 + n/7 {
		a, err := archive.New(bytes.NewReader(good[:n]), int64(n))
		if err == nil {
			a.Close()
			t.Errorf("the first %d of %d bytes: got no error", n, len(good))
		}
	}
}

func TestSidecar(t *testing.T) {
	for _, suffix := range []string{"-wal", "-journal"} {
		path := archivetest.Write(t, recordtest.SampleBytes(t))
		if err := os.WriteFile(path+suffix, []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := archive.Open(path)
		if !errors.Is(err, archive.ErrSidecar) || !strings.Contains(err.Error(), path+suffix) {
			t.Errorf("%s: got %v, want %v and its name", suffix, err, archive.ErrSidecar)
		}
		if err := os.WriteFile(path+suffix, nil, 0o644); err != nil { // an empty one holds nothing
			t.Fatal(err)
		}
		archivetest.Open(t, path)
	}
}

func TestQuery(t *testing.T) {
	a := archivetest.Open(t, archivetest.Write(t, recordtest.SampleBytes(t)))
	columns, rows, err := archivetest.Query(t.Context(), a,
		"SELECT run_id, status, 1.5 AS x, NULL AS n, x'00ff' AS b FROM experiments")
	if err != nil {
		t.Fatal(err)
	}
	start := providertest.Sample()[0].(*provider.Start)
	if want := []string{"run_id", "status", "x", "n", "b"}; fmt.Sprint(columns) != fmt.Sprint(want) || len(rows) != 1 ||
		rows[0][0] != start.RunID || rows[0][2] != 1.5 || rows[0][3] != nil || string(rows[0][4].([]byte)) != "\x00\xff" {
		t.Errorf("got %v %v", columns, rows)
	}
	other := filepath.Join(t.TempDir(), "other.db")
	for _, q := range []string{
		"DELETE FROM z_event", "UPDATE z_experiment SET run_id = 'x'", "DROP TABLE z_event", "CREATE TABLE x (y)",
		"CREATE TEMP TABLE x (y)",
		"ATTACH '" + other + "' AS o", "VACUUM INTO '" + other + "'", "PRAGMA writable_schema = 1",
		"PRAGMA journal_mode = DELETE",
		"PRAGMA user_version = 7", "SELECT load_extension('x')", "BEGIN; SELECT 1", "SELECT 1; DELETE FROM z_event",
		"SELECT 1; SELECT 2", "SELECT ';'; SELECT 2", "SELECT 1 /* ; */;;x", "", "SELECT", "REINDEX",
		"INSERT INTO z_event SELECT * FROM z_event RETURNING 1",
	} {
		if _, rows, err := archivetest.Query(t.Context(), a, q); !errors.As(err, new(*archive.StatementError)) {
			t.Errorf("%q: got rows %v, %v, want a fault of the statement", q, rows, err)
		}
	}
	if _, err := os.Stat(other); err == nil {
		t.Error("a query made a file")
	}
	for q, want := range map[string]string{
		"SELECT nowhere":                       "no such column: nowhere",
		"SELECT nowhere(1)":                    "no such function: nowhere",
		"SELECT * FROM nowhere":                "no such table: nowhere",
		"DELETE FROM z_event":                  "authorization denied: not authorized: an archive can only be read",
		"SELECT 1; SELECT 2":                   "more than one statement: write one SELECT",
		"SELECT json('x') FROM experiments":    "malformed JSON", // told by the first row
		"SELECT hex(zeroblob(300000000))":      "string or blob too big",
		"SELECT abs(-9223372036854775807 - 1)": "integer overflow",
		"SELECT ?":                             "missing argument with index 1",
		"-- nothing":                           "the statement gives no rows: write one SELECT",
	} {
		_, _, err := archivetest.Query(t.Context(), a, q)
		var statement *archive.StatementError
		if !errors.As(err, &statement) || statement.Text != want || err.Error() != want ||
			errors.Is(err, archive.ErrDamaged) {
			t.Errorf("%q: got %v, want %q as a fault of the statement", q, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	endless, err := a.Query(ctx, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c")
	if err != nil {
		t.Fatal(err)
	}
	defer endless.Close()
	for n := 0; endless.Next(); n++ {
		if n == 100 {
			cancel()
		}
	}
	err = endless.Err()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v, want %v", err, context.Canceled)
	}
	for _, q := range []string{"SELECT 1;", "SELECT 1 ; -- end",
		"SELECT ';' AS \"a;b\", 'it''s;' AS [c;d], 2 AS `e;f` /* ; */ ;; -- ;\n /* no end", "-- ;\nSELECT 1"} {
		if _, rows, err := archivetest.Query(t.Context(), a, q); err != nil || len(rows) != 1 {
			t.Errorf("%q: got %v, %v, want one row", q, rows, err)
		}
	}
	if _, rows, err := archivetest.Query(t.Context(), a, "PRAGMA table_info(z_event)"); err != nil || len(rows) != 5 {
		t.Errorf("table_info: got %v, %v", rows, err)
	}
}

func FuzzNew(f *testing.F) {
	good := recordtest.SampleBytes(f)
	f.Add(good)
	f.Add(good[:8192])
	f.Fuzz(func(t *testing.T, b []byte) {
		report, err := verify.Reader(t.Context(), bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Error(err)
		}
		a, err := archive.New(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			if report.OK() {
				t.Errorf("sound, but it does not open: %v", err)
			}
			return
		}
		defer a.Close()
		root, records, err := digest.Of(t.Context(), a)
		if report.OK() && (err != nil || root != report.Root || records != report.Records) {
			t.Errorf("sound, %d records with digest %v; read are %d with %v, %v", report.Records, report.Root, records, root,
				err)
		}
	})
}
