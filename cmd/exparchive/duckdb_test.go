package main

import (
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// duckdbFixtures is where the DuckDB reader keeps its test databases.
var duckdbFixtures, _ = filepath.Abs("../../legacy/duckdb/testdata")

func init() {
	// duckdb-fixture NAME FILE writes a test database, and its log as FILE.wal.
	scriptCommands["duckdb-fixture"] = func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 2 {
			ts.Fatalf("usage: duckdb-fixture NAME FILE")
		}
		dir := filepath.Join(duckdbFixtures, args[0])
		unzip := func(from, to string) {
			f, err := os.Open(filepath.Join(dir, from))
			ts.Check(err)
			defer f.Close()
			z, err := gzip.NewReader(f)
			ts.Check(err)
			b, err := io.ReadAll(z)
			ts.Check(err)
			ts.Check(os.WriteFile(ts.MkAbs(to), b, 0o666))
		}
		unzip("db.gz", args[1])
		if _, err := os.Stat(filepath.Join(dir, "db.wal.gz")); err == nil {
			unzip("db.wal.gz", args[1]+".wal")
		}
	} // duckdb-damage FILE OFFSET BYTE changes a byte of a database with blocks of 16 KiB, and makes the block's checksum right.
	scriptCommands["duckdb-damage"] = func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 3 {
			ts.Fatalf("usage: duckdb-damage FILE OFFSET BYTE")
		}
		at, err := strconv.Atoi(args[1])
		ts.Check(err)
		x, err := strconv.ParseUint(args[2], 0, 8)
		ts.Check(err)
		b, err := os.ReadFile(ts.MkAbs(args[0]))
		ts.Check(err)
		b[at] = byte(x)
		const headers, size = 3 * 4096, 16384
		block := b[headers+(at-headers)/size*size:][:size]
		sum := uint64(5381)
		for i := 8; i < size; i += 8 {
			sum ^= binary.LittleEndian.Uint64(block[i:]) * 0xbf58476d1ce4e5b9
		}
		binary.LittleEndian.PutUint64(block, sum)
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o666))
	}
}
