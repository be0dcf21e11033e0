package verify

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider/digest"
)

func codes(r Report) (list []string) {
	for _, p := range r.Problems {
		if !slices.Contains(list, p.Code) {
			list = append(list, p.Code)
		}
	}
	slices.Sort(list)
	return list
}

func verifyBytes(t testing.TB, b []byte) Report {
	t.Helper()
	r, err := Reader(t.Context(), bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFlips changes one byte of a sealed archive after another: each change is found, wherever it is.
func TestFlips(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	files := []string{"all", "prompts", "blocks", "extremes", "withheld-salted", "annotated"}
	for _, name := range files {
		b := goodFiles()[name].make(t)
		for range longtest.Count(100, 10_000/len(files)+1) {
			at := random.IntN(len(b))
			was := b[at]
			if random.IntN(2) == 0 {
				b[at] ^= 1 << random.IntN(8)
			} else {
				b[at] += byte(1 + random.IntN(255))
			}
			if r := verifyBytes(t, b); r.OK() {
				t.Errorf("%s: byte %d, %#02x instead of %#02x: not found", name, at, b[at], was)
			}
			b[at] = was
		}
		if r := verifyBytes(t, b); len(r.Problems) > 0 {
			t.Errorf("%s: got %v", name, r.Problems)
		}
	}
}

// TestVerifyLive: a live file is checked in every form that it can have, and a fault in it is found.
func TestVerifyLive(t *testing.T) {
	records := archivetest.ManyRecords(700)
	w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), records[:650])
	killed := archivetest.CopyKilled(t, w.LivePath())
	check := func(what, path string, state archive.State) {
		t.Helper()
		r, err := File(t.Context(), path)
		if err != nil || len(r.Problems) > 0 || len(r.Unchecked) > 0 || r.State != state || r.Records != 650 ||
			r.Root != archivetest.RootOf(t, records[:650]) {
			t.Errorf("%s: got %+v, %v", what, r, err)
		}
	}
	check("being recorded", w.LivePath(), archive.Recording)
	check("killed", killed, archive.Unfinished)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	check("closed", w.LivePath(), archive.Unfinished)

	db := archivetest.OpenSQL(t, w.LivePath(), "mode=rw")
	if _, err := db.Exec("UPDATE z_event SET data = '{' WHERE seq = 5"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	r, err := File(t.Context(), w.LivePath())
	if err != nil || !slices.Equal(codes(r), []string{sxJSON}) || len(r.Later) == 0 {
		t.Errorf("changed: got %v, %v, %v", r.Problems, r.Later, err)
	}
	db = archivetest.OpenSQL(t, w.LivePath(), "mode=rw")
	if _, err := db.Exec("UPDATE z_event SET data = '{}' WHERE seq = 5; " + bytesOfIterations); err != nil {
		t.Fatal(err)
	}
	db.Close()
	r, err = File(t.Context(), w.LivePath())
	if err != nil || !slices.Equal(codes(r), []string{sxBlockLeaves, sxBlockRoot}) || *r.Problems[1].Place.Record != 5 {
		t.Errorf("changed, and valid: got %v, %v", r.Problems, err)
	}
}

// TestVerifyLivePages: what is wrong with the pages of a live file is found, be it in its tables or elsewhere.
func TestVerifyLivePages(t *testing.T) {
	w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), archivetest.ManyRecords(650)[:600])
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	good := archivetest.ReadFile(t, w.LivePath())
	size := int(binary.BigEndian.Uint16(good[16:]))
	for what, c := range map[string]struct {
		bad  []byte
		byte int64 // that is named; -1 for none
	}{
		"page of a table": {func() []byte {
			b := bytes.Clone(good)
			root := *rootNumber(t, b, tables.TableEvent)
			b[(int(root)-1)*size] = 12
			return b
		}(), (int64(*rootNumber(t, good, tables.TableEvent)) - 1) * int64(size)},
		"page of nothing": {func() []byte {
			b := append(bytes.Clone(good), make([]byte, size)...)
			binary.BigEndian.PutUint32(b[28:], uint32(len(b)/size))
			return b
		}(), -1},
	} {
		path := filepath.Join(t.TempDir(), "run.simexp-live")
		for suffix, b := range map[string][]byte{"": c.bad, "-wal": nil} {
			if err := os.WriteFile(path+suffix, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		r, err := File(t.Context(), path)
		if err != nil || !slices.Equal(codes(r), []string{sxIntegrity}) ||
			(r.Problems[0].Place.Offset == nil) != (c.byte < 0) {
			t.Errorf("%s: got %v, %v", what, r.Problems, err)
		} else if at := r.Problems[0].Place.Offset; at != nil && *at != c.byte {
			t.Errorf("%s: got byte %d, want %d", what, *at, c.byte)
		}
	}
}

// TestVerifyNeverSealed: a live file under a final name is told to be that, and nothing else.
func TestVerifyNeverSealed(t *testing.T) {
	w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), archivetest.ManyRecords(100)[:50])
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := archivetest.Write(t, archivetest.ReadFile(t, w.LivePath()))
	r, err := File(t.Context(), path)
	if err != nil || !slices.Equal(codes(r), []string{sxSealRow}) || len(r.Later) > 0 || r.State != archive.Unfinished {
		t.Errorf("got %+v, %v", r, err)
	}
}

