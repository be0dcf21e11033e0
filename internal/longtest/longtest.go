// Package longtest says whether tests run in their long form.
//
// A test that does the same at many places or many times has a form that takes little, which every change has to
// pass, and a long one for now and then. EXPARCHIVE_LONG=1 in the environment asks for the long one. Both look for
// the same faults.
package longtest

import "os"

// Enabled reports whether the long form is asked for.
func Enabled() bool { return os.Getenv("EXPARCHIVE_LONG") == "1" }

// Count is how often a test does what it does.
func Count(normally, long int) int {
	if Enabled() {
		return long
	}
	return normally
}
