package sqlitefile_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/schema"
)

// TestWAL compares the overlay with what SQLite itself makes of the same files, whatever is cut off the log.
func TestWAL(t *testing.T) {
	w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), archivetest.ManyRecords(600)[:500])
	live := archivetest.CopyKilled(t, w.LivePath())
	whole, err := os.ReadFile(live + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	cuts := []int{0, 10, 31, 32, 33, 100, len(whole) - 1, len(whole)}
	for range 30 {
		cuts = append(cuts, random.IntN(len(whole)))
	}
	opened := 0
	for _, cut := range cuts {
		flipped := append([]byte(nil), whole...)
		if cut > 100 {
			flipped[cut-50] ^= 1
		}
		for what, log := range map[string][]byte{"cut": whole[:cut], "flipped before": flipped} {
			copied := archivetest.CopyKilled(t, live)
			if err := os.WriteFile(copied+"-wal", log, 0o644); err != nil {
				t.Fatal(err)
			}
			got := "no run"
			a, err := archive.Open(copied)
			if err == nil {
				opened++
				var s digest.Sink
				err = provider.Copy(t.Context(), &s, a)
				got = fmt.Sprint(s.Count(), " records")
				a.Close()
			}
			if err != nil && !errors.Is(err, provider.ErrNoRun) {
				t.Errorf("log %s at byte %d: %v", what, cut, err)
			}
			want := "no run"
			db := archivetest.OpenSQL(t, copied, "mode=rw")
			var n int
			err = db.QueryRow(`SELECT (SELECT count(*) FROM z_experiment) + (SELECT count(*) FROM z_event)
				+ (SELECT count(*) FROM z_llm_interaction) + (SELECT count(seq) FROM z_iteration)`).Scan(&n)
			if err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				want = fmt.Sprint(n, " records")
			}
			db.Close()
			if got != want {
				t.Errorf("log %s at byte %d: got %s, SQLite finds %s", what, cut, got, want)
			}
		}
	}
	if opened < 10 {
		t.Errorf("only %d logs held a run", opened)
	}
}

func FuzzWAL(f *testing.F) {
	f.Add([]byte("x"))
	w := recordtest.StartRecording(f, filepath.Join(f.TempDir(), "run.simexp"), archivetest.ManyRecords(100)[:10])
	log, err := os.ReadFile(w.LivePath() + "-wal")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(log)
	f.Fuzz(func(t *testing.T, b []byte) {
		index, err := sqlitefile.ReadWAL(bytes.NewReader(b), int64(len(b)), schema.PageSize)
		if err != nil {
			return
		}
		for page, at := range index.Frames {
			if page == 0 || at < sqlitefile.WalHeaderSize+sqlitefile.FrameHeader || at+schema.PageSize > int64(len(b)) {
				t.Errorf("page %d at %d of a log of %d bytes", page, at, len(b))
			}
		}
	})
}
