package archive_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/salvage"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/internal/hostile"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

func TestMain(m *testing.M) {
	archivetest.MainOf(m, map[string]func([]string) error{"hostile": hostileChild})
}

// hostileChild reads each of the files in every way that the package has. It prints for each how it went, how much time
// of the processor the slowest way took, and how much memory was resident in the largest.
func hostileChild(args []string) error {
	hostile.LimitMemory()
	// A text may have 64 MiB, and is in memory two or three times while it is hashed; without this the collector lets
	// that pile up.
	debug.SetMemoryLimit(hostile.MaxMemory * 3 / 4)
	for _, path := range args {
		fmt.Printf("begin %s\n", path)
		most, err := readEveryWay(path)
		fmt.Printf("end %v %d %t %s\n", most.Time, most.Memory, err == nil, strings.ReplaceAll(fmt.Sprint(err), "\n", "; "))
	}
	return nil
}

// readEveryWay gives the error of Open; the others are looked at only for how they end. most is what the slowest and
// the largest way took, each of which is what a command does.
func readEveryWay(path string) (most hostile.Use, err error) {
	ctx := context.Background()
	way := func(read func()) {
		use := hostile.Measure(read, func() {
			fmt.Fprintf(os.Stderr, "%s: stopped, since it took too much time\n", path)
			os.Exit(1)
		})
		most.Time, most.Memory = max(most.Time, use.Time), max(most.Memory, use.Memory)
	}
	way(func() {
		if s, err := salvage.Open(ctx, path); err == nil {
			var sink digest.Sink
			if err := s.Write(ctx, &sink, salvage.Options{}); err != nil {
				fmt.Printf("salvage %v\n", err)
			}
			s.Close()
		}
	})
	way(func() { _, _ = archive.ReadEntry(ctx, path) })
	way(func() { _, _ = verify.File(ctx, path) })
	var a *archive.Archive
	way(func() { a, err = archive.Open(path) })
	if err != nil {
		return most, err
	}
	defer a.Close()
	way(func() {
		_, _ = a.Experiment(ctx)
		_, _ = a.Annotations(ctx)
	})
	way(func() { _, _ = a.Summary(ctx) })
	way(func() { _, _, _ = digest.Of(ctx, a) })
	way(func() {
		numbers, _ := a.Iterations(ctx)
		for i, n := range numbers {
			if i == 20 {
				break
			}
			_, _ = a.IterationAt(ctx, n)
			for _, err := range a.IterationRecords(ctx, n) {
				if err != nil {
					break
				}
			}
		}
	})
	way(func() {
		n := 0
		for _, err := range a.RecordsFrom(ctx, 5) { // the digest has read what follows; the long form reads it again
			if n++; err != nil || n == longtest.Count(1000, -1) {
				break
			}
		}
	})
	for _, view := range []string{
		"experiments", "experiment_iterations", "experiment_events", "llm_interactions", "costs", "policies",
		"accepted_changes",
		"totals", "notes", "attachments", "withheld",
	} {
		way(func() { // a view may go over rows without end, and is stopped, as a statement of a command is
			ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
			defer cancel()
			rows, err := a.Query(ctx, "SELECT * FROM "+view)
			if err != nil {
				return
			}
			defer rows.Close()
			for n := 0; n < 1000 && rows.Next(); n++ {
			}
		})
	}
	return most, nil
}

// hostileSource records what hostile files are made from.
func hostileSource(t testing.TB) hostile.Source {
	t.Helper()
	records := archivetest.LongRun()[:120]
	records = append(records, &provider.Note{Kind: "doubtful", Text: "text"},
		&provider.Attachment{Name: "a/b", Data: []byte("data")})
	w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), records)
	live := archivetest.CopyKilled(t, w.LivePath())
	if err := w.Finish(t.Context(), &provider.Result{Status: provider.StatusCompleted}); err != nil {
		t.Fatal(err)
	}
	var src hostile.Source
	for path, into := range map[string]*[]byte{w.Path(): &src.Sealed, live: &src.Live, live + "-wal": &src.Log} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		*into = b
	}
	return src
}

// seenElsewhere are files that take long, and show in the long form only what others show in the usual one.
var seenElsewhere = map[string]bool{
	"one section without end": true, // which the tests of work in proportion have every reader read
	"a million iterations":    true, // of which there are without end in another
	"keys without end":        true, // as there are commitments without end, in the same table
}

