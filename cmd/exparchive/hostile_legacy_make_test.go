package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A hostileFile is an old database, or what is passed off as one.
type hostileFile struct {
	name  string
	path  string
	run   string // id of a run, where there are several
	table string // to be dumped
	brief bool   // one command of each kind is enough
	large bool   // reading it takes long
	long  bool   // listing or importing what is in it takes as long as there is to list or to hash
}

// A hostileMaker puts each file into a folder of its own.
type hostileMaker struct {
	t      *testing.T
	folder string
	files  []hostileFile
}

// makeHostile makes the files from the fixtures of the packages that read old databases.
func makeHostile(t *testing.T, folder string, flips int) []hostileFile {
	m := &hostileMaker{t: t, folder: folder}
	m.cut()
	m.headers()
	m.flipped(flips)
	for i := range m.files {
		m.files[i].brief = true
	}
	m.made()
	m.frames()
	m.logs()
	m.exports()
	large := 0
	for i := range m.files {
		if f := &m.files[i]; slices.Contains(largeHostile, f.name) {
			f.large = true
			large++
		}
	}
	if large != len(largeHostile) {
		t.Errorf("got %d of the files %q", large, largeHostile)
	}
	return m.files
}

// largeHostile are files on which a command works for long, whatever it is.
var largeHostile = []string{
	"rows.db.gz", "other.db.gz", "wide.db.gz", "runs.db.gz", "huge.db.gz", "long.db.gz", "nested.db.gz",
	"names.db.gz", "number.db.gz", "20000 runs in the log", "100000 columns", "agent of 1 MB", "id of 300 KB",
	"a log of 100 MB of nothing", "export: a line of zeros", "export: 10 MB of text", "export: 10000 days",
	"export: number of a million digits",
}

// Those of them whose import takes the most memory, which have the most rows, and the most to say of what there is.
const (
	largestImport = "wide.db.gz"
	largestReplay = "rows.db.gz"
	largestSchema = "100000 columns"
)

// add writes a file, and its log if there is one.
func (m *hostileMaker) add(name, table, run string, db, log []byte) string {
	m.t.Helper()
	folder := filepath.Join(m.folder, fmt.Sprintf("%03d", len(m.files)))
	path := filepath.Join(folder, "old.db")
	m.files = append(m.files, hostileFile{name: name, path: path, run: run, table: table})
	if err := os.Mkdir(folder, 0o777); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, db, 0o666); err != nil {
		m.t.Fatal(err)
	}
	if log != nil {
		if err := os.WriteFile(path+".wal", log, 0o666); err != nil {
			m.t.Fatal(err)
		}
	}
	return path
}

