package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// machine says on what all was measured, and how busy that was before and after.
func machine(before string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s/%s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if name := processor(); name != "" {
		s.WriteString(" (" + name + ")")
	}
	s.WriteString(", " + runtime.Version())
	if before != "" {
		fmt.Fprintf(&s, ", load average %s before and %s after", before, loadAverage())
	}
	return s.String()
}

// processor gives the model of the processor, where the system tells.
func processor() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(data), "model name")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(strings.TrimLeft(line, "\t :"))
}

// loadAverage gives the load of the last minute, where the system tells.
func loadAverage() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}

// driver names the driver that rows are written and read with.
func driver() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == "modernc.org/sqlite" {
			return m.Path + " " + m.Version
		}
	}
	return ""
}
