package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
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

// A badFile is a good file with one fault planted in it. What follows from the fault elsewhere in the file is put right, as a writer
// with that fault would have it.
type badFile struct {
	code string
	base string // good file
	sql  string // statements on its content
	// bytes changes the content where SQL cannot; it sees the file as SQLite left it.
	bytes func(t testing.TB, b []byte) []byte
	// reseal puts the seal and leaf_block right.
	reseal bool
	// layout changes the finished file.
	layout func(t testing.TB, b []byte) []byte
	// large files are made when the test runs, and not kept.
	large bool
}

func badFiles() []badFile {
	poke := func(at int, data string) func(testing.TB, []byte) []byte {
		return func(t testing.TB, b []byte) []byte {
			d, err := hex.DecodeString(data)
			if err != nil {
				t.Fatal(err)
			}
			copy(b[at:], d)
			return b
		}
	}
	list := []badFile{
		{code: sxMagic, base: "start", layout: poke(5, "41")},
		{code: sxFileSize, base: "all", layout: func(_ testing.TB, b []byte) []byte { return b[:len(b)-schema.PageSize] }},
		{code: sxFileSize, base: "all", layout: func(_ testing.TB, b []byte) []byte { return append(b, 0) }},
		{code: sxPageSize, base: "start", layout: poke(16, "1000")},
		{code: sxMode, base: "start", layout: poke(18, "0202")},
		{code: sxReserved, base: "start", layout: poke(20, "08")},
		{code: sxReserved, base: "start", layout: poke(22, "21")},
		{code: sxChangeCounter, base: "start", layout: poke(27, "02")},
		{code: sxChangeCounter, base: "start", layout: poke(95, "02")},
		{code: sxFreePages, base: "start", layout: poke(39, "01")},
		{code: sxSchemaCookie, base: "start", layout: poke(43, "02")},
		{code: sxSchemaCookie, base: "start", layout: poke(47, "03")},
		{code: sxSchemaCookie, base: "start", layout: poke(51, "03")},
		{code: sxAutoVacuum, base: "start", layout: poke(55, "01")},
		{code: sxAutoVacuum, base: "start", layout: poke(67, "01")},
		{code: sxEncoding, base: "start", layout: poke(59, "02")},
		{code: sxVersion, base: "start", layout: poke(60, "00000063")},
		{code: sxApplicationID, base: "start", layout: poke(68, "00000000")},
		{code: sxExpansion, base: "start", layout: poke(80, "01")},
		{code: sxWriterVersion, base: "start", layout: poke(96, "002e99b1")},

		{code: sxPageUse, base: "start", layout: func(_ testing.TB, b []byte) []byte {
			binary.BigEndian.PutUint32(b[28:], binary.BigEndian.Uint32(b[28:])+1)
			return append(b, make([]byte, schema.PageSize)...)
		}},
		{code: sxPageKind, base: "all", layout: func(t testing.TB, b []byte) []byte { pageOf(t, b, "note")[0] = 12; return b }},
		{code: sxPageKind, base: "all", layout: func(t testing.TB, b []byte) []byte { pageOf(t, b, "note")[0] = 10; return b }},
		{code: sxCells, base: "all", layout: func(t testing.TB, b []byte) []byte {
			binary.BigEndian.PutUint16(pageOf(t, b, "note")[8:], 5)
			return b
		}},
		{code: sxKeyOrder, base: "events", layout: func(t testing.TB, b []byte) []byte {
			editCells(t, pageOf(t, b, "event"), func(cells [][]byte) { cells[1][1] = cells[0][1] }) // rowids of one byte
			return b
		}},
		{code: sxDivider, base: "blocks", layout: func(t testing.TB, b []byte) []byte {
			editCells(t, pageOf(t, b, "event"), func(cells [][]byte) { cells[0][len(cells[0])-1]++ })
			return b
		}},
		{code: sxDepth, base: "blocks", layout: deepen},
		{code: sxOverflow, base: "extremes", layout: func(t testing.TB, b []byte) []byte {
			page := pageOf(t, b, "note")
			cell := cellsOf(page)[0]
			next := binary.BigEndian.Uint32(cell[len(cell)-4:])
			for {
				p := pageAt(b, next)
				if n := binary.BigEndian.Uint32(p); n != 0 {
					next = n
					continue
				}
				binary.BigEndian.PutUint32(p, 2)
				return b
			}
		}},
		{code: sxLayout, base: "all", layout: func(t testing.TB, b []byte) []byte { pageOf(t, b, "note")[1000] = 'x'; return b }},
		{code: sxShortest, base: "all", layout: func(t testing.TB, b []byte) []byte {
			// The count of notes, an integer of one byte (type 1), becomes one of two.
			rewriteRow(t, b, "seal", 0, func(types []uint64, values [][]byte) {
				types[6], values[6] = 2, append([]byte{0}, values[6]...)
			})
			return b
		}},
		{code: sxColumns, base: "all", layout: func(t testing.TB, b []byte) []byte {
			page := pageOf(t, b, "note")
			editCells(t, page, func(cells [][]byte) { cells[0][3] = 5 }) // the row id is no NULL
			return b
		}},
		{code: sxIndex, base: "attachments", layout: func(t testing.TB, b []byte) []byte {
			editCells(t, pageOf(t, b, "sqlite_autoindex_attachment_1"), func(cells [][]byte) { c := cells[1]; c[len(c)-1] = 9 })
			return b
		}},

		{code: sxUnknownObject, base: "all", sql: "CREATE TRIGGER x AFTER INSERT ON note BEGIN SELECT 1; END"},
		{code: sxUnknownObject, base: "all", sql: "CREATE TABLE x (y); INSERT INTO x VALUES (1)"},
		{code: sxMissingObject, base: "all", sql: "DROP VIEW notes"},
		{code: sxObjectText, base: "all", sql: "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = sql || ' WHERE 1' WHERE name = 'notes'"},
		{code: sxObjectOrder, base: "all", sql: "DROP VIEW notes; CREATE VIEW notes AS\nSELECT seq AS id, kind, text FROM note"},

		{code: sxType, base: "all", layout: func(t testing.TB, b []byte) []byte {
			editCells(t, pageOf(t, b, "note"), func(cells [][]byte) { cells[0][4]-- }) // kind: TEXT 13+2n becomes BLOB 12+2n
			return b
		}},
		{code: sxUTF8, base: "all", sql: "UPDATE note SET text = CAST(x'ff' AS TEXT)", reseal: true},
		{code: sxNameLength, base: "all", sql: "UPDATE experiment SET run_id = printf('%.*c', 4097, 'x')", reseal: true},
		{code: sxTextLength, base: "prompts", sql: "UPDATE llm_interaction SET response = printf('%.*c', 67108865, 'x') WHERE response = '{}'", reseal: true, large: true},
		{code: sxJSON, base: "all", sql: "UPDATE event SET data = '{' WHERE seq = 2", reseal: true},
		{code: sxJSON, base: "all", sql: "UPDATE experiment SET config = '{x: 1}'", reseal: true},
		{code: sxJSONDepth, base: "all", sql: "UPDATE event SET data = replace(printf('%.*c', 501, '['), '', '') || printf('%.*c', 501, ']') WHERE seq = 2", reseal: true},
		{code: sxJSONForm, base: "all", sql: "UPDATE event SET data = '{} ' WHERE seq = 2", reseal: true},
		{code: sxJSONForm, base: "all", sql: "UPDATE event SET data = 'null' WHERE seq = 2", reseal: true},
		{code: sxAbsent, base: "all", sql: "UPDATE event SET timestamp = '' WHERE seq = 2", reseal: true},
		{code: sxRequired, base: "all", sql: "UPDATE note SET kind = ''", reseal: true},
		{code: sxRequired, base: "all", sql: "UPDATE note SET text = ''", reseal: true},
		{code: sxAgents, base: "all", sql: `UPDATE iteration SET costs_per_agent = '{"BANK_B":5000,"BANK_A":5000}' WHERE number = 0`},
		{code: sxAgents, base: "all", sql: `UPDATE iteration SET costs_per_agent = '{"BANK_A": 5000,"BANK_B":5000}' WHERE number = 0`},
		{code: sxAgents, base: "all", sql: `UPDATE iteration SET costs_per_agent = '[5000]' WHERE number = 0`},
		{code: sxCents, base: "all", sql: `UPDATE iteration SET costs_per_agent = '{"BANK_A":1.5}' WHERE number = 0`},
		{code: sxCents, base: "all", sql: `UPDATE iteration SET costs_per_agent = '{"BANK_A":9223372036854775808}' WHERE number = 0`},
		{code: sxCents, base: "all", sql: `UPDATE iteration SET costs_per_agent = '{"BANK_A":"5"}' WHERE number = 0`},
		{code: sxAccepted, base: "all", sql: `UPDATE iteration SET accepted_changes = '{"BANK_A":1}' WHERE number = 0`},
		{code: sxPolicies, base: "all", sql: `UPDATE iteration SET policies = '{"BANK_A":null}' WHERE number = 0`},
		{code: sxIterationRange, base: "events", sql: "UPDATE event SET iteration = -1 WHERE iteration = 7; UPDATE iteration_span SET iteration = -1 WHERE iteration = 7"},
		{code: sxTokens, base: "all", sql: "UPDATE llm_interaction SET prompt_tokens = -1", reseal: true},
		{code: sxLatency, base: "all", sql: "UPDATE llm_interaction SET latency_seconds = -0.5", reseal: true},
		{code: sxLatency, base: "all", sql: "UPDATE llm_interaction SET latency_seconds = 9e999", reseal: true},
		{code: sxExtra, base: "prompts", sql: "UPDATE llm_interaction SET extra = '[1]' WHERE extra IS NOT NULL", reseal: true},

		{code: sxExperimentRow, base: "all", sql: "INSERT INTO experiment (id, run_id, experiment_name, experiment_type) VALUES (2, 'r', 'n', 't')"},
		{code: sxExperimentRow, base: "all", sql: "DELETE FROM experiment"},
		{code: sxSalt, base: "salted", sql: "UPDATE experiment SET salt = x'00112233'", reseal: true},
		{code: sxNoResult, base: "no-result", sql: "UPDATE experiment SET final_cost = 5"},
		{code: sxStatus, base: "all", sql: "UPDATE experiment SET status = 'running'", reseal: true},
		{code: sxConverged, base: "all", sql: "UPDATE experiment SET converged = 2"},

		{code: sxSeqGap, base: "all", sql: "DELETE FROM event WHERE seq = 4"},
		{code: sxSeqTwice, base: "attachments", sql: "INSERT INTO note VALUES (2, 'k', 't')"},
		{code: sxEventType, base: "all", sql: "UPDATE event SET type = 99 WHERE seq = 4"},
		{code: sxTypeOrder, base: "events", sql: "UPDATE event SET type = 3 - type; UPDATE event_type SET name = 'x' WHERE id = 1; UPDATE event_type SET name = 'a1' WHERE id = 2; UPDATE event_type SET name = 'a2' WHERE id = 1"},
		{code: sxTypeUnused, base: "events", sql: "INSERT INTO event_type VALUES (3, 'a3')"},
		{code: sxTypeTwice, base: "events", bytes: replaceIn("a2", "a1", "event_type", "sqlite_autoindex_event_type_1"), reseal: true},
		{code: sxTypeCount, base: "events", sql: "INSERT INTO event_type WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i+1 FROM n WHERE i < 65537) SELECT i, 'n' || i FROM n", large: true},

		{code: sxSectionList, base: "all", sql: "UPDATE llm_interaction SET system_prompt = '[1 ]' WHERE seq = (SELECT max(seq) FROM llm_interaction)"},
		{code: sxSectionList, base: "all", sql: "UPDATE llm_interaction SET system_prompt = '[01]' WHERE seq = (SELECT max(seq) FROM llm_interaction)"},
		{code: sxSectionMissing, base: "all", sql: "UPDATE llm_interaction SET system_prompt = '[99]' WHERE seq = (SELECT max(seq) FROM llm_interaction)"},
		{code: sxSectionHash, base: "all", sql: "UPDATE section SET sha256 = zeroblob(32) WHERE id = 1"},
		{code: sxSectionOrder, base: "prompts", sql: `UPDATE section SET id = 99 WHERE id = 1; UPDATE section SET id = 1 WHERE id = 2; UPDATE section SET id = 2 WHERE id = 99;
			UPDATE llm_interaction SET system_prompt = '[2]' WHERE system_prompt = '[1]'; UPDATE llm_interaction SET user_prompt = replace(user_prompt, '[2,', '[1,')`},
		{code: sxSectionUnused, base: "start", sql: sectionSQL(1, "unused")},
		{code: sxSectionCut, base: "example", sql: "UPDATE section SET id = 9 WHERE id = 2; " + sectionSQL(2, "") + "; UPDATE section SET id = 3 WHERE id = 9; UPDATE llm_interaction SET system_prompt = '[1,2]', user_prompt = '[3]'"},

		{code: sxSpanRows, base: "all", sql: "DELETE FROM iteration_span WHERE iteration = 3"},
		{code: sxSpanRows, base: "all", sql: "INSERT INTO iteration_span VALUES (999, 1, 1, 0, 0, 0)"},
		{code: sxSpanEnds, base: "all", sql: "UPDATE iteration_span SET last_seq = last_seq + 1 WHERE iteration = 0"},
		{code: sxSpanCounts, base: "all", sql: "UPDATE iteration_span SET interactions = 0 WHERE iteration = 0"},
		{code: sxSpanBytes, base: "all", sql: "UPDATE iteration_span SET bytes = bytes + 1 WHERE iteration = 0"},
		{code: sxAttachmentName, base: "attachments", sql: "UPDATE attachment SET name = '../a2' WHERE name = 'a2'", reseal: true},
		{code: sxAttachmentOnce, base: "attachments", bytes: replaceIn("a2", "a1", "attachment", "sqlite_autoindex_attachment_1"), reseal: true},

		{code: sxBlockRows, base: "blocks", sql: "DELETE FROM leaf_block WHERE first_seq = 256"},
		{code: sxBlockRows, base: "all", sql: "UPDATE leaf_block SET leaves = CAST(leaves || x'0011223344556677' AS BLOB)"},
		{code: sxBlockLeaves, base: "all", sql: "UPDATE leaf_block SET leaves = CAST(zeroblob(8) || substr(leaves, 9) AS BLOB)"},
		{code: sxBlockRoot, base: "blocks", sql: "UPDATE leaf_block SET root = zeroblob(32) WHERE first_seq = 256"},

		{code: sxRedactedRecord, base: "withheld", sql: "INSERT INTO redaction SELECT 9999, field, commitment, key FROM redaction LIMIT 1"},
		{code: sxRedactedField, base: "withheld", sql: "INSERT INTO redaction SELECT seq, 'nonsense', commitment, key FROM redaction LIMIT 1"},
		{code: sxRedactionForm, base: "withheld", sql: "UPDATE redaction SET commitment = NULL WHERE seq = 3"},
		{code: sxWithheldValue, base: "withheld", sql: "UPDATE note SET text = 'x' WHERE seq = (SELECT min(seq) FROM note)"},
		{code: sxKeyMissing, base: "withheld-salted", sql: "DELETE FROM redaction WHERE seq = 3"},
		{code: sxKeyNeedless, base: "all", sql: "INSERT INTO redaction VALUES (3, '', NULL, zeroblob(32))"},

		{code: sxSealRow, base: "all", sql: "DELETE FROM seal"},
		{code: sxSealRoot, base: "all", sql: "UPDATE seal SET root = zeroblob(32)"},
		{code: sxSealRoot, base: "all", sql: "UPDATE event SET data = replace(data, '10000', '20000') WHERE seq = 8"},
		{code: sxSealRoot, base: "blocks", sql: "UPDATE event SET timestamp = '2025-01-01T00:00:09' WHERE seq IN (3, 300)"},
		{code: sxSealRecords, base: "all", sql: "UPDATE seal SET records = records + 1"},
		{code: sxSealEvents, base: "all", sql: "UPDATE seal SET events = 0"},
		{code: sxSealCalls, base: "all", sql: "UPDATE seal SET interactions = 0"},
		{code: sxSealIterations, base: "all", sql: "UPDATE seal SET iterations = 99"},
		{code: sxSealNotes, base: "all", sql: "UPDATE seal SET notes = -1"},
		{code: sxSealFiles, base: "all", sql: "UPDATE seal SET attachments = 2"},
		{code: sxAnnotationID, base: "annotated", sql: "UPDATE annotation SET id = 3 WHERE id = 2"},
		{code: sxAnnotationSum, base: "annotated", sql: "UPDATE annotation SET text = '10.1000/183' WHERE id = 1"},
	}
	return list
}

