// Command reader does with the pure-Go reader what an engine's server does with the driver, for bench to
// measure:
//
//	read FILE  every row of every table into Go values
//	scan FILE  every column of every table into batches
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/simexp/exparchive/legacy/duckdb"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("got %d arguments, want a measurement and a file", len(args))
	}
	db, err := duckdb.Open(args[1], nil)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, t := range db.Tables() {
		n := 0
		switch args[0] {
		case "read":
			for _, err := range t.Rows(context.Background()) {
				if err != nil {
					return err
				}
				n++
			}
		case "scan":
			s := t.Scan(context.Background())
			for s.Next() {
				n += s.Batch().Len()
			}
			if err := s.Err(); err != nil {
				return err
			}
		default:
			return fmt.Errorf("unknown measurement %q", args[0])
		}
		fmt.Printf("%q.%q %d\n", t.Schema(), t.Name(), n)
	}
	return nil
}
