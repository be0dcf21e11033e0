package launch

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// A Provenance says where the output of a program comes from. What is not known is left out. Its JSON form is stable:
// members may be added, and none changes its meaning.
type Provenance struct {
	Command   []string `json:"command,omitempty"`    // the program and its arguments, as they were given
	Program   string   `json:"program,omitempty"`    // the file that the program is
	Directory string   `json:"directory,omitempty"`  // the working folder
	Git       *Git     `json:"git,omitempty"`        // the working folder's repository
	StartedAt string   `json:"started_at,omitempty"` // when, in UTC
	Platform  string   `json:"platform"`             // the operating system and the processor, such as linux/amd64
	Recorder  string   `json:"recorder"`             // the program that recorded, and its version
}

// Git is the state of a repository.
type Git struct {
	Commit string `json:"commit"`
	Dirty  bool   `json:"dirty"` // files that git knows differ from the commit
}

// Describe gives the provenance of a program that is started now. A command of nil is left out.
func Describe(ctx context.Context, command []string, recorder string, now time.Time) Provenance {
	p := Provenance{
		Command:   command,
		StartedAt: now.UTC().Format("2006-01-02T15:04:05.000000Z"),
		Platform:  runtime.GOOS + "/" + runtime.GOARCH,
		Recorder:  recorder,
	}
	if len(command) > 0 {
		if program, err := exec.LookPath(command[0]); err == nil {
			if p.Program, err = filepath.Abs(program); err != nil {
				p.Program = ""
			}
		}
	}
	if folder, err := os.Getwd(); err == nil {
		p.Directory, p.Git = folder, gitOf(ctx, folder)
	}
	return p
}

// JSON gives the text that is kept.
func (p Provenance) JSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(p)
	return b.Bytes(), err
}

// gitTimeout bounds what git may take, in all.
const gitTimeout = 5 * time.Second

// gitOf gives the state of the repository that a folder lies in, nil where there is none, or no git, or it takes too
// long.
func gitOf(ctx context.Context, folder string) *Git {
	if !inRepository(folder) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, gitTimeout)
	defer cancel()
	commit, err := git(ctx, folder, "rev-parse", "--verify", "HEAD")
	if err != nil {
		return nil
	}
	status, err := git(ctx, folder, "status", "--porcelain", "--untracked-files=no")
	if err != nil {
		return nil
	}
	return &Git{Commit: commit, Dirty: status != ""}
}

func inRepository(folder string) bool {
	for {
		if _, err := os.Lstat(filepath.Join(folder, ".git")); err == nil {
			return true
		}
		above := filepath.Dir(folder)
		if above == folder {
			return false
		}
		folder = above
	}
}

// git runs git so that it writes nothing and starts no program that the repository names.
func git(ctx context.Context, folder string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "core.fsmonitor=false"}, args...)...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}
