package archive_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/schema"
)

const corpus = "../testdata/corpus"

// goodCorpus gives the files of the corpus that conform, by name.
func goodCorpus(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	paths, err := filepath.Glob(filepath.Join(corpus, "good", "*.gz"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("got %d files, %v", len(paths), err)
	}
	for _, path := range paths {
		files[strings.TrimSuffix(filepath.Base(path), ".simexp.gz")] = archivetest.ReadGzip(t, path)
	}
	return files
}

// badCorpus gives the files of the corpus that do not conform, by name.
func badCorpus(t *testing.T) map[string][]byte {
	t.Helper()
	files, good := map[string][]byte{}, goodCorpus(t)
	paths, err := filepath.Glob(filepath.Join(corpus, "bad", "*.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		files[strings.TrimSuffix(filepath.Base(path), ".simexp.gz")] = archivetest.ReadGzip(t, path)
	}
	text, err := os.ReadFile(filepath.Join(corpus, "patches.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		b := slices.Clone(good[fields[1]])
		for _, change := range fields[2:] {
			var n int
			var data []byte
			if _, err := fmt.Sscanf(change, "cut:%d", &n); err == nil {
				b = b[:n]
			} else if _, err := fmt.Sscanf(change, "zeroes:%d", &n); err == nil {
				b = append(b, make([]byte, n)...)
			} else if _, err := fmt.Sscanf(change, "%d:%x", &n, &data); err == nil {
				copy(b[n:], data)
			} else {
				t.Fatalf("%q: %v", change, err)
			}
		}
		files[fields[0]] = b
	}
	return files
}

// An answer is what an archive says to one question.
type answer struct {
	values []any
	err    error
}

// ask asks an archive for all that it gives.
func ask(ctx context.Context, open func(io.ReaderAt, int64) (*archive.Archive, error), b []byte) map[string]answer {
	answers := map[string]answer{}
	say := func(question string, err error, values ...any) { answers[question] = answer{values, err} }
	records := func(question string, all iter.Seq2[provider.Record, error]) {
		var list []any
		for r, err := range all {
			if err != nil {
				say(question, err)
				return
			}
			list = append(list, r)
		}
		say(question, nil, list...)
	}
	a, err := open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		say("open", err)
		return answers
	}
	defer a.Close()
	seal, sealed := a.Seal()
	say("open", nil, a.State(), a.SchemaVersion(), seal, sealed)
	e, err := a.Experiment(ctx)
	say("experiment", err, e)
	summary, err := a.Summary(ctx)
	say("summary", err, summary)
	usage, err := a.Usage(ctx)
	say("usage", err, usage)
	annotations, err := a.Annotations(ctx)
	say("annotations", err, annotations)
	numbers, err := a.Iterations(ctx)
	say("iterations", err, numbers)
	records("each iteration", func(yield func(provider.Record, error) bool) {
		for it, err := range a.EachIteration(ctx) {
			if !yield(&it, err) {
				return
			}
		}
	})
	for _, n := range append(numbers, 7, 1<<30) {
		it, err := a.IterationAt(ctx, n)
		say(fmt.Sprint("iteration ", n), err, it)
		records(fmt.Sprint("records of ", n), a.IterationRecords(ctx, n))
	}
	records("records", a.Records(ctx))
	records("records from 4", a.RecordsFrom(ctx, 4))
	return answers
}

// compareSources asks for what b holds by pages and by SQL. Where the pages give an answer, SQL gives the same; where
// they give none, SQL has none either, unless verify says that the pages are not as they have to be. It reports how
// many questions were answered and how many were not.
func compareSources(t *testing.T, name string, b []byte) (answered, refused int) {
	t.Helper()
	ctx := t.Context()
	got, want := ask(ctx, archive.New, b), ask(ctx, archive.NewSQL, b)
	lost := false
	for question, g := range got {
		w, asked := want[question]
		switch {
		case g.err == nil && (!asked || w.err != nil):
			t.Errorf("%s: %s: by pages there are %d values, by SQL there is %v", name, question, len(g.values), w.err)
		case g.err == nil && !reflect.DeepEqual(g.values, w.values):
			t.Errorf("%s: %s: by pages it is not as by SQL: %s", name, question, difference(g.values, w.values))
		case g.err == nil:
			answered++
		default:
			refused++
			lost = lost || w.err == nil
		}
	}
	for question, w := range want {
		if _, asked := got[question]; !asked && w.err == nil {
			lost = true
		}
	}
	if !lost {
		return answered, refused
	}
	report, err := verify.Reader(ctx, bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	for _, p := range append(report.Problems, report.Later...) {
		if slices.Contains([]string{"SX-029", "SX-036", "SX-040"}, p.Code) {
			return answered, refused
		}
	}
	for question, g := range got {
		if w := want[question]; g.err != nil && w.err == nil {
			t.Errorf("%s: %s: by pages %v, by SQL %d values; verify says %v", name, question, g.err, len(w.values),
				report.Problems)
		}
	}
	return answered, refused
}

// difference shows the first value that differs.
func difference(got, want []any) string {
	for i, g := range got {
		if i == len(want) || !reflect.DeepEqual(g, want[i]) {
			return fmt.Sprintf("%d: got %.500s, want %.500s", i, fmt.Sprintf("%+v", g), fmt.Sprintf("%+v", want[i:]))
		}
	}
	return fmt.Sprintf("got %d values, want %d", len(got), len(want))
}

// TestSources: every file of the corpus gives by its pages what it gives through SQL.
func TestSources(t *testing.T) {
	for name, b := range goodCorpus(t) {
		compareSources(t, name, b)
		for question, a := range ask(t.Context(), archive.New, b) {
			if a.err != nil && !errors.Is(a.err, provider.ErrNoIteration) {
				t.Errorf("%s: %s: %v", name, question, a.err)
			}
		}
	}
	for name, b := range badCorpus(t) {
		compareSources(t, name, b)
	}
}

// TestSources_broken compares what files give that were changed at random places.
func TestSources_broken(t *testing.T) {
	good := goodCorpus(t)
	delete(good, "extremes") // whose texts take long
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range good {
			if !yield(name) {
				return
			}
		}
	})
	answered, refused := 0, 0
	for n := range longtest.Count(300, 6000) {
		rng := rand.New(rand.NewPCG(1, uint64(n)))
		name := names[rng.IntN(len(names))]
		b := slices.Clone(good[name])
		for range 1 + rng.IntN(3) {
			breakPage(rng, b)
		}
		a, r := compareSources(t, fmt.Sprint(name, " ", n), b)
		answered, refused = answered+a, refused+r
	}
	if answered < refused/10 || refused < answered/10 {
		t.Errorf("got %d answers and %d errors: one of them is tested too little", answered, refused)
	}
	t.Logf("%d answers, %d errors", answered, refused)
}

// breakPage changes a page of a table.
func breakPage(rng *rand.Rand, b []byte) {
	page := b[(3+rng.IntN(len(b)/schema.PageSize-3))*schema.PageSize:][:schema.PageSize]
	content := int(binary.BigEndian.Uint16(page[5:]))
	used := func() int { // a byte of a cell
		if content == 0 || content >= len(page) || page[0] != 13 && page[0] != 5 {
			return rng.IntN(len(page))
		}
		return content + rng.IntN(min(len(page)-content, 40))
	}
	switch rng.IntN(6) {
	case 0:
		page[used()] = byte(rng.Uint32())
	case 1:
		page[used()] ^= 1 << rng.IntN(8)
	case 2:
		page[rng.IntN(16)] ^= 1 << rng.IntN(8)
	case 3:
		page[8+rng.IntN(8)] = byte(rng.Uint32())
	case 4:
		copy(page, b[(3+rng.IntN(len(b)/schema.PageSize-3))*schema.PageSize:][:schema.PageSize])
	case 5:
		at := used()
		copy(page[at:], page[max(0, at-1-rng.IntN(20)):at])
	}
}

// endReader says with the last bytes that it gives that there are no more, as an io.ReaderAt may.
type endReader []byte

func (r endReader) ReadAt(b []byte, off int64) (int, error) {
	if off >= int64(len(r)) {
		return 0, io.EOF
	}
	n := copy(b, r[off:])
	if off+int64(n) == int64(len(r)) {
		return n, io.EOF
	}
	return n, nil
}

// TestNew_end: io.EOF beside all the bytes that were asked for is no error.
func TestNew_end(t *testing.T) {
	ctx := t.Context()
	for name, b := range goodCorpus(t) {
		want := ask(ctx, archive.New, b)
		got := ask(ctx, func(_ io.ReaderAt, size int64) (*archive.Archive, error) {
			return archive.New(endReader(b), size)
		}, b)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
		report, err := verify.Reader(ctx, bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := verify.Reader(ctx, endReader(b), int64(len(b))); err != nil || !reflect.DeepEqual(again, report) {
			t.Errorf("%s: verified: got %v, %v, want %v", name, again, err, report)
		}
	}
}
