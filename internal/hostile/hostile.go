// Package hostile makes files that somebody might pass off as an archive, for tests of every reader: each must be
// refused or read safely, quickly and in little memory, and nothing in it may be executed. The files are made from a
// sound archive, by changes of bytes and by SQL that a stranger could have run.
package hostile

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver that the statements run by
)

// A File is one hostile file. Its folder has nothing else but what belongs to it.
type File struct {
	Name string
	Path string
	// Refused says that no reader may take the file for an archive. The others may be read, as far as they are sound.
	Refused bool
}

// Source is what the files are made from.
type Source struct {
	Sealed    []byte // a sealed archive with records of all kinds
	Live, Log []byte // a live file and its write-ahead log, as a killed recorder leaves them
}

// Make writes all the files, each into a folder of its own below dir.
func Make(dir string, src Source) ([]File, error) {
	m := &maker{dir: dir, src: src}
	m.headers()
	m.schemas()
	m.contents()
	m.structures()
	m.repetitions()
	m.logs()
	m.kinds()
	return m.files, m.err
}

type maker struct {
	dir   string
	src   Source
	files []File
	err   error
}

// file writes one file and gives its path.
func (m *maker) file(name string, refused bool, data []byte) string {
	folder := filepath.Join(m.dir, fmt.Sprintf("%03d", len(m.files)))
	path := filepath.Join(folder, "run.simexp")
	m.files = append(m.files, File{Name: name, Path: path, Refused: refused})
	if m.err == nil {
		m.err = os.Mkdir(folder, 0o777)
	}
	if m.err == nil && data != nil {
		m.err = os.WriteFile(path, data, 0o666)
	}
	return path
}

// patched is the sealed archive with other bytes at an offset.
func (m *maker) patched(name string, refused bool, at int, b ...byte) {
	data := append([]byte(nil), m.src.Sealed...)
	copy(data[at:], b)
	m.file(name, refused, data)
}

// headers changes each field of the header that a reader relies on.
func (m *maker) headers() {
	m.patched("magic", true, 0, 'X')
	m.patched("page size 0", true, 16, 0, 0)
	m.patched("page size 1000", true, 16, 0x03, 0xe8)
	m.patched("page size 512", true, 16, 0x02, 0x00)
	m.patched("page size 65536", true, 16, 0x00, 0x01)
	m.patched("write version 9", true, 18, 9)
	m.patched("read version 9", true, 19, 9)
	m.patched("log that is not there", true, 18, 2, 2)
	m.patched("reserved space", true, 20, 255)
	m.patched("payload fractions", true, 21, 1, 1, 1)
	m.patched("page count 0", true, 28, 0, 0, 0, 0)
	m.patched("page count 1", true, 28, 0, 0, 0, 1)
	m.patched("page count of 2^32-1", true, 28, 255, 255, 255, 255)
	m.patched("freelist beyond the end", false, 32, 0, 255, 255, 255, 0, 0, 0, 9)
	m.patched("schema format 0", true, 44, 0, 0, 0, 0)
	m.patched("schema format 99", true, 44, 0, 0, 0, 99)
	m.patched("auto vacuum", true, 52, 0, 0, 0, 1)
	m.patched("UTF-16", true, 56, 0, 0, 0, 2)
	m.patched("encoding 9", true, 56, 0, 0, 0, 9)
	m.patched("version 0", true, 60, 0, 0, 0, 0)
	m.patched("version 99", true, 60, 0, 0, 0, 99)
	m.patched("version -1", true, 60, 255, 255, 255, 255)
	m.patched("incremental vacuum", true, 64, 0, 0, 0, 1)
	m.patched("another application", true, 68, 1, 2, 3, 4)
	m.patched("version valid for", true, 92, 1, 2, 3, 4)
	m.file("a header and nothing else", true, m.src.Sealed[:100])
	m.file("half a header", true, m.src.Sealed[:50])
	m.file("half a file", true, m.src.Sealed[:len(m.src.Sealed)/2])
	m.file("a byte less", true, m.src.Sealed[:len(m.src.Sealed)-1])
	m.file("zeros behind the header", true, append(m.src.Sealed[:100:100], make([]byte, len(m.src.Sealed)-100)...))
}

