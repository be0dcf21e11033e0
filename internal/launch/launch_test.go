package launch

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/internal/othertools"
)

// TestSpool: all of what is short is kept, and of what is long the beginning and the end, however it is cut into
// writes.
func TestSpool(t *testing.T) {
	keptHead, keptTail = 10, 25
	t.Cleanup(func() { keptHead, keptTail = 4<<20, 12<<20 })
	text := make([]byte, 300)
	for i := range text {
		text[i] = byte(i)
	}
	for size := range len(text) {
		s, err := newSpool()
		if err != nil {
			t.Fatal(err)
		}
		for rest := text[:size]; len(rest) > 0; {
			n := min(1+rand.IntN(60), len(rest))
			if got, err := s.Write(rest[:n]); got != n || err != nil {
				t.Fatalf("got %d, %v, want %d", got, err, n)
			}
			rest = rest[n:]
		}
		got, err := s.kept()
		if err != nil {
			t.Fatal(err)
		}
		want := Kept{Data: text[:size], Size: int64(size)}
		if size > 35 {
			want.Data, want.Head = append(bytes.Clone(text[:10]), text[size-25:size]...), 10
		}
		if !bytes.Equal(got.Data, want.Data) || got.Size != want.Size || got.Head != want.Head || got.Cut() != (size > 35) {
			t.Errorf("%d bytes: got %v, want %v", size, got, want)
		}
		name := s.f.Name()
		if err := s.close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: got %v, want no file", name, err)
		}
	}
}

func TestExit(t *testing.T) {
	for _, test := range []struct {
		exit Exit
		code int
		text string
	}{
		{Exit{}, 0, "exit status 0"},
		{Exit{Status: 3}, 3, "exit status 3"},
		{Exit{Signal: 255}, 383, "signal 255"},
	} {
		if code, text := test.exit.Code(), test.exit.String(); code != test.code || text != test.text {
			t.Errorf("%+v: got %d, %q, want %d, %q", test.exit, code, text, test.code, test.text)
		}
	}
}

func TestFind(t *testing.T) {
	folder := t.TempDir()
	plain := filepath.Join(folder, "plain.txt")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Find("no-such-program-anywhere"); !errors.Is(err, ErrNoCommand) {
		t.Errorf("got %v, want %v", err, ErrNoCommand)
	}
	if err := Find(filepath.Join(folder, "none")); !errors.Is(err, ErrNoCommand) {
		t.Errorf("got %v, want %v", err, ErrNoCommand)
	}
	if err := Find(plain); err == nil && runtime.GOOS != "windows" { // which tells when it is started
		t.Error("a text: got no error")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := Find(self); err != nil {
		t.Errorf("got %v, want no error", err)
	}
}

// TestDescribe: the form is stable, what is not known is left out, and git is asked for what it knows of the folder.
func TestDescribe(t *testing.T) {
	othertools.Find(t, "git")
	folder := t.TempDir()
	t.Chdir(folder)
	now := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	p := Describe(t.Context(), []string{"no-such-program", "<a&b>"}, "exparchive v1", now)
	if p.Git != nil || p.Program != "" || p.Directory == "" {
		t.Errorf("got %+v, want a folder, and neither a program nor a repository", p)
	}
	p.Directory, p.Platform = "/d", "linux/amd64"
	text, err := p.JSON()
	const want = `{
  "command": [
    "no-such-program",
    "<a&b>"
  ],
  "directory": "/d",
  "started_at": "2026-01-02T03:04:05.000006Z",
  "platform": "linux/amd64",
  "recorder": "exparchive v1"
}
`
	if err != nil || string(text) != want {
		t.Errorf("got %s, %v, want %s", text, err, want)
	}

	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Env = append(os.Environ(), "HOME="+folder, "GIT_CONFIG_NOSYSTEM=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	git("init", "-q")
	if p := Describe(t.Context(), nil, "", now); p.Git != nil || p.Command != nil {
		t.Errorf("no commit yet: got %+v, %q, want neither", p.Git, p.Command)
	}
	if err := os.WriteFile("a", []byte("1"), 0o666); err != nil {
		t.Fatal(err)
	}
	git("add", "a")
	git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "a")
	if err := errors.Join(os.WriteFile("untracked", nil, 0o666), os.Mkdir("below", 0o777)); err != nil {
		t.Fatal(err)
	}
	t.Chdir("below")
	clean := Describe(t.Context(), nil, "", now).Git
	if clean == nil || len(clean.Commit) != 40 || clean.Dirty {
		t.Fatalf("got %+v, want a commit, and no change", clean)
	}
	if err := os.WriteFile("../a", []byte("22"), 0o666); err != nil {
		t.Fatal(err)
	}
	if dirty := Describe(t.Context(), nil, "", now).Git; dirty == nil || dirty.Commit != clean.Commit || !dirty.Dirty {
		t.Errorf("got %+v, want the same commit, and changes", dirty)
	}
	var members map[string]any
	if text, err := (Provenance{Git: clean}).JSON(); err != nil || json.Unmarshal(text, &members) != nil ||
		members["git"] == nil {
		t.Errorf("got %s, %v, want a member git", text, err)
	}
}
