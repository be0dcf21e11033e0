package verify

import (
	"bytes"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/othertools"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/schema"
)

// make plants the fault in a good file. SQLite changes the content, and the pages are laid out anew of what it leaves.
func (f badFile) make(t testing.TB, good []byte) []byte {
	t.Helper()
	path := archivetest.Write(t, good)
	if f.sql != "" {
		db := archivetest.OpenSQL(t, path, "mode=rw", "_journal_mode=MEMORY")
		for _, s := range []string{f.sql, "PRAGMA writable_schema = 0"} {
			if _, err := db.Exec(s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
		db.Close()
	}
	if f.reseal {
		reseal(t, path)
	}
	b := relay(t, archivetest.ReadFile(t, path), f.row)
	if f.layout != nil {
		b = f.layout(t, b)
	}
	return b
}

// relay gives the content of a database the pages that a sealed file has, each record as change gives it.
func relay(t testing.TB, b []byte, change func(table string, key int64, record []byte) []byte) []byte {
	t.Helper()
	forest := forestOf(t, b)
	var objects []btree.Object
	roots := map[string]uint32{}
	row := make([]btree.Value, 5)
	for w := forest.Walk(sqlitefile.SchemaTable, 1); w.Next(); {
		if _, _, err := btree.DecodeRow(w.Payload, row); err != nil {
			t.Fatal(err)
		}
		o := btree.Object{Type: string(row[0].Bytes), Name: string(row[1].Bytes), Table: string(row[2].Bytes),
			SQL: string(row[4].Bytes)}
		objects = append(objects, o)
		roots[o.Name] = uint32(row[3].Int)
	}
	var out buffer
	writer, err := btree.NewWriter(&out, schema.PageSize, objects)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if o.Type != "table" {
			continue
		}
		if err := writer.Table(o.Name); err != nil {
			t.Fatal(err)
		}
		for w := forest.Walk(o.Name, roots[o.Name]); w.Next(); {
			record := w.Payload
			if change != nil {
				record = change(o.Name, w.Key, record)
			}
			if err := writer.Row(w.Key, record); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := writer.Finish(func(pages uint32) []byte {
		return sqlitefile.CanonicalHeader(pages,
			schema.Version)
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func forestOf(t testing.TB, b []byte) *btree.Forest {
	forest := btree.NewForest(btree.NewPager(bytes.NewReader(b), schema.PageSize, int64(len(b)/schema.PageSize)))
	forest.Report = func(f btree.Fault) { t.Errorf("page %d: %s", f.Page, f.Text) }
	return forest
}

// A buffer is a file in memory.
type buffer []byte

// Put implements [btree.Sink].
func (b *buffer) Put(page uint32, data []byte) error {
	end := int(page) * len(data)
	if end > len(*b) {
		*b = append(*b, make([]byte, end-len(*b))...)
	}
	copy((*b)[end-len(data):], data)
	return nil
}

// edit changes the rows of a table. A row has NULL where its key stands.
func edit(table string, change func(key int64, row tables.Row) tables.Row) func(string, int64, []byte) []byte {
	return func(of string, key int64, record []byte) []byte {
		if of != table {
			return record
		}
		row := make(tables.Row, len(tables.Columns[table]))
		if _, _, err := btree.DecodeRow(record, row); err != nil {
			panic(err)
		}
		for i, c := range tables.Columns[table] {
			_ = c.Check(&row[i])
		}
		return btree.AppendRecord(nil, change(key, row))
	}
}

// pokeRecord writes a byte into the records of a table.
func pokeRecord(table string, at int, value byte) func(string, int64, []byte) []byte {
	return func(of string, _ int64, record []byte) []byte {
		if of == table {
			record = bytes.Clone(record)
			record[at] = value
		}
		return record
	}
}

// poke writes bytes, given in hexadecimal, into the finished file.
func poke(at int, data string) func(testing.TB, []byte) []byte {
	return func(t testing.TB, b []byte) []byte {
		d, err := hex.DecodeString(data)
		if err != nil {
			t.Fatal(err)
		}
		copy(b[at:], d)
		return b
	}
}

// reseal makes the seal, the leaf blocks and the bytes of the iterations agree with the records, as a writer would that
// does not check what it is given.
func reseal(t testing.TB, path string) {
	t.Helper()
	a, err := archive.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var tree digest.Tree
	var leaf digest.Leaf
	var b tables.Blocks
	for r, err := range a.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		b.Add(&tree, leaf.Hash(r))
	}
	a.Close()
	db := archivetest.OpenSQL(t, path, "mode=rw", "_journal_mode=MEMORY")
	defer db.Close()
	for _, row := range append(b.Take(), b.Last(&tree)...) {
		if _, err := db.Exec("INSERT OR REPLACE INTO z_leaf_block VALUES (?, ?, ?)", row.First, row.Root[:],
			row.Leaves); err != nil {
			t.Fatal(err)
		}
	}
	root := tree.Root()
	_, err = db.Exec("UPDATE z_experiment SET digest = ?", root[:])
	if err == nil {
		_, err = db.Exec(bytesOfIterations)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// bytesOfIterations puts right how much text the iterations have.
const bytesOfIterations = `UPDATE z_iteration AS i SET bytes =
	coalesce((SELECT sum(octet_length(data)) FROM z_event WHERE iteration = i.number), 0) +
	coalesce((SELECT sum(coalesce(octet_length(response), 0) + coalesce(octet_length(parsed_policy), 0)
		+ coalesce((SELECT sum(octet_length(body)) FROM json_each(system_prompt) AS p JOIN z_section AS s ON s.id = p.value), 0)
		+ coalesce((SELECT sum(octet_length(body)) FROM json_each(user_prompt) AS p JOIN z_section AS s ON s.id = p.value), 0))
		FROM z_llm_interaction WHERE iteration = i.number), 0)`

// checkSQL runs check.sql in the sqlite3 shell and gives the requirements that it names, and all that it prints. It
// gives nothing if there is no shell.
func checkSQL(t testing.TB, path string) (codes []string, out string) {
	t.Helper()
	shell, err := exec.LookPath("sqlite3")
	if err != nil && othertools.Required() {
		t.Fatal(err)
	} else if err != nil {
		return nil, ""
	}
	script, err := os.Open("../check.sql")
	if err != nil {
		t.Fatal(err)
	}
	defer script.Close()
	cmd := exec.CommandContext(t.Context(), shell, "-readonly", path)
	cmd.Stdin = script
	printed, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(string(printed), "SX-") && !strings.Contains(string(printed), "rror") {
		t.Fatalf("sqlite3: %v: %s", err, printed)
	}
	for line := range strings.Lines(string(printed)) {
		if code, _, ok := strings.Cut(line, "|"); ok && strings.HasPrefix(code, "SX-") && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes, string(printed)
}

// verifyThroughSQL checks a file by way of SQLite, as one that is being recorded.
func verifyThroughSQL(t testing.TB, path string) Report {
	t.Helper()
	f, err := sqlitefile.Open(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := verifyShared(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestLayOut: what makes the bad files makes a good one of a good one, and of what SQLite has made of it.
func TestLayOut(t *testing.T) {
	for name, g := range goodFiles() {
		good := g.make(t)
		if !bytes.Equal(relay(t, good, nil), good) {
			t.Errorf("%s: got other bytes", name)
		}
		path := archivetest.Write(t, good)
		copied := filepath.Join(t.TempDir(), "copy.db")
		db := archivetest.OpenSQL(t, path, "mode=rw")
		if _, err := db.Exec("VACUUM INTO ?", copied); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(relay(t, archivetest.ReadFile(t, copied), nil), good) {
			t.Errorf("%s, by way of VACUUM: got other bytes", name)
		}
	}
}
