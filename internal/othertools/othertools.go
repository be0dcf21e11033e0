// Package othertools finds the programs of others with which tests check this one.
package othertools

import (
	"os"
	"os/exec"
	"testing"
)

// Find gives the path of a program. Where it is not installed the test is skipped; with EXPARCHIVE_TOOLS=required in the environment,
// as in continuous integration, it fails.
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

// Required reports whether tests must not do without.
func Required() bool { return os.Getenv("EXPARCHIVE_TOOLS") == "required" }
