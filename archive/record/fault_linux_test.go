package record

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

func init() {
	recordChildren["limited"] = limitedChild
	recordChildren["sqlite"] = sqliteChild
}

// limitedChild records into args[0] until a file would grow beyond args[1] bytes, the limit of the process. It prints
// how many records are acknowledged, and in the end the error.
func limitedChild(args []string) error {
	signal.Ignore(syscall.SIGXFSZ) // the write fails instead
	size, err := strconv.ParseUint(args[1], 10, 64)
	if err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: size}); err != nil {
		return err
	}
	w, err := Create(args[0], nil)
	if err != nil {
		return err
	}
	err = recordUntilError(w)
	fmt.Println(err)
	return w.Close()
}

func recordUntilError(w *Writer) error {
	for seq := w.Count(); ; seq++ {
		r := crashRecord(seq)
		if err := provider.Put(context.Background(), w, r); err != nil {
			return err
		}
		if r.RecordKind() != provider.KindEvent {
			fmt.Println(seq + 1)
		}
	}
}

// checkStopped checks a recording that stopped by itself: lines are what it printed.
func checkStopped(t *testing.T, path string, lines *bufio.Scanner) {
	t.Helper()
	acked, said := int64(0), ""
	for lines.Scan() {
		if n, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil {
			acked = n
		} else {
			said += lines.Text()
		}
	}
	if acked == 0 || !strings.Contains(said, spillSuffix) {
		t.Fatalf("got %d acknowledged and the error %q, want some and the name of a spill", acked, said)
	}
	n := checkCrashRun(t, archivetest.Open(t, path+archive.LiveSuffix))
	if n < acked {
		t.Errorf("%d records are there, %d were acknowledged", n, acked)
	}
	w, err := Resume(t.Context(), path+archive.LiveSuffix, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if w.Count() <= n {
		t.Errorf("got %d records after resuming, want more than the %d before, since one was refused and spilled", w.Count(),
			n)
	}
	if err := w.Finish(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	checkCrashRun(t, archivetest.Open(t, path))
	archivetest.WantFiles(t, filepath.Dir(path), "run.simexp")
	t.Logf("%d acknowledged, %d there, %d after resuming; the recorder said: %s", acked, n, w.Count(), said)
}

// TestFileSizeLimit: a process that may not write files beyond a size.
func TestFileSizeLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.simexp")
	child, lines := archivetest.StartChild(t, "limited", path, "1000000")
	checkStopped(t, path, lines)
	if err := child.Wait(); err != nil {
		t.Error(err)
	}
}

// smallDisk gives a folder on a file system of the given size.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may mount")
	}
	folder := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", folder).CombinedOutput(); err != nil {
		t.Skipf("mount: %v, %s", err, out)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// TestDiskFullForLong: a program that goes on for long after the disk is full leaves one spill, which has everything.
