package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// A measure is what one process measured of one case.
type measure struct {
	Case  string        `json:"case"`
	Wall  time.Duration `json:"wall_ns"`
	User  time.Duration `json:"user_ns"`
	Sys   time.Duration `json:"sys_ns"`
	Bytes int64         `json:"bytes,omitempty"`
	// Allocs is the number of allocations between the clock's start and its end; of another program there is none.
	Allocs uint64 `json:"allocs,omitempty"`
	// Sum is the SHA-256 of the rows that were read, or read back after the clock had stopped; cases that read the same
	// have one sum.
	Sum string `json:"sum,omitempty"`
}

// A stopwatch measures between start and stop, in this process or in those that command starts.
type stopwatch struct {
	measure
	began       time.Time
	user, sys   time.Duration
	mallocs     uint64
	scale       scale
	dir, binary string
}

func (s *stopwatch) start() {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.mallocs = m.Mallocs
	s.user, s.sys = selfTimes()
	s.began = time.Now()
}

func (s *stopwatch) stop() {
	s.Wall = time.Since(s.began)
	user, sys := selfTimes()
	s.User, s.Sys = user-s.user, sys-s.sys
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.Allocs = m.Mallocs - s.mallocs
}

// command measures another program as a whole process. It may be called again: times add up.
func (s *stopwatch) command(ctx context.Context, stdin, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	var said strings.Builder
	cmd.Stderr = &said
	if stdin != "" {
		f, err := os.Open(stdin)
		if err != nil {
			return err
		}
		defer f.Close()
		cmd.Stdin = f
	}
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %q: %w: %s", name, args, err, said.String())
	}
	s.Wall += time.Since(began)
	s.User += cmd.ProcessState.UserTime()
	s.Sys += cmd.ProcessState.SystemTime()
	return nil
}

// rows sums what was read: each row's fields, separated.
type rows struct{ hash.Hash }

func newRows() rows { return rows{sha256.New()} }

func (r rows) add(iteration int, typ, timestamp string, data []byte) {
	fmt.Fprintf(r, "%d\x00%s\x00%s\x00%d\x00", iteration, typ, timestamp, len(data))
	r.Write(data)
}

func (r rows) text() string { return hex.EncodeToString(r.Sum(nil)) }

// runCase runs one case in this process and prints its measure as a line of JSON.
func runCase(ctx context.Context, name string, s *stopwatch) error {
	c, ok := cases[name]
	if !ok {
		return fmt.Errorf("there is no case %q", name)
	}
	s.Case = name
	if err := c(ctx, s); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return json.NewEncoder(os.Stdout).Encode(s.measure)
}
