package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"

	"github.com/simexp/exparchive/bench/internal/measure"
	"github.com/simexp/exparchive/bench/internal/sample"
)

// Files of the folder in which all is measured.
const (
	runFile       = "run.simexp"   // scale.events events, 2000 an iteration
	longFile      = "long.simexp"  // the same events in 1000 iterations
	callsFile     = "calls.simexp" // scale.calls calls of a language model
	callsRaw      = "calls.txt"    // the texts of these calls
	scanFile      = "scan.db"      // the events of runFile as rows
	linesFile     = "run.jsonl"    // runFile as lines
	folderName    = "folder"       // scale.archives small archives
	indexedName   = "indexed"      // as many, and an index of them
	demoFile      = "exp1.simexp"
	demoPacked    = "exp1.simexp.zst"
	partPacked    = "part.simexp.zst" // the first tenth of the events, packed
	partZstd      = "part.jsonl.zst"  // and as lines, through zstd
	emptyProgram  = "empty.exe"
	libProgram    = "minimal.exe"
	mainProgram   = "exparchive.exe"
	peerProgram   = "peers.exe"
	readerProgram = "reader.exe"
	outFile       = "out.simexp" // what a measured command writes
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

// reads are the files that a case needs beside the program itself, as far as not all are needed.
var reads = map[string][]string{
	"write-row": {}, "write-row-plain": {}, "write-row-each": {}, "write-live": {}, "write-sealed": {}, "write-bulk": {},
	"read-scan": {scanFile}, "read-python": {scanFile},
	"read-records": {runFile}, "digest": {runFile}, "export": {runFile}, "verify": {runFile},
	"lines-python": {linesFile}, "record": {linesFile, mainProgram}, "record-bulk": {linesFile, mainProgram},
	"info": {longFile, mainProgram}, "replay-one": {longFile, mainProgram},
	"ls": {folderName, mainProgram}, "ls-index": {indexedName, mainProgram}, "version": {mainProgram},
	"empty":    {emptyProgram},
	"size-run": {runFile}, "size-lines": {linesFile}, "size-calls": {callsFile}, "size-texts": {callsRaw},
	"size-packed": {demoFile, demoPacked}, "size-part": {partPacked}, "size-zstd": {partPacked},
	"size-exp1": {demoFile}, "size-program": {mainProgram}, "size-library": {libProgram},
	"duckdb-rows": {}, "duckdb-scan": {}, "duckdb-open": {},
}

// prepare makes the files and programs that some cases need.
func (o *options) prepare(ctx context.Context, root string, names []string) error {
	needs := func(files ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			short, _, _ := strings.Cut(name, ":")
			list, known := reads[short]
			return !known && !strings.HasPrefix(name, peerPrefix) ||
				slices.ContainsFunc(files, func(f string) bool { return slices.Contains(list, f) })
		})
	}
	at := func(name string) string { return filepath.Join(o.dir, name) }
	sc := scaleOf(o.events)
	r := &sample.Run{Iterations: sc.iterations(sc.events), Events: sample.Events(sc.events, sc.iterations(sc.events))}
	calls := sample.Interactions(sc.calls, 100)
	for _, step := range []struct {
		needed bool
		make   func() error
	}{
		{needs(scanFile), func() error { return writeScan(ctx, at(scanFile), r) }},
		{needs(linesFile), func() error { return writeLines(ctx, at(linesFile), r) }},
		{needs(runFile), func() error { return recordRun(ctx, at(runFile), r) }},
		{needs(longFile), func() error {
			return recordRun(ctx, at(longFile), &sample.Run{Iterations: 1000, Events: sample.Events(sc.events, 1000)})
		}},
		{needs(callsFile), func() error {
			return recordRun(ctx, at(callsFile), &sample.Run{Iterations: 100, Interactions: calls})
		}},
		{needs(callsRaw), func() error { return writeTexts(at(callsRaw), calls) }},
		{needs(folderName), func() error { return makeFolder(ctx, at(folderName), sc.archives) }},
		{needs(mainProgram, demoFile, partPacked), func() error { return build(ctx, root, "./cmd/exparchive", at(mainProgram)) }},
		{needs(indexedName), func() error {
			return errors.Join(makeFolder(ctx, at(indexedName), sc.archives), indexFolder(ctx, at(mainProgram), at(indexedName)))
		}},
		{needs(libProgram), func() error { return build(ctx, filepath.Join(root, "bench"), "./minimal", at(libProgram)) }},
		{needs(emptyProgram), func() error { return buildEmpty(ctx, o.dir) }},
		{needs(demoFile), func() error {
			s := measure.Stopwatch{}
			return s.Command(ctx, "", at(mainProgram), "run", "exp1", "-o", at(demoFile))
		}},
		{needs(demoPacked), func() error {
			s := measure.Stopwatch{}
			return s.Command(ctx, "", at(mainProgram), "pack", at(demoFile))
		}},
		{needs(partPacked), func() error { return preparePart(ctx, o.dir, at(mainProgram), sc.events/10) }},
		{o.peers, func() error { return o.preparePeers(ctx, root) }},
	} {
		if !step.needed {
			continue
		}
		if err := step.make(); err != nil {
			return err
		}
	}
	return nil
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

func writeScan(ctx context.Context, path string, r *sample.Run) error {
	db, err := open(path, "journal_mode(OFF)", "synchronous(OFF)")
	if err != nil {
		return err
	}
	return errors.Join(insert(ctx, db, r.Events, false), db.Close())
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

// indexFolder makes an index of all archives of a folder, which have to be some seconds old for that.
func indexFolder(ctx context.Context, bin, folder string) error {
	for {
		if out, err := exec.CommandContext(ctx, bin, "ls", "--index", folder).CombinedOutput(); err != nil {
			return fmt.Errorf("an index of %s: %w: %s", folder, err, out)
		}
		lines, err := exec.CommandContext(ctx, bin, "ls", "--json", folder).Output()
		if err != nil || strings.Count(string(lines), "\n") == strings.Count(string(lines), `"from_index":true`) {
			return err
		}
		time.Sleep(time.Second)
	}
}
