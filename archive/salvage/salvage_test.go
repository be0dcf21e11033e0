package salvage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/providertest/randomrun"
	"github.com/simexp/exparchive/provider/redact"
	"github.com/simexp/exparchive/schema"
)

// salvage writes what can be read of path to a new archive.
func salvage(t testing.TB, path string, keepChanged bool) (Report, *archive.Archive) {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w, err := record.Create(filepath.Join(t.TempDir(), "new.simexp"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := s.Write(t.Context(), w, Options{KeepChanged: keepChanged}); err != nil {
		t.Fatal(err)
	}
	a := archivetest.Open(t, w.Path())
	if r, err := verify.File(t.Context(), w.Path()); err != nil || !r.OK() {
		t.Errorf("verify of what was salvaged: %v, %v", r.Problems, err)
	}
	return s.Report(), a
}

// TestSalvageWhole: from a sound file everything comes out, by every form, with the same digest and no note.
func TestSalvageWhole(t *testing.T) {
	check := func(t *testing.T, path string, records []provider.Record) {
		t.Helper()
		s, a := salvage(t, path, false)
		if !s.Whole || s.Records != int64(len(records)) || len(s.Missing)+len(s.Changed)+len(s.Doubts) > 0 ||
			s.Uncommitted > 0 {
			t.Errorf("got %d records of %d, whole %v, missing %v, changed %v, doubts %v", s.Records, len(records), s.Whole,
				s.Missing, s.Changed, s.Doubts)
		}
		if root, _, err := digest.Of(t.Context(), a); err != nil || root != archivetest.RootOf(t, records) {
			t.Errorf("got digest %v, %v, want %v", root, err, archivetest.RootOf(t, records))
		}
	}
	t.Run("sealed", func(t *testing.T) {
		path := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), archivetest.LongRun(), nil)
		check(t, path, archivetest.LongRun())
		if s, _ := salvage(t, path, false); s.Proved != s.Records {
			t.Errorf("got %d records proved, want all %d", s.Proved, s.Records)
		}
	})
	t.Run("sample", func(t *testing.T) {
		check(t, recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample(), nil),
			providertest.Sample())
	})
	t.Run("killed", func(t *testing.T) {
		records := archivetest.LongRun()[:600]
		w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), records)
		check(t, archivetest.CopyKilled(t, w.LivePath()), records)
	})
	t.Run("random", func(t *testing.T) {
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			if n++; n > 15 {
				return
			}
			records := randomrun.Draw(rt)
			dir, err := os.MkdirTemp(t.TempDir(), "")
			if err != nil {
				t.Fatal(err)
			}
			check(t, recordtest.Record(t, filepath.Join(dir, "run.simexp"), records, nil), records)
		})
	})
}

// salvageCheck reads what is left of a damaged file: each record that came out is one of the originals, in order, and
// what did not is listed.
func salvageCheck(t *testing.T, what, path string, originals map[digest.Hash]int64, total int64) int64 {
	t.Helper()
	s, err := Open(t.Context(), path)
	if errors.Is(err, archive.ErrNotArchive) {
		return 0
	} else if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer s.Close()
	var got gather
	if err := s.Write(t.Context(), &got, Options{}); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	found := s.Report()
	count, last := int64(0), int64(-1)
	for _, r := range got.records {
		if n, ok := r.(*provider.Note); ok && n.Kind == salvagedKind {
			continue
		}
		if st, ok := r.(*provider.Start); ok && st.RunID == "unknown" {
			continue
		}
		at, ok := originals[hashOf(r)]
		if !ok && len(found.Doubts) == 0 {
			t.Fatalf("%s: a record came out that was never recorded: %+v", what, r)
		}
		if ok && at <= last {
			t.Fatalf("%s: record %d comes after %d", what, at, last)
		}
		if ok {
			last = at
		}
		count++
	}
	if count != found.Records {
		t.Errorf("%s: %d records came out, the report says %d", what, count, found.Records)
	}
	lost := int64(len(found.Changed))
	for _, m := range found.Missing {
		lost += m.Last - m.First + 1
	}
	if count+lost > total || found.Sealed && count+lost != total {
		t.Errorf("%s: %d came out, missing are %v and changed %v, of %d", what, count, found.Missing, found.Changed, total)
	}
	if found.Whole && count != total {
		t.Errorf("%s: whole with %d records of %d", what, count, total)
	}
	return count
}

// gather is a sink that keeps everything.
type gather struct {
	records []provider.Record
}

