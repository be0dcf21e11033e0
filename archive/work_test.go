package archive_test

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/archive/salvage"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
)

// endless gives a sealed archive of which 400 calls, four of each of the iterations 1000 to 1099, name one section so
// often that they have 2.4 GB of prompts. Their iterations say that they have so many bytes.
func endless(t *testing.T, bytes int64) (path string, limit int64) {
	t.Helper()
	path = recordtest.Edit(t, `INSERT INTO z_section SELECT max(id) + 1, replace(hex(zeroblob(100000)), '0', 'x') FROM z_section;
		WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 399) INSERT INTO z_llm_interaction (seq, iteration, user_prompt)
			SELECT i + (SELECT records - 1 FROM z_experiment), 1000 + i/4, '[' || id || replace(hex(zeroblob(29)), '00', ',' || id) || ']'
			FROM n, (SELECT max(id) AS id FROM z_section);
		INSERT INTO z_iteration (number, first_seq, last_seq, events, interactions, bytes)
			SELECT iteration, min(seq), max(seq), 0, 4, `+fmt.Sprint(bytes)+` FROM z_llm_interaction WHERE iteration >= 1000 GROUP BY iteration;
		UPDATE z_experiment SET records = records + 400, interactions = interactions + 400`)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, tables.TextLimit(info.Size())
}

// read gives how many bytes of prompts there are in all, and how it ended.
func read(records iter.Seq2[provider.Record, error]) (bytes int64, err error) {
	for r, err := range records {
		if err != nil {
			return bytes, err
		}
		if i, ok := r.(*provider.Interaction); ok {
			bytes += tables.TextLength(i.SystemPrompt) + tables.TextLength(i.UserPrompt)
		}
	}
	return bytes, nil
}

// TestWorkInProportion: no reader joins more of prompts that name the same sections again and again than the size of
// the file allows, in whatever parts it reads the run.
func TestWorkInProportion(t *testing.T) {
	ctx := t.Context()
	const honest, call = 4 * 30 * 200_000, 30 * 200_000 // bytes of an iteration, and of a call
	path, limit := endless(t, honest)
	a := archivetest.Open(t, path)
	first := int64(-1) // record of the calls
	for r, err := range a.IterationRecords(ctx, 1000) {
		if err == nil {
			first = r.RecordMeta().Seq
		}
		break
	}
	if first >= 0 {
		t.Error("an iteration of a run that has too much text is read")
	}
	for name, records := range map[string]iter.Seq2[provider.Record, error]{
		"records": a.Records(ctx), "checked": a.Checked().Records(ctx),
	} {
		if name == "checked" && !longtest.Enabled() {
			continue // which reads as the first does, and hashes it all
		}
		if got, err := read(records); !errors.Is(err, archive.ErrDamaged) || got > limit || got < limit-2*call {
			t.Errorf("%s: got %d bytes of prompts, %v, want at most %d and ErrDamaged", name, got, err, limit)
		}
	}

	// Iterations that are read one by one have together what the file may have: each as much as it says.
	path, _ = endless(t, 2*call+1)
	a = archivetest.Open(t, path)
	for _, n := range []int{1000, 1099, 1000} {
		if got, err := read(a.IterationRecords(ctx, n)); !errors.Is(err, archive.ErrDamaged) || got != 2*call {
			t.Errorf("iteration %d: got %d bytes of prompts, %v, want %d and ErrDamaged", n, got, err, 2*call)
		}
	}
	numbers, err := a.Iterations(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range numbers {
		if _, err := read(a.IterationRecords(ctx, n)); err != nil {
			t.Errorf("iteration %d: %v", n, err)
		}
	}

	s, err := salvage.Open(ctx, path)
	if !errors.Is(err, archive.ErrDamaged) {
		t.Errorf("salvage: got %v, want ErrDamaged", err)
	}
	if err == nil {
		s.Close()
	}
}

// TestTextsOfLive: the iterations of a live file, which grows, are read one by one as they are.
func TestTextsOfLive(t *testing.T) {
	w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), archivetest.LongRun()[:120])
	a, err := archive.Open(w.LivePath())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	numbers, err := a.Iterations(t.Context())
	if err != nil || len(numbers) == 0 {
		t.Fatalf("got iterations %v, %v", numbers, err)
	}
	for _, n := range numbers {
		if got, err := read(a.IterationRecords(t.Context(), n)); err != nil || got == 0 {
			t.Errorf("iteration %d: got %d bytes of prompts, %v", n, got, err)
		}
	}
}
