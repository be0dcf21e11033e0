package btree

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"
)

// forestOf gives the trees of a database that makeDB made, the root of its table, and what is wrong with it.
func forestOf(t *testing.T, b []byte) (f *Forest, root uint32, faults *[]string) {
	t.Helper()
	f = NewForest(NewPager(bytes.NewReader(b), pageSize, int64(len(b)/pageSize)))
	faults = &[]string{}
	f.Report = func(x Fault) { *faults = append(*faults, fmt.Sprintf("%d page %d: %s", x.Kind, x.Page, x.Text)) }
	var values [5]Value
	w := f.Walk("schema", 1)
	if !w.Next() {
		t.Fatalf("no schema: %q", *faults)
	}
	if _, _, err := DecodeRow(w.Payload, values[:]); err != nil {
		t.Fatal(err)
	}
	return f, uint32(values[3].Int), faults
}

// TestFrom: a walk from some key on gives the rows that a walk over all gives from there on.
func TestFrom(t *testing.T) {
	b := makeDB(t, 3000)
	f, root, faults := forestOf(t, b)
	type row struct {
		key     int64
		payload string
	}
	var all []row
	for w := f.Walk("t", root); w.Next(); {
		all = append(all, row{w.Key, string(w.Payload)})
	}
	if key, ok, err := f.Last(root); !ok || err != nil || key != all[len(all)-1].key {
		t.Errorf("last: got %d, %v, %v, want %d", key, ok, err, all[len(all)-1].key)
	}
	from := []int64{math.MinInt64, all[0].key - 1, all[len(all)-1].key + 1, math.MaxInt64}
	for i := 0; i < len(all); i += 1 + i%40 {
		from = append(from, all[i].key, all[i].key+1)
	}
	for n, first := range from {
		want := all[slices.IndexFunc(append(all, row{key: math.MaxInt64}), func(r row) bool { return r.key >= first }):]
		w := f.LookFrom("t", root, first)
		if n%10 == 0 { // a tree can be walked over once
			f, root, faults = forestOf(t, b)
			w = f.WalkFrom("t", root, first)
		}
		for i, r := range want {
			if i == 30 && n%10 != 0 {
				break
			}
			if !w.Next() || w.Key != r.key || string(w.Payload) != r.payload {
				t.Fatalf("from %d: row %d: got key %d, want %d", first, i, w.Key, r.key)
			}
		}
		if len(want) < 30 && w.Next() {
			t.Errorf("from %d: got row %d behind the last", first, w.Key)
		}
		w.Close()
		if len(*faults) > 0 {
			t.Fatalf("from %d: %q", first, *faults)
		}
	}
}

// TestFrom_disorder: where a walk begins in the middle of a page, a key out of order on it does not go unseen.
func TestFrom_disorder(t *testing.T) {
	b := makeDB(t, 3000)
	f, root, _ := forestOf(t, b)
	w := f.LookFrom("t", root, 3000)
	for w.Next() && len(w.at.cells) < 3 {
	}
	page := b[int(w.at.number-1)*pageSize:][:pageSize]
	pointers := page[8:][:2*len(w.at.cells)]
	pointers[0], pointers[2] = pointers[2], pointers[0]
	pointers[1], pointers[3] = pointers[3], pointers[1]
	f, root, faults := forestOf(t, b)
	key := w.at.cells[len(w.at.cells)-1].rowid
	for w := f.LookFrom("t", root, key); w.Next() && len(*faults) == 0; {
	}
	if len(*faults) == 0 {
		t.Error("keys out of order: got no fault")
	}
}

// TestDecodeHead: the first columns of a row are what they are in the whole row, as long as they are there.
func TestDecodeHead(t *testing.T) {
	b := makeDB(t, 500)
	f, root, _ := forestOf(t, b)
	for w := f.Walk("t", root); w.Next(); {
		var whole [3]Value
		if _, _, err := DecodeRow(w.Payload, whole[:]); err != nil {
			t.Fatal(err)
		}
		for cut := range w.Payload[:min(len(w.Payload), 40)] {
			var head [2]Value
			n, ok := DecodeHead(w.Payload[:cut], head[:])
			if ok && (n != 3 || fmt.Sprint(head) != fmt.Sprint([2]Value(whole[:2]))) {
				t.Fatalf("row %d, %d bytes: got %v of %d, want %v of 3", w.Key, cut, head, n, whole[:2])
			}
			if !ok && cut > 14 { // the header, and a number
				t.Fatalf("row %d: %d bytes are not enough", w.Key, cut)
			}
		}
	}
	for _, bad := range []string{
		"", "\x00", "\x05\x00", "\x02\x0a", "\x80\x03\x00\x00", "\x03\x00\x80\x01", "\x03\x00\x02\x00\x01",
	} {
		var head [2]Value
		if _, ok := DecodeHead([]byte(bad), head[:]); ok {
			t.Errorf("%x: taken for a row in its shortest form: %v", bad, head)
		}
	}
}
