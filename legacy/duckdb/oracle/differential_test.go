package oracle

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	seedFlag     = flag.Uint64("seed", 1, "the first seed")
	countFlag    = flag.Int("n", 0, "how many databases, 0 for as many as fit into -duration")
	durationFlag = flag.Duration("duration", 2*time.Minute, "how long to make databases")
	engineFlag   = flag.String("engine", "", "make databases only with these releases, such as 1.4 or 1.4,2.0")
	keepFlag     = flag.String("keep", "", "folder for a minimal fixture of each difference, such as ../testdata")
	failFlag     = flag.Int("failures", 5, "stop after so many differences")
	workersFlag  = flag.Int("workers", runtime.NumCPU(), "databases at a time")
)

// TestDifferential writes random databases with the engines and compares what the reader and the judge read from them,
// cell by cell. Then it runs the reader's script of definitions in the judge and compares the catalogs.
func TestDifferential(t *testing.T) {
	engines := strings.Split(*engineFlag, ",")
	for _, r := range Releases { // before the clock starts
		if *engineFlag == "" || slices.Contains(engines, r.Name) {
			if _, err := r.Build(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	end := time.Now().Add(*durationFlag)
	next := atomic.Uint64{}
	next.Store(*seedFlag)
	var mu sync.Mutex
	var cases, gaveUp, failures, cells, statements, leftOut, definitions int
	codecs := map[string]int{}
	whys := map[string]int{}
	var wait sync.WaitGroup
	for range *workersFlag {
		wait.Go(func() {
			runner := &Runner{Dir: t.TempDir()}
			defer runner.Close()
			for time.Now().Before(end) {
				seed := next.Add(1) - 1
				if *countFlag > 0 && seed >= *seedFlag+uint64(*countFlag) {
					break
				}
				c, err := Generate(seed, engines[seed%uint64(len(engines))])
				if err != nil {
					t.Error(err)
					return
				}
				err = runner.Run(t.Context(), c)
				var d *Difference
				mu.Lock()
				cases++
				if errors.As(err, &d) {
					failures++
				} else if err != nil {
					gaveUp++
					why, _, _ := strings.Cut(err.Error(), "\n")
					whys[why]++
					if !errors.Is(err, ErrEngine) {
						t.Errorf("seed %d: %v", seed, err)
					}
				}
				stop := failures >= *failFlag
				mu.Unlock()
				if d != nil {
					fmt.Fprintf(os.Stderr, "seed %d: %v\n", seed, d) // reducing takes a while
					small := runner.Reduce(t.Context(), c, time.Minute)
					err := runner.Run(t.Context(), small)
					t.Errorf("seed %d: %v\nreduced: %v\n%v", seed, d, err, small)
					if *keepFlag != "" {
						dir := filepath.Join(*keepFlag, fmt.Sprintf("found_%s_%d", small.Engine.Dir, seed))
						if err := runner.WriteCase(t.Context(), small, clip(d.Error()), dir); err != nil {
							t.Errorf("seed %d: no fixture: %v", seed, err)
						}
					}
				}
				if stop {
					break
				}
			}
			mu.Lock()
			cells += runner.Cells
			statements += runner.Statements
			leftOut += runner.LeftOut
			definitions += runner.Definitions
			for k, n := range runner.Codecs {
				codecs[k] += n
			}
			mu.Unlock()
		})
	}
	wait.Wait()
	t.Logf("%d databases from seed %d on, %d cells compared, %d differences; an engine gave up on %d", cases, *seedFlag,
		cells, failures, gaveUp)
	t.Logf("%d definitions of scripts gave the same catalogs", definitions)
	t.Logf("%d statements, %d left out because the release has no such thing", statements, leftOut)
	if testing.Verbose() {
		for _, k := range slices.Sorted(maps.Keys(codecs)) {
			fmt.Fprintf(os.Stderr, "  %-40s %d\n", k, codecs[k])
		}
		for why, n := range whys {
			fmt.Fprintf(os.Stderr, "  %d x %s\n", n, why)
		}
	}
	if cells == 0 || definitions == 0 {
		t.Error("got no cell or no definition compared, want some")
	}
}

// TestGenerate wants the same database from the same seed, and a fixture from a case.
func TestGenerate(t *testing.T) {
	for seed := range uint64(50) {
		a, err := Generate(seed, "")
		if err != nil {
			t.Fatal(err)
		}
		b, err := Generate(seed, "")
		if err != nil {
			t.Fatal(err)
		}
		if a.String() != b.String() {
			t.Fatalf("seed %d: got %v, want %v", seed, b, a)
		}
	}
	c, err := Generate(3, "1.4")
	if err != nil {
		t.Fatal(err)
	}
	runner := &Runner{Dir: t.TempDir()}
	defer runner.Close()
	dir := filepath.Join(t.TempDir(), "found")
	if err := runner.WriteCase(t.Context(), c, "a random case", dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"fixture.json", "db.gz"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}
