package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/simexp/exparchive/bench/internal/measure"
	"github.com/simexp/exparchive/bench/internal/sample"
)

// A curve is what a command needs for what is ten times as much each time.
type curve struct {
	what   string // the command
	unit   string // of which there are more and more
	points []point
}

// A point is the least of some runs of a command.
type point struct {
	n     int // units
	bytes int64
	use
}

// growthRounds is how often a command is measured of which the least counts; large ones are measured once.
const growthRounds = 3

// measureGrowth measures commands on runs, folders and databases that are ten times as large each time.
func (o *options) measureGrowth(ctx context.Context, root string) error {
	before := loadAverage()
	if err := build(ctx, root, "./cmd/exparchive", filepath.Join(o.dir, mainProgram)); err != nil {
		return err
	}
	events, err := o.growEvents(ctx)
	if err != nil {
		return err
	}
	archives, err := o.growArchives(ctx)
	if err != nil {
		return err
	}
	datasets, err := o.growDataset(ctx)
	if err != nil {
		return err
	}
	archives = append(archives, datasets...)
	runs, missing, err := o.growDatabase(ctx)
	if err != nil {
		return err
	}
	var s strings.Builder
	fmt.Fprintf(&s, "Made by `make bench-growth`. Each command is a process of its own; of %d measurements the least "+
		"counts, of those that take longer than a second there is one. %s.\n\nThe last column is by which power of the size "+
		"the processor time grows between the last two sizes: 1 is linear, 0 does not grow.\n\n", growthRounds,
		machine(before))
	all := append(append(events, archives...), runs...)
	for _, c := range all {
		c.table(&s)
	}
	if missing != "" {
		s.WriteString("An old database: skipped, " + missing + ".\n\n")
	}
	s.WriteString(growthNotes)
	if o.output != "" {
		image := filepath.Join(filepath.Dir(o.output), "growth.svg")
		if err := drawGrowth(image, events, archives, runs); err != nil {
			return err
		}
		s.WriteString("\n![processor time and memory over size](growth.svg)\n")
	}
	return o.publish(growthSection, s.String())
}

// growthNotes explains what is not linear.
const growthNotes = "What takes little time is mostly the start of the process, so that small sizes cost more of " +
	"each. `info` reads no events. `ls` and `import` of one run look at every run of an old database: it has no index " +
	"that could be used.\n"

// least measures a command, more than once if that is quick.
func (o *options) least(ctx context.Context, stdin string, args ...string) (use, error) {
	best := use{}
	for i := range growthRounds {
		var s measure.Stopwatch
		if err := s.Command(ctx, stdin, filepath.Join(o.dir, mainProgram), args...); err != nil {
			return best, err
		}
		if u := (use{s.User + s.Sys, s.Peak}); i == 0 || u.cpu < best.cpu {
			best = u
		}
		if s.Wall.Seconds() > 1 {
			break
		}
	}
	return best, nil
}