func (g *gather) add(r provider.Record) error {
	g.records = append(g.records, r)
	return nil
}
func (g *gather) Begin(_ context.Context, r *provider.Start) error             { return g.add(r) }
func (g *gather) Event(_ context.Context, r *provider.Event) error             { return g.add(r) }
func (g *gather) Interaction(_ context.Context, r *provider.Interaction) error { return g.add(r) }
func (g *gather) Iteration(_ context.Context, r *provider.Iteration) error     { return g.add(r) }
func (g *gather) Note(_ context.Context, r *provider.Note) error               { return g.add(r) }
func (g *gather) Attachment(_ context.Context, r *provider.Attachment) error   { return g.add(r) }
func (g *gather) Finish(_ context.Context, r *provider.Result) error {
	if r == nil {
		return nil
	}
	return g.add(r)
}

// TestSharedPrompts: a sound run whose prompts are many times as long as its file, since they share their parts, comes
// out whole.
func TestSharedPrompts(t *testing.T) {
	rules := strings.Repeat(strings.Repeat("A rule that stands in every prompt. ", 10)+"\n\n", 60) // 20 KB
	records := []provider.Record{&provider.Start{RunID: "shared", Name: "shared", Type: "test"}}
	for i := range 200 {
		records = append(records, &provider.Interaction{Iteration: i, SystemPrompt: &rules,
			UserPrompt: new(fmt.Sprint(rules, i))})
	}
	path := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil)
	if info, err := os.Stat(path); err != nil || info.Size()*20 > int64(2*200*len(rules)) {
		t.Fatalf("a file of %d bytes, %v: the prompts are not shared", info.Size(), err)
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if r := s.Report(); !r.Whole || r.Records != 201 {
		t.Errorf("got %+v, want the whole run", r)
	}
	var sink digest.Sink
	if err := s.Write(t.Context(), &sink, Options{}); err != nil || sink.Root() != archivetest.RootOf(t, records) {
		t.Errorf("got %v, %v, want the digest of the run", sink.Root(), err)
	}
}

// TestSalvageDamage overwrites pages of a sealed archive, cuts it and flips bits in it: only what was there is lost,
// nothing comes out that was not recorded, and what is gone is listed.
func TestSalvageDamage(t *testing.T) {
	records := archivetest.LongRun()
	path := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	originals := map[digest.Hash]int64{}
	for i, r := range records {
		if err := r.Validate(); err != nil {
			t.Fatal(err)
		}
		originals[hashOf(r)] = int64(i)
	}
	total := int64(len(records))
	bad := filepath.Join(t.TempDir(), "bad.simexp")
	try := func(what string, b []byte) int64 {
		if err := os.WriteFile(bad, b, 0o666); err != nil {
			t.Fatal(err)
		}
		return salvageCheck(t, what, bad, originals, total)
	}
	const page = schema.PageSize
	pages := len(good) / page
	step := longtest.Count(32, 4)
	least := total
	for p := 0; p < pages; p += step {
		b := append([]byte(nil), good...)
		clear(b[p*page : (p+1)*page])
		least = min(least, try(fmt.Sprintf("page %d zeroed", p+1), b))
	}
	// A page of events holds some dozens of them; the page with the types or the blocks costs none.
	if least < total*3/4 {
		t.Errorf("one page lost cost %d of %d records", total-least, total)
	}
	for n := len(good); n > 0; n -= page*7 + 1234 {
		try(fmt.Sprintf("the first %d bytes", n), good[:n])
	}
	if n := try("half", good[:len(good)/2]); n == 0 {
		t.Error("from half a file nothing came out")
	}
	random := rand.New(rand.NewPCG(5, 6))
	flips := 400 / step
	for range flips {
		b := append([]byte(nil), good...)
		at, bit := random.IntN(len(b)), byte(1)<<random.IntN(8)
		b[at] ^= bit
		try(fmt.Sprintf("bit %#x of byte %d", bit, at), b)
	}
	t.Logf("%d pages, the worst of them costs %d of %d records", pages, total-least, total)
}

// TestSalvageControl: without the hashes of the records a changed one would come out unnoticed.
func TestSalvageControl(t *testing.T) {
	const change = "UPDATE z_event SET data = replace(data, '\"i\":100,', '\"i\":999,') WHERE seq = 100"
	path := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), archivetest.LongRun(), nil)
	recordtest.EditAt(t, path, change)
	s, a := salvage(t, path, false)
	if fmt.Sprint(s.Changed) != "[100]" || s.Whole || archivetest.CountRecordsOf(t, a) != 901 {
		t.Errorf("got changed %v, whole %v, %d records, want record 100, false and 900 records and a note", s.Changed,
			s.Whole, archivetest.CountRecordsOf(t, a))
	}
	if _, a = salvage(t, path, true); archivetest.CountRecordsOf(t, a) != 902 {
		t.Errorf("kept: got %d records, want 901 and a note", archivetest.CountRecordsOf(t, a))
	}
	recordtest.EditAt(t, path, "DELETE FROM z_leaf_block")
	if s, _ = salvage(t, path, false); len(s.Changed) != 0 || s.Whole {
		t.Errorf("without hashes: got changed %v, whole %v, want none and false", s.Changed, s.Whole)
	}
}

