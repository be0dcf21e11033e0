// Package othertools finds the programs of others with which tests check this one.
package othertools

import (
	"context"
	"os"
	"os/exec"
	"testing"
)

// Find gives the path of a program. Where it is not installed the test is skipped; with EXPARCHIVE_TOOLS=required in
// the environment, as in continuous integration, it fails.
func Find(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, err)
	}
	return path
}

// Missing ends a test for which something has to be installed.
func Missing(t testing.TB, what error) {
	t.Helper()
	if Required() {
		t.Fatal(what)
	}
	t.Skip(what)
}

// FindLarge is [Find] for a program so large that what it does has a target of its own, which sets EXPARCHIVE_TOOLS to
// all. Everywhere else the test is skipped, be it installed or not: what tests find does not hang on that.
func FindLarge(t testing.TB, name string) string {
	t.Helper()
	if os.Getenv("EXPARCHIVE_TOOLS") != "all" {
		t.Skip("a target of its own asks for " + name)
	}
	return Find(t, name)
}

// Required reports whether tests must not do without.
func Required() bool {
	which := os.Getenv("EXPARCHIVE_TOOLS")
	return which == "required" || which == "all"
}

// Has reports whether a command runs and ends well.
func Has(ctx context.Context, name string, args ...string) bool {
	return exec.CommandContext(ctx, name, args...).Run() == nil
}
