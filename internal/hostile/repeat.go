package hostile

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"os"
	"slices"
)

// repeated is the sealed archive after a statement, with a table whose pages stand for more rows than the file has
// bytes: above what was its root are pages of pointers, levels high, that all lead to the same page below.
func (m *maker) repeated(name string, refused bool, table string, levels int, statement string) {
	m.edited(name, refused, statement, "VACUUM")
	m.rebuilt(table, func(f *treeFile) {
		for range levels {
			below := f.appendPage(f.page(f.root))
			f.above(slices.Repeat([]uint32{below}, f.most()), func(i int) int64 { return int64(min(i+1, 127)) })
		}
	})
}

// shared is the sealed archive after a statement that adds a row of three megabytes at the end of a table. Behind it
// come hundreds of rows with keys of their own, whose texts are in the same pages.
func (m *maker) shared(name string, refused bool, table, statement string) {
	m.edited(name, refused, statement, "VACUUM")
	m.rebuilt(table, (*treeFile).share)
}

// rebuilt changes the tree of a table in the last file.
func (m *maker) rebuilt(table string, change func(*treeFile)) {
	if m.err != nil {
		return
	}
	path := m.files[len(m.files)-1].Path
	db, err := sql.Open("sqlite", path)
	if err != nil {
		m.err = err
		return
	}
	f := &treeFile{}
	err = db.QueryRow("SELECT rootpage FROM sqlite_schema WHERE name = ?", table).Scan(&f.root)
	if err = errors.Join(err, db.Close()); err != nil {
		m.err = err
		return
	}
	if f.data, err = os.ReadFile(path); err != nil {
		m.err = err
		return
	}
	f.size = int(binary.BigEndian.Uint16(f.data[16:]))
	change(f)
	binary.BigEndian.PutUint32(f.data[28:], uint32(len(f.data)/f.size))
	m.err = os.WriteFile(path, f.data, 0o666)
}

// A treeFile is a database of which one table is changed, by its pages.
type treeFile struct {
	data []byte
	size int    // of a page
	root uint32 // of the table
}

func (f *treeFile) page(n uint32) []byte { return f.data[int(n-1)*f.size : int(n)*f.size] }

func (f *treeFile) appendPage(page []byte) (n uint32) {
	f.data = append(f.data, page...)
	return uint32(len(f.data) / f.size)
}

// most is how many pages a page of pointers leads to if keys have one byte.
func (f *treeFile) most() int { return (f.size-12)/(2+5) + 1 }

// above makes the root a page of pointers to pages, with the greatest key in each but the last.
func (f *treeFile) above(pages []uint32, key func(i int) int64) {
	last := len(pages) - 1
	var cells [][]byte
	for i, n := range pages[:last] {
		cells = append(cells, appendVarint(binary.BigEndian.AppendUint32(nil, n), key(i)))
	}
	root := f.cells(5, 12, cells)
	binary.BigEndian.PutUint32(root[8:], pages[last])
	copy(f.page(f.root), root)
}

// share adds some 320 rows behind the last of a table of one page, which goes on in other pages. They go on in the same.
func (f *treeFile) share() {
	first := f.appendPage(f.page(f.root))
	leaf := f.page(first)
	count := int(binary.BigEndian.Uint16(leaf[3:]))
	cell := leaf[binary.BigEndian.Uint16(leaf[8+2*(count-1):]):]
	payload, n := varint(cell)
	key, k := varint(cell[n:])
	length := f.local(int(payload)) + 4
	rest := slices.Clone(cell[n+k : n+k+length])
	pages, greatest := []uint32{first}, []int64{key}
	for end := key + 320; key < end; {
		var cells [][]byte
		for room := f.size - 8; room > length+20; room -= len(cells[0]) + 2 {
			key++
			cells = append(cells, append(appendVarint(appendVarint(nil, payload), key), rest...))
		}
		pages, greatest = append(pages, f.appendPage(f.cells(13, 8, cells))), append(greatest, key)
	}
	f.above(pages, func(i int) int64 { return greatest[i] })
}

// local is how much of a payload is in a leaf, if not all of it is (SQLite's file format, section 1.6).
func (f *treeFile) local(payload int) int {
	least := (f.size-12)*32/255 - 23
	if k := least + (payload-least)%(f.size-4); k <= f.size-35 {
		return k
	}
	return least
}

// cells lays out a page of a kind, with a header of some bytes.
func (f *treeFile) cells(kind byte, header int, cells [][]byte) []byte {
	page := make([]byte, f.size)
	page[0] = kind
	at := f.size
	for i, c := range cells {
		at -= len(c)
		copy(page[at:], c)
		binary.BigEndian.PutUint16(page[header+2*i:], uint16(at))
	}
	binary.BigEndian.PutUint16(page[3:], uint16(len(cells)))
	binary.BigEndian.PutUint16(page[5:], uint16(at))
	return page
}

