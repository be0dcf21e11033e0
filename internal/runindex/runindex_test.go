package runindex

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/runs"
)

// later is a clock by which every file of a test has settled.
func later(string) (time.Time, error) { return time.Now().Add(time.Hour), nil }

// archives gives a folder of the archives of every kind that were ever released, one of them packed too.
func archives(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	sources, err := filepath.Glob(filepath.FromSlash("../../testdata/released/*.gz"))
	if err != nil || len(sources) < 10 {
		t.Fatal(sources, err)
	}
	for _, source := range sources {
		f, err := os.Open(source)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(folder, strings.TrimSuffix(filepath.Base(source), ".gz")), text)
	}
	a, err := archive.Open(filepath.Join(folder, "v1-all.simexp"))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var packed bytes.Buffer
	if err := archive.Pack(context.Background(), &packed, a); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "packed.simexp.zst"), packed.Bytes())
	return folder
}

func write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// listed is what [runs.List] says of a file.
func listed(t testing.TB, path string) runs.Summary {
	t.Helper()
	for s, err := range runs.List(context.Background(), path, nil) {
		if err != nil {
			t.Fatal(err)
		}
		s.Notes = nil
		return s
	}
	t.Fatal("no run in", path)
	panic("unreachable")
}

func stampOf(t testing.TB, path string) Stamp {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	s, ok := StampOf(info)
	if !ok {
		t.Fatalf("%s has no stamp", path)
	}
	return s
}

func open(t testing.TB, folder string) *Index {
	t.Helper()
	x, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// makeIndex makes the index of a folder by a clock.
func makeIndex(t testing.TB, folder string, now func(string) (time.Time, error)) {
	t.Helper()
	defer func(was func(string) (time.Time, error)) { clock = was }(clock)
	clock = now
	x, err := Open(folder)
	if x == nil {
		t.Fatal(err)
	}
	u, err := x.Update()
	if err != nil {
		t.Fatal(err)
	}
	for path, err := range runs.Files(folder, false) {
		if err != nil {
			t.Fatal(err)
		}
		s := stampOf(t, path)
		if _, ok := x.Find(filepath.Base(path), s); ok {
			u.Keep(filepath.Base(path), s)
		} else {
			u.Add(path, s, listed(t, path))
		}
	}
	if err := u.Write(); err != nil {
		t.Fatal(err)
	}
}

// find looks a file up in the index of its folder.
func find(t testing.TB, path string) (runs.Summary, bool) {
	t.Helper()
	return open(t, filepath.Dir(path)).Find(filepath.Base(path), stampOf(t, path))
}

// TestFind: what the index says of archives of every kind is what reading them says.
func TestFind(t *testing.T) {
	folder := archives(t)
	makeIndex(t, folder, later)
	n := 0
	for path := range runs.Files(folder, false) {
		n++
		got, ok := find(t, path)
		if !ok {
			t.Errorf("%s: not found", path)
			continue
		}
		if !got.FromIndex {
			t.Errorf("%s: not marked", path)
		}
		got.File, got.FromIndex = path, false
		if want := listed(t, path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got\n%+v, want\n%+v", path, got, want)
		}
	}
	if n < 15 || n != open(t, folder).Known() {
		t.Errorf("got %d files, the index knows %d", n, open(t, folder).Known())
	}
}

// TestFind_changed: an archive that is not as it was is not found, whatever was done to it, and the others are.
func TestFind_changed(t *testing.T) {
	const name = "v1-events.simexp"
	old := time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.UTC)
	for _, c := range []struct {
		what   string
		change func(path string, text []byte) error
		unseen bool // where the system does not tell when a file was changed
	}{
		{"touched", func(path string, _ []byte) error {
			return os.Chtimes(path, old, old.Add(100*time.Nanosecond))
		}, false},
		{"longer", func(path string, text []byte) error {
			return errors.Join(os.WriteFile(path, append(text, 0), 0o666), os.Chtimes(path, old, old))
		}, false},
		{"other bytes, touched back", func(path string, text []byte) error {
			text[len(text)-1] ^= 1
			return errors.Join(os.WriteFile(path, text, 0o666), os.Chtimes(path, old, old))
		}, true},
		{"another file in its place, touched back", func(path string, text []byte) error {
			return errors.Join(os.WriteFile(path+".new", text, 0o666), os.Chtimes(path+".new", old, old),
				os.Rename(path+".new", path))
		}, true},
		{"another in its place, both there before", func(path string, text []byte) error {
			return os.Rename(filepath.Join(filepath.Dir(path), "twin"), path)
		}, true},
		{"removed and made again", func(path string, text []byte) error {
			return errors.Join(os.Remove(path), os.WriteFile(path, text, 0o666), os.Chtimes(path, old, old))
		}, true},
		{"a log beside it", func(path string, _ []byte) error {
			return os.WriteFile(path+"-wal", []byte("x"), 0o666)
		}, false},
		{"a journal", func(path string, _ []byte) error {
			return os.WriteFile(path+"-JOURNAL", []byte("x"), 0o666)
		}, false},
		{"a recorder's lock", func(path string, _ []byte) error {
			return os.WriteFile(path+"-lock", nil, 0o666)
		}, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			if runtime.GOOS == "windows" && c.unseen {
				t.Skip("what Windows tells without opening a file can be set back, or is handed on to what takes its name")
			}
			folder := archives(t)
			path := filepath.Join(folder, name)
			text := read(t, path)
			write(t, filepath.Join(folder, "twin"), text)
			for _, p := range []string{path, filepath.Join(folder, "twin")} {
				if err := os.Chtimes(p, old, old); err != nil {
					t.Fatal(err)
				}
			}
			makeIndex(t, folder, later)
			if _, ok := find(t, path); !ok {
				t.Fatal("not found as it was")
			}
			if err := c.change(path, slices.Clone(text)); err != nil {
				t.Fatal(err)
			}
			if got, ok := find(t, path); ok {
				t.Errorf("found: %+v", got)
			}
			if _, ok := find(t, filepath.Join(folder, "v1-all.simexp")); !ok {
				t.Error("another is not found any more")
			}
		})
	}
}