func unzip(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (m *hostileMaker) fixture(name string) []byte {
	return unzip(m.t, filepath.Join(legacyTestdata, filepath.FromSlash(name)))
}

// made are those that the engine itself made.
func (m *hostileMaker) made() {
	paths, err := filepath.Glob(filepath.Join(legacyTestdata, "hostile", "*.db.gz"))
	if err != nil {
		m.t.Fatal(err)
	}
	if len(paths) < 15 {
		m.t.Fatalf("got %d databases, want 15 or more", len(paths))
	}
	for _, path := range paths {
		m.add(filepath.Base(path), "experiment_events", "", unzip(m.t, path), nil)
		m.files[len(m.files)-1].long = filepath.Base(path) == "runs.db.gz"
	}
	for _, name := range []string{"nan", "json", "cents", "values", "double", "foreign"} {
		m.add("bad/"+name, "experiments", "", m.fixture("bad/"+name+".db.gz"), nil)
	}
}

// cut are databases that end too early.
func (m *hostileMaker) cut() {
	for _, name := range []string{"k1", "s5", "c"} {
		whole := m.fixture(name + ".db.gz")
		for _, n := range []int{0, 1, 11, 12, 100, 4096, 8192, 3 * 4096, 3*4096 + 100, len(whole) / 2, len(whole) - 1} {
			m.add(fmt.Sprintf("%s cut to %d", name, n), "experiments", "exp2", whole[:n], nil)
		}
	}
}

// duckSum is the checksum of headers, blocks and log entries; see FORMAT.md of package duckdb.
func duckSum(b []byte) uint64 {
	r := uint64(5381)
	for ; len(b) >= 8; b = b[8:] {
		r ^= binary.LittleEndian.Uint64(b) * 0xbf58476d1ce4e5b9
	}
	if len(b) == 0 {
		return r
	}
	const f = 0xc6a4a7935bd1e995
	h := 0xe17a1465 ^ uint64(len(b))*f
	var tail [8]byte
	copy(tail[:], b)
	h = (h ^ binary.LittleEndian.Uint64(tail[:])) * f
	h = (h ^ h>>47) * f
	return r ^ h ^ h>>47
}

// resum makes the checksums of a database with blocks of 16 KiB right.
func resum(db []byte) []byte {
	for at, size := 0, 4096; at+size <= len(db); at += size {
		if at == 3*4096 {
			if size = 16384; at+size > len(db) {
				break
			}
		}
		binary.LittleEndian.PutUint64(db[at:], duckSum(db[at+8:at+size]))
	}
	return db
}

// headers lie about what follows, with the right checksums.
func (m *hostileMaker) headers() {
	whole := m.fixture("k1.db.gz")
	const first, second = 4096, 8192 // the two headers
	words := map[string]int{"iteration": 8, "catalog": 16, "free list": 24, "block count": 32, "block size": 40,
		"vector size": 48, "level": 56}
	for name, at := range words {
		for _, value := range []uint64{1 << 62, 1<<64 - 1, 1 << 40, 0} {
			db := bytes.Clone(whole)
			for _, header := range []int{first, second} {
				binary.LittleEndian.PutUint64(db[header+at:], value)
			}
			m.add(fmt.Sprintf("%s %#x", name, value), "experiments", "exp2", resum(db), nil)
		}
	}
	// Chains of metadata whose sub-blocks, of 248 bytes, follow one another in circles.
	const block, sub = 3 * 4096, 248
	for _, ring := range []int{1, 2, 7, 64} {
		db := bytes.Clone(whole)
		for i := range ring {
			next := uint64((i+1)%ring) << 56
			binary.LittleEndian.PutUint64(db[block+8+i*sub:], next)
		}
		m.add(fmt.Sprintf("ring of %d", ring), "experiments", "exp2", resum(db), nil)
	}
	garbage := make([]byte, 1<<20)
	for i := range garbage {
		garbage[i] = byte(i * i >> 3)
	}
	m.add("garbage behind the headers", "experiments", "", resum(append(bytes.Clone(whole[:3*4096]), garbage...)), nil)
	m.add("the same block everywhere", "experiments", "exp2",
		resum(append(bytes.Clone(whole[:3*4096]), bytes.Repeat(whole[3*4096:3*4096+16384], 24)...)), nil)
}

// flipped have bytes changed at random, most of them with the right checksums.
func (m *hostileMaker) flipped(n int) {
	names := []string{"k1", "k4", "s1", "s5", "c", "g", "hybrid", "u", "w", "hostile/rows", "hostile/long",
		"hostile/nested"}
	r := rand.New(rand.NewPCG(11, 12))
	for i := range n {
		name := names[i%len(names)]
		db := m.fixture(name + ".db.gz")
		var used []int
		for at := range db[:min(len(db), 1<<20)] {
			if db[at] != 0 {
				used = append(used, at)
			}
		}
		for range 1 + r.IntN(6) {
			at := used[r.IntN(len(used))]
			db[at] = [...]byte{0, 1, 0x7f, 0x80, 0xff, db[at] + 1, db[at] ^ 1<<r.IntN(8), byte(r.Uint32())}[r.IntN(8)]
		}
		if i%8 > 0 {
			resum(db)
		}
		m.add(fmt.Sprintf("%s, changed at random, %d", name, i), "experiment_events", "exp1", db, nil)
	}
}

// frames of zstd are replaced by some that unpack to gigabytes.
func (m *hostileMaker) frames() {
	for _, name := range []string{"codec_zstd_e12_s12", "codec_zstd_e15_s15"} {
		db := unzip(m.t, filepath.Join(legacyTestdata, "..", "..", "duckdb", "testdata", name, "db.gz"))
		magic := []byte{0x28, 0xb5, 0x2f, 0xfd}
		count := 0
		for at := 0; ; count++ {
			next := bytes.Index(db[at:], magic)
			if next < 0 {
				break
			}
			at += next
			bomb := append(bytes.Clone(magic), 0x00, 0x58) // no size, a window of 2 MB
			for range 200 {
				bomb = append(bomb, 0x02, 0x00, 0x10, 'x') // 128 KiB of the same byte
			}
			copy(db[at:], bomb)
			at += 4
		}
		if count == 0 {
			m.t.Fatalf("%s has no frames of zstd", name)
		}
		m.add(fmt.Sprintf("%s with %d bombs", name, count), "t", "", resum(db), nil)
	}
}

// A duckLog is a write-ahead log in parts: a header, then entries.
type duckLog struct {
	header  []byte
	entries [][]byte
}

func (l *duckLog) bytes() []byte {
	b := bytes.Clone(l.header)
	for _, e := range l.entries {
		b = binary.LittleEndian.AppendUint64(b, uint64(len(e)))
		b = binary.LittleEndian.AppendUint64(b, duckSum(e))
		b = append(b, e...)
	}
	return b
}

func parseLog(t *testing.T, b []byte) *duckLog {
	l := &duckLog{header: b[:8]}
	for b = b[8:]; len(b) >= 16; {
		n := binary.LittleEndian.Uint64(b)
		if n > uint64(len(b)-16) || duckSum(b[16:16+n]) != binary.LittleEndian.Uint64(b[8:]) {
			t.Fatalf("the fixture's log is no log %d bytes from its end", len(b))
		}
		l.entries = append(l.entries, b[16:16+n])
		b = b[16+n:]
	}
	return l
}

// text is how a log holds a text.
func text(s string) []byte { return append(binary.AppendUvarint(nil, uint64(len(s))), s...) }

// replaced is the log with another text in place of one, wherever it stands.
func (l *duckLog) replaced(old, new string) []byte {
	c := &duckLog{header: l.header}
	for _, e := range l.entries {
		c.entries = append(c.entries, bytes.ReplaceAll(e, text(old), text(new)))
	}
	return c.bytes()
}

// logs stand beside an empty database, all of whose rows they hold.
func (m *hostileMaker) logs() {
	db, log := m.fixture("killed.db.gz"), m.fixture("killed.db.wal.gz")
	l := parseLog(m.t, log)
	const id, table = "exp1_2025-12-03-110217", "policy_iterations"
	for name, text := range map[string]string{
		"id outside": "../../../escaped", "id of 300 KB": strings.Repeat("x", 300<<10),
		"id with escapes": "\x1b[2J\x1b]0;x\x07\u202e\r\n", "id with NUL": "a\x00b",
		"id not UTF-8": "\xff\xfe\x80", "id empty": "", "id dots": "..",
	} {
		m.add(name, table, "", db, l.replaced(id, text))
	}
	m.add("agent with escapes", table, "", db, l.replaced("BANK_A", "\x1b[2J\u202e"))
	m.add("agent of 1 MB", table, "", db, l.replaced("BANK_A", strings.Repeat("A", 1<<20)))
	m.add("model not UTF-8", table, "", db, l.replaced("gpt-5.1", "\xc3\x28"))

	// A Table of a hundred thousand columns: the definition of one column, again and again, under other names.
	wide := &duckLog{header: l.header}
	column := func(name string) []byte {
		b := append([]byte{0x64, 0}, text(name)...)
		return append(b, 0x65, 0, 0x64, 0, 0x0d, 0xff, 0xff, 0x67, 0, 0, 0x68, 0, 0, 0xff, 0xff)
	}
	mark := append(text("validation_errors"), 0xc9, 0, 0x64, 0, 11)
	found := false
	for _, e := range l.entries {
		if before, after, ok := bytes.Cut(e, mark); ok {
			const more = 100000
			found = true
			e = append(append(bytes.Clone(before), mark[:len(mark)-1]...), binary.AppendUvarint(nil, 11+more)...)
			for i := range more {
				e = append(e, column(fmt.Sprint("c", i))...)
			}
			e = append(e, after...)
		}
		wide.entries = append(wide.entries, e)
	}
	if !found {
		m.t.Fatal("the fixture's log has no table of 11 columns")
	}
	m.add("100000 columns", "validation_errors", "", db, wide.bytes())

	// The row of the run a hundred thousand times.
	many := &duckLog{header: l.header}
	for i, e := range l.entries {
		many.entries = append(many.entries, e)
		if i > 0 && bytes.Contains(l.entries[i-1], text("experiment_config")) && bytes.Contains(e, text(id)) && len(e) > 700 {
			for n := range 20000 {
				many.entries = append(many.entries, bytes.ReplaceAll(e, text(id), text(fmt.Sprintf("exp1_%017d", n))))
			}
		}
	}
	if len(many.entries) < 20000 {
		m.t.Fatal("the fixture's log has no row of a run")
	}
	m.add("20000 runs in the log", "experiment_config", "", db, many.bytes())
	m.files[len(m.files)-1].long = true

	// Chunks that claim other numbers of rows, of columns, of entries.
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 25 {
		c := &duckLog{header: l.header}
		for _, e := range l.entries {
			c.entries = append(c.entries, bytes.Clone(e))
		}
		for range 1 + r.IntN(4) {
			e := c.entries[r.IntN(len(c.entries))]
			e[r.IntN(min(len(e), 120))] = [...]byte{0, 1, 0x7f, 0x80, 0xff, byte(r.Uint32())}[r.IntN(6)]
		}
		m.add(fmt.Sprintf("log changed at random, %d", i), table, "", db, c.bytes())
	}
	for _, n := range []int{1, 7, 8, 9, 23, 24, len(log) / 3, len(log) - 1} {
		m.add(fmt.Sprintf("log cut to %d", n), table, "", db, log[:n])
	}
	sound := m.fixture("k1.db.gz")
	m.add("garbage for a log", "experiments", "exp2", sound, bytes.Repeat([]byte("garbage "), 1000))
	m.add("zeros for a log", "experiments", "exp2", sound, make([]byte, 1<<20))
	m.add("a log that is the database", "experiments", "exp2", sound, sound)
	m.add("the log of another database", "experiments", "exp2", sound, log)
	huge := bytes.Clone(log)
	binary.LittleEndian.PutUint64(huge[8:], 1<<63)
	m.add("a log entry of exabytes", table, "", db, huge)

	path := m.add("a log of 100 MB of nothing", "experiments", "exp2", sound, nil)
	if err := os.WriteFile(path+".wal", nil, 0o666); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Truncate(path+".wal", 100<<20); err != nil {
		m.t.Fatal(err)
	}
	path = m.add("a database of a terabyte of nothing", "experiments", "exp2", sound, nil)
	if err := os.Truncate(path, 1<<40); err != nil {
		m.t.Logf("no such file here: %v", err)
	}
	m.files[len(m.files)-1].long = true
	path = m.add("a folder for a log", "experiments", "exp2", sound, nil)
	if err := os.Mkdir(path+".wal", 0o777); err != nil {
		m.t.Fatal(err)
	}
	path = m.add("a log that is a device", "experiments", "exp2", sound, nil)
	if err := os.Symlink("/dev/zero", path+".wal"); err != nil {
		m.t.Fatal(err)
	}
}

// exports are the JSON files of the web sandbox.
func (m *hostileMaker) exports() {
	export := func(name, text string) { m.add(name, "t", "", []byte(text), nil) }
	day := func(costs string) string { return `{"days": [{"day": 0, "per_agent_costs": ` + costs + `}]}` }
	export("export: cost past int64", day(`{"A": 9223372036854775808}`))
	export("export: cost 1e999", day(`{"A": 1e999}`))
	export("export: cost NaN", day(`{"A": NaN}`))
	export("export: cost as text", day(`{"A": "5"}`))
	export("export: number of a million digits", day(`{"A": 1`+strings.Repeat("0", 1e6)+`}`))
	export("export: an agent twice", day(`{"A": 1, "A": 2}`))
	export("export: sum past int64", day(`{"A": 9223372036854775807, "B": 9223372036854775807}`))
	export("export: an array in an array", `{"days": [{"day": 0, "x": `+strings.Repeat("[", 1e6)+strings.Repeat("]",
		1e6)+`}]}`)
	export("export: open arrays", `{"days": `+strings.Repeat("[", 5e6))
	export("export: open objects", strings.Repeat(`{"days":`, 1e6))
	export("export: 10 MB of text", `{"days": [{"day": 0, "x": "`+strings.Repeat("x", 10<<20)+`"}]}`)
	export("export: a line of zeros", `{"days": [{"day": 0, "x": [`+strings.Repeat("0,", 2e6)+`0]}]}`)
	export("export: id outside", `{"experiment_id": "../../../escaped", "days": [{"day": 0}], "status": "completed"}`)
	export("export: id with escapes", `{"experiment_id": "\u001b[2J\u202e\u0000", "days": [{"day": 0}]}`)
	export("export: half a character", `{"experiment_id": "\ud800", "days": [{"day": 0, "\udc00": "\ud800"}]}`)
	export("export: not UTF-8", "{\"experiment_id\": \"\xff\", \"days\": [{\"day\": 0}]}")
	export("export: NUL", "{\"days\": [{\"day\": 0}]}\x00\x00")
	export("export: days out of range", `{"days": [{"day": 99999999999999999999}]}`)
	var b strings.Builder
	b.WriteString(`{"days": [`)
	for i := range 10000 {
		fmt.Fprintf(&b, `{"day":%d},`, i)
	}
	export("export: 10000 days", strings.TrimSuffix(b.String(), ",")+"]}")
}
