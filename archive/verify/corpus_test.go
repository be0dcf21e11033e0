package verify

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/internal/othertools"
)

// The corpus has a bad file as what is to be changed in a good one, if that is little, and else as a file. A line of
// patches.txt is the name, the good file, and for each change the byte and the new bytes in hexadecimal; "cut" and
// "add" are the file's end.
const patchesFile = corpusDir + "/patches.txt"

// maxPatches is how many changed bytes are little.
const maxPatches = 200

// patchLine describes bad as changes of good, empty if they are too many.
func patchLine(name, base string, good, bad []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", name, base)
	n := 0
	for i := 0; i < min(len(good), len(bad)); i++ {
		if good[i] == bad[i] {
			continue
		}
		from := i
		for i < min(len(good), len(bad)) && good[i] != bad[i] {
			i++
		}
		n += i - from + 8
		fmt.Fprintf(&b, " %d:%x", from, bad[from:i])
	}
	switch {
	case len(bad) < len(good):
		fmt.Fprintf(&b, " cut:%d", len(bad))
	case len(bad) > len(good):
		if more := bad[len(good):]; len(bytes.Trim(more, "\x00")) == 0 {
			fmt.Fprintf(&b, " zeroes:%d", len(more))
		} else {
			n = maxPatches + 1
		}
	}
	if n > maxPatches {
		return ""
	}
	return b.String()
}

// applyPatch undoes patchLine.
func applyPatch(t *testing.T, line string) (name string, bad []byte) {
	t.Helper()
	fields := strings.Fields(line)
	bad = archivetest.ReadGzip(t, filepath.Join(corpusDir, "good", fields[1]+".simexp.gz"))
	for _, p := range fields[2:] {
		var n int
		var data []byte
		if _, err := fmt.Sscanf(p, "cut:%d", &n); err == nil {
			bad = bad[:n]
		} else if _, err := fmt.Sscanf(p, "zeroes:%d", &n); err == nil {
			bad = append(bad, make([]byte, n)...)
		} else if _, err := fmt.Sscanf(p, "%d:%x", &n, &data); err == nil {
			copy(bad[n:], data)
		} else {
			t.Fatalf("%q: %v", p, err)
		}
	}
	return fields[0], bad
}

// sqlSees are the requirements that check.sql looks for.
var sqlSees = map[string]bool{
	sxUnknownObject: true, sxMissingObject: true, sxType: true, sxNameLength: true, sxTextLength: true,
	sxJSON: true, sxJSONForm: true, sxAbsent: true, sxRequired: true, sxAgents: true, sxCents: true, sxAccepted: true,
	sxPolicies: true, sxIterationRange: true,
	sxTokens: true, sxLatency: true, sxExtra: true, sxExperimentRow: true, sxSalt: true, sxNoResult: true, sxStatus: true,
	sxConverged: true,
	sxAlways:    true, sxSubject: true, sxSeqGap: true, sxSeqTwice: true, sxEventType: true, sxTypeOrder: true,
	sxTypeUnused: true,
	sxZeroByte:   true, sxNegative: true, sxTypeTwice: true, sxTypeCount: true, sxSectionList: true,
	sxSectionMissing: true,
	sxSectionOrder:   true, sxSectionUnused: true,
	sxSpanRows: true, sxSpanEnds: true, sxSpanCounts: true, sxSpanBytes: true, sxAttachmentFolder: true,
	sxAttachmentName: true,
	sxAttachmentOnce: true, sxProportion: true, sxNotRecorded: true, sxPortableName: true, sxBlockRows: true,
	sxRedactedRecord: true,
	sxRedactedField:  true, sxRedactionForm: true, sxWithheldValue: true, sxKeyMissing: true, sxKeyNeedless: true,
	sxSaltKept: true,
	sxSealRow:  true, sxSealCounts: true, sxAnnotationID: true,
}

