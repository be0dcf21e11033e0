//go:build !windows

package rewrite

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/disktest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/longtest"
)

// A story is one change of an archive, made on a simulated disk.
type story struct {
	name   string
	change func(ctx context.Context, sys *sqlitefile.System, path string) error
	backup bool
	old    []byte // the archive before
	done   []byte // and after
}

// stories makes each change once, without faults. The formats have a next version until the end of the test.
func stories(t *testing.T) []*story {
	t.Helper()
	old := recordtest.SampleBytes(t)
	useFormats(t, nextVersion(t))
	all := []*story{
		{name: "annotate", change: func(ctx context.Context, sys *sqlitefile.System, path string) error {
			return editOn(ctx, sys, path, adding([]archive.Annotation{doi}))
		}},
		{name: "upgrade", backup: true, change: func(ctx context.Context, sys *sqlitefile.System, path string) error {
			_, err := upgradeOn(ctx, sys, path, Options{})
			return err
		}},
		{name: "upgrade without links", backup: true, change: func(ctx context.Context, sys *sqlitefile.System,
			path string) error {
			_, err := upgradeOn(ctx, withoutLinks(sys), path, Options{})
			return err
		}},
	}
	for _, s := range all {
		s.old = old
		path := archivetest.Write(t, old)
		if err := s.change(t.Context(), sqlitefile.RealSystem, path); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if s.done = archivetest.ReadFile(t, path); bytes.Equal(s.done, old) {
			t.Fatalf("%s: nothing was changed", s.name)
		}
	}
	return all
}

// check looks at what is under the names of the archive and of its backup; nil is no file.
func (s *story) check(now, backup []byte) error {
	if !bytes.Equal(now, s.old) && !bytes.Equal(now, s.done) {
		return fmt.Errorf("%d bytes under the name of the archive, neither the %d of the old one nor the %d of the new",
			len(now), len(s.old), len(s.done))
	}
	if backup != nil && !bytes.Equal(backup, s.old) {
		return fmt.Errorf("a backup of %d bytes, want the %d of the old file", len(backup), len(s.old))
	}
	if s.backup && backup == nil && !bytes.Equal(now, s.old) {
		return fmt.Errorf("the archive is the new one, and there is no backup")
	}
	return nil
}

