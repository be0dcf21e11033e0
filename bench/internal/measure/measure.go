// Package measure is what one process measures of one case: time, bytes, allocations, and a sum of what was read, so that
// cases that claim to do the same can prove it.
package measure

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

// A Measure is what one process measured of one case.
type Measure struct {
	Case  string        `json:"case"`
	Wall  time.Duration `json:"wall_ns"`
	User  time.Duration `json:"user_ns"`
	Sys   time.Duration `json:"sys_ns"`
	Bytes int64         `json:"bytes,omitempty"`
	Peak  int64         `json:"peak,omitempty"` // bytes of memory of another program, where the system tells
	// Allocs is the number of allocations between the clock's start and its end; of another program there is none.
	Allocs uint64 `json:"allocs,omitempty"`
	// Sum is the SHA-256 of the rows that were read, or read back after the clock had stopped; cases that read the same
	// have one sum.
	Sum string `json:"sum,omitempty"`
}

// A Stopwatch measures between Start and Stop, in this process or in those that Command starts.
type Stopwatch struct {
	Measure
	Dir    string // of the files that the case reads
	Binary string // the program exparchive
	Events int    // of the large run
	// Argument is what follows the case's name behind a colon.
	Argument string
	// Output is the SHA-256 of what the last command printed.
	Output string

	began     time.Time
	user, sys time.Duration
	mallocs   uint64
}

// Start begins to measure this process.
func (s *Stopwatch) Start() {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.mallocs = m.Mallocs
	s.user, s.sys = selfTimes()
	s.began = time.Now()
}

// Stop ends what Start began.
func (s *Stopwatch) Stop() {
	s.Wall = time.Since(s.began)
	user, sys := selfTimes()
	s.User, s.Sys = user-s.user, sys-s.sys
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.Allocs = m.Mallocs - s.mallocs
}

// Command measures another program as a whole process. It may be called again: times add up.
func (s *Stopwatch) Command(ctx context.Context, stdin, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	var said strings.Builder
	printed := sha256.New()
	cmd.Stdout, cmd.Stderr = printed, &said
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
	s.Peak = max(s.Peak, peak(cmd.ProcessState))
	s.Output = hex.EncodeToString(printed.Sum(nil))
	return nil
}

// Rows sums what was read: each row's fields, separated.
type Rows struct{ hash.Hash }

// NewRows is the sum of no rows.
func NewRows() Rows { return Rows{sha256.New()} }

// Add adds a row.
func (r Rows) Add(iteration int, typ, timestamp string, data []byte) {
	fmt.Fprintf(r, "%d\x00%s\x00%s\x00%d\x00", iteration, typ, timestamp, len(data))
	r.Write(data)
}

// Text gives the sum.
func (r Rows) Text() string { return hex.EncodeToString(r.Sum(nil)) }

// DuckDBFile is the database in which cases read events, and DuckDBRows how many there are of them.
const DuckDBFile = "events.duckdb"

// DuckDBRows is how many events the database has when the large run has so many.
func DuckDBRows(events int) int { return 5 * events }

// A Case measures one thing.
type Case func(context.Context, *Stopwatch) error

// Run measures the case of that name in this process, and prints its measure as a line of JSON.
func Run(ctx context.Context, cases map[string]Case, name string, s *Stopwatch) error {
	short, argument, _ := strings.Cut(name, ":")
	s.Argument = argument
	c, ok := cases[short]
	if !ok {
		return fmt.Errorf("there is no case %q", name)
	}
	s.Case = name
	if err := c(ctx, s); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return json.NewEncoder(os.Stdout).Encode(s.Measure)
}