// TestCorpusBad: verify finds the fault that was planted in each bad file, and no other; check.sql sees the same, where
// SQL can.
func TestCorpusBad(t *testing.T) {
	committed := map[string][]byte{}
	if !*update {
		text, err := os.ReadFile(patchesFile)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			name, b := applyPatch(t, line)
			committed[name] = b
		}
		files, err := filepath.Glob(filepath.Join(corpusDir, "bad", "*.gz"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			committed[strings.TrimSuffix(filepath.Base(f), ".simexp.gz")] = archivetest.ReadGzip(t, f)
		}
	} else if err := os.RemoveAll(filepath.Join(corpusDir, "bad")); err != nil {
		t.Fatal(err)
	}
	good := map[string][]byte{}
	seen := map[string]int{}
	var patches []string
	for _, f := range badFiles() {
		name := f.name(seen[f.code])
		seen[f.code]++
		if f.large && testing.Short() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if good[f.base] == nil {
				good[f.base] = goodFiles()[f.base].make(t)
			}
			b := f.make(t, good[f.base])
			switch line := patchLine(name, f.base, good[f.base], b); {
			case f.large:
			case !*update && !bytes.Equal(b, committed[name]):
				t.Errorf("got %d bytes that differ from the %d of the corpus", len(b), len(committed[name]))
			case !*update:
			case line != "":
				patches = append(patches, line)
			default:
				archivetest.WriteGzip(t, filepath.Join(corpusDir, "bad", name+".simexp.gz"), b)
			}
			delete(committed, name)
			report := verifyBytes(t, b)
			if got := codes(report); !slices.Equal(got, []string{f.code}) {
				t.Errorf("got %v, want %s alone: %v", got, f.code, report.Problems)
			}
			if report.OK() != (requirementOf(f.code).Level == Should) {
				t.Errorf("got OK %v for a requirement of level %s", report.OK(), requirementOf(f.code).Level)
			}
			if !f.large || longtest.Enabled() { // of 64 MiB
				sqlAgrees(t, f, b)
				readersAgree(t, f, b)
			}
			if !f.large && longtest.Enabled() { // packing takes more than all before
				packedAgrees(t, b)
			}
		})
	}
	if *update {
		if err := os.WriteFile(patchesFile, []byte(strings.Join(patches, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !testing.Short() || len(committed) == 0 {
		for name := range committed {
			t.Errorf("%s is in the corpus, and nothing makes it", name)
		}
	}
}

// sqlAgrees: check.sql names the requirement if it looks for it, and nothing else.
func sqlAgrees(t *testing.T, f badFile, b []byte) {
	t.Helper()
	if _, err := exec.LookPath("sqlite3"); f.noSQL || err != nil && !othertools.Required() {
		return
	}
	stage := requirementOf(f.code).Stage
	free := stage == StageFile && f.code != sxSealRow || stage == StagePages || f.code == sxColumns
	if free && !longtest.Enabled() { // of pages and the header SQLite sees what it sees
		return
	}
	got, out := checkSQL(t, archivetest.Write(t, b))
	switch {
	case free:
	case sqlSees[f.code] && !slices.Equal(got, []string{f.code}):
		t.Errorf("check.sql: got %q, want %s alone: %s", got, f.code, out)
	case !sqlSees[f.code] && len(got) > 0:
		t.Errorf("check.sql: got %q of what it does not look for: %s", got, out)
	}
}

// readersAgree: what is read through SQL has the same faults, where SQL can see them and the file opens at all.
func readersAgree(t *testing.T, f badFile, b []byte) {
	t.Helper()
	file, err := sqlitefile.New(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return
	}
	defer file.Close()
	var want []string
	switch stage := requirementOf(f.code).Stage; {
	case stage <= StagePages || f.code == sxColumns:
		return // SQLite sees what it sees
	case f.code == sxProportion: // which a live file may go beyond
	case stage < StageSeal || stage == StageBlocks || f.code == sxAnnotationSum:
		want = []string{f.code}
	} // and there is no seal in a live file
	r, err := verifyShared(t.Context(), file)
	if got := codes(r); err != nil || want != nil && !slices.Equal(got, want) || want == nil &&
		slices.ContainsFunc(got, func(code string) bool { return requirementOf(code).Stage < StageBlocks }) {
		t.Errorf("through SQL: got %v, %v, want %s alone", r.Problems, err, want)
	}
}

// TestCorpusIsComplete: each MUST that a file can break is broken by some bad file.
func TestCorpusIsComplete(t *testing.T) {
	have := map[string]bool{}
	for _, f := range badFiles() {
		have[f.code] = true
		if why, ok := notInCorpus[f.code]; ok {
			t.Errorf("%s is in the corpus, and said not to be (%s)", f.code, why)
		}
	}
	for _, r := range Requirements() {
		if _, ok := notInCorpus[r.ID]; r.Binds == "file" && !have[r.ID] && !ok {
			t.Errorf("no bad file for %s", r.ID)
		}
	}
	for code := range sqlSees {
		if !have[code] {
			t.Errorf("check.sql sees %s, and no file has it", code)
		}
	}
}

// testedBy names the tests of requirements that no file shows, and of those that the corpus leaves out.
var testedBy = map[string]string{
	sxSidecar:   "archive/verify TestVerifySidecar",
	sxFileName:  "archive/verify TestVerifySidecar",
	sxIntegrity: "archive/verify TestVerifyLivePages",
	"SX-017":    "archive TestMagic",
	"SX-049":    "archive/record TestRandomRuns",
	"SX-058":    "provider TestProtocol_IntegerCents",
	"SX-059":    "archive/record TestRandomRuns",
	"SX-072":    "archive/record TestSealed",
	"SX-073":    "archive/record TestRandomRuns",
	"SX-074":    "provider TestProtocol_GetTotalIterations",
	"SX-110":    "provider/digest TestLeaf_everyField",
	"SX-111":    "archive/verify TestExamples",
	"SX-112":    "archive/verify TestExamples",
	"SX-113":    "archive/verify TestExamples",
	"SX-114":    "archive/verify TestExamples",
	"SX-115":    "provider/digest TestLeaf_goldenSalted",
	"SX-116":    "provider/digest TestLeaf_goldenSalted",
	"SX-117":    "archive/verify TestExamples",
	"SX-118":    "provider/digest TestTree_tlog",
	"SX-119":    "cmd/exparchive/internal/recordcmd TestReplayIdentity",
	"SX-132":    "provider/replay TestVerbose_losesNothing",
	"SX-133":    "cmd/exparchive TestReveal_leavesNothing",
	"SX-152":    "archive/rewrite TestAnnotateGivesTheBytesOfSealing",
	"SX-153":    "archive/verify TestVectors",
	"SX-154":    "archive/verify TestVectors",
	"SX-155":    "archive/verify TestVectors",
	"SX-156":    "archive/verify TestVectors",
	"SX-157":    "archive/verify TestVectors",
	"SX-158":    "archive/verify TestVectors",
	"SX-160":    "archive/rewrite TestUpgradeRefuses",
	"SX-161":    "archive/rewrite TestOlderVersionIsRead",
	"SX-162":    "archive TestReadingChangesNothing",
	"SX-163":    "archive/rewrite TestUpgrade",
	"SX-164":    "archive/verify TestReleased",
	"SX-165":    "archive TestViews",
	"SX-170":    "archive TestUnsealedForms",
	"SX-171":    "archive/record TestPowerLoss",
	"SX-172":    "archive/record TestSecondRecorder",
	"SX-173":    "archive/verify TestVerifyLive",
	"SX-174":    "archive/internal/sqlitefile TestWAL",
	"SX-175":    "archive TestOpenRefuses",
	"SX-176":    "archive/record TestInterruptedSeal",
	"SX-177":    "archive/record TestSpill",
	"SX-178":    "archive/record TestExclusive",
	"SX-179":    "archive/record TestChangedWhileRead",
	"SX-180":    "archive TestOpenRefuses",
	"SX-181":    "archive TestOpenRefuses",
	"SX-182":    "archive TestQuery",
	"SX-183":    "archive TestHostile",
	"SX-184":    "archive TestHostile",
	"SX-185":    "internal/terminal TestEscape",
	"SX-186":    "cmd/exparchive TestScripts",
	"SX-187":    "internal/jsontext TestMembers",
	"SX-188":    "archive TestReadErrors",
	"SX-189":    "archive TestSidecar",
	"SX-190":    "archive/record TestSameBytes",
	"SX-191":    "archive/verify TestCorpusGood",
	"SX-192":    "archive/verify TestCorpusGood",
}

// TestRequirementsAreTested: each requirement has a test, which is there: of the corpus, or the one that is named here.
func TestRequirementsAreTested(t *testing.T) {
	inCorpus := map[string]bool{}
	for _, f := range badFiles() {
		inCorpus[f.code] = true
	}
	for _, r := range Requirements() {
		where, named := testedBy[r.ID]
		if inCorpus[r.ID] == named {
			t.Errorf("%s: in the corpus: %v, tested by another test: %v; want one of them", r.ID, inCorpus[r.ID], named)
		}
		if !named {
			continue
		}
		folder, name, _ := strings.Cut(where, " ")
		files, err := filepath.Glob(filepath.Join("../..", filepath.FromSlash(folder), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range files {
			found = found || bytes.Contains(archivetest.ReadFile(t, f), []byte("\nfunc "+name+"("))
		}
		if !found {
			t.Errorf("%s: no test %s in %s", r.ID, name, folder)
		}
	}
	if len(testedBy) == 0 {
		t.Error("nothing is named")
	}
}

// TestVerifySidecar: what stands beside a file, and its name.
func TestVerifySidecar(t *testing.T) {
	for _, suffix := range []string{"-wal", "-journal"} {
		path := archivetest.Write(t, recordtest.SampleBytes(t))
		if err := os.WriteFile(path+suffix, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
		if r, err := File(t.Context(), path); err != nil || !slices.Equal(codes(r), []string{sxSidecar}) {
			t.Errorf("%s: got %v, %v, want %s", suffix, r.Problems, err, sxSidecar)
		}
	}
	path := filepath.Join(t.TempDir(), "run.db")
	changed := badFile{sql: "UPDATE z_experiment SET digest = zeroblob(32)"}.make(t, recordtest.SampleBytes(t))
	for _, c := range []struct {
		b    []byte
		want []string
	}{{recordtest.SampleBytes(t), []string{sxFileName}}, {changed, []string{sxFileName, sxSealRoot}}} { // which hides nothing
		if err := os.WriteFile(path, c.b, 0o644); err != nil {
			t.Fatal(err)
		}
		if r, err := File(t.Context(), path); err != nil || !slices.Equal(codes(r), c.want) || r.OK() != (len(c.want) == 1) {
			t.Errorf("another name: got %v, %v, want %s", r.Problems, err, c.want)
		}
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
