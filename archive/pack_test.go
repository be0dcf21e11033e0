package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/archive/rewrite"
	"github.com/simexp/exparchive/archive/salvage"
	"github.com/simexp/exparchive/internal/othertools"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// packed writes the packed form of the archive at path beside it.
func packed(t testing.TB, path string) string {
	t.Helper()
	a, err := archive.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	// Closed here and now: the caller may remove the file, which Windows does not while it is open.
	if err := errors.Join(archive.Pack(t.Context(), &b, a), a.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+archive.PackedSuffix, b.Bytes(), 0o444); err != nil {
		t.Fatal(err)
	}
	return path + archive.PackedSuffix
}

// everything reads an archive in every way there is, and gives what that gave.
func everything(t *testing.T, a *archive.Archive) (all []any) {
	t.Helper()
	ctx := t.Context()
	add := func(x any, err error) { all = append(all, x, fmt.Sprint(err)) }
	add(a.Experiment(ctx))
	add(a.Summary(ctx))
	add(a.Annotations(ctx))
	add(a.Usage(ctx))
	numbers, err := a.Iterations(ctx)
	add(numbers, err)
	for _, n := range numbers {
		add(a.IterationAt(ctx, n))
		for r, err := range a.IterationRecords(ctx, n) {
			add(r, err)
		}
	}
	for r, err := range a.Records(ctx) {
		add(r, err)
	}
	for r, err := range a.RecordsFrom(ctx, 7) {
		add(r, err)
	}
	root, n, err := digest.Of(ctx, a.Checked())
	add(root, err)
	add(n, nil)
	seal, sealed := a.Seal()
	all = append(all, seal, sealed, a.State(), a.Touched(), a.SchemaVersion(), a.SchemaTexts())
	for _, view := range []string{"experiments", "experiment_iterations", "experiment_events", "llm_interactions", "costs",
		"policies", "accepted_changes", "totals", "notes", "attachments", "withheld"} {
		columns, rows, err := archivetest.Query(ctx, a, "SELECT * FROM "+view)
		all = append(all, columns, rows, fmt.Sprint(err))
	}
	return all
}

// TestPacked: packed, every good file of the corpus and of earlier releases is read as it is unpacked, in every way,
// and gives its bytes back; nothing changes in its folder.
func TestPacked(t *testing.T) {
	files, err := filepath.Glob("../testdata/*/good/*.simexp.gz")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	released, err := filepath.Glob("../testdata/released/*.simexp.gz")
	if err != nil || len(released) == 0 {
		t.Fatal(released, err)
	}
	for _, file := range append(files, released...) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			plain := archivetest.Write(t, archivetest.ReadGzip(t, file))
			path := packed(t, plain)
			dir := archivetest.FolderState(t, filepath.Dir(path))
			a, b := archivetest.Open(t, plain), archivetest.Open(t, path)
			if a.Packed() || !b.Packed() {
				t.Errorf("Packed: got %t and %t", a.Packed(), b.Packed())
			}
			want, got := everything(t, a), everything(t, b)
			for i := range want {
				if i >= len(got) || !reflect.DeepEqual(got[i], want[i]) {
					t.Fatalf("result %d: got %v, want %v", i, got[i], want[i])
				}
			}
			raw, err := b.Raw()
			if err != nil {
				t.Fatal(err)
			}
			inside, err := io.ReadAll(raw)
			if err != nil || !bytes.Equal(inside, archivetest.ReadFile(t, plain)) {
				t.Errorf("got %d bytes back, others, or %v", len(inside), err)
			}
			var again bytes.Buffer
			err = archive.Pack(t.Context(), &again, b)
			if err != nil || !bytes.Equal(again.Bytes(), archivetest.ReadFile(t, path)) {
				t.Errorf("packed from the packed one: got other bytes, or %v", err)
			}
			file := archivetest.ReadFile(t, path)
			c, err := archive.New(bytes.NewReader(file), int64(len(file)))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if root, _, err := digest.Of(t.Context(), c.Checked()); err != nil || root != archivetest.RootOfFile(t, plain) {
				t.Errorf("New: got %v, %v", root, err)
			}
			if after := archivetest.FolderState(t, filepath.Dir(path)); after != dir {
				t.Errorf("reading changed the folder: got\n%s\nwant\n%s", after, dir)
			}
		})
	}
}

