package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
)

// TestSameBytes_paper: a paper with every kind of table and chart in every form has the same bytes wherever it is
// built. Of PNG the pixels are compared, since compression is the library's. -update writes digests.txt anew.
func TestSameBytes_paper(t *testing.T) {
	const source = "testdata/paper/same"
	folder := t.TempDir()
	put := func(name string, text []byte, err error) {
		t.Helper()
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), text, 0o444)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"paper.yaml", "lines.jsonl"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		put(name, text, err)
	}
	packed, err := os.Open("../../testdata/released/v1-example.simexp.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpacked)
	put("sealed.simexp", text, err)

	out := filepath.Join(folder, "out")
	var messages bytes.Buffer
	args := []string{"paper", "build", filepath.Join(folder, "paper.yaml"), "-o", out}
	if code := run(args, strings.NewReader(""), io.Discard, &messages); code != cli.ExitOK {
		t.Fatalf("exit code %d: %s", code, messages.String())
	}
	var got strings.Builder
	err = fs.WalkDir(os.DirFS(out), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(out, filepath.FromSlash(name)))
		switch {
		case err != nil:
			return err
		case strings.HasSuffix(name, ".png.source.json"):
			return nil // which has the digest of the file
		case strings.HasSuffix(name, ".png"):
			picture, err := png.Decode(bytes.NewReader(text))
			if err != nil {
				return err
			}
			pixels := image.NewRGBA(picture.Bounds())
			draw.Draw(pixels, pixels.Rect, picture, pixels.Rect.Min, draw.Src)
			text = pixels.Pix
		}
		fmt.Fprintf(&got, "%x  %s\n", sha256.Sum256(text), name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	digests := filepath.Join(source, "digests.txt")
	if *update {
		if err := os.WriteFile(digests, []byte(got.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(digests)
	if err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 || got.String() != string(want) {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}
