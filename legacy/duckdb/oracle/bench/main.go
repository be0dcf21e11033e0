//go:build unix

// Command bench measures the pure-Go reader against DuckDB and its official driver, in turn, each in processes of its
// own:
//
//	go run ./bench [-engine 1.5] [-rounds 5] [-rows 5000000] [-real FOLDER]
//
// open: a small real file, opened and read into Go values, the wall time of the whole process.
// rows: many mixed rows into Go values, user CPU.
// scan: every column into batches, against the engine hashing every column with one thread, user CPU.
//
// A line gives median, least and greatest of the rounds, the ratio of the medians, and the peak memory.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/simexp/exparchive/legacy/duckdb/oracle"
)

func main() {
	engine := flag.String("engine", oracle.Judge, "release of the driver")
	rounds := flag.Int("rounds", 5, "how often to measure each")
	rows := flag.Int("rows", 5_000_000, "rows of the large file")
	real := flag.String("real", os.Getenv("EXPARCHIVE_REALDATA"), "folder with small real files, *.db.gz")
	flag.Parse()
	if err := run(context.Background(), *engine, *rounds, *rows, *real); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, engine string, rounds, rows int, real string) error {
	release, _, err := oracle.Find(engine)
	if err != nil {
		return err
	}
	driver, err := release.Build(ctx)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	reader := filepath.Join(tmp, "reader")
	_, here, _, _ := runtime.Caller(0)
	build := exec.CommandContext(ctx, "go", "build", "-o", reader, "./bench/reader")
	build.Dir = filepath.Dir(filepath.Dir(here))
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the reader: %w\n%s", err, out)
	}
	fmt.Printf("engine %s, %d rounds, %d CPUs, %s\n", release.Name, rounds, runtime.NumCPU(), runtime.Version())

	files, err := filepath.Glob(filepath.Join(real, "*.db.gz"))
	if err != nil {
		return err
	}
	if real == "" || len(files) == 0 {
		fmt.Println("open: no small real files")
		files = nil
	}
	for _, file := range files {
		path := filepath.Join(tmp, filepath.Base(file))
		if err := unpack(file, path); err != nil {
			return err
		}
		if err := compare("open "+filepath.Base(file), 3*rounds, sample.wallTime, 0.30,
			[]string{reader, "read", path}, []string{driver, "read", path}); err != nil {
			return err
		}
	}
	large, err := makeLarge(ctx, rows)
	if err != nil {
		return err
	}
	st, err := os.Stat(large)
	if err != nil {
		return err
	}
	fmt.Printf("large file: %d rows, %.0f MB\n", rows, float64(st.Size())/1e6)
	if err := compare("rows", rounds, sample.userTime, 0.80, []string{reader, "read", large},
		[]string{driver, "read", large}); err != nil {
		return err
	}
	return compare("scan", rounds, sample.userTime, 1.00, []string{reader, "scan", large},
		[]string{driver, "hash", large, "1"})
}

// A sample is one process measured.
type sample struct {
	wall, user, sys time.Duration
	peak            int64 // bytes
}

func (s sample) wallTime() time.Duration { return s.wall }
func (s sample) userTime() time.Duration { return s.user }

func measure(args []string) (sample, error) {
	cmd := exec.Command(args[0], args[1:]...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return sample{}, fmt.Errorf("%v: %w\n%s", args, err, stderr.Bytes())
	}
	s := sample{wall: time.Since(start), user: cmd.ProcessState.UserTime(), sys: cmd.ProcessState.SystemTime()}
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.peak = u.Maxrss * 1024
		if runtime.GOOS == "darwin" {
			s.peak = u.Maxrss
		}
	}
	return s, nil
}

// compare runs a and b in turn and prints what they took.
func compare(what string, rounds int, of func(sample) time.Duration, goal float64, a, b []string) error {
	var sa, sb []sample
	for range rounds {
		x, err := measure(a)
		if err != nil {
			return err
		}
		y, err := measure(b)
		if err != nil {
			return err
		}
		sa, sb = append(sa, x), append(sb, y)
	}
	fmt.Printf("%s: ratio %.3f (goal at most %.2f)\n", what, float64(median(sa, of))/float64(median(sb, of)), goal)
	show("reader", sa)
	show("engine", sb)
	return nil
}

func median(s []sample, of func(sample) time.Duration) time.Duration {
	var d []time.Duration
	for _, x := range s {
		d = append(d, of(x))
	}
	slices.Sort(d)
	return d[len(d)/2]
}

func show(name string, s []sample) {
	fmt.Printf("  %s", name)
	for _, m := range []struct {
		name string
		of   func(sample) time.Duration
	}{{"wall", sample.wallTime}, {"user", sample.userTime}, {"sys", func(s sample) time.Duration { return s.sys }}} {
		var d []time.Duration
		for _, x := range s {
			d = append(d, m.of(x))
		}
		fmt.Printf("  %s %.3f s (%.3f–%.3f)", m.name, median(s, m.of).Seconds(), slices.Min(d).Seconds(),
			slices.Max(d).Seconds())
	}
	peak := int64(0)
	for _, x := range s {
		peak = max(peak, x.peak)
	}
	fmt.Printf("  peak %d MB\n", peak>>20)
}

// makeLarge writes the table of an experiment's events, once for each number of rows.
func makeLarge(ctx context.Context, rows int) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(cache, "exparchive-oracle", fmt.Sprintf("large%d.db", rows))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	r, _, err := oracle.Find("1.4") // the line that wrote the real files
	if err != nil {
		return "", err
	}
	p, err := oracle.Start(ctx, r)
	if err != nil {
		return "", err
	}
	defer p.Kill()
	for _, sql := range []string{
		"ATTACH " + oracle.Quote(path+".part") + " AS db",
		`CREATE TABLE db.events AS SELECT i AS id, 'exp1-20251211-143000-a1b2c3' AS run_id, CAST(i // 50000 AS INTEGER) AS iteration,
			['Arrival', 'PolicySubmit', 'RtgsImmediateSettlement', 'QueuedRtgs', 'CostAccrual', 'DeferredCreditApplied', 'EndOfDay', 'LsmBilateralOffset'][1 + CAST(hash(i) % 8 AS INTEGER)] AS event_type,
			'{"tick": ' || CAST(i % 100 AS VARCHAR) || ', "agent_id": "BANK_' || chr(CAST(65 + hash(i + 1) % 4 AS INTEGER)) || '", "tx_id": "' || left(md5(CAST(i AS VARCHAR)), 12) || '", "amount": ' || CAST(hash(i + 2) % 10000000 AS VARCHAR) || ', "deadline": ' || CAST(i % 100 + 20 AS VARCHAR) || '}' AS event_data,
			TIMESTAMP '2025-12-11 14:30:00' + to_microseconds(i * 1237) AS recorded_at, CAST(hash(i + 3) % 5000000 AS BIGINT) AS cost_cents, CAST(hash(i + 4) % 1000 AS DOUBLE) / 8 AS score,
			hash(i + 5) % 10 = 0 AS accepted, CASE WHEN hash(i + 6) % 4 = 0 THEN NULL ELSE CAST(hash(i + 7) % 100 AS INTEGER) END AS latency
			FROM range(` + fmt.Sprint(rows) + `) r(i)`,
		"CHECKPOINT db", "DETACH db",
	} {
		if err := p.Exec(sql); err != nil {
			return "", err
		}
	}
	if err := p.Close(); err != nil {
		return "", err
	}
	return path, os.Rename(path+".part", path)
}

func unpack(src, dst string) error {
	f, err := os.Open(src)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	return os.WriteFile(dst, b, 0o666)
}
