package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Archives have the same bytes whenever they are made, wherever the time is told, and hold what was put in.
func TestPack(t *testing.T) {
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	list := []file{{name: "exparchive", data: []byte("binary"), mode: 0o755},
		{name: "man/man1/a.1", data: []byte("page"), mode: 0o644}}
	for name, pack := range map[string]func(io.Writer, string, []file, time.Time) error{"tar": packTar, "zip": packZip} {
		var texts [2]bytes.Buffer
		for i, when := range []time.Time{at, at.In(time.FixedZone("elsewhere", 9*3600))} {
			if err := pack(&texts[i], "exparchive_1", list, when); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(texts[0].Bytes(), texts[1].Bytes()) {
			t.Errorf("%s: two archives of the same files differ", name)
		}
		unpack := untar
		if name == "zip" {
			unpack = unzip
		}
		got := unpack(t, texts[0].Bytes())
		for i, want := range list {
			if i >= len(got) || got[i].name != "exparchive_1/"+want.name || string(got[i].data) != string(want.data) ||
				got[i].mode != want.mode || !got[i].at.Equal(at) || len(got) != len(list) {
				t.Errorf("%s: got %+v, want %+v", name, got, list)
			}
		}
	}
}

// An unpacked file is one as it comes out of an archive.
type unpacked struct {
	name string
	data []byte
	mode os.FileMode
	at   time.Time
}

func untar(t *testing.T, text []byte) (list []unpacked) {
	t.Helper()
	gz, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if !gz.ModTime.IsZero() || gz.Name != "" {
		t.Errorf("gzip: got the time %v and the name %q, want none", gz.ModTime, gz.Name)
	}
	for r := tar.NewReader(gz); ; {
		h, err := r.Next()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "root" || h.Gname != "root" {
			t.Errorf("%s: got the owner %d:%d (%s:%s), want root", h.Name, h.Uid, h.Gid, h.Uname, h.Gname)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, unpacked{h.Name, data, h.FileInfo().Mode(), h.ModTime})
	}
}

func unzip(t *testing.T, text []byte) (list []unpacked) {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, unpacked{f.Name, data, f.Mode(), f.Modified})
	}
	return list
}

func TestSums(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"b", "a"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("abc"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeSums(folder); err != nil {
		t.Fatal(err)
	}
	const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // FIPS 180-2, appendix B.1
	got, err := os.ReadFile(filepath.Join(folder, "SHA256SUMS"))
	if want := abc + "  a\n" + abc + "  b\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}
