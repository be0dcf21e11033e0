//go:build !windows

package record

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/disktest"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
)

// A faultKind is one way in which a disk fails, from its k-th call on or at that call only.
type faultKind struct {
	name    string
	kinds   []disktest.Kind // of calls that fail; all that can if nil
	failure disktest.Failure
	forGood bool
}

var faultKinds = []faultKind{
	{"full once", []disktest.Kind{disktest.Write, disktest.Create, disktest.Open}, disktest.Failure{Code: disktest.Full},
		false},
	{"full for good", []disktest.Kind{disktest.Write, disktest.Create}, disktest.Failure{Code: disktest.Full}, true},
	{"short writes", []disktest.Kind{disktest.Write}, disktest.Failure{Code: disktest.Full, Short: true}, true},
	{"write error once", []disktest.Kind{disktest.Write, disktest.Truncate},
		disktest.Failure{Code: disktest.WriteEIO, Short: true}, false},
	{"flush error once", []disktest.Kind{disktest.Sync, disktest.SyncDir}, disktest.Failure{Code: disktest.SyncEIO},
		false},
	{"flush error for good", []disktest.Kind{disktest.Sync, disktest.SyncDir}, disktest.Failure{Code: disktest.SyncEIO},
		true},
	{"read error once", []disktest.Kind{disktest.Read, disktest.Shm}, disktest.Failure{Code: disktest.ReadEIO}, false},
	{"names cannot change", []disktest.Kind{disktest.Link, disktest.Rename, disktest.Delete, disktest.Create},
		disktest.Failure{Code: disktest.DeleteEIO}, true},
	{"dead disk", nil, disktest.Failure{Code: disktest.IOErr}, true},
}

// at makes the k-th call of the fault's kinds fail, and the later ones if it is for good.
func (f faultKind) at(k int) func(disktest.Call) disktest.Failure {
	n := 0
	return func(c disktest.Call) disktest.Failure {
		if !f.hits(c.Kind) {
			return disktest.Failure{}
		}
		n++
		if n-1 == k || f.forGood && n-1 > k {
			return f.failure
		}
		return disktest.Failure{}
	}
}

func (f faultKind) hits(k disktest.Kind) bool {
	for _, kind := range f.kinds {
		if kind == k {
			return true
		}
	}
	return f.kinds == nil
}

// A faultStory records a run, closing and resuming halfway, on a disk that fails.
type faultStory struct {
	*take
	disk   *disktest.Disk
	path   string
	opts   *Options
	given  int64 // records that were handed over, whatever the answer; the Start counts once it is acknowledged
	acked  int64 // records that are durable by the writer's word
	sealed bool
}

func newFaultStory(t testing.TB, k *take, d *disktest.Disk, folder string) *faultStory {
	t.Helper()
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	return &faultStory{take: k, disk: d, path: filepath.Join(folder, "run.simexp"), opts: diskOptions(d, k.exclusive)}
}

