package main

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"

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
	}
}
