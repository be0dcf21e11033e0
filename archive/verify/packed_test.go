package verify

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/packed"
	"github.com/simexp/exparchive/archive/internal/recordtest"
)

func packBytes(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := packed.Write(t.Context(), &out, bytes.NewReader(b), int64(len(b))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// packedAgrees: what is wrong with a file, and what is not, is the same when it is packed.
func packedAgrees(t *testing.T, b []byte) {
	t.Helper()
	if len(b) == 0 {
		return // which cannot be packed
	}
	want, err := Reader(t.Context(), bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	file := packBytes(t, b)
	got, err := Reader(t.Context(), bytes.NewReader(file), int64(len(file)))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("packed: got %+v, %v, want %+v", got, err, want)
	}
}

// TestPackedForm: what is wrong with the form is said, with the byte, and then nothing of what is inside.
func TestPackedForm(t *testing.T) {
	sealed := archivetest.ReadFile(t, recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"),
		archivetest.LongRun(), nil))
	file := packBytes(t, sealed)
	for _, test := range []struct {
		name   string
		change func(b []byte) []byte
		offset int64 // -1 for none
		text   string
	}{
		{"cut short", func(b []byte) []byte { return b[:len(b)-1] }, -1, "without the table"},
		{"a byte behind it", func(b []byte) []byte { return append(b, 0) }, -1, "without the table"},
		{"a frame", func(b []byte) []byte { b[len(b)/2] ^= 0xff; return b }, -2, ""},
		{"the table", func(b []byte) []byte { b[len(b)-9]++; return b }, -2, "seek table"},
	} {
		b := test.change(bytes.Clone(file))
		r, err := Reader(t.Context(), bytes.NewReader(b), int64(len(b)))
		if err != nil || len(r.Problems) != 1 || r.OK() {
			t.Errorf("%s: got %+v, %v, want one problem", test.name, r, err)
			continue
		}
		p := r.Problems[0]
		if p.Code != CodePacked || p.Level != Must || !strings.Contains(p.Text, test.text) || p.Remedy == "" ||
			(p.Place.Offset == nil) != (test.offset == -1) {
			t.Errorf("%s: got %v at %v", test.name, p, p.Place)
		}
		if got := strings.Join(r.Unchecked, ";"); got != "what is in the file" || r.Records != 0 {
			t.Errorf("%s: got %q of what was not checked, and %d records", test.name, got, r.Records)
		}
	}
}

// TestPackedBadFrames: of many bad frames the first are listed and the others counted.
func TestPackedBadFrames(t *testing.T) {
	b := make([]byte, 20<<17)
	for i := range b {
		b[i] = byte(i * i >> 3)
	}
	file := packBytes(t, b)
	bad := bytes.ReplaceAll(file, []byte(packed.Magic), []byte("none"))
	copy(bad, packed.Magic)
	got, err := Reader(t.Context(), bytes.NewReader(bad), int64(len(bad)))
	if err != nil || len(got.Problems) != maxPageProblems || len(got.Unchecked) != 2 ||
		!strings.HasPrefix(got.Unchecked[0], "9 more problems") {
		t.Errorf("got %d problems, %q, %v, want %d and 9 more", len(got.Problems), got.Unchecked, err, maxPageProblems)
	}
}

// TestPackedName: a packed file is sound under any name, and should have one that tells.
func TestPackedName(t *testing.T) {
	sealed := archivetest.ReadFile(t, recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"),
		archivetest.LongRun(), nil))
	packed, dir := packBytes(t, sealed), t.TempDir()
	for name, want := range map[string]string{
		"run.simexp.zst": "", "run.zst": sxFileName, "run.simexp": sxFileName, "run.simexp-live": sxFileName,
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, packed, 0o444); err != nil {
			t.Fatal(err)
		}
		r, err := File(t.Context(), path)
		if err != nil || !r.OK() || r.State != archive.Sealed || strings.Join(codes(r), " ") != want {
			t.Errorf("%s: got %+v, %v, want ok and %q", name, r, err, want)
		}
	}
}
