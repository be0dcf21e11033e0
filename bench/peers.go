package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/simexp/exparchive/bench/internal/measure"
)

// peerPrefix begins the names of cases that the program in the folder cgo has.
const peerPrefix = "cgo/"

// realFolder names the environment variable of a folder with DuckDB files of the original project, *.db.gz.
const realFolder = "EXPARCHIVE_REALDATA"

// peerGoals compare with programs in C and C++. Files are the names of the real ones.
func peerGoals(files []string) []goal {
	list := []goal{
		{id: "W1", what: "an event, durable and hashed, against DuckDB's INSERT of one event, which it commits",
			subject: "write-live", base: peerPrefix + "duckdb-row-each", metric: wall, must: 1.0 / 276,
			per: func(s scale) int { return s.events }, basePer: func(s scale) int { return s.durable }},
		{id: "W3", what: "append, durable and hashed, against the driver mattn/go-sqlite3, a row a call, nothing durable",
			subject: "write-live", base: peerPrefix + "sqlite-row", metric: user, must: 1, equal: true},
		{id: "W3", what: "the same, against calls without a context that could be cancelled",
			subject: "write-live", base: peerPrefix + "sqlite-row-plain", metric: user, must: 1, equal: true},
	}
	for _, name := range files {
		list = append(list, goal{id: "D1", what: "`" + name + "`, opened and read, whole process, against DuckDB's driver",
			subject: "duckdb-open:" + name, base: peerPrefix + "duckdb-open:" + name, metric: wall, must: 0.30, equal: true})
	}
	if len(files) == 0 {
		list = append(list, goal{id: "D1", what: "real DuckDB files, against DuckDB's driver", metric: wall, must: 0.30,
			skipped: realFolder + " names no folder with files *.db.gz"})
	}
	return append(list,
		goal{id: "D2", what: "rows of a DuckDB file as Go values, against rows.Next of DuckDB's driver",
			subject: "duckdb-rows", base: peerPrefix + "duckdb-rows", metric: user, must: 0.29, equal: true},
		goal{id: "D3", what: "columns of a DuckDB file in batches, against DuckDB hashing each with one thread",
			subject: "duckdb-scan", base: peerPrefix + "duckdb-hash", metric: user, must: 0.40, equal: true})
}

// realFiles unpacks the real files into the folder, if there are any, and gives their names.
func realFiles(dir string) (names []string, err error) {
	if os.Getenv(realFolder) == "" {
		return nil, nil
	}
	files, err := filepath.Glob(filepath.Join(os.Getenv(realFolder), "*.db.gz"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".gz")
		if err := unpack(file, filepath.Join(dir, name)); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		names = append(names, name)
	}
	return names, nil
}

func unpack(from, to string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o666)
}

// preparePeers builds the programs of both sides, and has DuckDB write what both read.
func (o *options) preparePeers(ctx context.Context, root string) error {
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "gcc"
	}
	if _, err := exec.LookPath(strings.Fields(cc)[0]); err != nil {
		return fmt.Errorf("the peers are written in C and C++, and the C compiler %s (CC) is not there: %w", cc, err)
	}
	peers := filepath.Join(o.dir, peerProgram)
	cmd := exec.CommandContext(ctx, "go", "build", "-o", peers, ".")
	cmd.Dir = filepath.Join(root, "bench", "cgo")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the peers: %w: %s", err, out)
	}
	bench := filepath.Join(root, "bench")
	if err := build(ctx, bench, "./reader", filepath.Join(o.dir, readerProgram)); err != nil {
		return err
	}
	s := measure.Stopwatch{}
	return s.Command(ctx, "", peers, "-case", "duckdb-make", "-dir", o.dir, "-n", fmt.Sprint(o.events))
}