// TestSalvageNames: of attachments that cannot lie in one folder the first comes out, also of those that are changed.
func TestSalvageNames(t *testing.T) {
	records := []provider.Record{&provider.Start{RunID: "r", Name: "n", Type: "t"}}
	for _, name := range []string{"a", "b", "c", "d/e", "f"} {
		records = append(records, &provider.Attachment{Name: name})
	}
	path := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil)
	for _, edit := range []string{
		"UPDATE z_attachment SET name = CASE name WHEN 'b' THEN 'A' WHEN 'c' THEN 'a/x' WHEN 'f' THEN 'D' ELSE name END",
		"DELETE FROM z_leaf_block",
	} {
		recordtest.EditAt(t, path, edit)
		for _, keep := range []bool{false, true} {
			s, a := salvage(t, path, keep)
			var names []string
			for r, err := range a.Records(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if r, ok := r.(*provider.Attachment); ok {
					names = append(names, r.Name)
				}
			}
			if fmt.Sprint(names) != "[a d/e]" || fmt.Sprint(s.Changed) != "[2 3 5]" {
				t.Errorf("%s, changed kept %t: got %q and changed %v, want a, d/e and 2, 3, 5", edit, keep, names, s.Changed)
			}
		}
	}
}

// TestSalvageRedacted: a copy from which every value is withheld, and one from which one in three is, come out whole.
func TestSalvageRedacted(t *testing.T) {
	for name, records := range map[string][]provider.Record{
		"plain": providertest.Sample(), "salted": archivetest.ExampleRun(bytes.Repeat([]byte{7}, 32)),
	} {
		for _, every := range []int{1, 3} {
			path, n := filepath.Join(t.TempDir(), "run.simexp"), 0
			w, err := record.Create(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			rule := func(int64, provider.Record, string, []byte) bool { n++; return n%every == 0 }
			if err := providertest.Play(t.Context(), redact.NewSink(w, rule), records); err != nil {
				t.Fatal(err)
			}
			s, a := salvage(t, path, false)
			root, _, err := digest.Of(t.Context(), a)
			if !s.Whole || s.Proved != s.Records || err != nil || root != archivetest.RootOf(t, records) {
				t.Errorf("%s, every value of %d: got %d of %d records, %d proved, missing %v, changed %v, doubts %q, %v",
					name, every, s.Records, len(records), s.Proved, s.Missing, s.Changed, s.Doubts, err)
			}
		}
	}
}

// TestSalvageAbsent: a value that every record of its kind has, and that is neither there nor withheld, is not taken
// for an empty one.
func TestSalvageAbsent(t *testing.T) {
	for _, change := range []string{
		"UPDATE z_note SET text = NULL WHERE seq = %d", "UPDATE z_attachment SET data = NULL WHERE seq = %d",
		"UPDATE z_iteration SET costs_per_agent = NULL WHERE seq = %d",
		"UPDATE z_iteration SET accepted_changes = NULL WHERE seq = %d",
		"UPDATE z_iteration SET policies = NULL WHERE seq = %d",
	} {
		records := []provider.Record{
			archivetest.ExampleStart(), &provider.Note{Kind: "k", Text: "t"}, &provider.Attachment{Name: "a", Data: []byte{}},
			&provider.Iteration{Number: 0}, &provider.Result{Status: provider.StatusCompleted},
		}
		path := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil)
		seq := map[byte]int64{'n': 1, 'a': 2, 'i': 3}[change[len("UPDATE z_")]]
		recordtest.EditAt(t, path, fmt.Sprintf(change, seq)+"; DELETE FROM z_leaf_block")
		r, _ := salvage(t, path, true)
		if want := (Range{seq, seq}); r.Whole || r.Records != 4 || !slices.Equal(r.Missing, []Range{want}) {
			t.Errorf("%s: got %d records, whole %v, missing %v, want 4, false, %v", change, r.Records, r.Whole, r.Missing, want)
		}
	}
}

