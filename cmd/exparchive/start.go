//go:build !manual

package main

import (
	"os"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/workdir"
)

func main() {
	workdir.Left = func(err error) { cli.Warnf(os.Stderr, "warning: %v", err) }
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
