package btree_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"hash"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/simexp/exparchive/archive/internal/btree/btreetest"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/internal/othertools"
)

// Whether a page is sound is for programs to say that others wrote: SQLite as it is built in here, and where they are
// installed its shell and Python's module, which are other releases of it.

// A judge gives the answer of a program to an integrity check, and a checksum of all rows.
type judge func(t *testing.T, path string, d *btreetest.Database) (integrity string, rows [32]byte)

var judges = map[string]judge{
	"modernc": func(t *testing.T, path string, d *btreetest.Database) (string, [32]byte) {
		db := openDB(t, path, "mode=ro&immutable=1")
		defer db.Close()
		sum := sha256.New()
		for _, table := range d.Tables {
			queryInto(t, db, sum, d.Select(table.Name))
		}
		return integrity(t, db), [32]byte(sum.Sum(nil))
	},
	"sqlite3": func(t *testing.T, path string, d *btreetest.Database) (string, [32]byte) {
		return runJudge(t, exec.CommandContext(t.Context(), othertools.Find(t, "sqlite3"), "-readonly", path), d,
			func(statement string) string { return statement + ";\n" })
	},
	"python3": func(t *testing.T, path string, d *btreetest.Database) (string, [32]byte) {
		program := "import sqlite3, sys\n" +
			"db = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True)\n" +
			"for s in sys.stdin:\n  for row in db.execute(s): print(row[0])\n"
		othertools.Find(t, "python3")
		python, err := pythonWithSQLite()
		if err != nil {
			othertools.Missing(t, err)
		}
		return runJudge(t, exec.CommandContext(t.Context(), python, "-c", program, path), d,
			func(statement string) string { return statement + "\n" })
	},
}

// pythonWithSQLite gives the path of the interpreter itself: what is called python3 may be a script that looks for it,
// which takes longer than most databases.
var pythonWithSQLite = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("python3", "-c", "import sqlite3, sys; print(sys.executable)").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("python3 without sqlite3: %w: %s", err, out)
	}
	return strings.TrimSpace(string(out)), nil
})

// runJudge runs a program that reads statements and writes what they give, a line for each row.
func runJudge(
	t *testing.T, program *exec.Cmd, d *btreetest.Database, statement func(string) string,
) (string, [32]byte) {
	input := statement("PRAGMA integrity_check")
	for _, table := range d.Tables {
		input += statement(d.Select(table.Name))
	}
	program.Stdin = strings.NewReader(input)
	out := &firstLine{rest: sha256.New()}
	var messages bytes.Buffer
	program.Stdout, program.Stderr = out, &messages
	if err := program.Run(); err != nil {
		t.Fatalf("%s: %v: %s", d.Name, err, messages.String())
	}
	return string(out.line), [32]byte(out.rest.Sum(nil))
}

// A firstLine keeps the first line of what is written, and hashes the rest.
type firstLine struct {
	line []byte
	done bool
	rest hash.Hash
}

func (f *firstLine) Write(b []byte) (int, error) {
	n := len(b)
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	if !f.done {
		line, rest, found := bytes.Cut(b, []byte("\n"))
		f.line, b, f.done = append(f.line, line...), rest, found
	}
	f.rest.Write(b)
	return n, nil
}

func openDB(t *testing.T, path, options string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path)+"?"+options)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

// queryInto writes the rows of a query, each one text, as lines.
func queryInto(t *testing.T, db *sql.DB, w io.Writer, query string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var line sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		w.Write(line)
		w.Write([]byte("\n"))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func integrity(t *testing.T, db *sql.DB) string {
	t.Helper()
	var b strings.Builder
	queryInto(t, db, &b, "PRAGMA integrity_check")
	return strings.TrimSpace(b.String())
}

// judged writes a database and has it judged, in the usual form by one of the other programs only.
func judged(t *testing.T, d *btreetest.Database, other string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "x.db")
	if err := d.File(path); err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	if err := d.Dump(sum); err != nil {
		t.Fatal(err)
	}
	for name, judge := range judges {
		if name != "modernc" && name != other && !longtest.Enabled() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			integrity, rows := judge(t, path, d)
			if integrity != "ok" {
				t.Errorf("integrity_check: %s", integrity)
			}
			if rows != [32]byte(sum.Sum(nil)) {
				t.Error("the rows are not those that were written")
			}
		})
	}
	return path
}