// TestFind_names: an archive of another name, or in another folder with a copy of the index, is not found.
func TestFind_names(t *testing.T) {
	folder, other := archives(t), archives(t)
	makeIndex(t, folder, later)
	write(t, filepath.Join(other, Name), read(t, filepath.Join(folder, Name)))
	for path := range runs.Files(other, false) {
		if _, ok := find(t, path); ok {
			t.Errorf("%s: found in the index of another folder", path)
		}
	}
	path := filepath.Join(folder, "v1-events.simexp")
	for _, to := range []string{"aaa.simexp", "v1-event.simexp", "zzz.simexp"} {
		if err := os.Rename(path, filepath.Join(folder, to)); err != nil {
			t.Fatal(err)
		}
		if path = filepath.Join(folder, to); stampOf(t, path) == (Stamp{}) {
			t.Fatal("no stamp")
		}
		if _, ok := find(t, path); ok {
			t.Errorf("%s: found", path)
		}
	}
	makeIndex(t, folder, later)
	if _, ok := find(t, path); !ok {
		t.Error("not found after the index was made anew")
	}
	x := open(t, folder)
	if n := len(read(t, filepath.Join(folder, Name))); n != len(x.data) || x.Known() < 15 {
		t.Errorf("knows %d", x.Known())
	}
	if bytes.Contains(read(t, filepath.Join(folder, Name)), []byte("v1-events.simexp")) {
		t.Error("the old name is still in the index")
	}
}

