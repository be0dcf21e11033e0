package main

import "strings"

// A skip names tests of a package that are left out under Wine.
type skip struct {
	folder string // of the package
	tests  string // a regular expression as go test's -skip takes it
	why    string
}

// slow is why tests are left out that take minutes to hours: opening, locking and flushing a file, and starting a
// process, take Wine ten to a hundred times as long as the system below it.
const slow = "many processes or files, which take Wine minutes to hours"

// links is why tests are left out that make one.
const links = "Wine says that it made a symbolic link, and makes none"

var skips = []skip{
	{"archive/internal/sqlitefile", "^TestWAL$", slow},
	{"archive/record", "^Test(Kill|Fault|PowerLoss|CheckedEvents$)", slow},
	{"archive/record", "^TestLinks$", links},
	{"archive/rewrite", "^TestKill", slow},
	{"archive/rewrite", "^TestUpgradeAgain$/^backup_that_is_a_link$", links},
	{"archive/salvage", "^TestLostAnnotations$", slow},
	{"cmd/exparchive", "Kill", slow},
}

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
