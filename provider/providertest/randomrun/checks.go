package randomrun

import (
	"flag"
	"strconv"
	"testing"
)

// Checks sets for how many random cases rapid runs each property of a test that takes long. What the flag -rapid.checks
// says holds.
func Checks(t testing.TB, n int) {
	checks := flag.Lookup("rapid.checks")
	if checks.Value.String() != checks.DefValue {
		return
	}
	t.Cleanup(func() { _ = checks.Value.Set(checks.DefValue) })
	if err := checks.Value.Set(strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
}