// TestSalvageCollision: a changed record that agrees with the few bytes which the file keeps of its hash is not passed
// off as sound.
func TestSalvageCollision(t *testing.T) {
	change := func(t *testing.T, path string) {
		t.Helper()
		db := archivetest.OpenSQL(t, path, "mode=rw", "_journal_mode=DELETE")
		defer db.Close()
		var leaves []byte
		if err := db.QueryRow("SELECT leaves FROM z_leaf_block WHERE first_seq = 0").Scan(&leaves); err != nil {
			t.Fatal(err)
		}
		other := &provider.Event{Type: "other"}
		hash := hashOf(other)
		copy(leaves[100*tables.LeafPrefix:], hash[:tables.LeafPrefix])
		for _, c := range []struct {
			sql  string
			args []any
		}{
			{"UPDATE z_leaf_block SET leaves = ? WHERE first_seq = 0", []any{leaves}},
			{"INSERT INTO z_event_type VALUES (100, 'other')", nil},
			{"UPDATE z_event SET type = 100, iteration = 0, data = NULL WHERE seq = 100", nil},
		} {
			if _, err := db.Exec(c.sql, c.args...); err != nil {
				t.Fatal(err)
			}
		}
	}
	records := archivetest.LongRun()
	sealed := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil)
	w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), records[:600])
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"sealed": sealed, "live": w.LivePath()} {
		change(t, path)
		r, _ := salvage(t, path, false)
		const want = "records 0-255: each agrees with the 4 bytes"
		if len(r.Changed) > 0 || r.Whole || len(r.Doubts) != 1 || !strings.HasPrefix(r.Doubts[0], want) {
			t.Errorf("%s: got changed %v, whole %v, doubts %q, want a doubt about the block", name, r.Changed, r.Whole, r.Doubts)
		}
	}
}

// TestSalvageFarSeq: a number that is damaged, so that all numbers before it are missing, takes no time and is one
// range.
func TestSalvageFarSeq(t *testing.T) {
	const far = tables.MaxSeq - 1
	w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), archivetest.LongRun()[:600])
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	recordtest.EditAt(t, w.LivePath(), fmt.Sprintf("UPDATE z_event SET seq = %d WHERE seq = 100", int64(far)))
	r, _ := salvage(t, w.LivePath(), false)
	if want := []Range{{100, 100}, {600, far - 1}}; r.Records != 600 || !slices.Equal(r.Missing, want) {
		t.Errorf("got %d records, missing %v, want 600, %v", r.Records, r.Missing, want)
	}
}

// TestAccount: what is missing and what is changed together with what is there are all records there were.
func TestAccount(t *testing.T) {
	s := &Survey{
		start:  archivetest.ExampleStart(),
		blocks: map[int64]tables.LeafBlock{0: {Leaves: make([]byte, 12*tables.LeafPrefix)}},
	}
	for _, seq := range []int64{2, 3, 6} {
		s.chosen = append(s.chosen, place{seq: seq})
	}
	s.report.Changed = []int64{1, 5, 8, 9}
	s.account(map[int64]digest.Hash{})
	if want := []Range{{4, 4}, {7, 7}, {10, 11}}; !slices.Equal(s.report.Missing, want) || s.report.Records != 4 {
		t.Errorf("got %d records, missing %v, want 4, %v", s.report.Records, s.report.Missing, want)
	}
}

// TestSalvageLog damages the log of a live file: what is behind the damaged place comes out all the same.
func TestSalvageLog(t *testing.T) {
	records := archivetest.LongRun()[:300]
	w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), records)
	live := archivetest.CopyKilled(t, w.LivePath())
	log, err := os.ReadFile(live + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	log[len(log)/2] ^= 1
	if err := os.WriteFile(live+"-wal", log, 0o666); err != nil {
		t.Fatal(err)
	}
	a := archivetest.Open(t, live)
	before := archivetest.CountRecordsOf(t, a)
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	s, _ := salvage(t, live, false)
	if s.Records <= before || s.Uncommitted == 0 {
		t.Errorf("got %d records, %d of them uncommitted, want more than the %d before the damaged place", s.Records,
			s.Uncommitted, before)
	}
	if err := os.Remove(live + "-wal"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), live); err != nil && !errors.Is(err, archive.ErrNotArchive) {
		t.Errorf("without a log: %v", err)
	}
}

func FuzzSalvage(f *testing.F) {
	good, err := os.ReadFile(recordtest.Record(f, filepath.Join(f.TempDir(), "run.simexp"), providertest.Sample(), nil))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[schema.PageSize:])
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "x.simexp")
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), path)
		if err != nil {
			return
		}
		defer s.Close()
		for _, keep := range []bool{false, true} {
			var sink digest.Sink
			if err := s.Write(t.Context(), &sink, Options{KeepChanged: keep}); err != nil {
				t.Errorf("what was found is not a run: %v", err)
			}
		}
	})
}

// hashOf gives the leaf hash that r has in a run without a salt.
func hashOf(r provider.Record) digest.Hash {
	var leaf digest.Leaf
	return leaf.Hash(r)
}