// edited is the sealed archive after statements that a stranger ran.
func (m *maker) edited(name string, refused bool, statements ...string) {
	m.execute(m.file(name, refused, m.src.Sealed), statements...)
}

func (m *maker) execute(path string, statements ...string) {
	if m.err != nil {
		return
	}
	// Nobody needs the file if the power fails while the tests run.
	db, err := sql.Open("sqlite", path+"?_pragma=journal_mode(off)&_pragma=synchronous(off)")
	if err != nil {
		m.err = err
		return
	}
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			m.err = fmt.Errorf("%s: %s: %w", m.files[len(m.files)-1].Name, s, err)
			break
		}
	}
	m.err = errors.Join(m.err, db.Close())
}

const (
	endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT "
	shadow  = "PRAGMA writable_schema = ON"
)

// schemas puts statements of its own into the file, where readers might execute them.
func (m *maker) schemas() {
	m.edited("trigger", true, "CREATE TRIGGER t AFTER INSERT ON z_event BEGIN DELETE FROM z_event; END")
	m.edited("trigger on a view", true, "CREATE TRIGGER t INSTEAD OF INSERT ON costs BEGIN SELECT 1; END")
	m.edited("view without end", true, "DROP VIEW costs",
		"CREATE VIEW costs AS "+endless+"x AS iteration, x AS agent_id, x AS cost_cents FROM c")
	m.edited("table as a view without end", true, "DROP TABLE z_note",
		"CREATE VIEW z_note AS "+endless+"x AS seq, x AS kind, x AS text FROM c")
	m.edited("table as a view of a gigabyte", true, "DROP TABLE z_note",
		"CREATE VIEW z_note AS SELECT 1 AS seq, 'a' AS kind, hex(zeroblob(500000000)) AS text")
	m.edited("blocks of hashes as a view", true, "DROP TABLE z_leaf_block",
		"CREATE VIEW z_leaf_block AS SELECT 0 AS first_seq, randomblob(32) AS root, zeroblob(1000000000) AS leaves")
	m.edited("seal that is other at each look", true, "ALTER TABLE z_experiment RENAME TO run",
		"CREATE VIEW z_experiment AS SELECT run.*, randomblob(32) AS digest FROM run")
	m.edited("table of a recorder in a sealed file", false,
		"CREATE TABLE live_section (\n  sha256 BLOB PRIMARY KEY,\n  id INTEGER NOT NULL\n) WITHOUT ROWID")
	m.edited("view that loads code", true, "CREATE VIEW x AS SELECT 1", shadow,
		"UPDATE sqlite_schema SET sql = 'CREATE VIEW x AS SELECT load_extension(''/tmp/x'')' WHERE name = 'x'")
	m.edited("virtual table of full text", true, "CREATE VIRTUAL TABLE x USING fts5(y)")
	m.edited("virtual table of boxes", true, "CREATE VIRTUAL TABLE x USING rtree(id, a, b)")
	m.edited("virtual table of unknown module", true, "CREATE TABLE x (y)", shadow,
		"UPDATE sqlite_schema SET sql = 'CREATE VIRTUAL TABLE x USING nothing(y)', rootpage = 0 WHERE name = 'x'")
	m.edited("generated column", true, "CREATE TABLE x (a, b AS (hex(zeroblob(100000000))))")
	m.edited("generated column in our table", true, "ALTER TABLE z_note ADD COLUMN bomb TEXT AS (hex(zeroblob(100000000)))")
	m.edited("index of an expression", true, "CREATE INDEX i ON z_event (length(data))")
	m.edited("partial index", true, "CREATE INDEX i ON z_event (seq) WHERE data IS NOT NULL")
	m.edited("default of an expression", true, "CREATE TABLE x (y DEFAULT (randomblob(100)))")
	m.edited("check that never ends", true, "CREATE TABLE x (y CHECK (y LIKE '%a%a%a%a%a%a%a%a%a%a%a%a'))")
	m.edited("table beside ours", true, "CREATE TABLE x (y)")
	m.edited("statistics", true, "ANALYZE")
	m.edited("a table less", true, "DROP TABLE z_annotation")
	m.edited("a column more", true, "ALTER TABLE z_event ADD COLUMN x TEXT")
	m.edited("a column renamed", true, "ALTER TABLE z_attachment RENAME COLUMN name TO nome")
	m.edited("names in capitals", true, shadow, "UPDATE sqlite_schema SET name = 'Z_NOTE', tbl_name = 'Z_NOTE' WHERE name = 'z_note'")
	m.edited("SQL that is no SQL", true, shadow, "UPDATE sqlite_schema SET sql = 'CREATE garbage' WHERE name = 'z_note'")
	m.edited("no SQL", true, shadow, "UPDATE sqlite_schema SET sql = NULL WHERE name = 'z_note'")
	m.edited("root page of another table", false, shadow,
		"UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'z_event') WHERE name = 'z_note'")
	m.edited("root page beyond the end", false, shadow,
		"UPDATE sqlite_schema SET rootpage = 999999 WHERE name = 'z_event'")
	m.edited("root page 0", false, shadow, "UPDATE sqlite_schema SET rootpage = 0 WHERE name = 'z_event'")
	m.edited("root page 1", false, shadow, "UPDATE sqlite_schema SET rootpage = 1 WHERE name = 'z_event'")
	m.edited("root page negative", false, shadow, "UPDATE sqlite_schema SET rootpage = -5 WHERE name = 'z_event'")
	m.edited("object twice", true, shadow, "INSERT INTO sqlite_schema SELECT * FROM sqlite_schema WHERE name = 'z_note'")
	m.edited("our table, but STRICT", true, shadow, "UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE name = 'z_event'")
	m.edited("SQL with a comment", true, shadow, "UPDATE sqlite_schema SET sql = sql || ' -- hello' WHERE name = 'costs'")
	many := []string{"BEGIN"}
	for i := range 3000 {
		many = append(many, fmt.Sprintf("CREATE TABLE t%d (x)", i))
	}
	m.edited("3000 tables", true, append(many, "COMMIT")...)
	m.edited("SQL of ten megabytes", true, shadow, "UPDATE sqlite_schema SET sql = sql || ' -- ' || hex(zeroblob(5000000)) WHERE name = 'costs'")
	m.edited("deep expression", true, "CREATE VIEW x AS SELECT 1", shadow,
		"UPDATE sqlite_schema SET sql = 'CREATE VIEW x AS SELECT "+strings.Repeat("(", 5000)+"1"+strings.Repeat(")",
			5000)+"' WHERE name = 'x'")
}