// TestUpdate_same: the index of a folder has the same bytes whenever and however it is made, and is not written again.
func TestUpdate_same(t *testing.T) {
	folder := archives(t)
	makeIndex(t, folder, later)
	path := filepath.Join(folder, Name)
	first, stamp := read(t, path), stampOf(t, path)
	makeIndex(t, folder, later) // from what it knows
	if s := stampOf(t, path); s != stamp {
		t.Errorf("written again: %v, before %v", s, stamp)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	makeIndex(t, folder, later) // from nothing
	if !bytes.Equal(read(t, path), first) {
		t.Error("another index of the same folder")
	}
	for _, bad := range []string{"", "nonsense", string(first[:len(first)/2]), magic + "99\n"} {
		write(t, path, []byte(bad))
		makeIndex(t, folder, later)
		if !bytes.Equal(read(t, path), first) {
			t.Errorf("another index in the place of %.20q", bad)
		}
	}
}

// TestUpdate_settled: a file that may have been changed again at the same time, as far as its times tell, does not go
// into the index, nor does one that is changed while it is read, a link, or a recording.
func TestUpdate_settled(t *testing.T) {
	folder := t.TempDir()
	text := read(t, filepath.Join(archives(t), "v1-events.simexp"))
	path := filepath.Join(folder, "a.simexp")
	write(t, path, text)
	s := stampOf(t, path)
	newest := time.Unix(0, max(s.Modified, s.Changed))
	at := func(d time.Duration) func(string) (time.Time, error) {
		return func(string) (time.Time, error) { return newest.Add(d), nil }
	}
	for _, d := range []time.Duration{-time.Hour, 0, time.Nanosecond, Settled - time.Nanosecond, Settled} {
		makeIndex(t, folder, at(d))
		if _, err := os.Lstat(filepath.Join(folder, Name)); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("after %v: there is an index, %v", d, err)
		}
	}
	makeIndex(t, folder, at(Settled+time.Nanosecond))
	if _, ok := find(t, path); !ok {
		t.Fatal("not found once it has settled")
	}

	defer func(was func(string) (time.Time, error)) { clock = was }(clock)
	clock = later
	if err := os.Remove(filepath.Join(folder, Name)); err != nil {
		t.Fatal(err)
	}
	u, err := open(t, folder).Update()
	if err != nil {
		t.Fatal(err)
	}
	r := listed(t, path)
	write(t, path, append(text, 0)) // while it was read
	u.Add(path, s, r)
	write(t, path, text)
	live := r
	live.State = archive.Unfinished
	u.Add(path, stampOf(t, path), live)
	long := r
	long.Annotations = []runs.Annotation{{Kind: "x", Text: strings.Repeat("x", maxEntry)}}
	u.Add(path, stampOf(t, path), long)
	bad := r
	bad.RunID = "\xff"
	u.Add(path, stampOf(t, path), bad)
	u.Add(filepath.Join(folder, "gone.simexp"), s, r)
	if len(u.body) > 0 {
		t.Errorf("taken: %q", u.body)
	}
	u.Add(path, stampOf(t, path), r)
	if len(u.body) != 1 {
		t.Error("not taken as it is")
	}
	link := filepath.Join(folder, "link.simexp")
	err = os.Symlink("a.simexp", link)
	if info, errThere := os.Lstat(link); err == nil && errThere == nil { // Wine says that it made one, and makes none
		if _, ok := StampOf(info); ok {
			t.Error("a link has a stamp")
		}
	}
}

// TestUpdate_clock: the clock is that of the file system, and leaves nothing behind.
func TestUpdate_clock(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a")
	write(t, path, nil)
	now, err := clock(folder)
	if err != nil {
		t.Fatal(err)
	}
	if before := stampOf(t, path); now.UnixNano() < before.Modified {
		t.Errorf("got %v, before what was written before it", now)
	}
	if list, err := os.ReadDir(folder); err != nil || len(list) != 1 {
		t.Error(list, err)
	}
	if _, err := open(t, folder).Update(); err != nil {
		t.Error(err)
	}
	if u, err := (&Index{folder: filepath.Join(folder, "none")}).Update(); err == nil {
		t.Error("an update where no folder is", u)
	}
}

