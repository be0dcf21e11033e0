package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/simexp/exparchive/bench/internal/measure"
)

// program makes a case that runs exparchive, the arguments given when the folder is known.
func program(stdin string, args func(dir string) []string) measure.Case {
	return func(ctx context.Context, s *measure.Stopwatch) error {
		stdin := stdin
		if stdin != "" {
			stdin = filepath.Join(s.Dir, stdin)
		}
		err := s.Command(ctx, stdin, s.Binary, args(s.Dir)...)
		return errors.Join(err, os.RemoveAll(filepath.Join(s.Dir, outFile)))
	}
}

// python makes a case that runs a script of Python's on a file of the folder.
func python(script, file string) measure.Case {
	return func(ctx context.Context, s *measure.Stopwatch) error {
		return s.Command(ctx, "", "python3", "-c", script, filepath.Join(s.Dir, file))
	}
}

// decodeLines decodes each line, as a program that reads them does.
const decodeLines = `import json, sys
n = 0
for line in open(sys.argv[1], 'rb'):
    n += len(json.loads(line))`

// selectRows reads all rows with the module of Python's own library.
const selectRows = `import sqlite3, sys
n = 0
for row in sqlite3.connect(sys.argv[1]).execute('SELECT id, run_id, iteration, type, ts, data FROM e ORDER BY id'):
    n += len(row[5])`

// repeated makes a case of what is too short to be measured once. What the cases between two rounds pushed out of the
// memory of the system comes back while it runs some times unmeasured.
func repeated(times int, do measure.Case) measure.Case {
	return func(ctx context.Context, s *measure.Stopwatch) error {
		unmeasured := *s
		for range 5 {
			if err := do(ctx, &unmeasured); err != nil {
				return err
			}
		}
		for range times {
			if err := do(ctx, s); err != nil {
				return err
			}
		}
		return nil
	}
}

// empty runs a program that does nothing.
func empty(ctx context.Context, s *measure.Stopwatch) error {
	return s.Command(ctx, "", filepath.Join(s.Dir, emptyProgram))
}

// fileSize makes a case that measures nothing but the bytes of a file of the folder.
func fileSize(name string) measure.Case {
	return func(_ context.Context, s *measure.Stopwatch) error {
		if s.Bytes = size(filepath.Join(s.Dir, name)); s.Bytes == 0 {
			return fmt.Errorf("%s is empty or missing", name)
		}
		return nil
	}
}

// build builds a Go program, static and stripped, from folder.
func build(ctx context.Context, folder, pattern, output string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", output, pattern)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w: %s", pattern, err, out)
	}
	return nil
}

// buildEmpty builds a program that does nothing.
func buildEmpty(ctx context.Context, dir string) error {
	source := filepath.Join(dir, "empty")
	err := errors.Join(os.MkdirAll(source, 0o777),
		os.WriteFile(filepath.Join(source, "go.mod"), []byte("module empty\n"), 0o666),
		os.WriteFile(filepath.Join(source, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o666))
	if err != nil {
		return err
	}
	return build(ctx, source, ".", filepath.Join(dir, emptyProgram))
}