// contents keeps the schema and lies in the rows. What a column declares is not looked at when a file is read.
func (m *maker) contents() {
	edit := func(name string, refused bool, statements ...string) {
		m.edited(name, refused, append([]string{shadow}, statements...)...)
	}
	edit("no run", true, "DELETE FROM z_experiment")
	edit("root of the seal", false, "UPDATE z_experiment SET digest = zeroblob(32)")
	edit("short root of the seal", true, "UPDATE z_experiment SET digest = x'00'")
	edit("counts of the seal", false, "UPDATE z_experiment SET records = 9223372036854775807, events = -1")
	edit("half a seal", true, "UPDATE z_experiment SET records = NULL")
	edit("two runs", false,
		"CREATE TEMP TABLE x AS SELECT * FROM z_experiment; UPDATE x SET id = 2; INSERT INTO z_experiment SELECT * FROM x")
	edit("highest number of a record", false, "UPDATE z_event SET seq = 9223372036854775807 WHERE seq = (SELECT max(seq) FROM z_event)")
	edit("number before the highest", false, "UPDATE z_event SET seq = 9223372036854775806 WHERE seq = (SELECT max(seq) FROM z_event)")
	edit("negative number of a record", false, "UPDATE z_event SET seq = -7 WHERE seq = (SELECT max(seq) FROM z_event)")
	edit("record 0", false, "UPDATE z_event SET seq = 0 WHERE seq = (SELECT max(seq) FROM z_event)")
	edit("gap", false, "DELETE FROM z_event WHERE seq = (SELECT min(seq) FROM z_event)")
	edit("number used twice", false, "UPDATE z_note SET seq = (SELECT min(seq) FROM z_event) WHERE seq = (SELECT min(seq) FROM z_note)")
	edit("iteration of 2^62", false, "UPDATE z_event SET iteration = 4611686018427387904")
	edit("iteration negative", false, "UPDATE z_event SET iteration = -1")
	edit("spans without end", false, "UPDATE z_iteration SET first_seq = -9223372036854775808, last_seq = 9223372036854775807")
	edit("spans that overflow a sum", false, "UPDATE z_iteration SET events = 9223372036854775807, bytes = 9223372036854775807")
	edit("70000 event types", true, "WITH RECURSIVE c(x) AS (SELECT 1000 UNION ALL SELECT x + 1 FROM c LIMIT 70000) INSERT INTO z_event_type SELECT x, 'n' || x FROM c")
	edit("event type missing", false, "DELETE FROM z_event_type")
	edit("event type empty", false, "UPDATE z_event_type SET name = '' WHERE id = 1")
	edit("event type of a megabyte", false, "UPDATE z_event_type SET name = hex(zeroblob(500000)) WHERE id = 1")
	edit("JSON 100000 deep", false, "UPDATE z_event SET data = '"+strings.Repeat("[", 100000)+strings.Repeat("]",
		100000)+"'")
	edit("JSON cut short", false, "UPDATE z_event SET data = '{\"a\":'")
	edit("JSON with a key twice", false, "UPDATE z_iteration SET costs_per_agent = '{\"A\":1,\"A\":2}'")
	edit("cost with an exponent", false, "UPDATE z_iteration SET costs_per_agent = '{\"A\":1e999}'")
	edit("cost as text", false, "UPDATE z_iteration SET costs_per_agent = '{\"A\":\"1\"}'")
	edit("costs of a megabyte", false, "UPDATE z_iteration SET costs_per_agent = '{\"' || hex(zeroblob(500000)) || '\":1}'")
	edit("costs not an object", false, "UPDATE z_iteration SET costs_per_agent = '[[[[1]]]]'")
	edit("text that is no UTF-8", false, "UPDATE z_note SET text = CAST(x'ff00fe41' AS TEXT)",
		"UPDATE z_experiment SET experiment_name = CAST(x'c328ff' AS TEXT)")
	edit("terminal codes", false, "UPDATE z_note SET text = char(27) || '[2J' || char(27) || ']0;owned' || char(7) || char(8238) || 'txt.exe' || char(13) || 'x'",
		"UPDATE z_experiment SET run_id = char(27) || '[31m' || char(8238), experiment_name = char(10) || 'fake line' || char(0) || 'x'")
	edit("formulas", false, "UPDATE z_event_type SET name = '=cmd|''/C calc''!A0' WHERE id = 1",
		"UPDATE z_iteration SET costs_per_agent = '{\"=1+1\":1,\"@SUM(A1)\":2,\"-2\":3}'")
	edit("markup", false, "UPDATE z_experiment SET experiment_name = '<script>alert(1)</script>'",
		"UPDATE z_event_type SET name = '\"><img src=x onerror=alert(1)>' WHERE id = 1")
	edit("attachment that leaves its folder", false, "UPDATE z_attachment SET name = '../../../../tmp/owned'")
	edit("attachment at the root", false, "UPDATE z_attachment SET name = '/etc/cron.d/owned'")
	edit("attachment of 70 megabytes", false, "UPDATE z_attachment SET data = zeroblob(70000000)")
	edit("response of 70 megabytes", false, "UPDATE z_llm_interaction SET response = CAST(zeroblob(70000000) AS TEXT)")
	edit("section missing", false, "DELETE FROM z_section")
	edit("section list with a huge number", false, "UPDATE z_llm_interaction SET user_prompt = '[9223372036854775808]'")
	edit("one section without end", false, // 2.4 GB of prompts
		"INSERT INTO z_section SELECT max(id) + 1, replace(hex(zeroblob(100000)), '0', 'x') FROM z_section",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) INSERT INTO z_llm_interaction (seq, iteration, user_prompt) "+
			"SELECT i + (SELECT max(seq) FROM z_attachment), 0, '[' || id || replace(hex(zeroblob(29)), '00', ',' || id) || ']' "+
			"FROM n, (SELECT max(id) AS id FROM z_section)",
		"UPDATE z_iteration SET bytes = 1000000000000")
	edit("section list of ten million", false,
		"UPDATE z_llm_interaction SET user_prompt = '[1' || replace(hex(zeroblob(10000000)), '00', ',1') || ']' WHERE seq = (SELECT min(seq) FROM z_llm_interaction)",
		"UPDATE z_section SET body = '' WHERE id = 1")
	edit("section list that is none", false, "UPDATE z_llm_interaction SET user_prompt = '{\"a\":1}'")
	edit("section list of a million", false, "UPDATE z_section SET body = hex(zeroblob(500000))",
		"UPDATE z_llm_interaction SET user_prompt = '[1' || replace(hex(zeroblob(500000)), '00', ',1') || ']' WHERE seq = (SELECT min(seq) FROM z_llm_interaction)")
	edit("blocks of hashes that are none", false, "UPDATE z_leaf_block SET leaves = x'00', root = zeroblob(32)")
	edit("blocks of hashes everywhere", false, "DELETE FROM z_leaf_block",
		"WITH RECURSIVE c(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM c LIMIT 50000) INSERT INTO z_leaf_block SELECT x * 7 - 1000, zeroblob(32), zeroblob(8) FROM c")
	edit("redactions of everything", false,
		"INSERT OR REPLACE INTO z_redaction SELECT seq * 256 + 4, 'event_data', zeroblob(32), NULL FROM z_event")
	edit("redactions of nothing", false,
		"INSERT OR REPLACE INTO z_redaction SELECT seq * 256 + 4, 'event_data', NULL, NULL FROM z_event")
	edit("redactions of fields that there are not", false,
		"INSERT OR REPLACE INTO z_redaction SELECT seq * 256 + 255, 'x', zeroblob(32), NULL FROM z_event")
	edit("redactions far away", false,
		"INSERT INTO z_redaction VALUES (9223372036854775807, 'data', zeroblob(32), NULL), (-1, 'data', zeroblob(32), NULL)")
	edit("nothing in place of what is always there", false,
		"UPDATE z_note SET text = NULL", "UPDATE z_attachment SET data = NULL",
		"UPDATE z_iteration SET costs_per_agent = NULL, accepted_changes = NULL, policies = NULL")
	edit("iterations that were not recorded and hold something", false, "UPDATE z_iteration SET seq = NULL")
	edit("subject that is no pointer", false, "UPDATE z_note SET subject = 'final_cost'")
	edit("subject of a megabyte", false, "UPDATE z_note SET subject = '/' || hex(zeroblob(500000))")
	edit("subject of terminal codes", false,
		"UPDATE z_note SET subject = '/' || char(27) || '[2J' || char(8238) || char(10)")
	edit("100000 notes", false, "WITH RECURSIVE c(x) AS (SELECT 100000 UNION ALL SELECT x + 1 FROM c LIMIT 100000) INSERT INTO z_note SELECT x, 'k', NULL, 't' FROM c")
	// A table that is not STRICT is filled and then given the text of ours.
	for name, statement := range map[string]string{
		"blobs for texts":    "UPDATE z_event SET timestamp = x'00ff', data = x'7b7d'",
		"texts for integers": "UPDATE z_event SET iteration = 'one', type = 'two'",
		"reals for integers": "UPDATE z_event SET iteration = 1.5, type = 1e300",
		"NULL everywhere":    "UPDATE z_event SET iteration = NULL, type = NULL",
	} {
		edit(name, false,
			"CREATE TABLE keep AS SELECT sql FROM sqlite_schema WHERE name = 'z_event'",
			"UPDATE sqlite_schema SET sql = 'CREATE TABLE z_event (seq INTEGER PRIMARY KEY, iteration, type, timestamp, data)' WHERE name = 'z_event'",
			"PRAGMA schema_version = 1000", statement,
			"UPDATE sqlite_schema SET sql = (SELECT sql FROM keep) WHERE name = 'z_event'", "PRAGMA schema_version = 1001",
			"DROP TABLE keep")
	}
}

