package main

import "strings"

// A skip names tests of a package that Wine cannot run, as far as a part of them.
type skip struct {
	folder string // of the package
	tests  string // a regular expression as go test's -skip takes it
	why    string
}

var skips = []skip{}

// skipped gives what is left out in a package, as one regular expression; empty for nothing.
func skipped(folder string) string {
	var all []string
	for _, s := range skips {
		if s.folder == folder {
			all = append(all, s.tests)
		}
	}
	return strings.Join(all, "|")
}
