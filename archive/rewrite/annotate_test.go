package rewrite

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
)

var (
	doi     = archive.Annotation{Kind: "doi", Text: "10.1000/182"}
	invalid = archive.Annotation{Kind: "invalidated", Name: "configs", Text: "wrong\nconfigs — see the erratum"}
)

func annotations(t *testing.T, path string) []archive.Annotation {
	t.Helper()
	list, err := archivetest.Open(t, path).Annotations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestAnnotateGivesTheBytesOfSealing: an archive annotated later is the one that was sealed with its annotations.
func TestAnnotateGivesTheBytesOfSealing(t *testing.T) {
	dir := t.TempDir()
	name := "a b#?%41.simexp"
	if runtime.GOOS == "windows" {
		name = "a b#%41.simexp"
	}
	later := recordtest.Record(t, filepath.Join(dir, name), providertest.Sample(), nil)
	plain := archivetest.ReadFile(t, later)
	for _, a := range []archive.Annotation{doi, invalid} {
		if err := Annotate(t.Context(), later, []archive.Annotation{a}); err != nil {
			t.Fatal(err)
		}
	}
	first := recordtest.Record(t, filepath.Join(dir, "first.simexp"), providertest.Sample(),
		&record.Options{Annotations: []archive.Annotation{doi, invalid}})
	if got, want := archivetest.ReadFile(t, later), archivetest.ReadFile(t, first); !bytes.Equal(got, want) {
		t.Errorf("got %d bytes that differ from the %d of a file sealed with the annotations", len(got), len(want))
	}
	if bytes.Equal(plain, archivetest.ReadFile(t, later)) {
		t.Error("the file did not change")
	}
	if got, want := annotations(t, later), []archive.Annotation{doi, invalid}; !slices.Equal(got, want) {
		t.Errorf("got annotations %v, want %v", got, want)
	}
	report, err := verify.File(t.Context(), later)
	if err != nil || !report.OK() || report.Root != archivetest.RootOf(t, providertest.Sample()) {
		t.Errorf("got %+v, %v", report, err)
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 2 {
		t.Errorf("got %v in the folder, %v, want the two archives", names, err)
	}
}

// TestAnnotateTwice: what is there already is not added, and then the file is not touched.
func TestAnnotateTwice(t *testing.T) {
	path := recordtest.Record(t, filepath.Join(t.TempDir(), "x.simexp"), providertest.Sample(), nil)
	if err := Annotate(t.Context(), path, []archive.Annotation{doi, doi, invalid}); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := Annotate(t.Context(), path, []archive.Annotation{invalid, doi}); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
		t.Error("the file was replaced though there was nothing to add")
	}
	if got, want := annotations(t, path), []archive.Annotation{doi, invalid}; !slices.Equal(got, want) {
		t.Errorf("got annotations %v, want %v", got, want)
	}
}

func TestAnnotateKeepsModeAndLink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such modes and links")
	}
	dir := t.TempDir()
	path := recordtest.Record(t, filepath.Join(dir, "x.simexp"), providertest.Sample(), nil)
	link := filepath.Join(dir, "link.simexp")
	if err := errors.Join(os.Chmod(path, 0o440), os.Symlink("x.simexp", link)); err != nil {
		t.Fatal(err)
	}
	if err := Annotate(t.Context(), link, []archive.Annotation{doi}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != 0o440 {
		t.Errorf("got mode %v, %v, want -r--r-----", info.Mode(), err)
	}
	if err := errors.Join(os.Chmod(path, 0o640), Annotate(t.Context(), link, []archive.Annotation{invalid})); err != nil {
		t.Fatal(err)
	}
	if info, err = os.Lstat(path); err != nil || info.Mode() != 0o440 {
		t.Errorf("got mode %v, %v, want -r--r-----, though it could be written", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("got %v, %v, want the link to be one still", info.Mode(), err)
	}
	if got := annotations(t, path); !slices.Equal(got, []archive.Annotation{doi, invalid}) {
		t.Errorf("got annotations %v", got)
	}
}

// TestAnnotateRefuses: nothing is changed and nothing is left behind.
func TestAnnotateRefuses(t *testing.T) {
	dir := t.TempDir()
	path := recordtest.Record(t, filepath.Join(dir, "x.simexp"), providertest.Sample(), nil)
	live := filepath.Join(dir, "y.simexp")
	w, err := record.Create(live, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Begin(t.Context(), providertest.Sample()[0].(*provider.Start)), w.Close()); err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(dir, "changed.simexp")
	data := bytes.Replace(archivetest.ReadFile(t, path), []byte("policy_stability"), []byte("policy_ztability"), 1)
	text := filepath.Join(dir, "text.simexp")
	if err := errors.Join(os.WriteFile(changed, data, 0o666), os.WriteFile(text, []byte("text"), 0o666)); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		path string
		add  archive.Annotation
		want error
	}{
		{"live", t.Context(), live + archive.LiveSuffix, doi, archive.ErrNotSealed},
		{"changed", t.Context(), changed, doi, archive.ErrDamaged},
		{"text", t.Context(), text, doi, archive.ErrNotArchive},
		{"missing", t.Context(), filepath.Join(dir, "missing.simexp"), doi, os.ErrNotExist},
		{"cancelled", cancelled, path, doi, context.Canceled},
		{"no kind", t.Context(), path, archive.Annotation{Text: "x"}, provider.ErrInvalid},
		{"no UTF-8", t.Context(), path, archive.Annotation{Kind: "x", Text: "\xff"}, provider.ErrInvalid},
	} {
		before, _ := os.ReadFile(c.path)
		if err := Annotate(c.ctx, c.path, []archive.Annotation{c.add}); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if after, _ := os.ReadFile(c.path); !bytes.Equal(before, after) {
			t.Errorf("%s: the file changed", c.name)
		}
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 4 {
		t.Errorf("got %v in the folder, %v, want the four files", names, err)
	}
}

// TestAnnotateWhileAnotherDoes: the second is refused and does not undo the first.
func TestAnnotateWhileAnotherDoes(t *testing.T) {
	path := recordtest.Record(t, filepath.Join(t.TempDir(), "x.simexp"), providertest.Sample(), nil)
	lock, err := sqlitefile.Lock(path + lockName)
	if err != nil {
		t.Fatal(err)
	}
	if err := Annotate(t.Context(), path, []archive.Annotation{doi}); !errors.Is(err, archive.ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	// What a killed process left behind does not matter.
	for _, suffix := range []string{annotated, upgrading, upgrading + "-journal", upgraded,
		lockName + sqlitefile.LockSuffix} {
		if err := os.WriteFile(path+suffix, []byte("litter"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := Annotate(t.Context(), path, []archive.Annotation{doi}); err != nil {
		t.Fatal(err)
	}
	if got := annotations(t, path); !slices.Equal(got, []archive.Annotation{doi}) {
		t.Errorf("got annotations %v", got)
	}
	archivetest.WantFiles(t, filepath.Dir(path), "x.simexp")
	if root, _, err := digest.Of(t.Context(), archivetest.Open(t, path)); err != nil ||
		root != archivetest.RootOf(t, providertest.Sample()) {
		t.Errorf("got digest %v, %v", root, err)
	}
}

// TestReplacedMeanwhile: an archive that somebody puts in the place of the one that was looked at is not replaced.
func TestReplacedMeanwhile(t *testing.T) {
	path := recordtest.Record(t, filepath.Join(t.TempDir(), "x.simexp"), providertest.Sample(), nil)
	other := archivetest.ReadFile(t, recordtest.Record(t, filepath.Join(t.TempDir(), "x.simexp"), archivetest.ViewRun(),
		nil))
	sys := *sqlitefile.RealSystem
	sys.Remove = func(name string) error { // before the copy is made
		return errors.Join(os.Remove(name), os.Remove(path), os.WriteFile(path, other, 0o666))
	}
	if err := editOn(t.Context(), &sys, path, adding([]archive.Annotation{doi})); !errors.Is(err, archive.ErrChanged) {
		t.Errorf("got %v, want %v", err, archive.ErrChanged)
	}
	if !bytes.Equal(archivetest.ReadFile(t, path), other) {
		t.Error("the other archive is gone")
	}
}

// TestEditAnnotations: an annotation that is taken out leaves nothing behind.
func TestEditAnnotations(t *testing.T) {
	dir := t.TempDir()
	path := recordtest.Record(t, filepath.Join(dir, "x.simexp"), providertest.Sample(),
		&record.Options{Annotations: []archive.Annotation{invalid, doi}})
	want := archivetest.ReadFile(t, recordtest.Record(t, filepath.Join(dir, "y.simexp"), providertest.Sample(),
		&record.Options{Annotations: []archive.Annotation{doi}}))
	err := Edit(t.Context(), path, func(old []archive.Annotation) ([]archive.Annotation, error) { return old[1:], nil })
	if err != nil {
		t.Fatal(err)
	}
	if got := archivetest.ReadFile(t, path); !bytes.Equal(got, want) {
		t.Errorf("got %d bytes that differ from the %d of a file sealed with the other annotation", len(got), len(want))
	}
	no := errors.New("no")
	if err := Edit(t.Context(), path, func([]archive.Annotation) ([]archive.Annotation, error) {
		return nil,
			no
	}); !errors.Is(err, no) {
		t.Errorf("got %v, want the error of the edit", err)
	}
	if err := Edit(t.Context(), path, func([]archive.Annotation) ([]archive.Annotation,
		error) {
		return []archive.Annotation{{}}, nil
	}); !errors.Is(err, provider.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
	if got := archivetest.ReadFile(t, path); !bytes.Equal(got, want) {
		t.Error("what was refused changed the file")
	}
}

// TestAnnotateInterrupted: at whatever call of the file system it is interrupted, the archive is the old one or the new
// one, and nothing else is there.
func TestAnnotateInterrupted(t *testing.T) {
	dir := t.TempDir()
	path := recordtest.Record(t, filepath.Join(dir, "x.simexp"), providertest.Sample(), nil)
	before := archivetest.ReadFile(t, path)
	if err := Annotate(t.Context(), path, []archive.Annotation{doi}); err != nil {
		t.Fatal(err)
	}
	after := archivetest.ReadFile(t, path)
	interrupted := 0
	for n := 1; ; n++ {
		archivetest.Writable(t, path)
		if err := os.WriteFile(path, before, 0o666); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		err := editOn(ctx, counting(func() {
			if calls++; calls == n {
				cancel()
			}
		}), path, adding([]archive.Annotation{doi}))
		cancel()
		want := after
		if err != nil {
			interrupted++
			want = before
		}
		if got := archivetest.ReadFile(t, path); !bytes.Equal(got, want) {
			t.Fatalf("interrupted at call %d, with %v: got other bytes", n, err)
		}
		if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
			t.Fatalf("got %v in the folder, %v, want the archive only", names, err)
		}
		if calls < n {
			break
		}
	}
	if interrupted == 0 {
		t.Error("none of the interruptions came in time")
	}
}

// counting is the real system, each of whose calls that change names or flush is announced by call.
func counting(call func()) *sqlitefile.System {
	sys := *sqlitefile.RealSystem
	one := func(f func(string) error) func(string) error {
		return func(path string) error { call(); return f(path) }
	}
	sys.Sync, sys.SyncDir, sys.Remove = one(sys.Sync), one(sys.SyncDir), one(sys.Remove)
	rename, chmod, create := sys.Rename, sys.Chmod, sys.Create
	sys.Rename = func(from, to string) error { call(); return rename(from, to) }
	sys.Chmod = func(path string, mode os.FileMode) error { call(); return chmod(path, mode) }
	sys.Create = func(path string, mode os.FileMode) error { call(); return create(path, mode) }
	return &sys
}

// A name that fits when the recording begins fits whatever is done to the archive afterwards.
func TestLongNames(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows counts the whole path")
	}
	folder := t.TempDir()
	longest := 255
	for ; ; longest-- { // bytes, on all common file systems
		w, err := record.Create(filepath.Join(folder, strings.Repeat("x", longest)), nil)
		if err == nil {
			if err := providertest.Play(t.Context(), w, providertest.Sample()); err != nil {
				t.Fatal(err)
			}
			w.Close()
			break
		}
		if !errors.Is(err, syscall.ENAMETOOLONG) {
			t.Fatal(err)
		}
	}
	doi := []archive.Annotation{{Kind: "doi", Text: "10.1000/182"}}
	if err := Annotate(t.Context(), filepath.Join(folder, strings.Repeat("x", longest)), doi); err != nil {
		t.Errorf("a name of %d bytes: %v", longest, err)
	}
	for _, suffix := range workSuffixes {
		if len(suffix+"-journal")+longest > 255 {
			t.Errorf("%s does not fit behind a name of %d bytes, which can be recorded", suffix, longest)
		}
	}
}