// structures damages pages: types, pointers, lengths, and whole pages in wrong places.
func (m *maker) structures() {
	pageSize := int(binary.BigEndian.Uint16(m.src.Sealed[16:]))
	pages := len(m.src.Sealed) / pageSize
	page := func(name string, f func(data []byte)) {
		data := append([]byte(nil), m.src.Sealed...)
		f(data)
		m.file(name, false, data)
	}
	random := rand.New(rand.NewPCG(8, 9))
	for i := range 6 {
		n := 1 + (i*5)%(pages-1)
		page(fmt.Sprintf("page %d of type 5", n+1), func(d []byte) { d[n*pageSize] = 5 })
		page(fmt.Sprintf("page %d with 65535 cells", n+1), func(d []byte) { d[n*pageSize+3], d[n*pageSize+4] = 255, 255 })
		page(fmt.Sprintf("page %d with cells at its start", n+1), func(d []byte) { clear(d[n*pageSize+8 : n*pageSize+40]) })
		page(fmt.Sprintf("page %d points to itself", n+1), func(d []byte) {
			d[n*pageSize] = 5
			binary.BigEndian.PutUint32(d[n*pageSize+8:], uint32(n+1))
		})
		page(fmt.Sprintf("rows of page %d of 2^63 bytes", n+1), func(d []byte) {
			for _, at := range []int{8, 10, 12} {
				c := int(binary.BigEndian.Uint16(d[n*pageSize+at:]))
				if c > 0 && c+9 < pageSize {
					copy(d[n*pageSize+c:], "\xff\xff\xff\xff\xff\xff\xff\xff\xff")
				}
			}
		})
	}
	page("all pages the same", func(d []byte) {
		for n := 2; n < pages; n++ {
			copy(d[n*pageSize:(n+1)*pageSize], d[pageSize:2*pageSize])
		}
	})
	page("pages in reverse", func(d []byte) {
		for n := 1; n < pages; n++ {
			copy(d[n*pageSize:(n+1)*pageSize], m.src.Sealed[(pages-n)*pageSize:])
		}
	})
	page("pages of noise", func(d []byte) {
		for i := 100; i < len(d); i++ {
			d[i] = byte(random.Uint32())
		}
	})
	for i := range 10 {
		page(fmt.Sprintf("a thousand flips, %d", i), func(d []byte) {
			for range 1000 {
				d[100+random.IntN(len(d)-100)] ^= byte(1) << random.IntN(8)
			}
		})
	}
}

