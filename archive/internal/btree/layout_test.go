package btree_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/btree/btreetest"
	"github.com/simexp/exparchive/internal/longtest"
)

// faults gives what CheckLayout has to say of a file.
func faults(t testing.TB, r io.ReaderAt, size int64, pageSize int, schema []btree.Object) (all []btree.Fault) {
	t.Helper()
	p := btree.NewPager(r, int64(pageSize), size/int64(pageSize))
	if err := btree.CheckLayout(t.Context(), p, schema, func(x btree.Fault) { all = append(all, x) }); err != nil {
		t.Fatal(err)
	}
	return all
}

func faultsOf(t testing.TB, d *btreetest.Database, file []byte) []btree.Fault {
	t.Helper()
	return faults(t, bytes.NewReader(file), int64(len(file)), d.PageSize, d.Schema)
}

// rowsOf gives the rows of a file as a walk finds them.
func rowsOf(t testing.TB, d *btreetest.Database, file []byte) (rows []string) {
	t.Helper()
	w, err := btree.NewWriter(nil, d.PageSize, d.Schema)
	if err != nil {
		t.Fatal(err)
	}
	f := btree.NewForest(btree.NewPager(bytes.NewReader(file), int64(d.PageSize), int64(len(file)/d.PageSize)))
	for _, o := range d.Schema {
		if root := w.Root(o.Name); root > 0 {
			for walk := f.Walk(o.Name, root); walk.Next(); {
				rows = append(rows, fmt.Sprintf("%s %d %x", o.Name, walk.Key, walk.Payload))
			}
		}
	}
	return rows
}

// TestLayout: nothing is to be said of what a Writer made, of any form.
func TestLayout(t *testing.T) {
	for _, size := range btreetest.PageSizes {
		for _, d := range btreetest.Databases(size, false) {
			if got := faultsOf(t, &d, lay(t, &d)); len(got) > 0 {
				t.Errorf("%s: got %v", d.Name, got)
			}
		}
	}
}

// tiny is a database with all kinds of pages, a few of each.
func tiny() *btreetest.Database {
	d := btreetest.Database{Name: "tiny", PageSize: 512}
	d.Schema = []btree.Object{
		{Type: "table", Name: "a", Table: "a", SQL: "CREATE TABLE a (id INTEGER PRIMARY KEY, x, y)"},
		{Type: "table", Name: "none", Table: "none", SQL: "CREATE TABLE none (id INTEGER PRIMARY KEY, x, y)"},
		{Type: "view", Name: "v", Table: "v", SQL: "CREATE VIEW v AS SELECT x FROM a" + strings.Repeat(" ", 700)},
		{Type: "table", Name: "b", Table: "b", SQL: "CREATE TABLE b (id INTEGER PRIMARY KEY, x, y)"},
	}
	rows := func(seed uint64, count, most int) func(yield func(int64, []btree.Value) bool) {
		return func(yield func(int64, []btree.Value) bool) {
			r := rand.New(rand.NewPCG(seed, 3))
			for id := int64(-3); count > 0; count-- {
				id += 1 + int64(r.IntN(60))
				x := btree.Value{Kind: btree.Blob, Bytes: make([]byte, r.IntN(1+r.IntN(most)))}
				for i := range x.Bytes {
					x.Bytes[i] = byte(r.Uint32())
				}
				if !yield(id, []btree.Value{{}, x, {Kind: btree.Integer, Int: id}}) {
					return
				}
			}
		}
	}
	d.Tables = []btreetest.Table{{Name: "a", Rows: rows(1, 20, 400)}, {Name: "b", Rows: rows(2, 9, 2500)}}
	return &d
}

