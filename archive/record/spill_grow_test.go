//go:build !windows

package record

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/disktest"
	"github.com/simexp/exparchive/provider"
)

// A failedWriter has recorded 20 records and then met a disk that takes no more into the live file.
type failedWriter struct {
	*Writer
	disk   *disktest.Disk
	temp   string // where temporary files go
	closed bool   // to the spill too
	torn   bool   // it takes half of what it does not take
}

func failWriter(t *testing.T) *failedWriter {
	t.Helper()
	f := &failedWriter{disk: newDisk(t), temp: filepath.Join(t.TempDir(), "temporary")}
	if err := os.Mkdir(f.temp, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", f.temp)
	w, err := Create(filepath.Join(t.TempDir(), "run.simexp"), diskOptions(f.disk, false))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	for _, r := range storyRun()[:20] {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	f.Writer = w
	f.disk.Fail(func(c disktest.Call) disktest.Failure {
		if c.Kind == disktest.Write && (c.Path == w.LivePath()+"-wal" || f.closed) {
			return disktest.Failure{Code: disktest.Full, Short: f.torn}
		}
		return disktest.Failure{}
	})
	return f
}

// note records a note and gives what the writer said without the cause of its end, which must be there.
func (f *failedWriter) note(t *testing.T, text string) string {
	t.Helper()
	err := f.Note(t.Context(), &provider.Note{Kind: "x", Text: text})
	return f.said(t, err)
}

func (f *failedWriter) said(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		t.Fatal("got no error from a full disk")
	}
	_, said, found := strings.Cut(err.Error(), "nothing was recorded after record 19; ")
	if !found || !strings.HasPrefix(err.Error(), f.LivePath()+": ") {
		t.Fatalf("got %v, want the live file and the last record that is in it", err)
	}
	return said
}

// resumes checks that the recording has n records once the spill at path is taken in.
func (f *failedWriter) resumes(t *testing.T, path string, n int64) {
	t.Helper()
	f.disk.Fail(nil)
	if err := f.Close(); err != nil {
		t.Errorf("close: got %v, want no error", err)
	}
	if path != f.LivePath()+spillSuffix {
		if err := os.Rename(path, f.LivePath()+spillSuffix); err != nil {
			t.Fatal(err)
		}
	}
	w, err := Resume(t.Context(), f.LivePath(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if w.Count() != n {
		t.Errorf("got %d records after resuming, want %d", w.Count(), n)
	}
	if _, err := os.Lstat(f.LivePath() + spillSuffix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the spill after resuming: got %v, want %v", err, os.ErrNotExist)
	}
}

// inTemp gives the one file among the temporary ones.
func (f *failedWriter) inTemp(t *testing.T) string {
	t.Helper()
	names := archivetest.Names(t, f.temp)
	if len(names) != 1 {
		t.Fatalf("got temporary files %q, want one", names)
	}
	return filepath.Join(f.temp, names[0])
}

// TestSpillIsWrittenOnce: what comes later is appended, so that the spill is one file, each byte of which was written
// once.
func TestSpillIsWrittenOnce(t *testing.T) {
	f := failWriter(t)
	spill := f.LivePath() + spillSuffix
	for i := range 30 {
		want := fmt.Sprintf("the %d records from record 20 on are in %s: resuming takes them in", i+1, spill)
		if said := f.note(t, strings.Repeat("kept ", 1000)); said != want {
			t.Fatalf("got %q, want %q", said, want)
		}
	}
	if err := f.Close(); err != nil {
		t.Errorf("close: got %v, want no error, since all is kept", err)
	}
	archivetest.WantFiles(t, f.temp)
	written, flushed := 0, 0
	for _, op := range f.disk.Ops() {
		switch {
		case !strings.HasPrefix(op.Path, spill):
		case op.Kind == disktest.Write:
			written += len(op.Data)
		case op.Kind == disktest.Sync:
			flushed++
		}
	}
	info, err := os.Stat(spill)
	if err != nil {
		t.Fatal(err)
	}
	if int64(written) != info.Size() || flushed != 30 {
		t.Errorf("got %d bytes written and %d times flushed, want %d and 30", written, flushed, info.Size())
	}
	f.resumes(t, spill, 50)
}

// TestSpillOfEvents: events that nothing follows are appended by the mebibyte, and not held in memory until the end.
func TestSpillOfEvents(t *testing.T) {
	f := failWriter(t)
	f.note(t, "first")
	const events, size = 30, 100 << 10
	for range events {
		e := &provider.Event{Type: "x", Iteration: 1, Data: []byte(`"` + strings.Repeat("y", size) + `"`)}
		f.said(t, f.Event(t.Context(), e))
		if len(f.spill.rest) > flushBytes {
			t.Fatalf("got %d bytes in memory, want %d at most", len(f.spill.rest), flushBytes)
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	f.resumes(t, f.LivePath()+spillSuffix, 21+events)
}

// TestSpillElsewhere: where there is no room beside the live file, the spill is one file where temporary files go,
// and grows there.
func TestSpillElsewhere(t *testing.T) {
	f := failWriter(t)
	f.closed, f.torn = true, true
	for i := range 10 {
		said := f.note(t, fmt.Sprint("kept ", i))
		want := fmt.Sprintf("the %d records from record 20 on are in %s: move it to %s%s before resuming "+
			"(there was no room: ",
			i+1, f.inTemp(t), f.LivePath(), spillSuffix)
		if !strings.HasPrefix(said, want) {
			t.Fatalf("got %q, want %q", said, want)
		}
		f.closed = i < 5 // once there, it stays there
	}
	if err := f.Close(); err != nil {
		t.Errorf("close: got %v, want no error, since all is kept", err)
	}
	archivetest.WantFiles(t, filepath.Dir(f.Path()), "run.simexp-live", "run.simexp-live-shm", "run.simexp-live-wal")
	f.resumes(t, f.inTemp(t), 30)
}

// TestSpillFolder: a spill whose name may not be on disk does not count, and then it is not there twice.
func TestSpillFolder(t *testing.T) {
	f := failWriter(t)
	full := disktest.Failure{Code: disktest.Full}
	f.disk.Fail(func(c disktest.Call) disktest.Failure {
		if c.Kind == disktest.SyncDir || c.Kind == disktest.Write && c.Path == f.LivePath()+"-wal" {
			return full
		}
		return disktest.Failure{}
	})
	if said := f.note(t, "kept"); !strings.Contains(said, f.inTemp(t)) {
		t.Errorf("got %q, want the temporary file", said)
	}
	archivetest.WantFiles(t, filepath.Dir(f.Path()), "run.simexp-live", "run.simexp-live-lock",
		"run.simexp-live-shm", "run.simexp-live-wal")
	f.resumes(t, f.inTemp(t), 21)
}

// TestSpillMoves: when there is no room any more for what is to be appended, the whole goes where temporary files go,
// once.
func TestSpillMoves(t *testing.T) {
	f := failWriter(t)
	// That it was nowhere for a moment does not matter later.
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	f.closed = true
	f.note(t, "beside")
	f.closed = false
	f.note(t, "beside")
	t.Setenv("TMPDIR", f.temp)
	f.closed, f.torn = true, true
	for i := range 10 {
		said := f.note(t, strings.Repeat("elsewhere ", 100))
		want := fmt.Sprintf("the %d records from record 20 on are in %s: move it to %s%s before resuming "+
			"(there was no room: ",
			i+3, f.inTemp(t), f.LivePath(), spillSuffix)
		if !strings.HasPrefix(said, want) {
			t.Fatalf("got %q, want %q", said, want)
		}
	}
	if err := f.Close(); err != nil {
		t.Errorf("close: got %v, want no error, since all is kept", err)
	}
	// What is still beside the live file counts up to where it is whole.
	if s, err := readSpill(f.LivePath()); err != nil || s == nil || len(s.records) != 2 {
		t.Errorf("beside the live file: got %+v, %v, want two records", s, err)
	}
	f.resumes(t, f.inTemp(t), 32)
}

// TestSpillPartly: when a later record cannot be kept anywhere, the error says which are kept, where, and which are
// lost; when there is room again, none is.
func TestSpillPartly(t *testing.T) {
	for _, roomAgain := range []bool{false, true} {
		t.Run(fmt.Sprint("room again ", roomAgain), func(t *testing.T) {
			f := failWriter(t)
			spill := f.LivePath() + spillSuffix
			f.note(t, "kept")
			t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
			f.closed, f.torn = true, roomAgain
			want := ""
			for i := range 5 {
				want = fmt.Sprintf("the 1 records from record 20 on are in %s: resuming takes them in; "+
					"the %d behind them could not be kept in a file and are lost when this process ends: ", spill, i+1)
				if said := f.note(t, fmt.Sprint("lost ", i)); !strings.HasPrefix(said, want) {
					t.Fatalf("got %q, want %q", said, want)
				}
			}
			if !roomAgain {
				if err := f.Close(); err == nil || strings.Count(err.Error(), want) != 1 {
					t.Errorf("close: got %v, want %q once", err, want)
				}
				f.resumes(t, spill, 21)
				return
			}
			f.closed = false
			want = fmt.Sprintf("the 7 records from record 20 on are in %s: resuming takes them in", spill)
			if said := f.note(t, "kept"); said != want {
				t.Errorf("got %q, want %q", said, want)
			}
			if err := f.Close(); err != nil {
				t.Errorf("close: got %v, want no error, since all is kept", err)
			}
			f.resumes(t, spill, 27)
		})
	}
}

// TestSpillElsewherePartly: the file where temporary files go may fail as well.
func TestSpillElsewherePartly(t *testing.T) {
	f := failWriter(t)
	f.closed = true
	f.note(t, "kept")
	path := f.inTemp(t)
	away := path + "-away"
	if err := os.Rename(path, away); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("the 1 records from record 20 on are in %s: move it to %s%s before resuming",
		path, f.LivePath(), spillSuffix)
	said := f.note(t, "lost")
	if !strings.HasPrefix(said, want) ||
		!strings.Contains(said, "; the 1 behind them could not be kept in a file and are lost") {
		t.Errorf("got %q, want %q and that one is lost", said, want)
	}
	if err := os.Rename(away, path); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil { // tries again
		t.Error(err)
	}
	f.resumes(t, path, 22)
}

// TestSpillNowhere: what can be written nowhere is held in memory, up to a bound; when there is room, it is kept.
func TestSpillNowhere(t *testing.T) {
	defer func(n int64) { maxSpill = n }(maxSpill)
	maxSpill = 5000
	f := failWriter(t)
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	f.closed, f.torn = true, true
	n := 0
	for ; n < 100; n++ {
		said := f.note(t, strings.Repeat("y", 1000))
		if strings.Contains(said, "; this record is not kept: the spill is full at 5000 bytes") {
			break
		}
		want := fmt.Sprintf("the %d records from record 20 on could not be kept in a file either "+
			"and are lost when this process ends: ", n+1)
		if !strings.HasPrefix(said, want) {
			t.Fatalf("got %q, want %q", said, want)
		}
	}
	if n < 4 || n > 5 {
		t.Errorf("got %d records of 1000 bytes in memory, want those that 5000 bytes hold", n)
	}
	if said := f.note(t, "small"); !strings.Contains(said, "this record is not kept") {
		t.Errorf("after one that is not kept: got %q", said)
	}
	archivetest.WantFiles(t, filepath.Dir(f.Path()), "run.simexp-live", "run.simexp-live-lock",
		"run.simexp-live-shm", "run.simexp-live-wal")
	f.closed = false
	if err := f.Close(); err != nil {
		t.Errorf("close: got %v, want no error, since all is kept", err)
	}
	f.resumes(t, f.LivePath()+spillSuffix, 20+int64(n))
}

// TestPowerLossSpill: whatever a loss of power does to a spill that grows, it holds the records that were kept, and
// no others.
func TestPowerLossSpill(t *testing.T) {
	f := failWriter(t)
	records := storyRun()[:20]
	for i := range 15 {
		size := []int{10, 700, 5000}[i%3] // within a sector and over several
		records = append(records, &provider.Note{Kind: "x", Text: strings.Repeat(fmt.Sprint(i, " "), size/3)})
		f.said(t, provider.Put(t.Context(), f, records[20+i]))
		f.disk.Mark(f.spill.kept)
	}
	roots := prefixRoots(records)
	random := rand.New(rand.NewPCG(1, 7))
	replay := &disktest.Replay{}
	live := filepath.Join(t.TempDir(), "run.simexp-live")
	states, beyond := 0, 0
	for _, op := range f.disk.Ops() {
		replay.Play(op)
		if !strings.HasPrefix(op.Path, f.LivePath()+spillSuffix) && op.Kind != disktest.Mark {
			continue
		}
		for range 15 {
			states++
			if err := os.RemoveAll(live + spillSuffix); err != nil {
				t.Fatal(err)
			}
			for path, content := range replay.Crash(random) {
				if path == f.LivePath()+spillSuffix {
					if err := os.WriteFile(live+spillSuffix, content, 0o666); err != nil {
						t.Fatal(err)
					}
				}
			}
			s, err := readSpill(live)
			if err != nil {
				t.Fatalf("with %d kept: %v", replay.Mark(), err)
			}
			n := int64(0)
			if s != nil {
				n = int64(len(s.records))
				if s.header.First != 20 || s.header.Root != roots[20].String() {
					t.Fatalf("got a spill that begins with %d, %s", s.header.First, s.header.Root)
				}
				for i, h := range s.hashes {
					if h != contentHash(records[20+i]) {
						t.Fatalf("record %d is another one", 20+i)
					}
				}
			}
			if n < replay.Mark() {
				t.Fatalf("got %d records, %d were kept", n, replay.Mark())
			}
			if n > replay.Mark() {
				beyond++
			}
		}
	}
	if states < 500 || beyond == 0 {
		t.Errorf("got %d states, %d with more than was kept", states, beyond)
	}
	t.Logf("%d states, %d of them with more than was kept, 0 lost", states, beyond)
}
