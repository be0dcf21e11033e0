package archive

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
)

// sampleBytes gives a sealed archive of the sample run as bytes.
func sampleBytes(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(record(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample(), nil))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// write puts bytes into a fresh folder under the name run.simexp.
func write(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.simexp")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// edit runs SQL on a copy of the sample archive, as somebody with a shell would, and gives its path.
func edit(t testing.TB, statements string) string {
	t.Helper()
	path := write(t, sampleBytes(t))
	db := sql.OpenDB(connector{writeDriver, dsn(path, "mode=rw", "_journal_mode=DELETE")})
	defer db.Close()
	if _, err := db.Exec(statements); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenRefuses(t *testing.T) {
	good := sampleBytes(t)
	at := func(off int, bytes ...byte) []byte {
		b := append([]byte(nil), good...)
		copy(b[off:], bytes)
		return b
	}
	for _, c := range []struct {
		name string
		path string
		want error
		text string
	}{
		{"nothing", filepath.Join(t.TempDir(), "none.simexp"), os.ErrNotExist, "no such file"},
		{"folder", t.TempDir(), ErrNotArchive, "not a regular file"},
		{"empty", write(t, nil), ErrNotArchive, "empty"},
		{"text", write(t, []byte("hello")), ErrNotArchive, "not an SQLite database"},
		{"LFS pointer", write(t, []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")), ErrNotArchive, "git lfs pull"},
		{"DuckDB", write(t, append(make([]byte, 8), "DUCK________"...)), ErrNotArchive, "DuckDB"},
		{"JSON lines", write(t, []byte(`{"type":"experiment"}`)), ErrNotArchive, "JSON"},
		{"other database", write(t, at(68, 0, 0, 0, 0)), ErrNotArchive, "application id"},
		{"newer", write(t, at(60, 0, 0, 0, 99)), ErrNewer, "version 99"},
		{"older than the first", write(t, at(60, 0, 0, 0, 0)), ErrNotArchive, "version 0"},
		{"half a header", write(t, good[:50]), ErrDamaged, "header"},
		{"half a file", write(t, good[:len(good)/2]), ErrDamaged, "bytes"},
		{"a byte more", write(t, append(good[:len(good):len(good)], 0)), ErrDamaged, "bytes"},
		{"page size", write(t, at(16, 0x10, 0x01)), ErrDamaged, "page size"},
		{"encoding", write(t, at(56, 0, 0, 0, 2)), ErrDamaged, "encoding"},
		{"reserved bytes", write(t, at(20, 255)), ErrDamaged, "reserved"},
		{"copy of a live file", write(t, at(18, 2, 2)), ErrUnsealed, "-wal"},
		{"garbage behind the header", write(t, append(good[:100:100], bytes.Repeat([]byte{0xa5}, len(good)-100)...)), ErrDamaged, ""},
		{"trigger", edit(t, "CREATE TRIGGER x AFTER INSERT ON event BEGIN SELECT 1; END"), ErrNotArchive, `unknown "trigger"`},
		{"view that never ends", edit(t, "DROP VIEW costs; CREATE VIEW costs AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x FROM c"), ErrNotArchive, "view"},
		{"view for a table", edit(t, "DROP TABLE note; CREATE VIEW note AS SELECT 1 AS seq, 'a' AS kind, zeroblob(1e9) AS text"), ErrNotArchive, "note"},
		{"table missing", edit(t, "DROP TABLE annotation"), ErrNotArchive, "annotation"},
		{"extra index", edit(t, "CREATE INDEX i ON event (iteration)"), ErrNotArchive, "index"},
		{"no run", edit(t, "DELETE FROM experiment"), provider.ErrNoRun, "nothing was recorded"},
	} {
		a, err := Open(c.path, nil)
		if err == nil {
			a.Close()
		}
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want %v with %q", c.name, err, c.want, c.text)
		}
		if err != nil && strings.Count(err.Error(), c.path) > 1 && c.want != ErrUnsealed {
			t.Errorf("%s: the error names the file twice: %v", c.name, err)
		}
	}
}

// TestCut cuts a sealed archive at many lengths: none opens.
func TestCut(t *testing.T) {
	good := sampleBytes(t)
	for n := 0; n < len(good); n += 1 + n/7 {
		a, err := New(bytes.NewReader(good[:n]), int64(n), nil)
		if err == nil {
			a.Close()
			t.Errorf("the first %d of %d bytes: got no error", n, len(good))
		}
	}
}

func TestSidecar(t *testing.T) {
	for _, suffix := range []string{"-wal", "-journal"} {
		path := write(t, sampleBytes(t))
		if err := os.WriteFile(path+suffix, []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path, nil)
		if !errors.Is(err, ErrSidecar) || !strings.Contains(err.Error(), path+suffix) {
			t.Errorf("%s: got %v, want %v and its name", suffix, err, ErrSidecar)
		}
		if err := os.WriteFile(path+suffix, nil, 0o644); err != nil { // an empty one holds nothing
			t.Fatal(err)
		}
		open(t, path)
	}
}

// TestWAL compares the overlay with what SQLite itself makes of the same files, whatever is cut off the log.
func TestWAL(t *testing.T) {
	w := startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), manyRecords(600)[:500])
	live := copyKilled(t, w.LivePath())
	whole, err := os.ReadFile(live + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	cuts := []int{0, 10, 31, 32, 33, 100, len(whole) - 1, len(whole)}
	for range 30 {
		cuts = append(cuts, random.IntN(len(whole)))
	}
	opened := 0
	for _, cut := range cuts {
		flipped := append([]byte(nil), whole...)
		if cut > 100 {
			flipped[cut-50] ^= 1
		}
		for what, log := range map[string][]byte{"cut": whole[:cut], "flipped before": flipped} {
			copied := copyKilled(t, live)
			if err := os.WriteFile(copied+"-wal", log, 0o644); err != nil {
				t.Fatal(err)
			}
			got := "no run"
			a, err := Open(copied, nil)
			if err == nil {
				opened++
				var s digest.Sink
				err = provider.Copy(t.Context(), &s, a)
				got = fmt.Sprint(s.Count(), " records")
				a.Close()
			}
			if err != nil && !errors.Is(err, provider.ErrNoRun) {
				t.Errorf("log %s at byte %d: %v", what, cut, err)
			}
			want := "no run"
			db := sql.OpenDB(connector{writeDriver, dsn(copied, "mode=rw")})
			var n int
			err = db.QueryRow(`SELECT (SELECT count(*) FROM experiment) + (SELECT count(*) FROM event) + (SELECT count(*) FROM llm_interaction)
				+ (SELECT count(*) FROM iteration)`).Scan(&n)
			if err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				want = fmt.Sprint(n, " records")
			}
			db.Close()
			if got != want {
				t.Errorf("log %s at byte %d: got %s, SQLite finds %s", what, cut, got, want)
			}
		}
	}
	if opened < 10 {
		t.Errorf("only %d logs held a run", opened)
	}
}

func TestQuery(t *testing.T) {
	a := open(t, write(t, sampleBytes(t)))
	query := func(q string) (columns []string, rows [][]any, err error) {
		err = a.Query(t.Context(), q, func(c []string) error { columns = c; return nil },
			func(r []any) error { rows = append(rows, append([]any(nil), r...)); return nil })
		return columns, rows, err
	}
	columns, rows, err := query("SELECT run_id, status, 1.5 AS x, NULL AS n, x'00ff' AS b FROM experiments")
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
		"DELETE FROM event", "UPDATE experiment SET run_id = 'x'", "DROP TABLE event", "CREATE TABLE x (y)", "CREATE TEMP TABLE x (y)",
		"ATTACH '" + other + "' AS o", "VACUUM INTO '" + other + "'", "PRAGMA writable_schema = 1", "PRAGMA journal_mode = DELETE",
		"PRAGMA user_version = 7", "SELECT load_extension('x')", "BEGIN; SELECT 1", "SELECT 1; DELETE FROM event", "SELECT 1; SELECT 2", "SELECT ';'; SELECT 2", "SELECT 1 /* ; */;;x", "", "SELECT", "REINDEX",
		"INSERT INTO event SELECT * FROM event RETURNING 1",
	} {
		if _, rows, err := query(q); err == nil {
			t.Errorf("%q: got rows %v and no error", q, rows)
		}
	}
	if _, err := os.Stat(other); err == nil {
		t.Error("a query made a file")
	}
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	err = a.Query(ctx, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c", func([]string) error { return nil },
		func([]any) error {
			if n++; n == 100 {
				cancel()
			}
			return nil
		})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v, want %v", err, context.Canceled)
	}
	for _, q := range []string{"SELECT 1;", "SELECT 1 ; -- end", "SELECT ';' AS \"a;b\", 'it''s;' AS [c;d], 2 AS `e;f` /* ; */ ;; -- ;\n /* no end", "-- ;\nSELECT 1"} {
		if _, rows, err := query(q); err != nil || len(rows) != 1 {
			t.Errorf("%q: got %v, %v, want one row", q, rows, err)
		}
	}
	if _, rows, err := query("PRAGMA table_info(event)"); err != nil || len(rows) != 5 {
		t.Errorf("table_info: got %v, %v", rows, err)
	}
}