// again makes the change on a disk that works, as whoever found it interrupted would, and looks at what is there then.
func (s *story) again(ctx context.Context, d *disktest.Disk, path string) error {
	if err := s.change(ctx, d.System(), path); err != nil {
		return fmt.Errorf("again: %w", err)
	}
	now, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(now, s.done) {
		return fmt.Errorf("again: got %d bytes, %v, want the %d of the new archive", len(now), err, len(s.done))
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if want := map[bool]int{false: 1, true: 2}[s.backup]; err != nil || len(entries) != want {
		return fmt.Errorf("again: got %v in the folder, %v, want %d files", entries, err, want)
	}
	return nil
}

func newDisk(t testing.TB) *disktest.Disk {
	t.Helper()
	d, err := disktest.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// powerStates is how many states of the disk the tests of a loss of power visit for each story.
func powerStates() int {
	if n, err := strconv.Atoi(os.Getenv("EXPARCHIVE_POWERLOSS")); err == nil {
		return n
	}
	return longtest.Count(100, 600)
}

// crash makes the change and visits about n states that a loss of power could leave. Of every deep-th the change is
// made again; 0 means none. It gives how many states were bad, and why the first was.
func (s *story) crash(t *testing.T, n, deep int, lying bool) (states, bad int, first error) {
	t.Helper()
	d := newDisk(t)
	path := filepath.Join(t.TempDir(), "run.simexp")
	if err := d.Write(path, s.old); err != nil {
		t.Fatal(err)
	}
	if err := d.SyncDir(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	before := len(d.Ops())
	if err := s.change(t.Context(), d.System(), path); err != nil {
		t.Fatal(err)
	}
	ops := d.Ops()
	again := newDisk(t)
	again.Forget()
	random := rand.New(rand.NewPCG(uint64(n), 4))
	replay := &disktest.Replay{}
	for _, op := range ops[:before] {
		replay.Play(op)
	}
	replay.Lying = lying // but the archive was there before
	perOp, owed := float64(n)/float64(len(ops)-before), 0.0
	for i, op := range ops[before:] {
		replay.Play(op)
		switch op.Kind {
		case disktest.Link, disktest.Rename: // after which most can go wrong
			owed += 60
		}
		if i == len(ops)-before-1 {
			owed += 5
		}
		for owed += perOp; owed >= 1; owed-- {
			states++
			left := replay.Crash(random)
			err := s.check(left[path], left[path+".v1.bak"])
			if err == nil && i == len(ops)-before-1 && !bytes.Equal(left[path], s.done) {
				err = fmt.Errorf("the change was made, and is lost")
			}
			if err == nil && deep > 0 && states%deep == 0 {
				dir := t.TempDir()
				for name, content := range left {
					if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), content, 0o666); err != nil {
						t.Fatal(err)
					}
				}
				err = s.again(t.Context(), again, filepath.Join(dir, filepath.Base(path)))
			}
			if err != nil {
				if bad++; first == nil {
					first = fmt.Errorf("after step %d of %d (%s %s): %w",
						i, len(ops)-before, op.Kind, filepath.Base(op.Path), err)
				}
			}
		}
	}
	return states, bad, first
}

// TestPowerLoss changes archives on a disk that loses, reorders and tears whatever was not flushed: at every moment the
// archive is the old one or the new one, and the backup whole or absent. EXPARCHIVE_POWERLOSS sets how many states are
// visited of each change.
func TestPowerLoss(t *testing.T) {
	for _, s := range stories(t) {
		n := powerStates()
		states, bad, err := s.crash(t, n, max(n/8, 10), false)
		if err != nil {
			t.Errorf("%s: %d bad of %d states; the first: %v", s.name, bad, states, err)
		}
		t.Logf("%s: %d states", s.name, states)
		// On a disk that only says it flushes archives must get lost, or this test shows nothing.
		if states, bad, _ = s.crash(t, 100, 0, true); bad == 0 {
			t.Errorf("%s: a disk that does not flush: none of %d states is bad", s.name, states)
		}
	}
}

// A fault is one way in which a disk fails, at its k-th call or from that on.
type fault struct {
	name    string
	kinds   []disktest.Kind // of calls that fail; all that can if nil
	failure disktest.Failure
	forGood bool
}

var faults = []fault{
	{
		"full", []disktest.Kind{disktest.Write, disktest.Create, disktest.Open},
		disktest.Failure{Code: disktest.Full, Short: true}, false,
	},
	{"no flush", []disktest.Kind{disktest.Sync, disktest.SyncDir}, disktest.Failure{Code: disktest.SyncEIO}, false},
	{
		"no changes of names", []disktest.Kind{disktest.Link, disktest.Rename, disktest.Delete, disktest.Chmod},
		disktest.Failure{Code: disktest.DeleteEIO}, false,
	},
	{"no reading", []disktest.Kind{disktest.Read}, disktest.Failure{Code: disktest.ReadEIO}, false},
	{"dead disk", nil, disktest.Failure{Code: disktest.IOErr}, true},
}

// at makes the k-th call of the fault's kinds fail, and the later ones if it is for good. calls counts those calls.
func (f fault) at(k int, calls *int) func(disktest.Call) disktest.Failure {
	*calls = 0
	return func(c disktest.Call) disktest.Failure {
		if f.kinds != nil && !slices.Contains(f.kinds, c.Kind) {
			return disktest.Failure{}
		}
		*calls++
		if *calls-1 == k || f.forGood && *calls-1 > k {
			return f.failure
		}
		return disktest.Failure{}
	}
}

var saysWhat = regexp.MustCompile(`^: (copy|change the copy|check of the copy|backup|replace the archive|` +
	`remove what is left over): .`)

// TestFaults lets calls fail in turn while an archive is changed: it is the old one or the new one, the error says what
// was being done and names the archive once, and when the disk works again the change can be made. EXPARCHIVE_FAULTS=1
// makes it every call.
func TestFaults(t *testing.T) {
	places := longtest.Count(2, 8)
	if os.Getenv("EXPARCHIVE_FAULTS") != "" {
		places = 1 << 30
	}
	d := newDisk(t)
	d.Forget()
	for _, s := range stories(t) {
		for _, f := range faults {
			calls := 0
			d.Fail(f.at(math.MaxInt, &calls)) // which tells how many calls there are
			if err := s.change(t.Context(), d.System(), archivetest.Write(t, s.old)); err != nil {
				t.Fatal(err)
			}
			total, failed := calls, 0
			if total == 0 && f.name == "no reading" && !s.backup {
				continue // only SQLite reads by way of the disk, and it has no part in annotating
			}
			t.Logf("%s, %s: %d calls", s.name, f.name, total)
			step := max(1, total/places)
			for k := total % step; k < total; k += step {
				path := archivetest.Write(t, s.old)
				d.Fail(f.at(k, &calls))
				err := s.change(t.Context(), d.System(), path)
				d.Fail(nil)
				what := fmt.Sprintf("%s, %s at call %d of %d", s.name, f.name, k, total)
				now := archivetest.ReadFile(t, path)
				backup, _ := os.ReadFile(path + ".v1.bak")
				if bad := s.check(now, backup); bad != nil {
					t.Errorf("%s: %v\nthe error was: %v", what, bad, err)
				}
				if err != nil {
					failed++
					text, ok := strings.CutPrefix(err.Error(), path)
					others := strings.ReplaceAll(text, path+"-", "") // SQLite says which file it cannot open
					if !ok || !saysWhat.MatchString(text) || strings.Contains(others, path) {
						t.Errorf("%s: got error %q, want the archive once and what was being done", what, err)
					}
				} else if !bytes.Equal(now, s.done) {
					t.Errorf("%s: got no error, and nothing was changed", what)
				}
				if err := s.again(t.Context(), d, path); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			if failed == 0 || total == 0 {
				t.Errorf("%s, %s: none of %d faults was noticed", s.name, f.name, total)
			}
		}
	}
}

// TestSecretWork: while an archive that only its owner may read is changed, nobody else may read what is worked in
// either.
func TestSecretWork(t *testing.T) {
	for _, s := range stories(t) {
		path := archivetest.Write(t, s.old)
		if err := os.Chmod(path, 0o400); err != nil {
			t.Fatal(err)
		}
		looked := 0
		look := func() {
			for _, name := range archivetest.Names(t, filepath.Dir(path)) {
				info, err := os.Stat(filepath.Join(filepath.Dir(path), name))
				if err == nil && !strings.HasSuffix(name, sqlitefile.LockSuffix) && info.Mode()&0o077 != 0 {
					t.Errorf("%s: %s has mode %v", s.name, name, info.Mode())
				}
				looked++
			}
		}
		sys := *sqlitefile.RealSystem
		sys.Overwrite = func(path string, data []byte, offset int64) error {
			defer look()
			return sqlitefile.RealSystem.Overwrite(path, data, offset)
		}
		sys.Sync = func(path string) error {
			defer look()
			return sqlitefile.RealSystem.Sync(path)
		}
		if err := s.change(t.Context(), &sys, path); err != nil {
			t.Fatal(err)
		}
		if look(); looked < 6 {
			t.Errorf("%s: looked at %d files", s.name, looked)
		}
	}
}
