package castro

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
	"github.com/simexp/exparchive/provider/digest"
)

// TestClaimedRows reads databases of a few kilobytes whose tables stand for gigabytes: what does not fit the limit is
// refused.
func TestClaimedRows(t *testing.T) {
	for name, id := range map[string]string{"rows": "run", "long": "run", "other": "run"} {
		d := mustOpen(t, unpack(t, t.TempDir(), "hostile/"+name, name+".db"), nil)
		run, err := d.Run(t.Context(), id)
		if err == nil {
			_, _, err = digest.Of(t.Context(), run)
		}
		if !errors.Is(err, duckdb.ErrLimit) || !strings.Contains(err.Error(), "MaxRows") {
			t.Errorf("%s: got %v, want %v", name, err, duckdb.ErrLimit)
		}
	}
	// With more room the same rows are read, so that it is the limit that keeps them out.
	path := unpack(t, t.TempDir(), "hostile/long", "long.db")
	d := mustOpen(t, path, &Options{MaxRows: 80 << 20})
	_, _, more := digest.Of(t.Context(), mustRun(t, d, ""))
	_, _, less := digest.Of(t.Context(), mustRun(t, mustOpen(t, path, nil), ""))
	if more == nil || less == nil || more.Error() == less.Error() {
		t.Errorf("got %v with more room and %v with less, want that more rows are read", more, less)
	}
}

// TestHostileValues reads runs with a value that no record holds.
func TestHostileValues(t *testing.T) {
	for _, name := range []string{"costs_past", "costs_nan", "costs_exponent", "costs_twice", "deep", "deep_objects"} {
		run := mustRun(t, mustOpen(t, unpack(t, t.TempDir(), "hostile/"+name, name+".db"), nil), "")
		if _, err := run.Experiment(t.Context()); !errors.As(err, new(*CellError)) {
			t.Errorf("%s: got %v, want a CellError", name, err)
		}
	}
}

// TestNotRegular opens folders and devices, and what looks like a database from the outside.
func TestNotRegular(t *testing.T) {
	paths := []string{t.TempDir()}
	if _, err := os.Stat("/dev/zero"); err == nil {
		paths = append(paths, "/dev/zero", "/dev/null")
	}
	for _, path := range paths {
		if d, err := Open(path, nil); err == nil {
			d.Close()
			t.Errorf("%s: opened", path)
		} else if !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: got %v, want that it is not a regular file", path, err)
		}
	}
	path := unpack(t, t.TempDir(), "k1", "k1.db")
	if err := os.Mkdir(path+".wal", 0o777); err != nil {
		t.Fatal(err)
	}
	if d, err := Open(path, nil); err == nil {
		d.Close()
		t.Errorf("with a folder for a log: opened")
	}
	folder := t.TempDir()
	path = unpack(t, folder, "c", "castro.db")
	if err := os.Mkdir(filepath.Join(folder, "exp1.db"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := mustRun(t, mustOpen(t, path, nil), "exp1-20251210").Experiment(t.Context()); err != nil {
		t.Errorf("with a folder for a sibling: got %v, want a run with a note", err)
	}
}

// TestChecksumLikeJSON opens a database whose checksum, which comes first, begins as an object of JSON does: one in 256
// is such a one.
func TestChecksumLikeJSON(t *testing.T) {
	path := unpack(t, t.TempDir(), "k1", "k1.db")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// The checksum is the exclusive or of the words of the header, each multiplied by k. The last word, which is 0,
	// becomes the one that makes the difference.
	const k = 0xbf58476d1ce4e5b9
	inverse := uint64(k)
	for range 5 {
		inverse *= 2 - k*inverse
	}
	binary.LittleEndian.PutUint64(data[4096-8:], uint64(data[0]^'{')*inverse)
	data[0] = '{'
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	if runs := mustRuns(t, mustOpen(t, path, nil)); len(runs) == 0 {
		t.Error("got no runs")
	}
}