// TestHostile gives every hostile file to a child with limits: it is refused or read, in bounded time and memory, and
// nothing in its folder or beside it changes.
func TestHostile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the child is limited by means of Unix")
	}
	dir := t.TempDir()
	files, err := hostile.Make(dir, hostileSource(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 100 {
		t.Errorf("got %d hostile files, want 100 or more", len(files))
	}
	if !longtest.Enabled() {
		files = slices.DeleteFunc(files, func(f hostile.File) bool { return seenElsewhere[f.Name] })
	}
	before := archivetest.FolderState(t, dir)
	readHostile(t, files)
	if after := archivetest.FolderState(t, dir); after != before {
		t.Errorf("reading changed files: got\n%s\nwant\n%s", after, before)
	}
}

// TestHostileRecorded is the same of live files that a process holds as their recorder does.
func TestHostileRecorded(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the child is limited by means of Unix")
	}
	files, err := hostile.MakeLive(t.TempDir(), hostileSource(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		lock, err := sqlitefile.Lock(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		defer lock.Release()
		var version int
		if err := archivetest.OpenSQL(t, f.Path).QueryRow("PRAGMA user_version").Scan(&version); err != nil {
			t.Fatal(err)
		}
		if !sqlitefile.SharesIndex(f.Path) {
			t.Fatal("SQLite in other processes cannot read along")
		}
	}
	readHostile(t, files)
}

// readHostile has a child read each file.
func readHostile(t *testing.T, files []hostile.File) {
	t.Helper()
	// The sound file comes first and must be read: that the child works at all.
	sound := recordtest.Record(t, filepath.Join(t.TempDir(), "sound.simexp"), archivetest.LongRun(), nil)
	args := []string{sound}
	for _, f := range files {
		args = append(args, f.Path)
	}
	bound := int64(hostile.MaxMemory)
	if strconv.IntSize == 32 {
		bound += 32 << 20 // 268 MiB were measured on 386
	}
	child, lines := archivetest.StartChild(t, "hostile", args...)
	if end, ok := t.Deadline(); ok { // a file whose reading never ends is named
		defer time.AfterFunc(time.Until(end)-10*time.Second, func() { _ = child.Process.Kill() }).Stop()
	}
	var most hostile.Use
	n, read := -2, 0
	name := "none"
	for lines.Scan() {
		text := lines.Text()
		switch {
		case strings.HasPrefix(text, "begin "):
			n++
			name = "the sound file"
			if n >= 0 {
				name = files[n].Name
			}
		case strings.HasPrefix(text, "salvage "):
			t.Errorf("%s: %s", name, text)
		case strings.HasPrefix(text, "end "):
			var took string
			var use hostile.Use
			var ok bool
			if _, err := fmt.Sscanf(text, "end %s %d %t", &took, &use.Memory, &ok); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			var err error
			if use.Time, err = time.ParseDuration(took); err != nil {
				t.Fatal(err)
			}
			most.Time, most.Memory = max(most.Time, use.Time), max(most.Memory, use.Memory)
			if hostile.TooLong(use.Time) {
				t.Errorf("%s: took %v, want at most %v", name, use.Time, hostile.MaxTime)
			}
			if use.Memory > bound {
				t.Errorf("%s: %d bytes were resident, want at most %d", name, use.Memory, bound)
			}
			if n < 0 && !ok || n >= 0 && ok && files[n].Refused || strings.Contains(text, "panic") {
				t.Errorf("%s: %s", name, text)
			}
			if ok && n >= 0 {
				read++
			}
		}
	}
	if err := child.Wait(); err != nil || n != len(files)-1 {
		t.Errorf("the child ended at file %d of %d, %s: %v", n+1, len(files), name, err)
	}
	t.Logf("%d hostile files: %d refused, %d read; the slowest took %v, %d MB at most",
		len(files), len(files)-read, read, most.Time.Round(time.Millisecond), most.Memory>>20)
}

// TestHostileControl: opened by SQLite itself, a file's own view runs without end; only a deadline stops it.
func TestHostileControl(t *testing.T) {
	path := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), archivetest.LongRun()[:10], nil)
	recordtest.EditAt(t, path, "DROP VIEW costs; CREATE VIEW costs AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) AS n FROM c")
	db := archivetest.OpenSQL(t, path, "mode=ro")
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var n int64
	if err := db.QueryRowContext(ctx, "SELECT n FROM costs").Scan(&n); err == nil || ctx.Err() == nil {
		t.Errorf("got %d, %v, want that the view runs until the deadline", n, err)
	}
	if _, err := archive.Open(path); !errors.Is(err, archive.ErrNotArchive) {
		t.Errorf("got %v, want %v", err, archive.ErrNotArchive)
	}
}