// growEvents measures commands on runs of 10,000 events and more.
func (o *options) growEvents(ctx context.Context) ([]curve, error) {
	at := func(name string) string { return filepath.Join(o.dir, name) }
	archive, lines, again := at("grown.simexp"), at("grown.jsonl"), at("again.jsonl")
	commands := []struct {
		curve
		stdin string
		args  []string
		size  string // the file whose bytes count
	}{
		{curve{what: "`record`, and seal"}, lines, []string{"record", "--as-is", "--force", "-o", archive}, archive},
		{curve{what: "`verify`"}, "", []string{"verify", archive}, archive},
		{curve{what: "`digest`"}, "", []string{"digest", archive}, archive},
		{curve{what: "`replay`"}, "", []string{"replay", archive}, archive},
		{curve{what: "`export` to lines"}, "",
			[]string{"export", "--format", "jsonl", "--force", "-o", again, archive}, again},
		{curve{what: "`info`"}, "", []string{"info", archive}, archive},
	}
	for n := 10_000; n <= o.most; n *= 10 {
		if err := writeSample(lines, sample.Lines{Iterations: n / 1000, Events: 1000}); err != nil {
			return nil, err
		}
		for i := range commands {
			c := &commands[i]
			u, err := o.least(ctx, c.stdin, c.args...)
			if err != nil {
				return nil, err
			}
			c.points = append(c.points, point{n, size(c.size), u})
		}
		fmt.Fprintf(os.Stderr, "%d events\n", n)
	}
	var list []curve
	for _, c := range commands {
		c.unit = "events"
		list = append(list, c.curve)
	}
	for _, name := range []string{archive, lines, again} {
		if err := os.Remove(name); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// growArchives measures the listing of folders of up to 10,000 archives.
func (o *options) growArchives(ctx context.Context) ([]curve, error) {
	list := []curve{{what: "`ls` of a folder", unit: "archives"}, {what: "`ls` of one with an index", unit: "archives"}}
	for n := 1; n <= min(10_000, o.most/100); n *= 10 {
		folder := filepath.Join(o.dir, fmt.Sprint("folder", n))
		if err := makeFolder(ctx, folder, n); err != nil {
			return nil, err
		}
		for i := range list {
			if i == 1 {
				if err := indexFolder(ctx, filepath.Join(o.dir, mainProgram), folder); err != nil {
					return nil, err
				}
			}
			u, err := o.least(ctx, "", "ls", folder)
			if err != nil {
				return nil, err
			}
			list[i].points = append(list[i].points, point{n, int64(n) * size(filepath.Join(folder, "0.simexp")), u})
		}
		if err := os.RemoveAll(folder); err != nil {
			return nil, err
		}
		fmt.Fprintf(os.Stderr, "%d archives\n", n)
	}
	return list, nil
}

// growDataset measures the tables that are made of up to 1,000 runs of 100 events.
func (o *options) growDataset(ctx context.Context) ([]curve, error) {
	list := []curve{{what: "`export` of a folder to Parquet", unit: "archives"},
		{what: "the same with `--newer`, of nothing new", unit: "archives"}}
	folder, dataset := filepath.Join(o.dir, "runs"), filepath.Join(o.dir, "dataset")
	if err := os.Mkdir(folder, 0o777); err != nil {
		return nil, err
	}
	made := 0
	for n := 1; n <= min(1000, o.most/1000); n *= 10 {
		for ; made < n; made++ {
			run := sample.Run{ID: fmt.Sprint("run-", made), Iterations: 10, Events: sample.Events(100, 10)}
			if err := recordRun(ctx, filepath.Join(folder, fmt.Sprint(made, ".simexp")), &run); err != nil {
				return nil, err
			}
		}
		args := []string{"export", "--format", "parquet", "-o", dataset, folder}
		for i := range list {
			u, err := o.least(ctx, "", args...)
			if err != nil {
				return nil, err
			}
			bytes, err := sizeOfFolder(dataset)
			if err != nil {
				return nil, err
			}
			list[i].points = append(list[i].points, point{n, bytes, u})
			args = append(args, "--newer")
		}
		fmt.Fprintf(os.Stderr, "%d runs of a dataset\n", n)
	}
	return list, errors.Join(os.RemoveAll(folder), os.RemoveAll(dataset))
}

// sizeOfFolder gives the bytes of all files in a folder and below.
func sizeOfFolder(folder string) (total int64, err error) {
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			total += size(path)
		}
		return err
	})
	return total, err
}

// growDatabase measures what is done with databases of the original project of up to 100,000 runs. Missing says why
// that is left out.
func (o *options) growDatabase(ctx context.Context) (list []curve, missing string, err error) {
	if err := exec.CommandContext(ctx, o.python, "-c", "import duckdb").Run(); err != nil {
		return nil, o.python + " has no package duckdb", nil
	}
	list = []curve{{what: "`ls` of an old database", unit: "runs"}, {what: "`import` of one run of it", unit: "runs"}}
	path, folder := filepath.Join(o.dir, "old.db"), filepath.Join(o.dir, "imported")
	for n := 10; n <= min(100_000, o.most/10); n *= 10 {
		cmd := exec.CommandContext(ctx, o.python, "-c", oldDatabase, path, fmt.Sprint(n))
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, "", fmt.Errorf("making an old database: %w: %s", err, out)
		}
		one := fmt.Sprintf("run-%07d", n/2)
		for i, args := range [][]string{{"ls", path}, {"import", path, "--run", one, "--force", "-o", folder}} {
			u, err := o.least(ctx, "", args...)
			if err != nil {
				return nil, "", err
			}
			list[i].points = append(list[i].points, point{n, size(path), u})
		}
		if err := os.Remove(path); err != nil {
			return nil, "", err
		}
		fmt.Fprintf(os.Stderr, "%d runs of an old database\n", n)
	}
	return list, "", nil
}

