package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// git runs git in a folder, at a time of its own and for somebody of its own.
func git(t *testing.T, folder string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_AUTHOR_NAME=a",
		"GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org",
		"GIT_AUTHOR_DATE=2026-01-05T10:00:00+0100", "GIT_COMMITTER_DATE=2026-01-05T10:00:00+0100")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v: %s", args, err, text)
	}
}

// A checkout and a source archive of one commit say the same of themselves.
func TestSource(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "")
	folder := t.TempDir()
	name := "cmd/exparchive/internal/cli/archived.txt"
	words, err := os.ReadFile("../" + name)
	if err != nil {
		t.Fatal(err)
	}
	attributes, err := os.ReadFile("../.gitattributes")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(folder, filepath.Dir(name)), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{name: words, ".gitattributes": attributes} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	git(t, folder, "init", "-q")
	git(t, folder, "add", ".")
	git(t, folder, "commit", "-qm", "one")
	untagged, err := readSource(t.Context(), folder, "")
	if err != nil || len(untagged.version) < 7 || !strings.HasPrefix(untagged.commit, untagged.version) {
		t.Errorf("without a tag: got %+v, %v", untagged, err)
	}
	git(t, folder, "tag", "-a", "-m", "v1.2.3", "v1.2.3")
	checkout, err := readSource(t.Context(), folder, "")
	if err != nil {
		t.Fatal(err)
	}
	if checkout.version != "v1.2.3" || checkout.committed != "2026-01-05T10:00:00+01:00" || checkout.time.Hour() != 9 {
		t.Errorf("got %+v", checkout)
	}
	unpacked := t.TempDir()
	git(t, folder, "archive", "--format=tar", "-o", filepath.Join(unpacked, "source.tar"), "HEAD")
	tar := exec.CommandContext(t.Context(), "tar", "-xf", filepath.Join(unpacked, "source.tar"), "-C", unpacked)
	if text, err := tar.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	archived, err := readSource(t.Context(), unpacked, "")
	if archived.root = checkout.root; err != nil || archived != checkout {
		t.Errorf("of an archive: got %+v, %v, want %+v", archived, err, checkout)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "1000")
	if s, err := readSource(t.Context(), folder, "v9"); err != nil || s.time.Unix() != 1000 || s.version != "v9" ||
		s.committed != checkout.committed {
		t.Errorf("SOURCE_DATE_EPOCH=1000: got %+v, %v", s, err)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	if s, err := readSource(t.Context(), folder, ""); err == nil {
		t.Errorf("SOURCE_DATE_EPOCH=yesterday: got %+v, want an error", s)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "")
	if err := os.WriteFile(filepath.Join(unpacked, name), words, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"", "v1"} { // and no time, in any case
		if s, err := readSource(t.Context(), unpacked, version); err == nil {
			t.Errorf("without git, version %q: got %+v, want an error", version, s)
		}
	}
}

// Versions are in the order of the commits, for dpkg(1) too.
func TestVersions(t *testing.T) {
	var debian []string
	for _, v := range []struct{ version, file, debian string }{
		{"94924a74", "94924a74", "0~00010101.94924a74"},
		{"94924a74-dirty", "94924a74-dirty", "0~00010101.94924a74.dirty"},
		{"v0.9.0", "0.9.0", "0.9.0"},
		{"v1.0.0-rc.1", "1.0.0-rc.1", "1.0.0~rc.1"},
		{"v1.0.0-rc.1-2-g94924a74", "1.0.0-rc.1-2-g94924a74", "1.0.0~rc.1+2.g94924a74"},
		{"v1.0.0", "1.0.0", "1.0.0"},
		{"v1.0.0-dirty", "1.0.0-dirty", "1.0.0+0.dirty"},
		{"v1.0.0-5-g94924a74", "1.0.0-5-g94924a74", "1.0.0+5.g94924a74"},
		{"v1.0.1", "1.0.1", "1.0.1"},
	} {
		s := source{version: v.version}
		if file, deb := s.fileVersion(), s.debianVersion(); file != v.file || deb != v.debian {
			t.Errorf("%s: got %s and %s, want %s and %s", v.version, file, deb, v.file, v.debian)
		}
		debian = append(debian, v.debian)
	}
	dpkg := find(t, "dpkg")
	for i := range debian[1:] {
		if err := exec.Command(dpkg, "--compare-versions", debian[i], "lt", debian[i+1]).Run(); err != nil {
			t.Errorf("%s is not before %s: %v", debian[i], debian[i+1], err)
		}
	}
}

// find gives the path of a program; where it is not installed the test is skipped, or with EXPARCHIVE_TOOLS=all fails.
func find(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err != nil && os.Getenv("EXPARCHIVE_TOOLS") == "all":
		t.Fatal(err)
	case err != nil:
		t.Skip(err)
	}
	return path
}

func TestPlatforms(t *testing.T) {
	got, err := parsePlatforms(" linux/amd64  windows/arm64 ")
	if err != nil || len(got) != 2 || got[1].String() != "windows/arm64" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "linux", "linux/", "/amd64", "linux/a/b"} {
		if got, err := parsePlatforms(bad); err == nil {
			t.Errorf("%q: got %v, want an error", bad, got)
		}
	}
}