// record goes on until the end or the first error.
func (s *faultStory) record(ctx context.Context) (err error) {
	w, err := Create(s.path, s.opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	for i, r := range s.records {
		if i == len(s.records)/2 {
			if err := w.Close(); err != nil {
				return err
			}
			s.acked = int64(i)
			again, err := Resume(ctx, s.path+archive.LiveSuffix, s.opts)
			if err != nil {
				return err
			}
			w = again
		}
		err := provider.Put(ctx, w, r)
		if i > 0 || err == nil {
			s.given = int64(i) + 1
		}
		if err != nil {
			return err
		}
		if r.RecordKind() != provider.KindEvent {
			s.acked = int64(i) + 1
		}
	}
	s.sealed = true
	return nil
}

// check looks, on a disk that works again, whether what was acknowledged is there, and what was handed over too once
// the recording is resumed; and it brings the recording to its end.
func (s *faultStory) check(ctx context.Context) error {
	if _, err := os.Lstat(s.path); err == nil { // absent or complete
		if n, err := s.prefix(ctx, s.path); err != nil || n != int64(len(s.records)) {
			return fmt.Errorf("under its final name: %d records of %d, %v", n, len(s.records), err)
		}
	} else if s.sealed {
		return fmt.Errorf("no sealed archive: %w", errLostRecords)
	} else if s.acked > 0 {
		n, err := s.prefix(ctx, s.path+archive.LiveSuffix)
		if err != nil {
			return fmt.Errorf("live file: %w", err)
		}
		if n < s.acked {
			return fmt.Errorf("live file: %w: %d are there, %d were acknowledged", errLostRecords, n, s.acked)
		}
		if err := s.moveSpill(); err != nil {
			return err
		}
		w, err := Resume(ctx, s.path+archive.LiveSuffix, s.opts)
		if !errors.Is(err, ErrFinished) {
			if err != nil {
				return fmt.Errorf("resume: %w", err)
			}
			n = w.Count()
			if err := w.Close(); err != nil {
				return err
			}
			if n < s.given {
				return fmt.Errorf("%w: %d are there after resuming, %d were handed over", errLostRecords, n, s.given)
			}
		}
	}
	return s.goOn(ctx, filepath.Dir(s.path), s.disk)
}

// moveSpill does what the writer's error asks for if the spill could not be written beside the live file. Temporary
// files go into the same folder.
func (s *faultStory) moveSpill() error {
	found, err := filepath.Glob(s.path + archive.LiveSuffix + spillSuffix + "-*")
	if err != nil {
		return err
	}
	for _, path := range found {
		if filepath.Base(path) == filepath.Base(s.path)+archive.LiveSuffix+spillSuffix+creatingSuffix {
			continue // half written, to be swept
		}
		if err := os.Rename(path, s.path+archive.LiveSuffix+spillSuffix); err != nil {
			return err
		}
	}
	return nil
}

// TestFaults lets calls fail in turn while a run is recorded, resumed and sealed. EXPARCHIVE_FAULTS=1 makes it every
// call.
func TestFaults(t *testing.T) { testFaults(t, false) }

// TestFaultsExclusive is the same for recorders as they are on a network file system.
func TestFaultsExclusive(t *testing.T) { testFaults(t, true) }

func testFaults(t *testing.T, exclusive bool) {
	records := faultRun(40, 7)
	k := &take{records: records, roots: prefixRoots(records), exclusive: exclusive}
	places := longtest.Count(4, 25)
	if os.Getenv("EXPARCHIVE_FAULTS") != "" {
		places = 1 << 30
	}
	root := t.TempDir()
	d := newDisk(t)
	d.Forget()
	total := 0
	for _, kind := range faultKinds {
		// One run without faults tells how many calls there are.
		calls := 0
		d.Fail(func(c disktest.Call) disktest.Failure {
			if kind.hits(c.Kind) {
				calls++
			}
			return disktest.Failure{}
		})
		s := newFaultStory(t, k, d, filepath.Join(root, kind.name))
		if err := errors.Join(s.record(t.Context()), s.check(t.Context())); err != nil {
			t.Fatalf("without faults: %v", err)
		}
		if calls < 8 {
			t.Errorf("%s: only %d calls", kind.name, calls)
		}
		failed, tried := 0, 0
		step := max(1, calls/places)
		for at := tried % step; at < calls; at += step {
			folder := filepath.Join(root, kind.name+" "+strconv.Itoa(at))
			t.Setenv("TMPDIR", folder)
			s := newFaultStory(t, k, d, folder)
			d.Fail(kind.at(at))
			err := s.record(t.Context())
			d.Fail(nil)
			tried++
			if err != nil {
				failed++
			}
			if bad := s.check(t.Context()); bad != nil {
				t.Errorf("%s at call %d of %d: %v\nthe recorder said: %v", kind.name, at, calls, bad, err)
			}
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
		}
		if failed == 0 {
			t.Errorf("%s: none of %d faults was noticed", kind.name, tried)
		}
		t.Logf("%s: %d of %d calls failed in turn, %d recorders stopped", kind.name, tried, calls, failed)
		total += tried
	}
	t.Logf("%d faults, 0 records lost", total)
}

// TestFaultControl: without the spill a record whose commit fails is lost; the check must notice.
func TestFaultControl(t *testing.T) {
	records := faultRun(40, 7)
	k := &take{records: records, roots: prefixRoots(records)}
	d := newDisk(t)
	d.Forget()
	folder := filepath.Join(t.TempDir(), "run")
	t.Setenv("TMPDIR", folder)
	s := newFaultStory(t, k, d, folder)
	d.Fail(faultKind{"full", []disktest.Kind{disktest.Write}, disktest.Failure{Code: disktest.Full}, true}.at(60))
	if err := s.record(t.Context()); err == nil {
		t.Fatal("got no error from a full disk")
	}
	d.Fail(nil)
	if err := s.moveSpill(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(s.path + archive.LiveSuffix + spillSuffix); err != nil {
		t.Fatal(err)
	}
	if err := s.check(t.Context()); !errors.Is(err, errLostRecords) {
		t.Errorf("got %v, want %v", err, errLostRecords)
	}
}

// TestFolderReadOnly: a folder that cannot be written is an error, and nothing else happens.
func TestFolderReadOnly(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o755)
	if _, err := Create(filepath.Join(dir, "run.simexp"), nil); !errors.Is(err, syscall.EACCES) {
		t.Errorf("got %v, want %v", err, syscall.EACCES)
	}
	archivetest.WantFiles(t, dir)
}

// TestNoSharedMemory: where the system gives no shared memory a recorder is exclusive, without being told.
func TestNoSharedMemory(t *testing.T) {
	d := newDisk(t)
	d.Forget()
	d.Fail(func(c disktest.Call) disktest.Failure {
		if c.Kind == disktest.Shm {
			return disktest.Failure{Code: disktest.ShmEIO}
		}
		return disktest.Failure{}
	})
	records := faultRun(40, 7)
	k := &take{records: records, roots: prefixRoots(records)}
	s := newFaultStory(t, k, d, filepath.Join(t.TempDir(), "run"))
	w, err := Create(s.path, s.opts)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if !w.Exclusive() || w.NetworkFileSystem() != "" {
		t.Errorf("got exclusive %v on %q, want an exclusive recorder on no network file system", w.Exclusive(),
			w.NetworkFileSystem())
	}
	for _, r := range records {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.only(t.Context(), s.path); err != nil {
		t.Error(err)
	}
}