// Codes that no file of the corpus can have, and why.
var notInCorpus = map[string]string{
	sxSidecar:   "it is about another file; see TestVerifySidecar",
	sxFileName:  "it is about the name; see TestVerifySidecar",
	sxIntegrity: "whatever SQLite finds breaks another requirement too",
}

// sectionSQL inserts a section.
func sectionSQL(id int, body string) string {
	return fmt.Sprintf("INSERT INTO section VALUES (%d, x'%x', '%s')", id, sha256.Sum256([]byte(body)), body)
}

// name gives the file's name in the corpus; n tells those of one code apart.
func (f badFile) name(n int) string {
	if n == 0 {
		return f.code
	}
	return fmt.Sprintf("%s-%c", f.code, 'a'+n)
}

// make plants the fault in a good file.
func (f badFile) make(t testing.TB, good []byte) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bad.simexp")
	b := bytes.Clone(good)
	save := func() {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if f.sql != "" {
		save()
		copied := path + "-copy"
		db := archivetest.OpenSQL(t, path, "mode=rw", "_journal_mode=MEMORY")
		db.SetMaxOpenConns(1)
		for _, s := range []string{"PRAGMA ignore_check_constraints = 1", f.sql, "PRAGMA writable_schema = 0"} {
			if _, err := db.Exec(s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
		if _, err := db.Exec("VACUUM INTO ?", copied); err != nil {
			t.Fatal(err)
		}
		db.Close()
		b = archivetest.ReadFile(t, copied)
	}
	if f.bytes != nil {
		b = f.bytes(t, b)
	}
	save()
	if f.reseal {
		reseal(t, path)
	}
	if err := sqlitefile.Canonicalise(path, sqlitefile.OverwriteFile); err != nil {
		t.Fatal(err)
	}
	b = archivetest.ReadFile(t, path)
	if f.layout != nil {
		b = f.layout(t, b)
	}
	return b
}

// reseal makes seal, leaf_block and iteration_span agree with the records, as a writer would that does not check what it is given.
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
	root := tree.Root()
	for _, row := range append(b.Take(), b.Last(&tree)...) {
		if _, err := db.Exec("INSERT OR REPLACE INTO leaf_block (first_seq, root, leaves) VALUES (?, ?, ?)", row.First, row.Root[:], row.Leaves); err != nil {
			t.Fatal(err)
		}
	}
	_, err = db.Exec("UPDATE seal SET root = ?", root[:])
	if err == nil {
		_, err = db.Exec(`UPDATE iteration_span SET bytes =
			coalesce((SELECT sum(length(CAST(data AS BLOB))) FROM event WHERE iteration = iteration_span.iteration), 0) +
			coalesce((SELECT sum(coalesce(length(CAST(response AS BLOB)), 0) + coalesce(length(CAST(parsed_policy AS BLOB)), 0)
				+ coalesce((SELECT sum(length(CAST(body AS BLOB))) FROM json_each(system_prompt) AS p JOIN section AS s ON s.id = p.value), 0)
				+ coalesce((SELECT sum(length(CAST(body AS BLOB))) FROM json_each(user_prompt) AS p JOIN section AS s ON s.id = p.value), 0))
				FROM llm_interaction WHERE iteration = iteration_span.iteration), 0)`)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// pageAt gives page n.
func pageAt(b []byte, n uint32) []byte {
	return b[int(n-1)*schema.PageSize : int(n)*schema.PageSize]
}

// pageOf gives the first page of a table or index.
func pageOf(t testing.TB, b []byte, name string) []byte {
	t.Helper()
	list, err := sqlitefile.Trees(btree.NewForest(btree.NewPager(bytes.NewReader(b), schema.PageSize, int64(len(b)/schema.PageSize))))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		if x.Name == name {
			return pageAt(b, x.Root)
		}
	}
	t.Fatalf("no %s", name)
	return nil
}

// cellsOf gives the cells of a canonical page that is not the first.
func cellsOf(page []byte) (cells [][]byte) {
	header := 8
	if page[0] < 8 {
		header = 12
	}
	end := len(page)
	for i := range int(binary.BigEndian.Uint16(page[3:])) {
		at := int(binary.BigEndian.Uint16(page[header+2*i:]))
		cells = append(cells, page[at:end:end])
		end = at
	}
	return cells
}

// editCells changes cells of a page without changing their lengths.
func editCells(t testing.TB, page []byte, edit func(cells [][]byte)) {
	t.Helper()
	cells := cellsOf(page)
	if len(cells) == 0 {
		t.Fatal("a page without cells")
	}
	edit(cells)
}

// putCells lays a page out with cells, and a rightmost child if it has one.
func putCells(page []byte, kind byte, cells [][]byte, right uint32) {
	cells = slices.Clone(cells)
	for i := range cells {
		cells[i] = bytes.Clone(cells[i])
	}
	clear(page)
	page[0] = kind
	header, end := 8, len(page)
	if kind < 8 {
		header = 12
		binary.BigEndian.PutUint32(page[8:], right)
	}
	for i, c := range cells {
		end -= len(c)
		copy(page[end:], c)
		binary.BigEndian.PutUint16(page[header+2*i:], uint16(end))
	}
	binary.BigEndian.PutUint16(page[3:], uint16(len(cells)))
	binary.BigEndian.PutUint16(page[5:], uint16(end))
}

// rewriteRow changes types and values of a row of a table of one page, whose lengths all fit into one byte.
func rewriteRow(t testing.TB, b []byte, table string, n int, edit func(types []uint64, values [][]byte)) {
	t.Helper()
	page := pageOf(t, b, table)
	cells := cellsOf(page)
	rowid, payload := cells[n][1], cells[n][2:]
	header := int(payload[0])
	var types []uint64
	var values [][]byte
	rest := payload[header:]
	for _, c := range payload[1:header] {
		size := 0
		switch {
		case c >= 12:
			size = int(c-12) / 2
		case c < 7:
			size = []int{0, 1, 2, 3, 4, 6, 8}[c]
		}
		types, values, rest = append(types, uint64(c)), append(values, rest[:size]), rest[size:]
	}
	edit(types, values)
	row := []byte{byte(len(types) + 1)}
	for _, c := range types {
		row = append(row, byte(c))
	}
	for _, v := range values {
		row = append(row, v...)
	}
	cells[n] = append([]byte{byte(len(row)), rowid}, row...)
	putCells(page, page[0], cells, 0)
}

// deepen puts the first two leaves of the table event one level below the others.
func deepen(t testing.TB, b []byte) []byte {
	t.Helper()
	binary.BigEndian.PutUint32(b[28:], binary.BigEndian.Uint32(b[28:])+1)
	b = append(b, make([]byte, schema.PageSize)...)
	added := uint32(len(b) / schema.PageSize)
	root := pageOf(t, b, "event")
	cells := cellsOf(root)
	if len(cells) < 3 {
		t.Fatalf("%d leaves", len(cells))
	}
	right := binary.BigEndian.Uint32(root[8:])
	second := binary.BigEndian.Uint32(cells[1])
	putCells(pageAt(b, added), tableInterior, cells[:1], second)
	top := bytes.Clone(cells[1])
	binary.BigEndian.PutUint32(top, added)
	putCells(root, tableInterior, append([][]byte{top}, cells[2:]...), right)
	return b
}

const tableInterior = 5

// replaceIn changes a text in tables and indexes, each of one page, into another of the same length.
func replaceIn(old, text string, names ...string) func(testing.TB, []byte) []byte {
	return func(t testing.TB, b []byte) []byte {
		for _, name := range names {
			page := pageOf(t, b, name)
			i := bytes.LastIndex(page, []byte(old))
			if i < 0 {
				t.Fatalf("no %q in %s", old, name)
			}
			copy(page[i:], text)
		}
		return b
	}
}

// checkSQL runs check.sql in the sqlite3 shell and gives what it prints, empty if there is no shell.
func checkSQL(t testing.TB, path string) string {
	t.Helper()
	shell, err := exec.LookPath("sqlite3")
	if err != nil && othertools.Required() {
		t.Fatal(err)
	} else if err != nil {
		return ""
	}
	script, err := os.Open("../check.sql")
	if err != nil {
		t.Fatal(err)
	}
	defer script.Close()
	cmd := exec.CommandContext(t.Context(), shell, "-readonly", path)
	cmd.Stdin = script
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(string(out), "SX-") && !strings.Contains(string(out), "rror") {
		t.Fatalf("sqlite3: %v: %s", err, out)
	}
	return string(out)
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