// oneText are statements after which rows can have one text of three megabytes.
var oneText = []struct {
	name             string
	refused          bool
	table, statement string
}{
	{"hundreds of notes with one text", false, "z_note",
		"INSERT INTO z_note SELECT max(seq) + 1, 'k', NULL, hex(zeroblob(1500000)) FROM z_note"},
	{"hundreds of annotations with one text", false, "z_annotation",
		"INSERT INTO z_annotation (kind, text, sha256) VALUES ('k', hex(zeroblob(1500000)), zeroblob(32))"},
	{"hundreds of event types with one name", true, "z_event_type",
		"INSERT INTO z_event_type (name) VALUES (hex(zeroblob(1500000)))"},
}

// MakeLive writes live files, each into a folder of its own below dir, for somebody to hold as their recorder. SQLite
// reads such a file, and follows its pages as often as they lead somewhere.
func MakeLive(dir string, src Source) ([]File, error) {
	m := &maker{dir: dir, src: src}
	for _, r := range oneText {
		path := m.file(r.name+", live", r.refused, m.src.Live)
		if m.err == nil {
			m.err = os.WriteFile(path+"-wal", m.src.Log, 0o666)
		}
		m.execute(path, r.statement, "PRAGMA journal_mode = DELETE", "VACUUM")
		m.rebuilt(r.table, (*treeFile).share)
		m.execute(path, "PRAGMA journal_mode = WAL")
	}
	return m.files, m.err
}

// repetitions are tables that are gathered in memory, with rows without end.
func (m *maker) repetitions() {
	m.repeated("a note of three megabytes, hundreds of times", false, "z_note", 1,
		"INSERT INTO z_note SELECT max(seq) + 1, 'k', NULL, hex(zeroblob(1500000)) FROM z_note")
	m.repeated("an annotation of three megabytes, hundreds of times", false, "z_annotation", 1,
		"INSERT INTO z_annotation (kind, text, sha256) VALUES ('k', hex(zeroblob(1500000)), zeroblob(32))")
	m.repeated("a million iterations", false, "z_iteration", 2, "UPDATE z_iteration SET policies = '{}'")
	m.repeated("experiments without end", true, "z_experiment", 6, "UPDATE z_experiment SET digest = NULL")
	m.repeated("event types without end", false, "z_event_type", 6, "SELECT 1")
	// The iterations say that they end behind all of that, and no prompt ends a reading before.
	const spans = "UPDATE z_iteration SET first_seq = 1, last_seq = 1000000; " +
		"UPDATE z_llm_interaction SET system_prompt = NULL, user_prompt = NULL"
	for _, table := range []string{"z_iteration", "z_event", "z_section", "z_llm_interaction", "z_note", "z_attachment",
		"z_leaf_block"} {
		m.repeated("rows of "+table+" without end", false, table, 6, spans)
	}
	m.repeated("what is withheld without end", false, "z_redaction", 6,
		"INSERT INTO z_redaction VALUES (5, 'config', zeroblob(32), NULL)")
	m.repeated("keys without end", false, "z_redaction", 6,
		"INSERT INTO z_redaction VALUES (5, 'config', NULL, zeroblob(32))")
	m.repeated("annotations without end", false, "z_annotation", 6,
		"INSERT INTO z_annotation VALUES (1, 'k', NULL, 't', zeroblob(32))")
	m.repeated("iterations without end that were not recorded", false, "z_iteration", 6,
		"UPDATE z_iteration SET seq = NULL")
	m.repeated("an event type of three megabytes, hundreds of times", true, "z_event_type", 1,
		"UPDATE z_event_type SET name = hex(zeroblob(1500000)) WHERE id = 1")

	for _, r := range oneText {
		m.shared(r.name, r.refused, r.table, r.statement)
	}
}

func varint(b []byte) (v int64, n int) {
	for n = 1; ; n++ {
		v = v<<7 | int64(b[n-1]&0x7f)
		if b[n-1] < 0x80 {
			return v, n
		}
	}
}

// appendVarint is for what is not negative and has fewer than 57 bits.
func appendVarint(b []byte, v int64) []byte {
	if v >= 0x80 {
		b = appendGroups(b, v>>7)
	}
	return append(b, byte(v&0x7f))
}

func appendGroups(b []byte, v int64) []byte {
	if v >= 0x80 {
		b = appendGroups(b, v>>7)
	}
	return append(b, byte(v&0x7f)|0x80)
}