// TestJudges has each database checked and read, row by row, then found its way in and written to.
func TestJudges(t *testing.T) {
	if testing.Short() {
		t.Skip("starts other programs some hundred times")
	}
	others := []string{"sqlite3", "python3"} // of each kind of database each judges that of one size
	for i, size := range []int{512, 4096} {  // with the deepest trees, and that of archives
		for k, d := range btreetest.Databases(size, longtest.Enabled()) {
			t.Run(d.Name, func(t *testing.T) {
				path := judged(t, &d, others[(i+k)%2])
				db := openDB(t, path, "")
				defer db.Close()
				for _, table := range d.Tables {
					find(t, db, table)
				}
				if size > 512 || !strings.HasPrefix(d.Name, "deep") || longtest.Enabled() { // which takes as long as all others
					change(t, db, &d)
				}
			})
		}
	}
}

// find looks rows up by their ids, and reads them backwards.
func find(t *testing.T, db *sql.DB, table btreetest.Table) {
	t.Helper()
	var ids []int64
	for id := range table.Rows {
		ids = append(ids, id)
	}
	var found int
	query := fmt.Sprintf("SELECT count(*) FROM %[1]s AS a CROSS JOIN %[1]s AS b ON b.id = a.id", table.Name)
	if err := db.QueryRow(query).Scan(&found); err != nil {
		t.Fatal(err)
	}
	if found != len(ids) {
		t.Errorf("table %s: found %d rows by their ids, want %d", table.Name, found, len(ids))
	}
	rows, err := db.Query("SELECT id FROM " + table.Name + " ORDER BY id DESC")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	at := len(ids)
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		if at--; at < 0 || id != ids[at] {
			t.Fatalf("table %s, backwards: got row %d", table.Name, id)
		}
	}
	if err := rows.Err(); err != nil || at != 0 {
		t.Errorf("table %s, backwards: %d rows are missing, %v", table.Name, at, err)
	}
}

// change has SQLite write to the pages in every way.
func change(t *testing.T, db *sql.DB, d *btreetest.Database) {
	t.Helper()
	do := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	check := func(after string) {
		t.Helper()
		if got := integrity(t, db); got != "ok" {
			t.Errorf("integrity_check after %s: %s", after, got)
		}
	}
	do("CREATE TABLE more (id INTEGER PRIMARY KEY, x, y)")
	for _, o := range d.Schema {
		if o.Type != "table" {
			continue
		}
		do("UPDATE " + o.Name + " SET x = x || 'longer by this', y = 1 WHERE id % 3 = 0")
		do("DELETE FROM " + o.Name + " WHERE id % 5 = 0")
		do("INSERT OR REPLACE INTO " + o.Name + " SELECT id - 1, y, x FROM " + o.Name + " WHERE id > 0 AND id % 2 = 0")
		do("INSERT INTO more SELECT NULL, x, y FROM " + o.Name)
	}
	check("UPDATE, DELETE and INSERT")
	do("VACUUM")
	check("VACUUM")
	do("PRAGMA journal_mode = WAL")
	do("UPDATE more SET y = x WHERE id % 7 = 0")
	do("PRAGMA journal_mode = DELETE")
	check("a log")
}

// TestJudgesLockPage: SQLite finds nothing wrong with files of more than 1 GiB, and what they have on both sides of
// that byte.
func TestJudgesLockPage(t *testing.T) {
	if !longtest.Enabled() {
		t.Skip("writes files of 1 GiB")
	}
	const size = 4096 // that archives have
	for _, what := range []string{"chain", "end"} {
		d := btreetest.Lock(size, what)
		t.Run(d.Name, func(t *testing.T) {
			path := judged(t, &d, "")
			if info, err := os.Stat(path); err != nil || info.Size() < 1<<30-1<<20 {
				t.Fatalf("a file of %d bytes, %v", info.Size(), err)
			}
			os.Remove(path)
		})
	}
}
