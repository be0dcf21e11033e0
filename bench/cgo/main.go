// Command cgo measures programs written in C and C++ that people would use instead of exparchive: it has the cases that
// the runner in the folder above asks for with -peers, and needs a C compiler. It opens what exparchive's own cases
// open, and sums of the rows prove that it reads the same.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/simexp/exparchive/bench/internal/measure"
)

var cases = map[string]measure.Case{
	"sqlite-row":       sqliteRows(false),
	"sqlite-row-plain": sqliteRows(true),
	"duckdb-row-each":  duckdbRowEach,
	"duckdb-make":      duckdbMake,
	"duckdb-rows":      duckdbRead,
	"duckdb-hash":      duckdbHash,
	"duckdb-open":      duckdbOpen,
}

func main() {
	var s measure.Stopwatch
	name := flag.String("case", "", "measure this case and print one line of JSON")
	flag.StringVar(&s.Dir, "dir", "", "the folder of the files that it reads")
	flag.IntVar(&s.Events, "n", 200_000, "events of the large run")
	read := flag.String("read", "", "read every row of this DuckDB file, and print how many there are in each table")
	flag.Parse()
	ctx := context.Background()
	err := error(nil)
	if *read != "" {
		err = readAll(ctx, *read)
	} else {
		err = measure.Run(ctx, cases, *name, &s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cgo:", err)
		os.Exit(1)
	}
}