// logs puts other files beside the archive that SQLite would look at.
func (m *maker) logs() {
	beside := func(name string, refused bool, data []byte, suffix string, other []byte) {
		path := m.file(name, refused, data)
		if m.err == nil {
			m.err = os.WriteFile(path+suffix, other, 0o666)
		}
	}
	journal := append([]byte("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x02\x00\x00\x00\x10\x00"), make([]byte, 9000)...)
	beside("hot journal", true, m.src.Sealed, "-journal", journal)
	beside("stale log", true, m.src.Sealed, "-wal", m.src.Log)
	beside("shared memory of noise", false, m.src.Sealed, "-shm", make([]byte, 32768))
	beside("log of noise", true, m.src.Live, "-wal", []byte(strings.Repeat("noise", 10000)))
	beside("log of another page size", true, m.src.Live, "-wal",
		Log(8192, Frame{Page: 1, Commit: 1, Data: make([]byte, 8192)}))
	pageSize := int(binary.BigEndian.Uint16(m.src.Sealed[16:]))
	first := func(change func([]byte)) []byte {
		b := append([]byte(nil), m.src.Live[:pageSize]...)
		change(b)
		return b
	}
	beside("log that makes the file of 2^32-1 pages", true, m.src.Live, "-wal",
		Log(pageSize, Frame{Page: 1, Commit: 1<<32 - 1, Data: first(func(b []byte) {
			binary.BigEndian.PutUint32(b[28:],
				1<<32-1)
		})}))
	beside("log that cuts the file to a page", true, m.src.Live, "-wal",
		Log(pageSize, Frame{Page: 1, Commit: 1, Data: first(func(b []byte) { binary.BigEndian.PutUint32(b[28:], 1) })}))
	beside("log with page 2^32-1", true, m.src.Live, "-wal",
		Log(pageSize, Frame{Page: 1<<32 - 1, Commit: 1<<32 - 1, Data: make([]byte, pageSize)}))
	beside("log with another header", true, m.src.Live, "-wal",
		Log(pageSize, Frame{Page: 1, Commit: 30, Data: make([]byte, pageSize)}))
	beside("holder of terminal codes", false, m.src.Sealed, "-lock", []byte("\x1b[2Jowned\n"))
	beside("holder of ten megabytes", false, m.src.Sealed, "-lock", make([]byte, 10<<20))
}

