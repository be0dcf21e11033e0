// Command reader reads every row of every table of a DuckDB file into Go values, and prints how many there are: what the
// program in the folder cgo does with the official driver.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb"
)

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, path string) error {
	db, err := duckdb.Open(path, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	var lines []string
	for _, t := range db.Tables() {
		n := 0
		for _, err := range t.Rows(ctx) {
			if err != nil {
				return err
			}
			n++
		}
		lines = append(lines, fmt.Sprintf("%s.%s %d\n", t.Schema(), t.Name(), n))
	}
	slices.Sort(lines)
	_, err = os.Stdout.WriteString(strings.Join(lines, ""))
	return err
}
