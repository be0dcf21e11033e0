package btree_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/btree/btreetest"
	"github.com/simexp/exparchive/internal/longtest"
)

// A pageFile is a Sink that keeps the pages in memory, and sees to the order in which they come.
type pageFile struct {
	t     testing.TB
	data  []byte
	size  int
	order []uint32
}

func (f *pageFile) Put(page uint32, data []byte) error {
	if len(data) != f.size {
		f.t.Errorf("page %d of %d bytes", page, len(data))
	}
	if need := int(page) * f.size; need > len(f.data) {
		f.data = append(f.data, make([]byte, need-len(f.data))...)
	}
	copy(f.data[int(page-1)*f.size:], data)
	f.order = append(f.order, page)
	return nil
}

// lay gives the file of a database.
func lay(t testing.TB, d *btreetest.Database) []byte {
	t.Helper()
	f := &pageFile{t: t, size: d.PageSize}
	pages, err := d.Write(f)
	if err != nil {
		t.Fatalf("%s: %v", d.Name, err)
	}
	if int(pages)*d.PageSize != len(f.data) {
		t.Fatalf("%s: got %d bytes, want %d pages", d.Name, len(f.data), pages)
	}
	return f.data
}

func number(b []byte, page, size int) []byte { return b[(page-1)*size : page*size] }

// TestRule compares files with the model of the rule, byte for byte.
func TestRule(t *testing.T) {
	for _, size := range btreetest.PageSizes {
		for _, d := range btreetest.Databases(size, false) {
			if strings.HasPrefix(d.Name, "edges-65536") { // what it has is what the smaller ones have, in more bytes
				continue
			}
			got, want := lay(t, &d), modelFile(&d)
			if len(got) != len(want) {
				t.Errorf("%s: got %d pages, want %d", d.Name, len(got)/size, len(want)/size)
			}
			for at := 0; at < min(len(got), len(want)); at += size {
				if !bytes.Equal(got[at:at+size], want[at:at+size]) {
					t.Errorf("%s: page %d of %d differs", d.Name, at/size+1, len(got)/size)
					break
				}
			}
		}
	}
}

// TestOrder: every page comes once, the front last, and each part in order.
func TestOrder(t *testing.T) {
	for _, d := range btreetest.Databases(512, false) {
		f := &pageFile{t: t, size: d.PageSize}
		pages, err := d.Write(f)
		if err != nil {
			t.Fatal(err)
		}
		w, err := btree.NewWriter(f, d.PageSize, d.Schema)
		if err != nil {
			t.Fatal(err)
		}
		front := w.Front()
		if len(f.order) != int(pages) {
			t.Fatalf("%s: %d pages came, of %d", d.Name, len(f.order), pages)
		}
		for i, page := range f.order {
			want := i + front + 1
			if want > int(pages) {
				want -= int(pages)
			}
			if int(page) != want {
				t.Fatalf("%s: page %d came as number %d, want page %d", d.Name, page, i, want)
			}
		}
	}
}

