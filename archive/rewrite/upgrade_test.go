package rewrite

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/archive/verify"
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
	all["migrations/0002_extra.up.sql"] = &fstest.MapFile{Data: []byte(table +
		";\nINSERT INTO extra VALUES (1, 'migrated');\nPRAGMA user_version = 2;\n")}
	all["listings/v2.txt"] = &fstest.MapFile{Data: []byte(string(all["listings/v1.txt"].Data) + "== table extra extra\n" +
		table + "\n")}
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
	old := sqlitefile.Formats
	sqlitefile.Formats = s
	t.Cleanup(func() { sqlitefile.Formats = old })
}

// extra gives how many rows the table of the next version has.
func extra(t *testing.T, a *archive.Archive) (n int64) {
	t.Helper()
	_, rows, err := archivetest.Query(t.Context(), a, "SELECT count(*) FROM extra")
	if err != nil {
		t.Error(err)
		return 0
	}
	return rows[0][0].(int64)
}

// TestOlderVersionIsRead: a file of an older version is read through a migrated copy; it stays as it is, and so does
// its folder.
func TestOlderVersionIsRead(t *testing.T) {
	path := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample(), nil)
	killed := archivetest.CopyKilled(t, recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"),
		providertest.Sample()[:20]).LivePath())
	useFormats(t, nextVersion(t))
	temp := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, temp)
	}
	for file, want := range map[string][]provider.Record{path: providertest.Sample(), killed: providertest.Sample()[:20]} {
		before := archivetest.Look(t, filepath.Dir(file))
		a, err := archive.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		if a.SchemaVersion() != 1 {
			t.Errorf("got version %d, want that of the file", a.SchemaVersion())
		}
		if seal, ok := a.Seal(); ok != (file == path) || ok && seal.Root != archivetest.RootOf(t, want) {
			t.Errorf("got seal %v, %v", seal, ok)
		}
		providertest.Test(t, a, want)
		if extra(t, a) != 1 {
			t.Error("it was not migrated")
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if after := archivetest.Look(t, filepath.Dir(file)); after != before {
			t.Errorf("got\n%s, want\n%s", after, before)
		}
		if r, err := verify.File(t.Context(), file); err != nil || len(r.Problems) > 0 {
			t.Errorf("verify: got %v, %v", r.Problems, err)
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("got %v, %v among the temporary files, want nothing", left, err)
	}
}

// TestOlderRecordingIsRead: a file of an older version into which a process records just now is read through a migrated
// copy, as it is when it is opened, and says that it is being recorded. Neither it nor its folder change.
func TestOlderRecordingIsRead(t *testing.T) {
	records := providertest.Sample()
	w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), records[:10])
	live := w.LivePath()
	useFormats(t, nextVersion(t))
	look := func() string {
		if runtime.GOOS == "windows" { // where the recorder's lock cannot be read
			return ""
		}
		return archivetest.Look(t, filepath.Dir(live))
	}
	before := look()
	a := archivetest.Open(t, live)
	if a.State() != archive.Recording || a.SchemaVersion() != 1 || extra(t, a) != 1 {
		t.Errorf("got state %s, version %d, want %s and 1, migrated", a.State(), a.SchemaVersion(), archive.Recording)
	}
	if seal, ok := a.Seal(); ok {
		t.Errorf("got seal %v, want none", seal)
	}
	providertest.Test(t, a, records[:10])
	if after := look(); after != before {
		t.Errorf("got\n%s, want\n%s", after, before)
	}
	for _, r := range records[10:15] { // its recorder goes on
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Sync(); err != nil {
		t.Fatal(err)
	}
	if n := archivetest.CountRecordsOf(t, a); n != 10 {
		t.Errorf("got %d records, want the 10 of when it was opened", n)
	}
	if n := archivetest.CountRecordsOf(t, archivetest.Open(t, live)); n != 15 {
		t.Errorf("opened again: got %d records, want 15", n)
	}
	if err := Annotate(t.Context(), live, []archive.Annotation{doi}); !errors.Is(err, archive.ErrNotSealed) {
		t.Errorf("annotate: got %v, want %v", err, archive.ErrNotSealed)
	}
}

