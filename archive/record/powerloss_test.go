//go:build !windows

package record

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/disktest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// diskSystem leads a writer's calls through d.
func diskSystem(d *disktest.Disk, options ...string) *sqlitefile.System {
	return d.System(options...)
}

// diskOptions makes a recorder write to d. Events wait for as long as it takes, so that the calls are the same on
// every machine.
func diskOptions(d *disktest.Disk, exclusive bool) *Options {
	return &Options{system: diskSystem(d), flushAfter: time.Hour, Exclusive: exclusive}
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

// faultRun gives a run of n records of every kind and of many sizes, the same for the same seed.
func faultRun(n int, seed uint64) []provider.Record {
	random := rand.New(rand.NewPCG(seed, 1))
	text := func(most int) *string {
		var b strings.Builder
		for size := random.IntN(most); b.Len() < size; {
			fmt.Fprintf(&b, "%s, part %d of a text\n\n", strings.Repeat("word ", 300), random.IntN(1000))
		}
		return new(b.String())
	}
	records := []provider.Record{&provider.Start{RunID: fmt.Sprint("run ", seed), Name: "faults", Type: "test",
		Config: []byte(`{"a":1}`)}}
	for i := 1; i < n-1; i++ {
		iteration := i / 12
		var r provider.Record
		switch k := random.IntN(20); {
		case i%12 == 11:
			r = &provider.Iteration{Number: iteration, Costs: map[string]provider.Cents{"A": provider.Cents(i), "B": -1}}
		case k < 3:
			r = &provider.Interaction{Iteration: iteration, AgentID: "A", SystemPrompt: text(2000), UserPrompt: text(9000),
				Response: text(3000)}
		case k == 3:
			r = &provider.Note{Kind: "doubtful", Text: fmt.Sprint("record ", i)}
		case k == 4:
			r = &provider.Attachment{Name: fmt.Sprint("file ", i), Data: []byte(*text(20000))}
		default:
			r = &provider.Event{Iteration: iteration, Type: fmt.Sprint("type ", random.IntN(7)),
				Data: fmt.Appendf(nil, `{"i":%d,"t":%q}`, i, *text(400))}
		}
		records = append(records, r)
	}
	return append(records, &provider.Result{Status: provider.StatusCompleted, FinalCost: new(provider.Cents(7))})
}

// prefixRoots gives the digests of the first 0, 1, 2 … records.
func prefixRoots(records []provider.Record) []digest.Hash {
	var tree digest.Tree
	var leaf digest.Leaf
	roots := []digest.Hash{tree.Root()}
	for _, r := range records {
		if err := r.Validate(); err != nil {
			panic(err)
		}
		tree.Add(leaf.Hash(r))
		roots = append(roots, tree.Root())
	}
	return roots
}

// sealedMark marks, in the log of a disk, that Finish has returned; lower marks are how many records were acknowledged.
const sealedMark = 1 << 40

// A take is the log of a disk on which a run was recorded and sealed.
type take struct {
	records   []provider.Record
	roots     []digest.Hash
	ops       []disktest.Op
	exclusive bool // the recorders
}

// newTake records a run. Halfway the recorder closes and resumes.
func newTake(t testing.TB, n int, seed uint64, opts Options, options ...string) *take {
	t.Helper()
	records := faultRun(n, seed)
	d := newDisk(t)
	opts.system, opts.flushAfter = diskSystem(d, options...), time.Hour
	path := filepath.Join(t.TempDir(), "run.simexp")
	w, err := Create(path, &opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { w.Close() }()
	for i, r := range records {
		if i == n/2 {
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			d.Mark(int64(i))
			if w, err = Resume(t.Context(), path+archive.LiveSuffix, &opts); err != nil {
				t.Fatal(err)
			}
		}
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
		if r.RecordKind() != provider.KindEvent {
			d.Mark(w.Count())
		}
	}
	d.Mark(sealedMark)
	return &take{records: records, roots: prefixRoots(records), ops: d.Ops(), exclusive: opts.Exclusive}
}

var errLostRecords = errors.New("acknowledged records are lost")

// check looks at what a loss of power left behind in folder after mark.
func (k *take) check(ctx context.Context, folder string, mark int64) error {
	path := filepath.Join(folder, "run.simexp")
	if _, err := os.Lstat(path); err == nil {
		if n, err := k.prefix(ctx, path); err != nil {
			return err
		} else if n != int64(len(k.records)) {
			return fmt.Errorf("the sealed archive has %d records, want %d", n, len(k.records))
		}
		return nil
	}
	if mark >= sealedMark {
		return fmt.Errorf("no sealed archive: %w", errLostRecords)
	}
	n, err := k.prefix(ctx, path+archive.LiveSuffix)
	switch {
	case mark == 0 && (errors.Is(err, os.ErrNotExist) || errors.Is(err, provider.ErrNoRun)):
		return nil
	case err != nil:
		return err
	case n < mark:
		return fmt.Errorf("%w: %d are there, %d were acknowledged", errLostRecords, n, mark)
	}
	return nil
}

// prefix checks that the file at path holds the beginning of the run, and gives how many records.
func (k *take) prefix(ctx context.Context, path string) (int64, error) {
	a, err := archive.Open(path)
	if err != nil {
		return 0, err
	}
	defer a.Close()
	root, n, err := digest.Of(ctx, a)
	if err != nil {
		return 0, err
	}
	if n >= int64(len(k.roots)) || root != k.roots[n] {
		return 0, fmt.Errorf("%d records with digest %v: not those that were recorded", n, root)
	}
	return n, nil
}

// goOn takes the recording up again in folder, as a user would, and brings it to its end.
func (k *take) goOn(ctx context.Context, folder string, d *disktest.Disk) error {
	opts := diskOptions(d, k.exclusive) // which does not wait for the real disk
	path := filepath.Join(folder, "run.simexp")
	_, noSealed := os.Lstat(path)
	_, noLive := os.Lstat(path + archive.LiveSuffix)
	if noSealed == nil {
		if noLive == nil {
			if _, err := Seal(ctx, path+archive.LiveSuffix, opts); err != nil {
				return fmt.Errorf("live file beside the sealed one: %w", err)
			}
		}
		return k.only(ctx, path)
	}
	w, err := Create(path, opts)
	if errors.Is(err, archive.ErrExists) {
		w, err = Resume(ctx, path+archive.LiveSuffix, opts)
	}
	if errors.Is(err, ErrFinished) {
		if _, err := Seal(ctx, path+archive.LiveSuffix, opts); err != nil {
			return err
		}
		return k.only(ctx, path)
	}
	if err != nil {
		return err
	}
	defer w.Close()
	for _, r := range k.records[w.Count():] {
		if err := provider.Put(ctx, w, r); err != nil {
			return err
		}
	}
	return k.only(ctx, path)
}

// only checks that the sealed archive is whole and alone in its folder.
func (k *take) only(ctx context.Context, path string) error {
	if n, err := k.prefix(ctx, path); err != nil || n != int64(len(k.records)) {
		return fmt.Errorf("sealed %d records of %d: %v", n, len(k.records), err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	for _, e := range entries {
		// The log of a live file that is gone is litter that Create removes; a disk that cannot remove it leaves it.
		litter := e.Name() == filepath.Base(path)+archive.LiveSuffix+"-wal" ||
			e.Name() == filepath.Base(path)+archive.LiveSuffix+"-shm"
		if e.Name() != filepath.Base(path) && !litter {
			return fmt.Errorf("%s is left over", e.Name())
		}
	}
	return nil
}

// A tally counts what the states of a disk turned out to be.
type tally struct{ states, lost, bad, continued int }

// crash visits about n states of the take's disk. Every deep-th is not only read but recorded on; 0 means none.
func (k *take) crash(t testing.TB, n, deep int, seed uint64, lying bool) (sum tally, first error) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 2))
	replay := &disktest.Replay{Lying: lying}
	perOp := float64(n) / float64(len(k.ops))
	owed := 0.0
	root := t.TempDir()
	again := newDisk(t)
	again.Forget()
	for step, op := range k.ops {
		replay.Play(op)
		for owed += perOp; owed >= 1; owed-- {
			sum.states++
			folder := filepath.Join(root, strconv.Itoa(sum.states))
			if err := os.Mkdir(folder, 0o777); err != nil {
				t.Fatal(err)
			}
			for path, content := range replay.Crash(random) {
				if err := os.WriteFile(filepath.Join(folder, filepath.Base(path)), content, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			err := k.check(t.Context(), folder, replay.Mark())
			if err == nil && deep > 0 && sum.states%deep == 0 {
				sum.continued++
				err = k.goOn(t.Context(), folder, again)
			}
			if err != nil {
				if errors.Is(err, errLostRecords) {
					sum.lost++
				} else {
					sum.bad++
				}
				if first == nil {
					first = fmt.Errorf("state %d, after step %d (%s %s), %d acknowledged: %w", sum.states, step, op.Kind,
						filepath.Base(op.Path), replay.Mark(), err)
				}
			}
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
		}
	}
	return sum, first
}

// powerStates is how many states the tests of a loss of power visit.
func powerStates(t testing.TB) int {
	if n, err := strconv.Atoi(os.Getenv("EXPARCHIVE_POWERLOSS")); err == nil {
		return n
	}
	return longtest.Count(250, 1500)
}

// TestPowerLoss records runs on a disk that loses, reorders and tears whatever was not flushed: at no moment is a
// record lost that was acknowledged, or a file left that is wrong. EXPARCHIVE_POWERLOSS sets how many states are
// visited.
func TestPowerLoss(t *testing.T) {
	total := powerStates(t)
	const runs = 4 // of different sizes, with logs that are folded into the main file at different times
	var sum tally
	for rest, seed := total, uint64(1); rest > 0; seed++ {
		n := min(rest, max(total/runs, 250), 5000)
		rest -= n
		checkpoint := fmt.Sprintf("_pragma=wal_autocheckpoint(%d)", []int{1000, 15, 40, 3}[seed%4])
		opts := Options{}
		if seed%5 == 4 { // which never folds the log into the file
			opts.Exclusive, checkpoint = true, "_pragma=wal_autocheckpoint(0)"
		}
		k := newTake(t, 40+15*int(seed%5), seed, opts, checkpoint)
		s, err := k.crash(t, n, 30, seed, false)
		if err != nil {
			t.Errorf("run %d, %s: %d lost and %d bad of %d states; the first: %v", seed, checkpoint, s.lost, s.bad, s.states,
				err)
		}
		sum.states, sum.continued = sum.states+s.states, sum.continued+s.continued
	}
	t.Logf("%d states, %d of them recorded on to the end, 0 lost", sum.states, sum.continued)
}

// TestPowerLossControls takes the protections away: without flushing, or on a disk that only says it flushes, records
// must get lost, or the test above shows nothing.
func TestPowerLossControls(t *testing.T) {
	states := min(powerStates(t)/4, 2000)
	k := newTake(t, 100, 100, Options{})
	if s, _ := k.crash(t, states, 0, 1, true); s.lost == 0 || s.bad == 0 {
		t.Errorf("a disk that does not flush: got %d lost and %d bad of %d states, want both", s.lost, s.bad, s.states)
	} else {
		t.Logf("a disk that does not flush: %d lost, %d bad of %d states", s.lost, s.bad, s.states)
	}
	k = newTake(t, 100, 102, Options{Exclusive: true})
	if s, _ := k.crash(t, states, 0, 3, true); s.lost == 0 || s.bad == 0 {
		t.Errorf("an exclusive recorder on a disk that does not flush: got %d lost and %d bad of %d states, want both",
			s.lost, s.bad, s.states)
	} else {
		t.Logf("an exclusive recorder on a disk that does not flush: %d lost, %d bad of %d states", s.lost, s.bad, s.states)
	}
	k = newTake(t, 100, 101, Options{unflushed: true})
	if s, _ := k.crash(t, states, 0, 2, false); s.lost == 0 {
		t.Errorf("without synchronous: got %d lost of %d states, want some", s.lost, s.states)
	} else {
		t.Logf("without synchronous: %d lost, %d bad of %d states", s.lost, s.bad, s.states)
	}
}

// TestLogWithoutHeader: frames without the header of the log, which a loss of power can leave, are no frames, as for
// SQLite.
func TestLogWithoutHeader(t *testing.T) {
	w := startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), faultRun(20, 3)[:10])
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w, err := Resume(t.Context(), w.LivePath(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Note(t.Context(), &provider.Note{Kind: "x", Text: "y"}); err != nil {
		t.Fatal(err)
	}
	live := archivetest.CopyKilled(t, w.LivePath())
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(live + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if a := archivetest.Open(t, live); countRecords(t, a) != 11 {
		t.Errorf("got %d records, want 11", countRecords(t, a))
	}
	clear(log[:512])
	if err := os.WriteFile(live+"-wal", log, 0o666); err != nil {
		t.Fatal(err)
	}
	if a := archivetest.Open(t, live); countRecords(t, a) != 10 {
		t.Errorf("got %d records, want 10", countRecords(t, a))
	}
}
