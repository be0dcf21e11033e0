package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/providertest"
)

var update = flag.Bool("update", false, "rewrite what the scripts expect of stdout and stderr")

// programs are what tests can start by name; each is this test binary, which plays the part.
var programs = map[string]func(){"exparchive": checkedMain}

func TestMain(m *testing.M) { testscript.Main(m, programs) }

func TestScripts(t *testing.T) {
	t.Parallel()
	met := t.TempDir()
	t.Cleanup(func() { allSchemasMet(t, met) })
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Cmds:                scriptCommands,
		Condition:           scriptCondition,
		Setup: func(env *testscript.Env) error {
			env.Setenv(schemasMet, met)
			for _, name := range []string{"EXPARCHIVE_REALDATA", "EXPARCHIVE_TRACE"} {
				if value := os.Getenv(name); value != "" {
					env.Setenv(name, value)
				}
			}
			return writeRuns(env.WorkDir)
		},
	})
}

// writeRuns gives every script the files run.jsonl, a short run, and sample.jsonl, one with everything that can be
// recorded.
func writeRuns(folder string) error {
	text, err := os.ReadFile("testdata/lines/run.jsonl")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "run.jsonl"), text, 0o666); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(folder, "sample.jsonl"))
	if err != nil {
		return err
	}
	w := jsonl.NewWriter(f)
	for _, r := range providertest.Sample() {
		if err := provider.Put(context.Background(), w, r); err != nil {
			return err
		}
	}
	return f.Close()
}