// TestForms: the databases that others judge have in them what they are for.
func TestForms(t *testing.T) {
	find := func(name string) (*btreetest.Database, []byte) {
		for _, size := range btreetest.PageSizes {
			for _, d := range btreetest.Databases(size, false) {
				if d.Name == name {
					return &d, lay(t, &d)
				}
			}
		}
		t.Fatalf("no database %s", name)
		return nil, nil
	}
	page1 := func(name string) string {
		_, b := find(name)
		return fmt.Sprintf("%d %d", b[100], binary.BigEndian.Uint16(b[103:]))
	}
	for _, size := range btreetest.PageSizes {
		for name, want := range map[string]string{
			"leaf": "13 3", "nocell": "5 0", "interior": "5 2", "full": "13 2", "overfull": "5 0",
		} {
			if got := page1(fmt.Sprintf("schema-%s-%d", name, size)); got != want {
				t.Errorf("schema-%s-%d: page 1 is %q, want %q", name, size, got, want)
			}
		}
	}
	if got := page1("schema-nocellwide-512"); got != "5 0" {
		t.Errorf("schema-nocellwide: page 1 is %q", got)
	}
	for name, want := range map[string]int{
		"deep-512": 5, "deep-4096": 3, "onekey-512": 4, "schema-three-512": 3,
	} {
		d, b := find(name)
		page, levels := 2, 1
		if strings.HasPrefix(name, "schema") {
			page = 1
		}
		for {
			p, start := number(b, page, d.PageSize), 0
			if page == 1 {
				start = 100
			}
			if p[start] == 13 {
				break
			}
			page = int(binary.BigEndian.Uint32(p[start+8:]))
			levels++
		}
		if levels != want {
			t.Errorf("%s: got %d levels, want %d", name, levels, want)
		}
	}
	for name, want := range map[string]int{"onekey-512": 2, "onekey-4096": 1} {
		d, b := find(name)
		got := 0
		for page := 3; page*d.PageSize <= len(b); page++ {
			if p := number(b, page, d.PageSize); p[0] == 5 && binary.BigEndian.Uint16(p[3:]) == 1 {
				got++
			}
		}
		if got != want {
			t.Errorf("%s: got %d interior pages with one key, want %d", name, got, want)
		}
	}
}

// A counting Sink sees how pages come, and keeps none.
type counting struct {
	t    testing.TB
	size int
	next uint32
	last uint32
	lock int // how often the page came that has to be zero
}

func (c *counting) Put(page uint32, data []byte) error {
	if page > 2 { // of the front come pages 1 and 2
		if page != c.next {
			c.t.Fatalf("page %d, want %d", page, c.next)
		}
		c.next++
		c.last = page
	}
	if page == uint32(1<<30/c.size+1) {
		c.lock++
		for i, x := range data {
			if x != 0 {
				c.t.Fatalf("byte %d of page %d is %#x", i, page, x)
			}
		}
	}
	return nil
}

// TestLockPage: nothing lies on the page that holds byte 2^30, and no file ends with it.
func TestLockPage(t *testing.T) {
	for _, size := range btreetest.PageSizes {
		lock := uint32(1<<30/size + 1)
		for _, what := range []string{"chain", "leaf", "end"} {
			if size != 4096 && what != map[int]string{512: "leaf", 65536: "chain"}[size] {
				continue
			}
			if size == 512 && !longtest.Enabled() { // two million pages
				continue
			}
			d := btreetest.Lock(size, what)
			c := &counting{t: t, size: size, next: 3}
			pages, err := d.Write(c)
			if err != nil {
				t.Fatal(err)
			}
			if pages != c.last {
				t.Errorf("%s: %d pages, the last that came is %d", d.Name, pages, c.last)
			}
			if what == "end" && (pages != lock-1 || c.lock != 0) {
				t.Errorf("%s: got %d pages, want %d", d.Name, pages, lock-1)
			}
			if what != "end" && (pages < lock+5 || pages > lock+50 || c.lock != 1) {
				t.Errorf("%s: got %d pages, and the one of byte 2^30 %d times", d.Name, pages, c.lock)
			}
		}
	}
}

