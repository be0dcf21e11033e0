package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/sign"
)

// TestVerify_manySignatures: of 150 signatures each verdict up to the limit stands, and one line says that there are
// more.
func TestVerify_manySignatures(t *testing.T) {
	live := providertest.Live(providertest.Sample())
	root, size, err := digest.Of(t.Context(), live)
	if err != nil {
		t.Fatal(err)
	}
	e, err := live.Experiment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := digest.Checkpoint{Origin: digest.Origin(e.RunID), Size: size, Root: root}
	const count = 150
	var annotations []archive.Annotation
	var keys []string
	secret := filepath.Join(t.TempDir(), "key")
	for i := range count {
		signer, verifier, err := sign.NewNoteKey(fmt.Sprintf("key%d.example", i))
		if err != nil {
			t.Fatal(err)
		}
		note, name, err := sign.SignNote(signer, c)
		if err != nil {
			t.Fatal(err)
		}
		annotations = append(annotations, archive.Annotation{Kind: sign.KindNote, Name: name, Text: note})
		keys = append(keys, verifier)
		if err := os.WriteFile(secret, []byte(signer), 0o600); err != nil { // the last one stays
			t.Fatal(err)
		}
	}
	signedBy := func(n int) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "a.simexp")
		w, err := record.Create(path, &record.Options{Annotations: annotations[:n]})
		if err != nil {
			t.Fatal(err)
		}
		if err := providertest.Play(t.Context(), w, providertest.Sample()); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := signedBy(count)
	stdout, _ := command(t, cli.ExitFailed, "verify", path, "--note-key", keys[0], "--note-key",
		keys[sign.MaxSignatures-1])
	if want := path + ": signature: too many signatures: 150, of which 100 are checked\n"; stdout != want {
		t.Errorf("got %q, want %q", stdout, want)
	}
	stdout, _ = command(t, cli.ExitFailed, "verify", path, "--note-key", keys[count-1], "--json")
	if n := strings.Count(stdout, `"kind":"note"`); n != sign.MaxSignatures ||
		!strings.Contains(stdout, `"text":"no signature by the note key"`) {
		t.Errorf("got %d signatures: %s", n, stdout)
	}

	path = signedBy(sign.MaxSignatures)
	stdout, _ = command(t, cli.ExitOK, "verify", path, "--note-key", keys[sign.MaxSignatures-1])
	if !strings.Contains(stdout, ": signed by note key key99.example\n") {
		t.Errorf("got %s, want the last one checked", stdout)
	}
	// One more would make the archive one that verify refuses.
	if _, stderr := command(t, cli.ExitFailed, "sign", path, "--note-key", secret); !strings.Contains(stderr,
		"it has 100, and no more are checked") {
		t.Errorf("got %s", stderr)
	}
	command(t, cli.ExitOK, "sign", path, "--note-key", secret, "--detached")
}
