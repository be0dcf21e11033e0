package archive

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
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
	r, err := VerifyReader(t.Context(), bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFlips changes one bit of a sealed archive after another: each is found, wherever it is.
func TestFlips(t *testing.T) {
	good := sampleBytes(t)
	if r := verifyBytes(t, good); len(r.Problems) > 0 {
		t.Fatal(r.Problems)
	}
	random := rand.New(rand.NewPCG(1, 2))
	flips := 10_000
	if testing.Short() {
		flips = 500
	}
	for range flips {
		at, bit := random.IntN(len(good)), byte(1)<<random.IntN(8)
		good[at] ^= bit
		if r := verifyBytes(t, good); r.OK() {
			t.Errorf("byte %d, bit %#x: not found", at, bit)
		}
		good[at] ^= bit
	}
}

// TestVerifyNotAnArchive: a file that is none is one problem, and a file that is not there no problem of a file.
func TestVerifyNotAnArchive(t *testing.T) {
	report, err := Verify(t.Context(), write(t, []byte("hello")))
	if err != nil || !slices.Equal(codes(report), []string{sxMagic}) {
		t.Errorf("a text file: got %v, %v, want %s", report.Problems, err, sxMagic)
	}
	if report, err := Verify(t.Context(), t.TempDir()); err != nil || !slices.Equal(codes(report), []string{sxFileName, sxMagic}[1:]) {
		t.Errorf("a folder: got %v, %v", report.Problems, err)
	}
	if _, err := Verify(t.Context(), filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: got %v, want %v", err, os.ErrNotExist)
	}
}

// TestVerifyNamesTheRecord: whatever field of a run is changed, the records that differ from what was sealed are named.
func TestVerifyNamesTheRecord(t *testing.T) {
	for _, c := range []struct {
		sql  string
		seqs []int64
	}{
		{"UPDATE event SET data = json_set(data, '$.x', 1) WHERE seq = 2", []int64{2}},
		{"UPDATE event SET timestamp = timestamp || 'Z' WHERE seq IN (3, 5)", []int64{3, 5}},
		{"UPDATE experiment SET run_id = run_id || '.'", []int64{0}},
	} {
		report, err := Verify(t.Context(), edit(t, c.sql))
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, p := range report.Problems {
			if p.Code == sxSealRoot && p.Place.Record != nil && strings.Contains(p.Text, "sealed") {
				got = append(got, *p.Place.Record)
			}
		}
		if !slices.Equal(got, c.seqs) {
			t.Errorf("%s: got records %v, want %v: %v", c.sql, got, c.seqs, report.Problems)
		}
	}
}
