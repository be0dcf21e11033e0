package archive_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
)

// TestUnsealedForms reads the same run from every form of a file that is not sealed.
func TestUnsealedForms(t *testing.T) {
	sample := providertest.Sample()
	cut := sample[:len(sample)-1] // without a result
	t.Run("closed", func(t *testing.T) {
		dir := t.TempDir()
		w, err := record.Create(filepath.Join(dir, "run.simexp"), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range cut {
			if err := provider.Put(t.Context(), w, r); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		archivetest.WantFiles(t, dir, "run.simexp-live")
		a := archivetest.Open(t, w.LivePath())
		if a.State() != archive.Unfinished {
			t.Errorf("got state %q, want %q", a.State(), archive.Unfinished)
		}
		providertest.Test(t, a, cut)
	})
	t.Run("recording", func(t *testing.T) {
		w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), cut)
		a := archivetest.Open(t, w.LivePath())
		if a.State() != archive.Recording {
			t.Errorf("got state %q, want %q", a.State(), archive.Recording)
		}
		providertest.Test(t, a, cut)
	})
	t.Run("killed", func(t *testing.T) {
		w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), cut)
		killed := archivetest.CopyKilled(t, w.LivePath())
		a := archivetest.Open(t, killed)
		if a.State() != archive.Unfinished {
			t.Errorf("got state %q, want %q", a.State(), archive.Unfinished)
		}
		providertest.Test(t, a, cut)
		t.Run("resumed", func(t *testing.T) {
			if runtime.GOOS == "windows" { // where the live file stays while somebody reads it
				a.Close()
			}
			w, err := record.Resume(t.Context(), killed, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			if w.Count() != int64(len(cut)) || w.RunID() != sample[0].(*provider.Start).RunID {
				t.Errorf("got %d records of run %q, want %d", w.Count(), w.RunID(), len(cut))
			}
			if err := provider.Put(t.Context(), w, sample[len(sample)-1]); err != nil {
				t.Fatal(err)
			}
			providertest.Test(t, archivetest.Open(t, w.Path()), sample)
			archivetest.WantFiles(t, filepath.Dir(killed), "run.simexp")
		})
	})
	t.Run("sealed without a result", func(t *testing.T) {
		w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), cut)
		killed := archivetest.CopyKilled(t, w.LivePath())
		seal, err := record.Seal(t.Context(), killed, nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := archivetest.RootOf(t, cut); seal.Root != want {
			t.Errorf("got root %v, want %v", seal.Root, want)
		}
		a := archivetest.Open(t, strings.TrimSuffix(killed, archive.LiveSuffix))
		providertest.Test(t, a, cut)
		if a.State() != archive.Sealed {
			t.Errorf("got state %q, want %q", a.State(), archive.Sealed)
		}
	})
}

// TestOddPaths: a file name is only a name.
func TestOddPaths(t *testing.T) {
	names := []string{"a b.simexp", "x?mode=rwc&a=#%41.simexp", "%2e%2e.simexp", "ünï ☃.simexp", "file:x.simexp",
		"-.simexp", "a'b\"c;.simexp", ":memory:.simexp"}
	if runtime.GOOS == "windows" {
		names = []string{"a b.simexp", "#%41&a=b.simexp", "ünï ☃.simexp", "-.simexp"}
	}
	for _, name := range names {
		dir := t.TempDir()
		t.Chdir(dir) // and relative at that
		recordtest.Record(t, name, providertest.Sample(), nil)
		archivetest.WantFiles(t, dir, name)
		a, err := archive.Open(name)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if n, err := a.RecordCount(t.Context()); err != nil || n != int64(len(providertest.Sample())) {
			t.Errorf("%q: got %d records, %v", name, n, err)
		}
		a.Close()
		w := recordtest.StartRecording(t, "live "+name, providertest.Sample()[:5])
		if a, err := archive.Open(w.LivePath()); err != nil {
			t.Errorf("%q: live: %v", name, err)
		} else {
			a.Close()
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		archivetest.WantFiles(t, dir, slices.Sorted(slices.Values([]string{name, "live " + name + "-live"}))...)
		t.Chdir(os.TempDir())
	}
}

// TestReadingChangesNothing opens each form of file and compares the folder before and after: bytes, times and names.
func TestReadingChangesNothing(t *testing.T) {
	sample := providertest.Sample()
	sealed := filepath.Dir(recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), sample, nil))
	killed := filepath.Dir(archivetest.CopyKilled(t, recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"),
		sample[:20]).LivePath()))
	for name, dir := range map[string]string{"sealed": sealed, "killed": killed} {
		for _, mode := range []fs.FileMode{0o755, 0o555} {
			if err := os.Chmod(dir, mode); err != nil {
				t.Fatal(err)
			}
			before := archivetest.Look(t, dir)
			for _, path := range archivetest.Glob(t, dir) {
				a := archivetest.Open(t, path)
				for range a.Records(t.Context()) {
				}
				for range a.IterationRecords(t.Context(), 0) {
				}
				if _, err := a.Experiment(t.Context()); err != nil {
					t.Error(err)
				}
				if _, err := verify.File(t.Context(), path); err != nil {
					t.Error(err)
				}
				if _, _, err := archivetest.Query(t.Context(), a, "SELECT * FROM experiment_events"); err != nil {
					t.Error(err)
				}
				a.Close()
			}
			if after := archivetest.Look(t, dir); after != before {
				t.Errorf("%s, folder %v: got\n%swant\n%s", name, mode, after, before)
			}
		}
		os.Chmod(dir, 0o755)
	}
}