// TestLayoutFlips: whatever byte of a file is changed but for the header, it is a fault or another row.
func TestLayoutFlips(t *testing.T) {
	d := tiny()
	file := lay(t, d)
	rows := rowsOf(t, d, file)
	another := 0
	for at := btree.HeaderSize; at < len(file); at++ {
		for bit := 1; bit < 256; bit <<= 1 {
			if !longtest.Enabled() && bit != 1<<(at%8) {
				continue
			}
			file[at] ^= byte(bit)
			found := faultsOf(t, d, file)
			if len(found) > 100 {
				t.Fatalf("byte %d: %d faults", at, len(found))
			}
			if len(found) == 0 {
				if another++; slices.Equal(rows, rowsOf(t, d, file)) {
					t.Errorf("byte %d of page %d: nothing is seen of bit %#x", at%d.PageSize, at/d.PageSize+1, bit)
				}
			}
			file[at] ^= byte(bit)
		}
	}
	if another == 0 {
		t.Error("no flip gave another row: the test has no rows")
	}
	if found := faultsOf(t, d, file); len(found) > 0 {
		t.Errorf("at the end: %v", found)
	}
}

// TestLayoutFaults: what is reported of a file, and where.
func TestLayoutFaults(t *testing.T) {
	d := tiny()
	good := lay(t, d)
	size := d.PageSize
	pages := len(good) / size
	// Where pages are: a leaf of each table, an overflow page, an interior page.
	kinds := map[byte][]int{}
	for page := 9; page <= pages; page++ {
		kinds[number(good, page, size)[0]] = append(kinds[number(good, page, size)[0]], page)
	}
	leaf := kinds[13][1]
	root, _ := btree.NewWriter(nil, size, d.Schema)
	for _, c := range []struct {
		name, want string
		change     func(b []byte) []byte
	}{
		{"nothing", "", func(b []byte) []byte { return b }},
		{"the header of the file", "", func(b []byte) []byte { b[99]++; return b }},
		{"a page more", fmt.Sprintf("8  %d -1: the file has %d pages, its rows take %d", pages+1, pages+1, pages),
			func(b []byte) []byte { return append(b, make([]byte, size)...) }},
		{"a leaf is zero", fmt.Sprintf("2 a %d -1: kind 0, want 5 or 13", leaf),
			func(b []byte) []byte { clear(number(b, leaf, size)); return b }},
		{"a byte between pointers and cells",
			fmt.Sprintf("8 a %d %d: byte 0x01, want 0x00", leaf, 8+2*int(number(good, leaf, size)[4])),
			func(b []byte) []byte { p := number(b, leaf, size); p[8+2*int(p[4])] = 1; return b }},
		{"schema", "8 sqlite_schema 1 511: ", func(b []byte) []byte { number(b, 1, size)[511]++; return b }},
		{"the root of an empty table", fmt.Sprintf("8 none %d 511: byte 0x01, want 0x00", root.Root("none")),
			func(b []byte) []byte { number(b, int(root.Root("none")), size)[511]++; return b }},
	} {
		var got []string
		for _, x := range faultsOf(t, d, c.change(bytes.Clone(good))) {
			got = append(got, fmt.Sprintf("%d %s %d %d: %s", x.Kind, x.Tree, x.Page, x.At, x.Text))
		}
		if len(got) != min(1, len(c.want)) || !strings.HasPrefix(strings.Join(got, ""), c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	for cut := 1; cut < pages; cut++ {
		if len(faultsOf(t, d, good[:cut*size])) == 0 {
			t.Errorf("cut off after page %d: nothing is said", cut)
		}
	}
}

// TestLayoutDeep: of a page that is lost in the middle of a deep tree nothing else follows that is reported.
func TestLayoutDeep(t *testing.T) {
	d := btreetest.Databases(1024, false)[4]
	d.Schema = append(d.Schema, btree.Object{Type: "table", Name: "z", Table: "z",
		SQL: "CREATE TABLE z (id INTEGER PRIMARY KEY)"})
	file := lay(t, &d)
	clear(number(file, 3000, 1024))
	if got := faultsOf(t, &d, file); len(got) != 1 || got[0].Page != 3000 {
		t.Errorf("got %d faults, %v", len(got), got)
	}
}

// TestLayoutMoved: two leaves that change places, with all that points to them, are sound pages in the wrong place.
func TestLayoutMoved(t *testing.T) {
	d := btreetest.Databases(512, false)[3]
	good := lay(t, &d)
	file := bytes.Clone(good)
	a, b := 30, 31
	copy(number(file, a, 512), number(good, b, 512))
	copy(number(file, b, 512), number(good, a, 512))
	for page := 2; page*512 <= len(file); page++ {
		if p := number(file, page, 512); p[0] == 5 {
			for i := range int(binary.BigEndian.Uint16(p[3:])) {
				child := p[binary.BigEndian.Uint16(p[12+2*i:]):]
				switch int(binary.BigEndian.Uint32(child)) {
				case a:
					binary.BigEndian.PutUint32(child, uint32(b))
				case b:
					binary.BigEndian.PutUint32(child, uint32(a))
				}
			}
		}
	}
	if !slices.Equal(rowsOf(t, &d, file), rowsOf(t, &d, good)) {
		t.Fatal("the rows are others")
	}
	got := faultsOf(t, &d, file)
	if len(got) != 3 || got[0].Page != 30 || got[1].Page != 31 || got[0].Kind != btree.Layout {
		t.Errorf("got %v", got)
	}
}

// TestLayoutMuch: a row that is missing moves all that follow; of that not every page is reported.
func TestLayoutMuch(t *testing.T) {
	d := btreetest.Databases(512, false)[0]
	d.Tables = []btreetest.Table{{Name: "b", Rows: func(yield func(int64, []btree.Value) bool) {
		for id := int64(1); id < 1000 && yield(id, []btree.Value{{}, {Kind: btree.Blob, Bytes: make([]byte, 100)}}); id++ {
		}
	}}}
	file := lay(t, &d)
	p := number(file, 12, 512)
	p[4]-- // a cell less
	if got := faultsOf(t, &d, file); len(got) != 100 || got[0].Page != 12 || got[0].Kind != btree.Layout {
		t.Errorf("got %d faults, the first of page %d", len(got), got[0].Page)
	}
	for page := 5; page*512 <= len(file); page++ {
		if p := number(file, page, 512); p[0] == 13 {
			clear(p)
		}
	}
	if got := faultsOf(t, &d, file); len(got) != 100 || got[0].Page != 5 || got[0].Kind != btree.PageKind {
		t.Errorf("without leaves: got %d faults, the first of page %d", len(got), got[0].Page)
	}
}

// A broken is a medium that fails in one place.
type broken struct {
	io.ReaderAt
	at int64
}

var errMedium = errors.New("the medium fails")

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	if off <= b.at && b.at < off+int64(len(p)) {
		return 0, errMedium
	}
	return b.ReaderAt.ReadAt(p, off)
}

// TestLayoutUnreadable: a page that cannot be read is a fault of that page, and of no other.
func TestLayoutUnreadable(t *testing.T) {
	d := tiny()
	file := lay(t, d)
	for page := 1; page*d.PageSize <= len(file); page++ {
		r := broken{bytes.NewReader(file), int64((page-1)*d.PageSize + 50)}
		got := faults(t, r, int64(len(file)), d.PageSize, d.Schema)
		if len(got) != 1 || got[0].Kind != btree.Unreadable || int(got[0].Page) != page || got[0].Text != errMedium.Error() {
			t.Errorf("page %d: got %v", page, got)
		}
	}
}

// TestLayoutOfSQLite: a file that SQLite laid out is another one, though nothing is wrong with it.
func TestLayoutOfSQLite(t *testing.T) {
	d := tiny()
	path := filepath.Join(t.TempDir(), "x.db")
	if err := d.File(path); err != nil {
		t.Fatal(err)
	}
	db := openDB(t, path, "")
	_, err := db.Exec("VACUUM")
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(faultsOf(t, d, file)) == 0 {
		t.Error("nothing is said")
	}
}

func TestLayoutCancelled(t *testing.T) {
	d := tiny()
	file := lay(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := btree.NewPager(bytes.NewReader(file), 512, int64(len(file)/512))
	err := btree.CheckLayout(ctx, p, d.Schema, func(btree.Fault) {})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestLayoutLockPage: the page that holds byte 2^30 belongs to nothing, and nothing may be on it.
func TestLayoutLockPage(t *testing.T) {
	if !longtest.Enabled() {
		t.Skip("writes a file of 1 GiB")
	}
	const size, lock = 65536, 1<<30/65536 + 1
	d := btreetest.Lock(size, "chain")
	path := filepath.Join(t.TempDir(), "x.db")
	if err := d.File(path); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	look := func() (all []string) {
		for _, x := range faults(t, f, info.Size(), size, d.Schema) {
			all = append(all, fmt.Sprintf("%d %s %d %d", x.Kind, x.Tree, x.Page, x.At))
		}
		return all
	}
	if got := look(); len(got) > 0 {
		t.Errorf("got %q", got)
	}
	if _, err := f.WriteAt([]byte{1}, (lock-1)*size+77); err != nil {
		t.Fatal(err)
	}
	if got := look(); !slices.Equal(got, []string{fmt.Sprintf("8  %d 77", lock)}) {
		t.Errorf("a byte on the page: got %q", got)
	}
}

// TestPacked: a walk through pages that a Writer made sees what is left on them besides their rows.
func TestPacked(t *testing.T) {
	d := btreetest.Databases(512, false)[3]
	good := lay(t, &d)
	root, err := btree.NewWriter(nil, d.PageSize, d.Schema)
	if err != nil {
		t.Fatal(err)
	}
	page, leaf := int(root.Root("a")), 0 // an interior page, and the second leaf below it
	for p := number(good, page, 512); p[0] == 5; p = number(good, leaf, 512) {
		page, leaf = max(page, leaf), int(binary.BigEndian.Uint32(p[binary.BigEndian.Uint16(p[14:]):]))
	}
	for _, c := range []struct {
		name   string
		packed bool
		change func(b []byte)
		want   string
	}{
		{"nothing", true, func([]byte) {}, ""},
		{"a cell less", true, func(b []byte) { number(b, leaf, 512)[4]-- }, fmt.Sprintf("8 %d: bytes that belong", leaf)},
		{"a cell less, by SQLite", false, func(b []byte) { number(b, leaf, 512)[4]-- }, ""},
		{"the first cell less", true, func(b []byte) {
			p := number(b, leaf, 512)
			copy(p[8:], p[10:8+2*int(p[4])])
			p[4]--
			clear(p[8+2*int(p[4]):][:2])
		}, fmt.Sprintf("8 %d: bytes that belong", leaf)},
		{"a key above the leaves", true, func(b []byte) {
			p := number(b, page, 512)
			p[binary.BigEndian.Uint16(p[12:])+4+8]++ // the last byte of a key of 9
		}, fmt.Sprintf("5 %d: key ", page)},
		{"a key above the leaves, by SQLite", false, func(b []byte) {
			p := number(b, page, 512)
			p[binary.BigEndian.Uint16(p[12:])+4+8]++
		}, ""},
		{"cells on top of each other", false, func(b []byte) {
			p := number(b, leaf, 512)
			for i := range int(p[4]) {
				copy(p[8+2*i:], p[8:10])
			}
			copy(p[5:], p[8:10])
		}, fmt.Sprintf("3 %d: cells lie on top of each other", leaf)},
	} {
		file := bytes.Clone(good)
		c.change(file)
		f := btree.NewForest(btree.NewPager(bytes.NewReader(file), 512, int64(len(file)/512)))
		f.Packed = c.packed
		got := ""
		f.Report = func(x btree.Fault) { got += fmt.Sprintf("%d %d: %s", x.Kind, x.Page, x.Text) }
		for w := f.Walk("a", root.Root("a")); w.Next(); {
		}
		if (got == "") != (c.want == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestWalkSchema: a walk through the schema gives its rows, in all the forms that its tree has.
func TestWalkSchema(t *testing.T) {
	for _, size := range btreetest.PageSizes {
		for _, d := range btreetest.Databases(size, false) {
			file := lay(t, &d)
			f := btree.NewForest(btree.NewPager(bytes.NewReader(file), int64(size), int64(len(file)/size)))
			f.Packed = true
			f.Report = func(x btree.Fault) { t.Errorf("%s: page %d: %s", d.Name, x.Page, x.Text) }
			var got []string
			row := make([]btree.Value, 5)
			for w := f.Walk("schema", 1); w.Next(); {
				if _, _, err := btree.DecodeRow(w.Payload, row); err != nil {
					t.Fatal(err)
				}
				got = append(got, string(row[4].Bytes))
			}
			if !slices.EqualFunc(got, d.Schema, func(sql string, o btree.Object) bool { return sql == o.SQL }) {
				t.Errorf("%s: got %d rows, want %d", d.Name, len(got), len(d.Schema))
			}
		}
	}
}

// onePage is a file that has nothing but one page.
type onePage struct {
	data []byte
	at   int64
}

func (o onePage) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if off <= o.at && o.at < off+int64(len(p)) {
		copy(p[o.at-off:], o.data)
	}
	return len(p), nil
}

// TestWalkLockPage: a row that goes on where SQLite locks is refused.
func TestWalkLockPage(t *testing.T) {
	const size, lock = 4096, 1<<30/4096 + 1
	leaf := make([]byte, size)
	copy(leaf, []byte{13, 0, 0, 0, 1, 0, 10, 0, 0, 10})
	// 8192 bytes, of which K = 489 + (8192 − 489) mod 4092 = 4100 are more than fit.
	record := leaf[copy(leaf[10:], []byte{0xc0, 0x00, 1})+10:]
	binary.BigEndian.PutUint32(record[489:], lock)
	f := btree.NewForest(btree.NewPager(onePage{leaf, size}, size, lock+10))
	var got []string
	f.Report = func(x btree.Fault) { got = append(got, fmt.Sprintf("%d %d: %s", x.Kind, x.Page, x.Text)) }
	for w := f.Walk("t", 2); w.Next(); {
	}
	want := fmt.Sprintf("1 %d: a row goes on on page %[1]d, which SQLite locks", lock)
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzLayout lays rows out that follow from the input: a walk gives them again, nothing is to be said of the pages, and
// any byte that is changed is a fault or another row.
func FuzzLayout(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8}, uint32(700))
	f.Add(bytes.Repeat([]byte{9, 200, 3, 255, 255, 7, 0, 0}, 60), uint32(3000))
	f.Add(bytes.Repeat([]byte{0, 250, 1}, 300), uint32(1<<20))
	f.Fuzz(func(t *testing.T, b []byte, flip uint32) {
		if len(b) > 3000 {
			return
		}
		d := tiny()
		d.PageSize = []int{512, 1024}[len(b)%2]
		var want []string
		var ids []int64
		var records [][]byte
		id := int64(-1 << 63)
		for len(b) >= 3 {
			size := int(b[1])
			if b[0]&3 == 0 {
				size *= 20
			}
			record := btree.AppendRecord(nil, []btree.Value{{}, {Kind: btree.Blob, Bytes: bytes.Repeat(b[2:3], size)}})
			ids, records = append(ids, id), append(records, record)
			want = append(want, fmt.Sprintf("b %d %x", id, record))
			step := int64(1) + int64(b[0]>>3)<<(2*(b[0]>>3))>>1
			if id > 0 && id+step < 0 {
				break
			}
			id += max(step, 1)
			b = b[3:]
		}
		file := &pageFile{t: t, size: d.PageSize}
		w, err := btree.NewWriter(file, d.PageSize, d.Schema)
		if err = errors.Join(err, w.Table("b")); err != nil {
			t.Fatal(err)
		}
		for i := range ids {
			if err := w.Row(ids[i], records[i]); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Finish(func(pages uint32) []byte { return btreetest.Header(d.PageSize, pages) }); err != nil {
			t.Fatal(err)
		}
		if got := rowsOf(t, d, file.data); !slices.Equal(got, want) {
			t.Fatalf("got %d rows, want %d", len(got), len(want))
		}
		if got := faultsOf(t, d, file.data); len(got) > 0 {
			t.Fatalf("got %v", got)
		}
		at := btree.HeaderSize + int(flip)%(len(file.data)-btree.HeaderSize)
		file.data[at] ^= byte(1) << (flip >> 29)
		if len(faultsOf(t, d, file.data)) == 0 && slices.Equal(rowsOf(t, d, file.data), want) {
			t.Errorf("byte %d of page %d: nothing is seen of the change", at%d.PageSize, at/d.PageSize+1)
		}
	})
}