// TestPackedByOthers: zstd and Python's zstandard unpack what was packed, the latter frame by frame by the seek
// table.
func TestPackedByOthers(t *testing.T) {
	records := archivetest.LongRun()
	plain := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil)
	path := packed(t, plain)
	want := archivetest.ReadFile(t, plain)
	t.Run("zstd", func(t *testing.T) {
		archivetest.RunTool(t, "zstd", "-t", path)
		out := filepath.Join(t.TempDir(), "out")
		archivetest.RunTool(t, "zstd", "-q", "-d", path, "-o", out)
		if !bytes.Equal(archivetest.ReadFile(t, out), want) {
			t.Error("zstd unpacks other bytes")
		}
	})
	t.Run("zstandard", func(t *testing.T) {
		const script = `
import struct, sys, zstandard
b = open(sys.argv[1], "rb").read()
n, kind, magic = struct.unpack("<IBI", b[-9:])
assert magic == 0x8F92EAB1 and kind == 0
table = b[-9 - 8*n:-9]
assert struct.unpack("<II", b[-17 - 8*n:-9 - 8*n]) == (0x184D2A5E, 8*n + 9)
at, out = 0, open(sys.argv[2], "wb")
for i in range(n):
    length, holds = struct.unpack("<II", table[8*i:8*i + 8])
    data = zstandard.ZstdDecompressor().decompress(b[at:at + length], max_output_size=holds)
    assert len(data) == holds
    out.write(data)
    at += length
assert at == len(b) - 17 - 8*n and n > 1
`
		python, out := pythonWith(t, "zstandard"), filepath.Join(t.TempDir(), "out")
		archivetest.RunTool(t, python, "-c", script, path, out)
		if !bytes.Equal(archivetest.ReadFile(t, out), want) {
			t.Error("zstandard unpacks other bytes")
		}
	})
}

// pythonWith finds a Python that has a module: the system's has what the system installs.
func pythonWith(t *testing.T, module string) string {
	t.Helper()
	err := errors.New("no Python has the module " + module)
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if othertools.Has(t.Context(), python, "-c", "import "+module) {
			return python
		}
	}
	othertools.Missing(t, err)
	return ""
}

// TestPackedChanges: nothing that changes an archive changes a packed one, and each says what to do.
func TestPackedChanges(t *testing.T) {
	plain := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"),
		archivetest.SmallRun("r", "n", "t", "completed"), nil)
	path := packed(t, plain)
	if err := os.Remove(plain); err != nil {
		t.Fatal(err)
	}
	live := filepath.Join(filepath.Dir(path), "other.simexp-live")
	if err := os.Link(path, live); err != nil {
		t.Fatal(err)
	}
	before := archivetest.ReadFile(t, path)
	for name, change := range map[string]func(context.Context) error{
		"annotate": func(ctx context.Context) error {
			return rewrite.Annotate(ctx, path, []archive.Annotation{{Kind: "comment", Text: "text"}})
		},
		"upgrade": func(ctx context.Context) error {
			_, err := rewrite.Upgrade(ctx, path, rewrite.Options{})
			return err
		},
		"resume": func(ctx context.Context) error {
			w, err := record.Resume(ctx, live, nil)
			if err == nil {
				w.Close()
			}
			return err
		},
		"seal": func(ctx context.Context) error {
			_, err := record.Seal(ctx, live, nil)
			return err
		},
	} {
		if err := change(t.Context()); !errors.Is(err, archive.ErrPacked) || !strings.Contains(err.Error(), "unpack") {
			t.Errorf("%s: got %v, want %v", name, err, archive.ErrPacked)
		}
	}
	archivetest.WantFiles(t, filepath.Dir(path), "other.simexp-live", "run.simexp.zst")
	if !bytes.Equal(archivetest.ReadFile(t, path), before) {
		t.Error("the packed file was changed")
	}
	_, err := record.Create(path, &record.Options{Replace: true})
	if err == nil || !strings.Contains(err.Error(), "pack") {
		t.Errorf("an archive of that name: got %v", err)
	}
}

// TestPackLive: only what is sealed is packed, and a packed recording is none.
func TestPackLive(t *testing.T) {
	w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), archivetest.LongRun()[:10])
	a := archivetest.Open(t, archivetest.CopyKilled(t, w.LivePath()))
	if err := archive.Pack(t.Context(), io.Discard, a); !errors.Is(err, archive.ErrNotSealed) {
		t.Errorf("got %v, want %v", err, archive.ErrNotSealed)
	}
}