// A Frame is one page in a write-ahead log.
type Frame struct {
	Page, Commit uint32
	Data         []byte
}

// Log makes a write-ahead log whose checksums are right.
func Log(pageSize int, frames ...Frame) []byte {
	be := binary.BigEndian
	log := be.AppendUint32(nil, 0x377f0683) // checksums over big-endian words
	log = be.AppendUint32(log, 3007000)
	log = be.AppendUint32(log, uint32(pageSize))
	log = append(log, "\x00\x00\x00\x00saltSALT"...)
	var s0, s1 uint32
	sum := func(b []byte) {
		for ; len(b) >= 8; b = b[8:] {
			s0 += be.Uint32(b) + s1
			s1 += be.Uint32(b[4:]) + s0
		}
	}
	sum(log)
	log = be.AppendUint32(be.AppendUint32(log, s0), s1)
	for _, f := range frames {
		head := be.AppendUint32(be.AppendUint32(nil, f.Page), f.Commit)
		sum(head)
		sum(f.Data)
		log = append(append(log, head...), "saltSALT"...)
		log = be.AppendUint32(be.AppendUint32(log, s0), s1)
		log = append(log, f.Data...)
	}
	return log
}

// kinds are files that are no archives at all.
func (m *maker) kinds() {
	m.file("empty", true, []byte{})
	m.file("text", true, []byte("hello\n"))
	m.file("a megabyte of zeros", true, make([]byte, 1<<20))
	m.file("magic and zeros", true, append([]byte("SQLite format 3\x00"), make([]byte, 1<<16)...))
	m.file("Git LFS pointer", true, []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"))
	path := m.file("twenty gigabytes of hole", true, m.src.Sealed)
	if m.err == nil {
		m.err = os.Truncate(path, 20<<30)
	}
	path = m.file("folder", true, nil)
	if m.err == nil {
		m.err = os.Mkdir(path, 0o777)
	}
	path = m.file("link to itself", true, nil)
	if m.err == nil {
		m.err = os.Symlink(path, path)
	}
	m.pipes()
}