func TestDiskFullForLong(t *testing.T) {
	small, temp := smallDisk(t, "1m"), t.TempDir()
	t.Setenv("TMPDIR", temp)
	w, err := Create(filepath.Join(small, "run.simexp"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Begin(t.Context(), &provider.Start{RunID: "r", Name: "n", Type: "t"}); err != nil {
		t.Fatal(err)
	}
	given := 0
	for i := range 150 {
		response := fmt.Sprintf("%08d", i) + strings.Repeat("abcdefgh", 1000)
		given += len(response)
		err = w.Interaction(t.Context(), &provider.Interaction{Iteration: i, Response: &response})
	}
	if err == nil {
		t.Fatal("got no error from a full disk")
	}
	if err := w.Close(); err != nil {
		t.Errorf("close: got %v, want no error, since all is kept", err)
	}
	names := archivetest.Names(t, temp)
	if len(names) != 1 || !strings.Contains(err.Error(), names[0]) {
		t.Fatalf("got temporary files %q and the error %v, want one, named by the error", names, err)
	}
	spill := filepath.Join(temp, names[0])
	if info, err := os.Stat(spill); err != nil || info.Size() > int64(given)*5/4 {
		t.Errorf("got %v, %v, want a spill of about the %d bytes that were given", info, err, given)
	}
	roomy := filepath.Join(t.TempDir(), "run.simexp-live")
	for from, to := range map[string]string{
		w.LivePath(): roomy, w.LivePath() + "-wal": roomy + "-wal", spill: roomy + spillSuffix,
	} {
		if err := os.WriteFile(to, archivetest.ReadFile(t, from), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Resume(t.Context(), roomy, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.Count() != 151 {
		t.Errorf("got %d records after resuming, want 151", again.Count())
	}
}

// TestTemporaryFilesFull: where temporary files go there may be no room either, for all of the spill or for more of it.
func TestTemporaryFilesFull(t *testing.T) {
	f := failWriter(t)
	f.closed = true
	f.temp = smallDisk(t, "64k")
	t.Setenv("TMPDIR", f.temp)
	big := strings.Repeat("z", 100<<10)
	said := f.note(t, big)
	if !strings.HasPrefix(said, "the 1 records from record 20 on could not be kept in a file either") {
		t.Errorf("got %q, want that the record is nowhere", said)
	}
	archivetest.WantFiles(t, f.temp)

	f = failWriter(t)
	f.closed = true
	f.temp = smallDisk(t, "64k")
	t.Setenv("TMPDIR", f.temp)
	f.note(t, "kept")
	want := "the 1 records from record 20 on are in " + f.inTemp(t) + ": move it to "
	said = f.note(t, big)
	if !strings.HasPrefix(said, want) || !strings.Contains(said, "; the 1 behind them could not be kept") {
		t.Errorf("got %q, want %q and that one is lost", said, want)
	}
	if err := f.Close(); err == nil {
		t.Error("close: got no error, although a record is lost")
	}
	spill := f.LivePath() + spillSuffix
	if err := os.WriteFile(spill, archivetest.ReadFile(t, f.inTemp(t)), 0o666); err != nil {
		t.Fatal(err)
	}
	f.resumes(t, spill, 21)
}

// TestDiskFull records on a small file system until it is full.
func TestDiskFull(t *testing.T) {
	small := smallDisk(t, "1500k")
	t.Setenv("TMPDIR", t.TempDir())
	w, err := Create(filepath.Join(small, "run.simexp"), nil)
	if err != nil {
		t.Fatal(err)
	}
	acked := int64(0)
	for seq := int64(0); err == nil; seq++ {
		r := crashRecord(seq)
		if err = provider.Put(t.Context(), w, r); err == nil && r.RecordKind() != provider.KindEvent {
			acked = seq + 1
		}
	}
	if !strings.Contains(err.Error(), "full") {
		t.Errorf("got %v, want that the disk is full", err)
	}
	given := w.spill.first + w.spill.count
	spill := w.spill.path
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	// As it is, it can be read; the disk has no room to seal it, and then nothing is left under its name.
	n := checkCrashRun(t, archivetest.Open(t, w.LivePath()))
	if n < acked {
		t.Errorf("%d records are there, %d were acknowledged", n, acked)
	}
	// With room again, there or elsewhere, it goes on.
	roomy := filepath.Join(t.TempDir(), "run.simexp")
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(w.LivePath() + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(roomy+archive.LiveSuffix+suffix, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(spill)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(roomy+archive.LiveSuffix+spillSuffix, b, 0o666); err != nil {
		t.Fatal(err)
	}
	again, err := Resume(t.Context(), roomy+archive.LiveSuffix, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.Count() != given {
		t.Errorf("got %d records after resuming, want the %d that were handed over", again.Count(), given)
	}
	if err := again.Finish(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	checkCrashRun(t, archivetest.Open(t, roomy))
	t.Logf("%d acknowledged, %d there, %d after resuming", acked, n, given)
}

// TestDiskFullWhileSealing: no room for the sealed copy.
func TestDiskFullWhileSealing(t *testing.T) {
	small := smallDisk(t, "1500k")
	path := filepath.Join(small, "run.simexp")
	w := startRecording(t, path, storyRun()[:100])
	if err := errors.Join(w.Sync(), emptyLog(w.conn)); err != nil { // which sealing does, and which makes room
		t.Fatal(err)
	}
	ballast := filepath.Join(small, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	f.Close()
	if err := w.Finish(t.Context(), nil); err == nil {
		t.Error("got no error from a full disk")
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the final name: got %v, want %v", err, os.ErrNotExist)
	}
	if _, err := os.Stat(path + sealingSuffix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copy: got %v, want %v", err, os.ErrNotExist)
	}
	if n := checkCrashRun(t, archivetest.Open(t, w.LivePath())); n != 100 {
		t.Errorf("got %d records in the live file, want 100", n)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if _, err := Seal(t.Context(), w.LivePath(), nil); err != nil {
		t.Error(err)
	}
	archivetest.WantFiles(t, small, "run.simexp")
}

// sqliteChild opens the database args[0] with plain SQLite, writes nothing and closes it, which makes SQLite fold the
// log into it and remove the log if nobody else has it open.
func sqliteChild(args []string) error {
	db, err := sqlitefile.OpenWritable(args[0], "mode=rw")
	if err != nil {
		return err
	}
	var n int
	err = db.QueryRow("SELECT count(*) FROM z_event").Scan(&n)
	return errors.Join(err, db.Close())
}

// TestOwnLocks: that the recording process reads and closes its own files, to hash or copy them, does not give its
// locks away.
func TestOwnLocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.simexp")
	w := startRecording(t, path, storyRun()[:30])
	for seq := int64(30); seq < 120; seq++ {
		for _, suffix := range []string{"", "-wal", "-shm", sqlitefile.LockSuffix} {
			if _, err := os.ReadFile(w.LivePath() + suffix); err != nil {
				t.Fatal(err)
			}
		}
		if seq%30 == 0 {
			child, lines := archivetest.StartChild(t, "sqlite", w.LivePath())
			for lines.Scan() {
			}
			if err := child.Wait(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(w.LivePath() + "-wal"); err != nil {
				t.Errorf("after another process closed the file: %v", err)
			}
		}
		if err := provider.Put(t.Context(), w, crashRecord(seq)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	var want digest.Sink
	for seq := range int64(120) {
		if err := provider.Put(t.Context(), &want, crashRecord(seq)); err != nil {
			t.Fatal(err)
		}
	}
	if s, _ := w.Seal(); s.Root != want.Root() {
		t.Errorf("got digest %v, want %v", s.Root, want.Root())
	}
}

// TestFilesAreLetGo: a recording that ended holds no file open.
func TestFilesAreLetGo(t *testing.T) {
	dir := t.TempDir()
	for name, end := range map[string]func(*Writer) error{
		"sealed": func(w *Writer) error { return w.Finish(t.Context(), nil) },
		"closed": (*Writer).Close,
		"failed": func(w *Writer) error {
			if err := os.Remove(w.LivePath()); err != nil {
				return err
			}
			if err := w.Note(t.Context(), &provider.Note{Kind: "x", Text: "y"}); !errors.Is(err, ErrLost) {
				return fmt.Errorf("got %w, want %w", err, ErrLost)
			}
			return w.Close()
		},
	} {
		w := startRecording(t, filepath.Join(dir, name+".simexp"), storyRun()[:30])
		if len(openIn(t, dir)) == 0 {
			t.Fatalf("%s: a recording that goes on has no file open", name)
		}
		if err := end(w); err != nil {
			t.Error(err)
		}
		if left := openIn(t, dir); len(left) > 0 {
			t.Errorf("%s: still open are %q", name, left)
		}
	}
}

// openIn gives the files in dir that this process has open.
func openIn(t *testing.T, dir string) (open []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range all {
		if name, err := os.Readlink(fd); err == nil && strings.HasPrefix(name, dir) {
			open = append(open, name)
		}
	}
	return open
}
