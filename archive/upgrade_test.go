package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/schema"
)

// nextFormats gives the versions there are and one that there never was: it has one table more.
func nextFormats() (schema.Set, error) {
	now := schema.Released()
	all := fstest.MapFS{}
	for dir, from := range map[string]fs.FS{"migrations": now.Migrations, "listings": now.Listings} {
		names, err := fs.Glob(from, dir+"/*")
		if err != nil || len(names) == 0 {
			return now, fmt.Errorf("%s: %q, %w", dir, names, err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(from, name)
			if err != nil {
				return now, err
			}
			all[name] = &fstest.MapFile{Data: data}
		}
	}
	const table = "CREATE TABLE extra (\n  id INTEGER PRIMARY KEY,\n  text TEXT NOT NULL\n) STRICT"
	all["migrations/0002_extra.up.sql"] = &fstest.MapFile{Data: []byte(table + ";\nINSERT INTO extra VALUES (1, 'migrated');\nPRAGMA user_version = 2;\n")}
	all["listings/v2.txt"] = &fstest.MapFile{Data: []byte(string(all["listings/v1.txt"].Data) + "== table extra extra\n" + table + "\n")}
	return schema.Set{Version: 2, Migrations: all, Listings: all}, nil
}

func nextVersion(t *testing.T) schema.Set {
	t.Helper()
	s, err := nextFormats()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// useFormats puts other versions in the place of the released ones for the time of the test.
func useFormats(t *testing.T, s schema.Set) {
	t.Helper()
	old := formats
	formats = s
	t.Cleanup(func() { formats = old })
}

// extra gives how many rows the table of the next version has.
func extra(t *testing.T, a *Archive) (n int64) {
	t.Helper()
	err := a.Query(t.Context(), "SELECT count(*) FROM extra", func([]string) error { return nil }, func(row []any) error { n = row[0].(int64); return nil })
	if err != nil {
		t.Error(err)
	}
	return n
}

// TestOlderVersionIsRead: a file of an older version is read through a migrated copy; it stays as it is, and so does its folder.
func TestOlderVersionIsRead(t *testing.T) {
	path := record(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample(), nil)
	killed := copyKilled(t, startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample()[:20]).LivePath())
	useFormats(t, nextVersion(t))
	temp := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, temp)
	}
	for file, want := range map[string][]provider.Record{path: providertest.Sample(), killed: providertest.Sample()[:20]} {
		before := look(t, filepath.Dir(file))
		a, err := Open(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a.SchemaVersion() != 1 {
			t.Errorf("got version %d, want that of the file", a.SchemaVersion())
		}
		if seal, ok := a.Seal(); ok != (file == path) || ok && seal.Root != rootOf(t, want) {
			t.Errorf("got seal %v, %v", seal, ok)
		}
		providertest.Test(t, a, want)
		if extra(t, a) != 1 {
			t.Error("it was not migrated")
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if after := look(t, filepath.Dir(file)); after != before {
			t.Errorf("got\n%s, want\n%s", after, before)
		}
		if r, err := Verify(t.Context(), file); err != nil || len(r.Problems) > 0 {
			t.Errorf("verify: got %v, %v", r.Problems, err)
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("got %v, %v among the temporary files, want nothing", left, err)
	}
}

func TestUpgrade(t *testing.T) {
	dir := t.TempDir()
	path := record(t, filepath.Join(dir, "run.simexp"), providertest.Sample(), &WriterOptions{Annotations: []Annotation{doi}})
	old := readFile(t, path)
	if u, err := Upgrade(t.Context(), path, UpgradeOptions{}); err != nil || u != (Upgraded{From: 1, To: 1}) {
		t.Errorf("of the newest version: got %+v, %v, want nothing to do", u, err)
	}
	useFormats(t, nextVersion(t))
	before := look(t, dir)
	if u, err := Upgrade(t.Context(), path, UpgradeOptions{DryRun: true}); err != nil || u != (Upgraded{From: 1, To: 2}) {
		t.Errorf("dry run: got %+v, %v", u, err)
	}
	if after := look(t, dir); after != before {
		t.Errorf("dry run: got\n%s, want\n%s", after, before)
	}

	u, err := Upgrade(t.Context(), path, UpgradeOptions{})
	if want := (Upgraded{From: 1, To: 2, Backup: path + ".v1.bak"}); err != nil || u != want {
		t.Fatalf("got %+v, %v, want %+v", u, err, want)
	}
	wantFiles(t, dir, "run.simexp", "run.simexp.v1.bak")
	if !bytes.Equal(readFile(t, u.Backup), old) {
		t.Error("the backup is not the file as it was")
	}
	a := open(t, path)
	if a.SchemaVersion() != 2 || a.State() != Sealed || extra(t, a) != 1 {
		t.Errorf("got version %d, %s", a.SchemaVersion(), a.State())
	}
	providertest.Test(t, a, providertest.Sample())
	if got := annotations(t, path); len(got) != 1 || got[0] != doi {
		t.Errorf("got annotations %v", got)
	}
	newer := record(t, filepath.Join(t.TempDir(), "again.simexp"), providertest.Sample(), nil)
	if extra(t, open(t, newer)) != 1 {
		t.Error("a new file has not the new version")
	}
}

// TestUpgradeRefuses: the archive stays as it is, and nothing is left behind.
func TestUpgradeRefuses(t *testing.T) {
	old := sampleBytes(t)
	useFormats(t, nextVersion(t))
	dir := t.TempDir()
	path := filepath.Join(dir, "run.simexp")
	changed := bytes.Replace(old, []byte("policy_stability"), []byte("policy_ztability"), 1)
	for _, c := range []struct {
		name string
		file []byte
		want error
	}{{"run.simexp", changed, ErrDamaged}, {"run.simexp-live", old, ErrNotSealed}, {"run.simexp", []byte("text"), ErrNotArchive}} {
		path := filepath.Join(dir, c.name)
		if err := os.WriteFile(path, c.file, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Upgrade(t.Context(), path, UpgradeOptions{}); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		wantFiles(t, dir, c.name)
		os.Remove(path)
	}
	if err := errors.Join(os.WriteFile(path, old, 0o644), os.WriteFile(path+".v1.bak", []byte("mine"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := Upgrade(t.Context(), path, UpgradeOptions{}); !errors.Is(err, ErrExists) {
		t.Errorf("a backup that is there: got %v, want %v", err, ErrExists)
	}
	if string(readFile(t, path+".v1.bak")) != "mine" || !bytes.Equal(readFile(t, path), old) {
		t.Error("something was replaced")
	}
	// A newer file is refused with both numbers.
	newer := record(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample(), nil)
	formats = schema.Released()
	if _, err := Upgrade(t.Context(), newer, UpgradeOptions{}); !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "version 2") || !strings.Contains(err.Error(), "version 1") {
		t.Errorf("a newer file: got %v", err)
	}
}
