package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/simexp/exparchive/bench/internal/measure"
	"github.com/simexp/exparchive/bench/internal/sample"
)

// largeRun is as many events as a long simulation has, and the calls of a language model of a long optimisation.
var largeRun = sample.Lines{Iterations: 1000, Events: 1000, Calls: 4}

// largeRounds is how often each command is measured; its own rounds are too long for more.
const largeRounds = 3

// A use is what one run of a command needed.
type use struct {
	cpu  time.Duration
	peak int64 // bytes
}

// measureLarge measures the commands on a large run, in turn.
func (o *options) measureLarge(ctx context.Context, root string) error {
	before := loadAverage()
	at := func(name string) string { return filepath.Join(o.dir, name) }
	program, archive := at(mainProgram), filepath.Join(at(folderName), runFile)
	if err := os.Mkdir(at(folderName), 0o777); err != nil {
		return err
	}
	if err := build(ctx, root, "./cmd/exparchive", program); err != nil {
		return err
	}
	run := largeRun
	run.Iterations = min(run.Iterations, max(o.events*5/run.Events, 2)) // 1000 of 200,000 events, which is the usual
	if err := writeSample(at(linesFile), run); err != nil {
		return err
	}
	middle := fmt.Sprint(run.Iterations / 2)
	rows := []struct {
		what  string
		stdin string
		args  []string
	}{
		{"`record` and seal it, from lines", at(linesFile), []string{"record", "--as-is", "--force", "-o", archive}},
		{"`--version`", "", []string{"--version"}},
		{"`info`", "", []string{"info", archive}},
		{"`ls` of its folder", "", []string{"ls", at(folderName)}},
		{"`replay`", "", []string{"replay", archive}},
		{"`replay --verbose`", "", []string{"replay", "--verbose", archive}},
		{"`replay --verbose --start " + middle + " --end " + middle + "`", "",
			[]string{"replay", "--verbose", "--start", middle, "--end", middle, archive}},
		{"`replay --json`", "", []string{"replay", "--json", archive}},
		{"`table iterations`", "", []string{"table", "iterations", archive}},
		{"`export --format jsonl`", "", []string{"export", "--format", "jsonl", archive}},
		{"`digest`", "", []string{"digest", archive}},
		{"`verify`", "", []string{"verify", archive}},
	}
	uses := make([][]use, len(rows))
	for round := range largeRounds {
		for i, r := range rows {
			// What follows a command that wrote much pays for some of it.
			var settled, s measure.Stopwatch
			if err := settled.Command(ctx, "", program, "--version"); err != nil {
				return err
			}
			if err := s.Command(ctx, r.stdin, program, r.args...); err != nil {
				return err
			}
			uses[i] = append(uses[i], use{s.User + s.Sys, s.Peak})
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, largeRounds)
	}
	sent, err := sentBytes(ctx, program, archive, middle)
	if err != nil {
		return err
	}
	var s strings.Builder
	fmt.Fprintf(&s, "Made by `make bench-large`. A run of %d events and %d prompts of 8 to 30 KB each, in %d iterations: "+
		"lines of %d MB, an archive of %d MB. Median of %d rounds; processor time is of all threads. %s.\n\n",
		run.Iterations*run.Events, run.Iterations*run.Calls, run.Iterations, size(at(linesFile))/1e6, size(archive)/1e6,
		largeRounds, machine(before))
	s.WriteString("| | processor time | as a multiple of `verify` | most memory |\n|---|---|---|---|\n")
	verify := uses[len(uses)-1]
	for i, r := range rows {
		var ratios []float64
		for round, u := range uses[i] {
			ratios = append(ratios, float64(u.cpu)/float64(verify[round].cpu))
		}
		fmt.Fprintf(&s, "| %s | %.3g s | %.2g | %d MB |\n", r.what, medianOf(uses[i]).cpu.Seconds(), middleOf(ratios),
			medianOf(uses[i]).peak/1e6)
	}
	s.WriteString(sent)
	return o.publish(largeSection, s.String())
}

// sentBytes gives a table of how much of an archive a server sends for commands that are given its address.
func sentBytes(ctx context.Context, program, archive, middle string) (string, error) {
	var sent atomic.Int64
	files := http.FileServer(http.Dir(filepath.Dir(archive)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		files.ServeHTTP(counted{w, &sent}, r)
	}))
	defer server.Close()
	address := server.URL + "/" + filepath.Base(archive)
	var s strings.Builder
	s.WriteString("\n| at an address | sent by the server | of the file |\n|---|---|---|\n")
	for _, args := range [][]string{{"info"}, {"replay", "--start", middle, "--end", middle},
		{"replay", "--proven", "--start", middle, "--end", middle}} {
		sent.Store(0)
		var clock measure.Stopwatch
		if err := clock.Command(ctx, "", program, append(args, address)...); err != nil {
			return "", err
		}
		n := sent.Load()
		fmt.Fprintf(&s, "| `%s` of one at an address | %d KB | %.2g %% |\n", strings.Join(args, " "), (n+999)/1000,
			100*float64(n)/float64(size(archive)))
	}
	return s.String(), nil
}

// counted counts the bytes of the bodies that a server sends.
type counted struct {
	http.ResponseWriter
	sent *atomic.Int64
}

func (c counted) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.sent.Add(int64(n))
	return n, err
}

func writeSample(path string, run sample.Lines) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := run.Write(f); err != nil {
		return err
	}
	return f.Close()
}

// medianOf gives the use with the median time, and the most memory of all.
func medianOf(uses []use) use {
	sorted := slices.SortedFunc(slices.Values(uses), func(a, b use) int { return int(a.cpu - b.cpu) })
	u := sorted[len(sorted)/2]
	for _, x := range uses {
		u.peak = max(u.peak, x.peak)
	}
	return u
}

func middleOf(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