// TestPackedFolder: a folder finds packed archives, and does not count one beside the archive itself.
func TestPackedFolder(t *testing.T) {
	dir := t.TempDir()
	for _, id := range []string{"one", "two"} {
		packed(t, recordtest.Record(t, filepath.Join(dir, id+".simexp"),
			archivetest.SmallRun(id, "n", "t", "completed"), nil))
	}
	if err := os.Remove(filepath.Join(dir, "two.simexp")); err != nil {
		t.Fatal(err)
	}
	d, err := archive.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for e, err := range d.List(t.Context(), archive.Filter{}) {
		if err != nil {
			t.Error(err)
		}
		got = append(got, filepath.Base(e.Path)+" "+e.Experiment.RunID)
	}
	if want := "one.simexp one,two.simexp.zst two"; strings.Join(got, ",") != want {
		t.Errorf("got %q, want %s", got, want)
	}
	for _, id := range []string{"one", "two"} {
		a, err := d.Open(t.Context(), id)
		if err != nil || a.Packed() != (id == "two") {
			t.Errorf("%s: got %v", id, err)
		}
		if err == nil {
			a.Close()
		}
	}
}

// TestPackedSalvage: what is in sound frames of a packed file is brought out, whatever happened to the others or to
// the table.
func TestPackedSalvage(t *testing.T) {
	records := archivetest.ManyRecords(5000)
	plain := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil)
	file := archivetest.ReadFile(t, packed(t, plain))
	all := int64(len(records))
	for name, test := range map[string]struct {
		file  []byte
		least int64
		whole bool
	}{
		"sound":         {file, all, true},
		"no table":      {file[:len(file)-10], all, true},
		"a bad frame":   {append(append(bytes.Clone(file[:len(file)/2]), ^file[len(file)/2]), file[len(file)/2+1:]...), 100, false},
		"the last half": {file[:len(file)/2], 100, false},
	} {
		path := filepath.Join(t.TempDir(), "run.simexp.zst")
		if err := os.WriteFile(path, test.file, 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := salvage.Open(t.Context(), path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r := s.Report()
		if r.Whole != test.whole || r.Records < test.least || r.Records > all {
			t.Errorf("%s: got %d records, whole %t, want %d at least, %t", name, r.Records, r.Whole, test.least, test.whole)
		}
		s.Close()
	}
}

// TestPackedChanged: a packed file that is written to while it is read is an error.
func TestPackedChanged(t *testing.T) {
	path := packed(t, recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), archivetest.ManyRecords(20_000), nil))
	a := archivetest.Open(t, path)
	archivetest.Writable(t, path)
	file := archivetest.ReadFile(t, path)
	if err := os.WriteFile(path, file[:len(file)-1], 0o666); err != nil {
		t.Fatal(err)
	}
	var last error
	for _, err := range a.Records(t.Context()) {
		last = err
	}
	if !errors.Is(last, archive.ErrChanged) {
		t.Errorf("got %v, want %v", last, archive.ErrChanged)
	}
}

// BenchmarkOneRecord reads one record of a run of a million events, from opening the file to closing it.
func BenchmarkOneRecord(b *testing.B) {
	const events = 1_000_000
	plain := filepath.Join(b.TempDir(), "run.simexp")
	w, err := record.Create(plain, &record.Options{Bulk: true})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	if err := w.Begin(b.Context(), archivetest.ExampleStart()); err != nil {
		b.Fatal(err)
	}
	for i := range events {
		e := provider.Event{Iteration: i / 1000, Type: "payment", Timestamp: fmt.Sprint("2026-01-01T00:00:", i%60),
			Data: fmt.Appendf(nil, `{"tick":%d,"id":"%016x","amount":%d}`, i%100, uint64(i)*0x9e3779b97f4a7c15, i*7919%100000)}
		if err := w.Event(b.Context(), &e); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Finish(b.Context(), &provider.Result{Status: provider.StatusCompleted}); err != nil {
		b.Fatal(err)
	}
	for _, path := range []string{plain, packed(b, plain)} {
		b.Run(filepath.Base(path), func(b *testing.B) {
			seq := int64(1)
			for b.Loop() {
				a, err := archive.Open(path)
				if err != nil {
					b.Fatal(err)
				}
				seq = seq*7919%events + 1
				for r, err := range a.RecordsFrom(b.Context(), seq) {
					if err != nil || r.RecordMeta().Seq != seq {
						b.Fatal(r, err)
					}
					break
				}
				a.Close()
			}
		})
	}
}