func FuzzNew(f *testing.F) {
	good := sampleBytes(f)
	f.Add(good)
	f.Add(good[:8192])
	f.Fuzz(func(t *testing.T, b []byte) {
		report, err := VerifyReader(t.Context(), bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Error(err)
		}
		a, err := New(bytes.NewReader(b), int64(len(b)), nil)
		if err != nil {
			if report.OK() {
				t.Errorf("sound, but it does not open: %v", err)
			}
			return
		}
		defer a.Close()
		root, records, err := digest.Of(t.Context(), a)
		if report.OK() && (err != nil || root != report.Root || records != report.Records) {
			t.Errorf("sound, %d records with digest %v; read are %d with %v, %v", report.Records, report.Root, records, root, err)
		}
	})
}

func FuzzWAL(f *testing.F) {
	f.Add([]byte("x"))
	w := startRecording(f, filepath.Join(f.TempDir(), "run.simexp"), manyRecords(100)[:10])
	log, err := os.ReadFile(w.LivePath() + "-wal")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(log)
	f.Fuzz(func(t *testing.T, b []byte) {
		index, err := readWAL(bytes.NewReader(b), int64(len(b)), 8192)
		if err != nil {
			return
		}
		for page, at := range index.frames {
			if page == 0 || at < walHeaderSize+frameHeader || at+8192 > int64(len(b)) {
				t.Errorf("page %d at %d of a log of %d bytes", page, at, len(b))
			}
		}
	})
}
