package engine

import "fmt"

// bench measures the driver; filled in with the benchmarks.
func bench(args []string) error {
	return fmt.Errorf("unknown measurement %q", args[0])
}