// TestOpen_damaged: an index that is not as it was written is refused whole: cut at any length, changed in any byte,
// too long, of another version, no file.
func TestOpen_damaged(t *testing.T) {
	folder := archives(t)
	makeIndex(t, folder, later)
	path := filepath.Join(folder, Name)
	good := read(t, path)
	for n := range good {
		if _, err := entries(string(good[:n])); !errors.Is(err, ErrDamaged) {
			t.Errorf("first %d of %d bytes: got %v", n, len(good), err)
		}
		flipped := slices.Clone(good)
		flipped[n] ^= 1
		if _, err := entries(string(flipped)); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) {
			t.Errorf("byte %d of %d changed: got %v", n, len(good), err)
		}
	}
	signed := func(text string) []byte {
		sum := sha256.Sum256([]byte(text))
		return append([]byte(text), sum[:]...)
	}
	head := magic + version + "\n"
	whole := string(good[len(head) : len(good)-sha256.Size])
	for _, c := range []struct {
		name string
		text []byte
		want error
	}{
		{"empty", nil, ErrDamaged},
		{"another file", []byte("SQLite format 3\x00"), ErrDamaged},
		{"newer", signed(magic + "2\nwhat we do not know"), ErrVersion},
		{"newer, terminal", signed(magic + "\x1b[31m\n"), ErrVersion},
		{"no checksum", []byte(head), ErrDamaged},
		{"entries twice", signed(head + whole + whole), ErrDamaged},
		{"long name", signed(head + "\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), ErrDamaged},
		{"past 64 bits", signed(head + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), ErrDamaged},
		{"bytes behind", append(slices.Clone(good), 0), ErrDamaged},
		{"nothing in it", signed(head), nil},
	} {
		write(t, path, c.text)
		x, err := Open(folder)
		if !errors.Is(err, c.want) || x == nil || x.Known() != 0 {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if err != nil && !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("%s: %v does not name the file", c.name, err)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(maxSize+1), f.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(folder); !errors.Is(err, ErrDamaged) {
		t.Errorf("too long: %v", err)
	}
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o777)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(folder); !errors.Is(err, ErrDamaged) {
		t.Errorf("a folder: %v", err)
	}
}

// TestUpdate_atOnce: of several that are made at once one is there afterwards, whole.
func TestUpdate_atOnce(t *testing.T) {
	folder := archives(t)
	defer func(was func(string) (time.Time, error)) { clock = was }(clock)
	clock = later
	x := open(t, folder)
	var wg sync.WaitGroup
	for range 8 {
		u, err := x.Update()
		if err != nil {
			t.Fatal(err)
		}
		for path := range runs.Files(folder, false) {
			u.Add(path, stampOf(t, path), listed(t, path))
		}
		wg.Go(func() {
			if err := u.Write(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := open(t, folder).Known(); n < 15 {
		t.Errorf("knows %d", n)
	}
	left, err := filepath.Glob(filepath.Join(folder, ".exparchive-index.*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// TestSummary_members: an index holds all that a list says, so whoever changes that raises the version and this text.
func TestSummary_members(t *testing.T) {
	var b strings.Builder
	for _, typ := range []reflect.Type{reflect.TypeFor[runs.Summary](), reflect.TypeFor[runs.Counts](),
		reflect.TypeFor[runs.Annotation]()} {
		for f := range typ.Fields() {
			fmt.Fprintf(&b, "%s ", f.Name)
		}
	}
	const v1 = "File State Touched Packed RunID Experiment Type Status CreatedAt CompletedAt Iterations Converged " +
		"ConvergenceReason FinalCost BestCost FirstCosts LastCosts Rejected Annotations Digest DigestChecked Notes Counts " +
		"Usage Decisions Size Schema Withheld FromIndex " +
		"Records Events Interactions Iterations Notes Attachments Kind Name Text "
	if b.String() != v1 || version != "1" {
		t.Errorf("got %s, version %s, want %s", b.String(), version, v1)
	}
}

// FuzzIndex: whatever an index says, reading it ends, without a panic, and what it says of a run is written the same.
func FuzzIndex(f *testing.F) {
	folder := archives(f)
	makeIndex(f, folder, later)
	good := read(f, filepath.Join(folder, Name))
	head := magic + version + "\n"
	f.Add(good[len(head) : len(good)-sha256.Size])
	f.Add([]byte("\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x08a.simexp\x00\x00\x00\x00\x03\xff\x1f\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		text := append([]byte(head), body...)
		sum := sha256.Sum256(text)
		data := string(append(text, sum[:]...))
		at, err := entries(data)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("got %v", err)
			}
			return
		}
		x := &Index{data: data, at: at}
		for _, begin := range at {
			c := cursor{rest: data[begin:]}
			name, stamp := c.text(), c.stamp()
			got, ok := x.Find(name, stamp)
			if !ok {
				continue
			}
			again := cursor{rest: string(appendSummary(nil, &got))}
			s := again.summary()
			s.Size, s.FromIndex = got.Size, true
			if again.err != nil || again.rest != "" || !reflect.DeepEqual(s, got) {
				t.Errorf("%q: %v: got\n%+v, want\n%+v", name, again.err, s, got)
			}
		}
	})
}
