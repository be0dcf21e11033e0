package archive_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/provider"
)

// countingReader counts the bytes that are read.
type countingReader struct {
	io.ReaderAt
	n int64
}

func (r *countingReader) ReadAt(p []byte, at int64) (int, error) {
	r.n += int64(len(p))
	return r.ReaderAt.ReadAt(p, at)
}

// Of events of other types, and of iterations out of the span, what they hold is not read.
func TestSelect_readsLittle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.simexp")
	w, err := record.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	records := []provider.Record{&provider.Start{RunID: "r", Name: "n", Type: "t"}}
	const iterations = 20
	for n := range iterations {
		for k := range 2 {
			records = append(records, &provider.Event{Iteration: n, Type: "tick",
				Data: []byte(`"` + strings.Repeat(string(rune('a'+k)), 500_000) + `"`)})
		}
		records = append(records, &provider.Event{Iteration: n, Type: "day", Data: []byte(`{"settled": 1}`)},
			&provider.Iteration{Number: n})
	}
	for _, r := range append(records, &provider.Result{Status: provider.StatusCompleted}) {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	read := func(sel provider.Selection) (records int, size int64) {
		r := &countingReader{ReaderAt: bytes.NewReader(text)}
		a, err := archive.New(r, int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		r.n = 0
		for _, err := range a.Select(t.Context(), sel) {
			if err != nil {
				t.Fatal(err)
			}
			records++
		}
		return records, r.n
	}
	for _, c := range []struct {
		name      string
		selection provider.Selection
		records   int
		most      int64 // part of the file, in percent
	}{
		{"one type", provider.Selection{Events: []string{"day"}}, iterations, 5},
		{"iterations", provider.Selection{Iterations: true}, iterations, 2},
		{"calls", provider.Selection{Calls: true}, 0, 2},
		{"a span", provider.Selection{Events: []string{"tick"}, Span: &provider.Span{First: 3, Last: 4}}, 4, 25},
		{"everything", provider.Selection{Events: []string{"day", "tick"}}, 3 * iterations, 1000},
	} {
		n, size := read(c.selection)
		if n != c.records || size*100 > c.most*int64(len(text)) {
			t.Errorf("%s: got %d records of %d bytes read, want %d records of at most %d %% of %d bytes", c.name, n, size,
				c.records, c.most, len(text))
		}
		if c.name == "everything" && size < int64(len(text))*9/10 {
			t.Errorf("everything: only %d of %d bytes were read", size, len(text))
		}
	}
}
