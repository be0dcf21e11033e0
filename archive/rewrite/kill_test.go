package rewrite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

func TestMain(m *testing.M) {
	archivetest.MainOf(m, map[string]func([]string) error{"rewrite": rewriteChild})
}

// rewriteChild says that it begins, and upgrades or annotates the archive args[1], as args[0] says; "copy" upgrades
// where there are no links.
func rewriteChild(args []string) (err error) {
	sys := sqlitefile.RealSystem
	if args[0] == "copy" {
		sys = withoutLinks(sys)
	}
	if args[0] != "annotate" {
		if sqlitefile.Formats, err = nextFormats(); err != nil {
			return err
		}
	}
	fmt.Println("begin")
	if args[0] == "annotate" {
		return Annotate(context.Background(), args[1], []archive.Annotation{doi})
	}
	_, err = upgradeOn(context.Background(), sys, args[1], Options{})
	return err
}

// withoutLinks gives sys as it is on a file system that has no hard links.
func withoutLinks(sys *sqlitefile.System) *sqlitefile.System {
	other := *sys
	other.Link = func(string, string) error { return errors.ErrUnsupported }
	return &other
}

// killRewriting kills children of the kind how at random moments, each with an archive of its own or what the one
// before left of it, and gives how often, and how often a file was left over, which it waits for. After each kill the
// archive is whole, old or new, and in the end each is new.
func killRewriting(t *testing.T, how string, kills int) (killed, leftovers int) {
	records := archivetest.LongRun()
	old := archivetest.ReadFile(t, recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil))
	fresh := func() string {
		path := filepath.Join(t.TempDir(), "run.simexp")
		if err := os.WriteFile(path, old, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// run gives whether the child got through, and how long it took from its first line on. It is killed after a
	// time, or never if that is negative.
	run := func(path string, kill time.Duration) (bool, time.Duration) {
		child, lines := archivetest.StartChild(t, "rewrite", how, path)
		if !lines.Scan() {
			t.Fatalf("the child ended at once: %v", child.Wait())
		}
		start := time.Now()
		if kill >= 0 {
			timer := time.AfterFunc(kill, func() { child.Process.Kill() })
			defer timer.Stop()
		}
		err := child.Wait()
		if child.ProcessState.ExitCode() > 0 {
			t.Fatalf("after %d kills: %v", killed, err)
		}
		return err == nil, time.Since(start)
	}
	path := fresh()
	_, whole := run(path, -1)
	done := archivetest.ReadFile(t, path)
	if bytes.Equal(done, old) {
		t.Fatal("nothing was changed")
	}
	want := archivetest.Names(t, filepath.Dir(path))
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 3))
	for path = fresh(); killed < kills || leftovers == 0; {
		through, _ := run(path, time.Duration(random.Int64N(int64(whole)*5/4)))
		now := archivetest.ReadFile(t, path)
		if !bytes.Equal(now, old) && !bytes.Equal(now, done) {
			t.Fatalf("after %d kills: %d bytes under the name of the archive, neither the %d of the old one nor the %d of the new", killed, len(now), len(old), len(done))
		}
		if bak, err := os.ReadFile(path + ".v1.bak"); err == nil && !bytes.Equal(bak, old) {
			t.Fatalf("after %d kills: a backup of %d bytes, want the %d of the old file", killed, len(bak), len(old))
		}
		if !through {
			killed++
			if left := archivetest.Names(t, filepath.Dir(path)); slices.ContainsFunc(left,
				func(name string) bool { return !slices.Contains(want, name) }) {
				leftovers++
			}
			if killed%3 != 0 {
				continue
			}
			// The next start gets through, whatever was left, and nothing is left over then.
			var took time.Duration
			if through, took = run(path, -1); !through {
				t.Fatalf("after %d kills: the next start did not get through", killed)
			}
			whole = max(whole, took) // others may have come to use the machine
		}
		if got := archivetest.Names(t, filepath.Dir(path)); !slices.Equal(got, want) ||
			!bytes.Equal(archivetest.ReadFile(t, path), done) {
			t.Fatalf("after %d kills: got files %q, want %q and the new archive", killed, got, want)
		}
		path = fresh()
	}
	return killed, leftovers
}

// TestKillRewriting kills upgrades and annotations at any moment. EXPARCHIVE_KILLS sets how often each.
func TestKillRewriting(t *testing.T) {
	for _, how := range []string{"upgrade", "copy", "annotate"} {
		t.Run(how, func(t *testing.T) {
			killed, leftovers := killRewriting(t, how, archivetest.KillCount())
			t.Logf("%d kills, %d left files for the next start, 0 archives lost", killed, leftovers)
		})
	}
}

// TestUpgradeAgain: each state that a killed upgrade can leave is gone through; a backup of something else is refused
// as ever.
func TestUpgradeAgain(t *testing.T) {
	old := archivetest.ReadFile(t, recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), archivetest.LongRun(),
		nil))
	useFormats(t, nextVersion(t))
	for name, c := range map[string]struct {
		leave func(path string) error
		fails error
	}{
		"backup linked": {func(path string) error { return os.Link(path, path+".v1.bak") }, nil},
		"backup copied": {func(path string) error { return os.WriteFile(path+".v1.bak", old, 0o644) }, nil},
		"temporaries": {func(path string) error {
			return os.WriteFile(path+upgrading+"-journal", []byte("x"),
				0o644)
		}, nil},
		"backup of another file": {func(path string) error {
			return os.WriteFile(path+".v1.bak",
				append([]byte("x"), old[1:]...), 0o644)
		}, archive.ErrExists},
		"backup that is a link": {func(path string) error { return os.Symlink(filepath.Base(path), path+".v1.bak") },
			archive.ErrExists},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "run.simexp")
			if err := os.WriteFile(path, old, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := c.leave(path); err != nil {
				t.Skip(err) // a system without links
			}
			_, err := Upgrade(t.Context(), path, Options{})
			if !errors.Is(err, c.fails) {
				t.Errorf("got %v, want %v", err, c.fails)
			}
			if got := strings.Join(archivetest.Names(t, filepath.Dir(path)), " "); got != "run.simexp run.simexp.v1.bak" {
				t.Errorf("got files %s", got)
			}
			if c.fails == nil && !bytes.Equal(archivetest.ReadFile(t, path+".v1.bak"), old) {
				t.Error("the backup is not the old file")
			}
		})
	}
}

// TestUpgradeBesideAnnotate: the two replace the same file, and so keep each other out; nothing of either is lost.
func TestUpgradeBesideAnnotate(t *testing.T) {
	path := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), archivetest.LongRun(), nil)
	useFormats(t, nextVersion(t))
	var between error
	sys := *sqlitefile.RealSystem
	sys.Link = func(from, to string) error { // in the middle of the upgrade
		between = Annotate(t.Context(), path, []archive.Annotation{doi})
		return os.Link(from, to)
	}
	if _, err := upgradeOn(t.Context(), &sys, path, Options{}); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(between, archive.ErrBusy) {
		t.Errorf("annotating meanwhile: got %v, want %v", between, archive.ErrBusy)
	}
	if err := Annotate(t.Context(), path, []archive.Annotation{doi}); err != nil {
		t.Error(err)
	}
	if list, err := archivetest.Open(t, path).Annotations(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("got annotations %v, %v, want one", list, err)
	}
}