func TestUpgrade(t *testing.T) {
	dir := t.TempDir()
	path := recordtest.Record(t, filepath.Join(dir, "run.simexp"), providertest.Sample(),
		&record.Options{Annotations: []archive.Annotation{doi}})
	old := archivetest.ReadFile(t, path)
	if u, err := Upgrade(t.Context(), path, Options{}); err != nil || u != (Upgraded{From: 1, To: 1}) {
		t.Errorf("of the newest version: got %+v, %v, want nothing to do", u, err)
	}
	useFormats(t, nextVersion(t))
	before := archivetest.Look(t, dir)
	if u, err := Upgrade(t.Context(), path, Options{DryRun: true}); err != nil || u != (Upgraded{From: 1, To: 2}) {
		t.Errorf("dry run: got %+v, %v", u, err)
	}
	if after := archivetest.Look(t, dir); after != before {
		t.Errorf("dry run: got\n%s, want\n%s", after, before)
	}

	u, err := Upgrade(t.Context(), path, Options{})
	if want := (Upgraded{From: 1, To: 2, Backup: path + ".v1.bak"}); err != nil || u != want {
		t.Fatalf("got %+v, %v, want %+v", u, err, want)
	}
	archivetest.WantFiles(t, dir, "run.simexp", "run.simexp.v1.bak")
	if !bytes.Equal(archivetest.ReadFile(t, u.Backup), old) {
		t.Error("the backup is not the file as it was")
	}
	a := archivetest.Open(t, path)
	if a.SchemaVersion() != 2 || a.State() != archive.Sealed || extra(t, a) != 1 {
		t.Errorf("got version %d, %s", a.SchemaVersion(), a.State())
	}
	providertest.Test(t, a, providertest.Sample())
	if got := annotations(t, path); len(got) != 1 || got[0] != doi {
		t.Errorf("got annotations %v", got)
	}
	newer := recordtest.Record(t, filepath.Join(t.TempDir(), "again.simexp"), providertest.Sample(), nil)
	if extra(t, archivetest.Open(t, newer)) != 1 {
		t.Error("a new file has not the new version")
	}
}

// TestAnnotateOlderVersion: an archive of an older version that is annotated keeps its version, and has the bytes of
// one that was sealed in it with the annotation.
func TestAnnotateOlderVersion(t *testing.T) {
	path := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample(), nil)
	opts := &record.Options{Annotations: []archive.Annotation{doi}}
	want := archivetest.ReadFile(t, recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample(),
		opts))
	useFormats(t, nextVersion(t))
	if err := Annotate(t.Context(), path, opts.Annotations); err != nil {
		t.Fatal(err)
	}
	if got := archivetest.ReadFile(t, path); !bytes.Equal(got, want) {
		t.Errorf("got %d bytes that differ from the %d of a file sealed with the annotation", len(got), len(want))
	}
}

// TestUpgradeRefuses: the archive stays as it is, and nothing is left behind.
func TestUpgradeRefuses(t *testing.T) {
	old := recordtest.SampleBytes(t)
	useFormats(t, nextVersion(t))
	dir := t.TempDir()
	path := filepath.Join(dir, "run.simexp")
	changed := bytes.Replace(old, []byte("policy_stability"), []byte("policy_ztability"), 1)
	for _, c := range []struct {
		name string
		file []byte
		want error
	}{{"run.simexp", changed, archive.ErrDamaged}, {"run.simexp-live", old, archive.ErrNotSealed},
		{"run.simexp", []byte("text"), archive.ErrNotArchive}} {
		path := filepath.Join(dir, c.name)
		if err := os.WriteFile(path, c.file, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Upgrade(t.Context(), path, Options{}); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		archivetest.WantFiles(t, dir, c.name)
		os.Remove(path)
	}
	if err := errors.Join(os.WriteFile(path, old, 0o644),
		os.WriteFile(path+".v1.bak", []byte("mine"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := Upgrade(t.Context(), path, Options{}); !errors.Is(err, archive.ErrExists) {
		t.Errorf("a backup that is there: got %v, want %v", err, archive.ErrExists)
	}
	if string(archivetest.ReadFile(t, path+".v1.bak")) != "mine" || !bytes.Equal(archivetest.ReadFile(t, path), old) {
		t.Error("something was replaced")
	}
	// A newer file is refused with both numbers.
	newer := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample(), nil)
	sqlitefile.Formats = schema.Released()
	if _, err := Upgrade(t.Context(), newer, Options{}); !errors.Is(err, archive.ErrNewer) ||
		!strings.Contains(err.Error(), "version 2") || !strings.Contains(err.Error(), "version 1") {
		t.Errorf("a newer file: got %v", err)
	}
}
