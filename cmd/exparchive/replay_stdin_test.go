package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
)

// TestReplayLateDays: an export whose days come behind more bytes than are peeked into is replayed from standard input
// as from a file, also if the pipe gives it in pieces.
func TestReplayLateDays(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100<<10)
	for name, text := range map[string]string{
		"in one line": `{"experiment_id":"late","note":"` + long + `","days":[]}`,
		"in lines":    "{\n \"experiment_id\": \"late\",\n \"note\": \"" + long + "\",\n \"days\": []\n}\n",
	} {
		path := filepath.Join(t.TempDir(), "stdin.json") // a name is taken from it
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		var want, got, stderr strings.Builder
		if code := run([]string{"replay", path}, strings.NewReader(""), &want, &stderr); code != cli.ExitOK {
			t.Fatalf("%s: got exit code %d: %s", name, code, &stderr)
		}
		in := iotest.HalfReader(strings.NewReader(text))
		code := run([]string{"replay", "-"}, in, &got, &stderr)
		if code != cli.ExitOK || got.String() != want.String() {
			t.Errorf("%s: got exit code %d, %s\n%s\nwant\n%s", name, code, &stderr, &got, &want)
		}
	}
}
