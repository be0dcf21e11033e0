package record

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/provider/providertest"
)

// TestSealReadsTheCopy: a copy that does not hold the run gets no name, and the recording stays.
func TestSealReadsTheCopy(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.simexp")
	sys := *sqlitefile.RealSystem
	sys.Sync = func(file string) error { // what is flushed before it is read again
		if !strings.HasSuffix(file, sealingSuffix) {
			return sqlitefile.RealSystem.Sync(file)
		}
		archivetest.Writable(t, file)
		db, err := sql.Open("sqlite", file)
		if err != nil {
			return err
		}
		_, err = db.Exec("UPDATE z_event SET data = '{}'")
		return errors.Join(err, db.Close())
	}
	w, err := Create(path, &Options{system: &sys})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	err = providertest.Play(t.Context(), w, providertest.Sample())
	if err == nil || !strings.Contains(err.Error(), "check of the copy: got digest ") {
		t.Errorf("got %v, want an error about the digest of the copy", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + sealingSuffix} {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there", name)
		}
	}
	want := int64(len(providertest.Sample()))
	if n := archivetest.CountRecordsOf(t, archivetest.Open(t, path+archive.LiveSuffix)); n != want {
		t.Errorf("got %d records in the live file, want %d", n, want)
	}
}
