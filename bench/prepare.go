package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"

	"github.com/simexp/exparchive/bench/internal/measure"
	"github.com/simexp/exparchive/bench/internal/sample"
)

// Files of the folder in which all is measured.
const (
	runFile      = "run.simexp"   // scale.events events, 2000 an iteration
	longFile     = "long.simexp"  // the same events in 1000 iterations
	callsFile    = "calls.simexp" // scale.calls calls of a language model
	callsRaw     = "calls.txt"    // the texts of these calls
	scanFile     = "scan.db"      // the events of runFile as rows
	linesFile    = "run.jsonl"    // runFile as lines
	folderName   = "folder"       // scale.archives small archives
	demoFile     = "exp1.simexp"
	demoPacked   = "exp1.simexp.zst"
	partPacked   = "part.simexp.zst" // the first tenth of the events, packed
	partZstd     = "part.jsonl.zst"  // and as lines, through zstd
	emptyProgram = "empty.exe"
	libProgram   = "minimal.exe"
	mainProgram  = "exparchive.exe"
	outFile      = "out.simexp" // what a measured command writes
)

// scale is how large what is measured is.
type scale struct {
	events   int // of the large runs
	durable  int // of the run in which each event is flushed
	calls    int // of language models
	archives int // of the folder that is listed
}

func scaleOf(events int) scale {
	return scale{events: events, durable: max(events/100, 100), calls: max(events/50, 100), archives: max(events/200, 50)}
}

// iterations gives how many iterations a run of so many events has.
func (scale) iterations(events int) int { return max(events/2000, 1) }

// prepare makes the files and programs that the cases need.
func prepare(ctx context.Context, root, dir string, sc scale) error {
	events := sample.Events(sc.events, sc.iterations(sc.events))
	db, err := open(filepath.Join(dir, scanFile), "journal_mode(OFF)", "synchronous(OFF)")
	if err != nil {
		return err
	}
	if err := errors.Join(insert(ctx, db, events, false), db.Close()); err != nil {
		return err
	}
	r := &sample.Run{Iterations: sc.iterations(sc.events), Events: events}
	if err := writeLines(ctx, filepath.Join(dir, linesFile), r); err != nil {
		return err
	}
	calls := sample.Interactions(sc.calls, 100)
	for name, r := range map[string]*sample.Run{
		runFile:   r,
		longFile:  {Iterations: 1000, Events: sample.Events(sc.events, 1000)},
		callsFile: {Iterations: 100, Interactions: calls},
	} {
		if err := recordRun(ctx, filepath.Join(dir, name), r); err != nil {
			return err
		}
	}
	if err := writeTexts(filepath.Join(dir, callsRaw), calls); err != nil {
		return err
	}
	if err := makeFolder(ctx, filepath.Join(dir, folderName), sc.archives); err != nil {
		return err
	}
	bin := filepath.Join(dir, mainProgram)
	if err := errors.Join(build(ctx, root, "./cmd/exparchive", bin), buildEmpty(ctx, dir),
		build(ctx, filepath.Join(root, "bench"), "./minimal", filepath.Join(dir, libProgram))); err != nil {
		return err
	}
	s := measure.Stopwatch{}
	if err := s.Command(ctx, "", bin, "run", "exp1", "-o", filepath.Join(dir, demoFile)); err != nil {
		return err
	}
	if err := s.Command(ctx, "", bin, "pack", filepath.Join(dir, demoFile)); err != nil {
		return err
	}
	return preparePart(ctx, dir, bin, sc.events/10)
}

// preparePart packs a run of so many events, and lets zstd pack its lines.
func preparePart(ctx context.Context, dir, bin string, events int) error {
	n := scale{}.iterations(events)
	part := &sample.Run{Iterations: n, Events: sample.Events(events, n)}
	path := func(name string) string { return filepath.Join(dir, strings.TrimSuffix(name, ".zst")) }
	if err := errors.Join(recordRun(ctx, path(partPacked), part), writeLines(ctx, path(partZstd), part)); err != nil {
		return err
	}
	s := measure.Stopwatch{}
	return errors.Join(s.Command(ctx, "", bin, "pack", path(partPacked)),
		s.Command(ctx, "", "zstd", "-q", "-19", "--long=27", path(partZstd)))
}

func recordRun(ctx context.Context, path string, r *sample.Run) error {
	w, err := record.Create(path, &record.Options{Bulk: true})
	if err != nil {
		return err
	}
	defer w.Close()
	return r.Put(ctx, w)
}

func writeLines(ctx context.Context, path string, r *sample.Run) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	return errors.Join(r.Put(ctx, jsonl.NewWriter(w)), w.Flush(), f.Close())
}

func writeTexts(path string, calls []provider.Interaction) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	for i := range calls {
		for _, text := range []*string{calls[i].SystemPrompt, calls[i].UserPrompt, calls[i].Response} {
			w.WriteString(*text)
		}
	}
	return errors.Join(w.Flush(), f.Close())
}

// makeFolder makes n archives of a small run under different names.
func makeFolder(ctx context.Context, folder string, n int) error {
	if err := os.Mkdir(folder, 0o777); err != nil {
		return err
	}
	first := filepath.Join(folder, "0.simexp")
	if err := recordRun(ctx, first, &sample.Run{Iterations: 10, Events: sample.Events(100, 10)}); err != nil {
		return err
	}
	data, err := os.ReadFile(first)
	for i := 1; i < n && err == nil; i++ {
		err = os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.simexp", i)), data, 0o444)
	}
	return err
}