// TestRefused: what cannot be laid out is an error, which stays.
func TestRefused(t *testing.T) {
	schema := []btree.Object{
		{Type: "table", Name: "a"}, {Type: "view", Name: "v"}, {Type: "table", Name: "b"}, {Type: "table", Name: "c"},
	}
	header := func(pages uint32) []byte { return btreetest.Header(512, pages) }
	for _, c := range []struct {
		name, want string
		do         func(w *btree.Writer) error
	}{
		{"order of tables", "order of the schema", func(w *btree.Writer) error { w.Table("b"); return w.Table("a") }},
		{"table twice", "order of the schema", func(w *btree.Writer) error { w.Table("b"); return w.Table("b") }},
		{"unknown table", "table x is not", func(w *btree.Writer) error { return w.Table("x") }},
		{"a view", "table v is not", func(w *btree.Writer) error { return w.Table("v") }},
		{"no table", "no table", func(w *btree.Writer) error { return w.Row(1, []byte{2, 0}) }},
		{"same rowid", "table a: row 5 behind 5", func(w *btree.Writer) error {
			w.Table("a")
			w.Row(5, []byte{2, 0})
			return w.Row(5, []byte{2, 0})
		}},
		{"rowid goes down", "row -6 behind -5", func(w *btree.Writer) error {
			w.Table("a")
			w.Row(-5, []byte{2, 0})
			return w.Row(-6, []byte{2, 0})
		}},
		{"record", "record of 1 bytes", func(w *btree.Writer) error { w.Table("a"); return w.Row(1, []byte{1}) }},
		{"header", "header of 99 bytes", func(w *btree.Writer) error {
			_, err := w.Finish(func(uint32) []byte { return make([]byte, 99) })
			return err
		}},
		{"finished", "finished", func(w *btree.Writer) error {
			if _, err := w.Finish(header); err != nil {
				return nil
			}
			return w.Table("a")
		}},
	} {
		w, err := btree.NewWriter(&pageFile{t: t, size: 512}, 512, schema)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.do(w); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		} else if _, again := w.Finish(header); again == nil {
			t.Errorf("%s: the error does not stay", c.name)
		}
	}
	// A rowid of one table says nothing of the next one's.
	w, _ := btree.NewWriter(&pageFile{t: t, size: 512}, 512, schema)
	err := errors.Join(w.Table("a"), w.Row(5, []byte{2, 0}), w.Table("c"), w.Row(math.MinInt64, []byte{2, 0}))
	if err != nil {
		t.Error(err)
	}
	for size, want := range map[int]string{0: "power of 2", 256: "power of 2", 1000: "power of 2", 131072: "power of 2"} {
		if _, err := btree.NewWriter(nil, size, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("page size %d: got %v", size, err)
		}
	}
	if _, err := btree.NewWriter(nil, 512, []btree.Object{{Type: "index", Name: "i"}}); err == nil {
		t.Error("an index was taken")
	}
	many := make([]btree.Object, 1<<14) // whose roots would reach the page that holds byte 2^30
	for i := range many {
		many[i] = btree.Object{Type: "table", Name: fmt.Sprint("t", i)}
	}
	if _, err := btree.NewWriter(nil, 65536, many); err == nil || !strings.Contains(err.Error(), "want fewer than 16384") {
		t.Errorf("%d tables: got %v", len(many), err)
	}
}

var errFull = errors.New("the disk is full")

// failing is a Sink that takes so many pages.
type failing int

func (f *failing) Put(uint32, []byte) error {
	if *f--; *f < 0 {
		return errFull
	}
	return nil
}

// TestSinkFails: an error of the sink is given back, wherever it happens.
func TestSinkFails(t *testing.T) {
	d := btreetest.Databases(512, false)[1]
	for n := 0; ; n++ {
		f := failing(n)
		if _, err := d.Write(&f); err == nil {
			if n < 100 {
				t.Errorf("only %d pages", n)
			}
			break
		} else if !errors.Is(err, errFull) {
			t.Fatalf("page %d: got %v", n, err)
		}
	}
}

// TestLongestRecord: a record of 2^31 bytes is refused before anything of it is written.
func TestLongestRecord(t *testing.T) {
	if math.MaxInt == math.MaxInt32 || !longtest.Enabled() {
		t.Skip("takes 2 GiB")
	}
	f := failing(0)
	w, err := btree.NewWriter(&f, 65536, []btree.Object{{Type: "table", Name: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	size := uint64(1) << 31
	record := make([]byte, size)
	err = errors.Join(w.Table("a"), w.Row(1, record))
	if err == nil || !strings.Contains(err.Error(), "record of 2147483648 bytes") {
		t.Errorf("got %v", err)
	}
}
