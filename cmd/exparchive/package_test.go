package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
)

// aboutHostile says of a package what wants to be more than text.
var aboutHostile = []string{"--title", "'\"; touch ran; $(touch ran) `touch ran` \\", "--author",
	"$(touch ran), `touch ran`", "--licence", "CC0-1.0", "--abstract", "\"\n---\n# CHECKS\n'; touch ran\n",
	"--keyword", "'; touch ran", "--funding", "$(touch ran); 1; '", "--publisher", "`touch ran`"}

// hostileRun is a run of which every text wants to be more than text.
const hostileRun = `{"type":"experiment","run_id":"'; touch ran; $(touch ran)\n# \"../\u202e<b>",` +
	`"experiment_name":"$(touch ran)\n'","experiment_type":"$(touch ran)","config":{},"created_at":"'; touch ran"}
{"type":"note","kind":"invalidated","text":"'; touch ran\n# CHECKS\n<script>"}
{"type":"iteration","iteration":0,"costs_per_agent":{"A":25},"policies":{}}
{"type":"result","status":"failed","convergence_reason":"\"'; touch ran\n","completed_at":"$(touch ran)"}
`

// packageFor makes a package in a folder, of a paper and of a run whose texts want to be more than text, and gives
// where it lies. Of a package that says everything the run is left out, since it does not.
func packageFor(t *testing.T, folder string, about ...string) string {
	t.Helper()
	at := func(name string) string { return filepath.Join(folder, name) }
	do := func(args ...string) {
		t.Helper()
		var messages bytes.Buffer
		if code := run(args, strings.NewReader(""), io.Discard, &messages); code != cli.ExitOK {
			t.Fatalf("%q: exit code %d: %s", args, code, messages.String())
		}
	}
	do("run", "exp1", "-o", at("exp1.simexp"), "--force")
	do("paper", "init", at("exp1.simexp"), "-o", at("paper.yaml"), "--force", "--label", "$(touch ran)=`touch ran`'\"")
	text, err := os.ReadFile(at("paper.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	renamed := strings.Replace(string(text), "file: runs.tex", `file: "tab $(touch ran) 'é/runs & more.tex"`, 1)
	if renamed == string(text) {
		t.Fatalf("no runs.tex in\n%s", text)
	}
	if err := os.WriteFile(at("paper.yaml"), []byte(renamed), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("hostile.jsonl"), []byte(hostileRun), 0o666); err != nil {
		t.Fatal(err)
	}
	args := []string{"package", "-o", at("out"), "--paper", at("paper.yaml")}
	if !slices.Contains(about, "--software") { // and so not one that says everything
		args = append(args, at("hostile.jsonl"))
	}
	do(append(args, about...)...)
	return at("out")
}

// TestReproduce: the script of a package runs in an empty folder, where nothing but a shell and this program is to be
// had, and writes nothing, whatever the texts in the package are.
func TestReproduce(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a link to the program would need the right to make one")
	}
	shell, err := exec.LookPath("dash")
	if err != nil {
		shell, err = exec.LookPath("sh")
	}
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("exparchive")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(program, filepath.Join(bin, "exparchive")); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	made := packageFor(t, t.TempDir(), aboutHostile...)
	if err := os.CopyFS(filepath.Join(folder, "p"), os.DirFS(made)); err != nil {
		t.Fatal(err)
	}
	before := entriesOf(t, folder)
	cmd := exec.CommandContext(t.Context(), shell, "p/data/reproduce.sh")
	cmd.Dir, cmd.Env = folder, []string{"PATH=" + bin, "HOME=" + bin}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "\n1 run and 3 files as they were\n") ||
		!strings.HasSuffix(string(out), "\nall is as it was\n") {
		t.Errorf("%v\n%s", err, out)
	}
	if after := entriesOf(t, folder); after != before {
		t.Errorf("got\n%s\nwant\n%s", after, before)
	}
	// EXPARCHIVE is named from where the script is called.
	cmd = exec.CommandContext(t.Context(), shell, filepath.Join(folder, "p/data/reproduce.sh"))
	cmd.Dir, cmd.Env = filepath.Dir(bin), []string{"PATH=none", "EXPARCHIVE=./" + filepath.Base(bin) + "/exparchive"}
	if out, err := cmd.CombinedOutput(); !strings.Contains(string(out), "as it was, digest ") {
		t.Errorf("a relative EXPARCHIVE: %v\n%s", err, out)
	}
}

// TestPackageZip: what is in the ZIP file is what is in the folder, with the same permissions and times, in one folder.
func TestPackageZip(t *testing.T) {
	folder := t.TempDir()
	made := packageFor(t, folder, aboutHostile...)
	zipped := packageFor(t, folder, append(aboutHostile, "-o", filepath.Join(folder, "out.zip"))...) + ".zip"
	r, err := zip.OpenReader(zipped)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	before := ""
	for _, f := range r.File {
		name, ok := strings.CutPrefix(f.Name, "touch-ran-touch-ran-touch-ran/")
		in, err := f.Open()
		if err != nil || !ok || f.Name <= before {
			t.Fatalf("%q behind %q: %v", f.Name, before, err)
		}
		before = f.Name
		got, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(made, filepath.FromSlash(name))
		want, err := os.ReadFile(path)
		info, statErr := os.Stat(path)
		if err != nil || statErr != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, %v, or other bytes", name, err, statErr)
			continue
		}
		if runtime.GOOS != "windows" && f.Mode() != info.Mode() || !f.Modified.Equal(info.ModTime()) {
			t.Errorf("%s: got %v of %v, want %v of %v", name, f.Mode(), f.Modified, info.Mode(), info.ModTime())
		}
	}
	if len(r.File) < 15 {
		t.Errorf("got %d files", len(r.File))
	}
}

// entriesOf lists what a folder holds.
func entriesOf(t *testing.T, folder string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(folder, func(p string, info os.FileInfo, err error) error {
		if err == nil {
			b.WriteString(p + " " + info.ModTime().String() + " " + info.Mode().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
