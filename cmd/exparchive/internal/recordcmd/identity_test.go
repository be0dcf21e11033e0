package recordcmd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"pgregory.net/rapid"

	"github.com/simexp/exparchive/cmd/exparchive/internal/publishcmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/readcmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/recordcmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/providertest/randomrun"
)

// TestReplayIdentity: what a random run prints while it is recorded is what every later form of it prints: the archive,
// its export as lines, the archive recorded from those. The archives are the same byte for byte, and all the digests
// are one.
func TestReplayIdentity(t *testing.T) {
	randomrun.Checks(t, longtest.Count(15, 100)) // each flushes a dozen times to disk
	rapid.Check(t, func(t *rapid.T) {
		folder, err := os.MkdirTemp("", "identity")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(folder)
		in := func(name string) string { return filepath.Join(folder, name) }

		var lines bytes.Buffer
		w := jsonl.NewWriter(&lines)
		finished := false
		for _, r := range randomrun.Draw(t) {
			if err := provider.Put(context.Background(), w, r); err != nil {
				t.Fatal(err)
			}
			finished = r.RecordKind() == provider.KindResult
		}
		if !finished {
			if err := w.Finish(context.Background(), nil); err != nil {
				t.Fatal(err)
			}
		}

		live := runOK(t, lines.String(), "record", "--as-is", "--seal", "--print", "--verbose", "-o", in("a.simexp"))
		same(t, "replay", runOK(t, "", "replay", "--verbose", in("a.simexp")), live)
		exported := runOK(t, "", "replay", "--json", in("a.simexp"))
		same(t, "lines", exported, lines.String())
		same(t, "replay of lines", runOK(t, exported, "replay", "--verbose", "-"), live)
		runOK(t, exported, "record", "--as-is", "--seal", "-o", in("b.simexp"))
		same(t, "replay of the copy", runOK(t, "", "replay", "--verbose", in("b.simexp")), live)

		a, errA := os.ReadFile(in("a.simexp"))
		b, errB := os.ReadFile(in("b.simexp"))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("the archive recorded from the export differs from the archive (%d and %d bytes)", len(b), len(a))
		}
		if err := os.WriteFile(in("c.jsonl"), []byte(exported), 0o666); err != nil {
			t.Fatal(err)
		}
		digests := map[string]bool{}
		for line := range strings.Lines(runOK(t, "", "digest", in("a.simexp"), in("b.simexp"), in("c.jsonl"))) {
			digests[strings.Fields(line)[0]] = true
		}
		if len(digests) != 1 {
			t.Errorf("got digests %v, want one", digests)
		}
		runOK(t, "", "verify", in("a.simexp"), in("b.simexp"))
	})
}

// runOK runs a command line in this process and gives what it prints.
func runOK(t *rapid.T, stdin string, args ...string) string {
	var stdout, stderr bytes.Buffer
	root := &cobra.Command{Use: "exparchive"}
	root.PersistentFlags().String("color", "auto", "")
	root.AddCommand(recordcmd.NewRecord(), readcmd.NewReplay(), publishcmd.NewDigest(), publishcmd.NewVerify())
	root.SetArgs(args)
	root.SetIn(strings.NewReader(stdin))
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	ctx, files := runio.WithScratch(t.Context(), root.InOrStdin())
	if err := errors.Join(root.ExecuteContext(ctx), files.Remove()); err != nil {
		t.Fatalf("%s: got %v, want that it succeeds; stderr: %s", args, err, stderr.String())
	}
	return stdout.String()
}

// same demands equal texts and shows where they part.
func same(t *rapid.T, what, got, want string) {
	if got == want {
		return
	}
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	part := func(s string) string { return fmt.Sprintf("%.80q", s[max(i-20, 0):]) }
	t.Errorf("%s: differs at byte %d of %d: got …%s, want …%s", what, i, len(want), part(got), part(want))
}