// TestVerifyEachField changes each stored field of a run in turn: the digest is another, and the record is named.
func TestVerifyEachField(t *testing.T) {
	for table, columns := range tables.Columns {
		if !recordTables[table] && table != tables.TableExperiment && table != tables.TableIteration {
			continue
		}
		for i, c := range columns[1:] {
			base := "all"
			change := map[btree.Type]string{btree.Integer: "%s + 1", btree.Real: "%s + 0.5", btree.Text: "'x' || %s",
				btree.Blob: "%s || x'00'"}[c.Kind]
			switch c.Name {
			case "seq", "first_seq", "last_seq", "events", "interactions", "bytes":
				continue
			case "config", "parsed_policy", "extra":
				change = `'{"changed":true}'`
			case "data":
				change = map[string]string{tables.TableEvent: `'{"changed":true}'`, tables.TableAttachment: "x'00'"}[table]
			case "policies", "costs_per_agent", "accepted_changes":
				change = map[string]string{"costs_per_agent": `'{"BANK_A":1}'`, "accepted_changes": `'{"BANK_B":true}'`,
					"policies": `'{"BANK_A":{}}'`}[c.Name]
			case "type":
				change = "%s %% 2 + 1"
			case "converged":
				change = "1 - %s"
			case "salt":
				change, base = "zeroblob(32)", "salted"
			case "system_prompt", "user_prompt":
				change = "'[1,1]'"
			case "subject":
				change, base = "'/x' || %s", "extremes"
			case "media_type":
				base = "attachments"
			}
			if c.Name == "extra" {
				base = "prompts"
			}
			if table == tables.TableExperiment && i+1 >= tables.ExperimentDigest && i+1 <= tables.ExperimentAttachments {
				continue
			}
			key := columns[0].Name
			row := fmt.Sprintf("(SELECT min(%s) FROM %s WHERE %s IS NOT NULL)", key, table, c.Name)
			change = strings.ReplaceAll(strings.ReplaceAll(change, "%s", c.Name), "%%", "%")
			statement := fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s = %s", table, c.Name, change, key, row)
			b := badFile{code: sxSealRoot, sql: statement + "; " + bytesOfIterations}.make(t, goodFiles()[base].make(t))
			var named []int64
			report := verifyBytes(t, b)
			for _, p := range slices.Concat(report.Problems, report.Later) {
				if p.Code == sxSealRoot && p.Place.Record != nil {
					named = append(named, *p.Place.Record)
				}
			}
			want := 1
			if c.Name == "salt" {
				want = len(goodFiles()[base].Records) // all commitments depend on it, but for those of records without a value
			}
			if len(named) == 0 || len(named) > want || report.Root == (digest.Hash{}) ||
				report.Root == archivetest.RootOf(t, goodFiles()[base].Records) {
				t.Errorf("%s: got records %v named, digest %v: %v, %v", statement, named, report.Root, report.Problems,
					report.Unchecked)
			}
		}
	}
}

// TestVerifyNotAnArchive: a file that is none is one problem, and a file that is not there no problem of a file.
func TestVerifyNotAnArchive(t *testing.T) {
	report, err := File(t.Context(), archivetest.Write(t, []byte("hello")))
	if err != nil || !slices.Equal(codes(report), []string{sxMagic}) {
		t.Errorf("a text file: got %v, %v, want %s", report.Problems, err, sxMagic)
	}
	if report, err := File(t.Context(), t.TempDir()); err != nil ||
		!slices.Equal(codes(report), []string{sxFileName, sxMagic}[1:]) {
		t.Errorf("a folder: got %v, %v", report.Problems, err)
	}
	if _, err := File(t.Context(), filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: got %v, want %v", err, os.ErrNotExist)
	}
}

// TestVerifyNamesTheRecord: somebody who changes a file with SQLite changes its header too; the records that differ
// from what was sealed are named all the same.
func TestVerifyNamesTheRecord(t *testing.T) {
	for _, c := range []struct {
		sql  string
		seqs []int64
	}{
		{"UPDATE z_event SET data = json_set(data, '$.x', 1) WHERE seq = 2", []int64{2}},
		{"UPDATE z_event SET timestamp = timestamp || 'Z' WHERE seq IN (3, 5)", []int64{3, 5}},
		{"UPDATE z_experiment SET run_id = run_id || '.'", []int64{0}},
	} {
		report, err := File(t.Context(), recordtest.Edit(t, c.sql))
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, p := range report.Later {
			if p.Code == sxSealRoot && p.Place.Record != nil && strings.Contains(p.Text, "sealed") {
				got = append(got, *p.Place.Record)
			}
		}
		if !slices.Equal(got, c.seqs) || !slices.Equal(codes(report), []string{sxHeader}) {
			t.Errorf("%s: got records %v, want %v: %v", c.sql, got, c.seqs, report.Problems)
		}
	}
}
