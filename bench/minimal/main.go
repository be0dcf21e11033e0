// Command minimal is the least program that opens, reads and verifies an archive: its size is what the library adds to
// a program.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/verify"
)

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, path string) error {
	a, err := archive.Open(path)
	if err != nil {
		return err
	}
	defer a.Close()
	n := 0
	for _, err := range a.Records(ctx) {
		if err != nil {
			return err
		}
		n++
	}
	report, err := verify.File(ctx, path)
	fmt.Println(n, report.OK())
	return err
}