// oldDatabase writes a database of the original project's core generation, with as many runs as are asked for: three
// iterations and ten events each. All that looks random is a hash of the row's number. The file has the form that 1.4
// gives it, as those of the original have.
const oldDatabase = `import duckdb, sys
db = duckdb.connect()
db.execute("ATTACH '" + sys.argv[1].replace("'", "''") + "' AS old (STORAGE_VERSION 'v1.4.0')")
db.execute("USE old")
n = int(sys.argv[2])
for statement in """
CREATE TABLE experiments (run_id VARCHAR, experiment_name VARCHAR, experiment_type VARCHAR, config VARCHAR,
	created_at VARCHAR, completed_at VARCHAR);
CREATE TABLE experiment_iterations (run_id VARCHAR, iteration INTEGER, costs_per_agent VARCHAR,
	accepted_changes VARCHAR, policies VARCHAR, timestamp VARCHAR);
CREATE TABLE experiment_events (id INTEGER, run_id VARCHAR, iteration INTEGER, event_type VARCHAR, event_data VARCHAR,
	timestamp VARCHAR);
INSERT INTO experiments SELECT format('run-{:07d}', i), 'exp1', 'generic', '{"master_seed": 42}', '2025-12-15T12:00:00',
	'2025-12-15T13:00:00' FROM range(N) t(i);
INSERT INTO experiment_iterations SELECT format('run-{:07d}', i // 3), i % 3,
	'{"BANK_A": ' || (9000 - i % 3 * 1000) || '}', '{"BANK_A": true}',
	'{"BANK_A": {"parameters": {"initial_liquidity_fraction": 0.5}}}', '2025-12-15T12:00:00'
	FROM range(3 * N) t(i);
INSERT INTO experiment_events SELECT i, format('run-{:07d}', i // 10), least(i % 10 // 3, 2), 'RtgsImmediateSettlement',
	'{"tick": ' || (i % 100) || ', "tx_id": "' || left(md5('42' || i), 16) || '", "sender": "BANK_A"}',
	'2025-12-15T12:00:00' FROM range(10 * N) t(i);
CHECKPOINT old""".replace("range(N)", "range(%d)" % n).replace("* N)", "* %d)" % n).split(";"):
    db.execute(statement)
db.execute("USE memory")
db.execute("DETACH old")`

// oraclePython is the interpreter that the oracle of legacy/duckdb keeps for DuckDB 2.0, if it is there.
func oraclePython() string {
	cache, err := os.UserCacheDir()
	if err == nil {
		path := filepath.Join(cache, "exparchive-oracle", "v2_0", "bin", "python")
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return "python3"
}

// power gives by which power of the size the cost grew between the last two sizes.
func (c *curve) power(of func(point) float64) float64 {
	if len(c.points) < 2 {
		return math.NaN()
	}
	a, b := c.points[len(c.points)-2], c.points[len(c.points)-1]
	return math.Log(of(b)/of(a)) / math.Log(float64(b.n)/float64(a.n))
}

func seconds(p point) float64 { return p.cpu.Seconds() }

// table writes the curve as a table of its sizes.
func (c *curve) table(s *strings.Builder) {
	fmt.Fprintf(s, "| %s | file | processor time | of each | most memory | |\n|---|---|---|---|---|---|\n", c.what)
	for i, p := range c.points {
		power := ""
		if i == len(c.points)-1 && i > 0 {
			power = fmt.Sprintf("%.2f", c.power(seconds))
		}
		fmt.Fprintf(s, "| %d %s | %.3g MB | %.3g s | %.3g µs | %d MB | %s |\n", p.n, c.unit, float64(p.bytes)/1e6,
			p.cpu.Seconds(), p.cpu.Seconds()*1e6/float64(p.n), p.peak/1e6, power)
	}
	s.WriteString("\n")
}