// numberedAs gives a copy of r with its position in the run.
func numberedAs(r provider.Record, seq int) provider.Record {
	r = r.Clone()
	r.RecordMeta().Seq = int64(seq)
	return r
}

// TestReadWhileRecording: readers see a growing, always complete run, and the recorder goes on while one holds a
// cursor.
func TestReadWhileRecording(t *testing.T) {
	records := archivetest.ManyRecords(4000)
	w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), records[:100])
	slow := archivetest.Open(t, w.LivePath())
	seen := 0
	for r, err := range slow.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if diff := providertest.Diff(r, numberedAs(records[seen], seen)); diff != "" {
			t.Fatalf("record %d: %s", seen, diff)
		}
		if seen++; seen == 10 { // with the cursor in the middle, record much more
			for _, r := range records[100 : len(records)-1] {
				if err := provider.Put(t.Context(), w, r); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if seen != 100 {
		t.Errorf("the reader that began at 100 records saw %d", seen)
	}
	if n, err := slow.RecordCount(t.Context()); err != nil || n != int64(len(records)-1) {
		t.Errorf("later the same reader counts %d records, %v, want %d", n, err, len(records)-1)
	}
	for r, err := range slow.RecordsFrom(t.Context(), 2000) { // event types that came after opening
		if err != nil {
			t.Fatal(err)
		}
		if diff := providertest.Diff(r, numberedAs(records[2000], 2000)); diff != "" {
			t.Error(diff)
		}
		break
	}
	slow.Close()
	if err := w.Finish(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
}

func TestNew(t *testing.T) {
	b, err := os.ReadFile(recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample(), nil))
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.New(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	providertest.Test(t, a, providertest.Sample())
}

// failing is a file that cannot be read from some byte on.
type failing struct {
	io.ReaderAt
	from int64
}

func (f failing) ReadAt(b []byte, off int64) (int, error) {
	if off+int64(len(b)) > f.from {
		return 0, errors.New("medium error")
	}
	return f.ReaderAt.ReadAt(b, off)
}

// TestReadErrors: a medium that fails is an error, never fewer records.
func TestReadErrors(t *testing.T) {
	records := archivetest.ManyRecords(3000)
	b, err := os.ReadFile(recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil))
	if err != nil {
		t.Fatal(err)
	}
	for from := int64(0); from < int64(len(b)); from += int64(len(b)/40) + 1 {
		a, err := archive.New(failing{bytes.NewReader(b), from}, int64(len(b)))
		if err == nil {
			if _, _, err = digest.Of(t.Context(), a); err == nil { // the pages that it needs were all there
				var report verify.Report
				if report, err = verify.Reader(t.Context(), failing{bytes.NewReader(b), from}, int64(len(b))); !report.OK() {
					err = errors.New("problems")
				}
			}
			a.Close()
		}
		if err == nil {
			t.Errorf("a medium that fails from byte %d on: got no error", from)
		}
	}
}

// TestTouched: a sealed archive that another program has written to says so, whatever it wrote, and no other does.
func TestTouched(t *testing.T) {
	path := archivetest.Write(t, recordtest.SampleBytes(t))
	if archivetest.Open(t, path).Touched() {
		t.Error("as it was sealed: touched")
	}
	live := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample()[:3]).LivePath()
	for _, path := range []string{live, archivetest.CopyKilled(t, live)} {
		if archivetest.Open(t, path).Touched() {
			t.Errorf("%s: a live file is touched", path)
		}
	}
	recordtest.EditAt(t, path, "UPDATE z_experiment SET run_id = 'another'")
	if !archivetest.Open(t, path).Touched() {
		t.Error("after an update: not touched")
	}
}
