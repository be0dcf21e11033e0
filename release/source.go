package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A source is what a release is made of.
type source struct {
	root      string // folder of the module
	version   string // as the program says it, such as v1.2.3
	commit    string // hexadecimal; empty if it is not known
	committed string // when (RFC 3339)
	time      time.Time
}

// readSource asks git, or else what git wrote into the source archive. The environment variable SOURCE_DATE_EPOCH, a
// number of seconds, goes before the time of the commit (reproducible-builds.org).
func readSource(ctx context.Context, root, version string) (source, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return source{}, err
	}
	s := source{root: root, version: version}
	if _, err := os.Stat(filepath.Join(root, ".git")); err == nil {
		said, err := s.output(ctx, "git", "log", "-1", "--format=%H %cI")
		if err != nil {
			return s, err
		}
		s.commit, s.committed, _ = strings.Cut(said, " ")
		if s.version == "" {
			if s.version, err = s.output(ctx, "git", "describe", "--tags", "--always", "--dirty"); err != nil {
				return s, err
			}
		}
	} else {
		text, err := os.ReadFile(filepath.Join(root, "cmd/exparchive/internal/cli/archived.txt"))
		if err != nil {
			return s, err
		}
		if words := strings.Fields(string(text)); len(words) >= 2 && !strings.HasPrefix(words[0], "$") {
			s.commit, s.committed = words[0], words[1]
			if s.version == "" && len(words) > 2 {
				s.version = words[2]
			}
		}
		if s.version == "" && len(s.commit) > 8 {
			s.version = s.commit[:8]
		}
	}
	if s.version == "" || strings.ContainsAny(s.version, " \t\n/\\_") {
		return s, fmt.Errorf("version %q of the source: give one with -version", s.version)
	}
	if epoch := os.Getenv("SOURCE_DATE_EPOCH"); epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil || seconds < 0 {
			return s, fmt.Errorf("SOURCE_DATE_EPOCH: got %q, want seconds since 1970", epoch)
		}
		s.time = time.Unix(seconds, 0).UTC()
		return s, nil
	}
	if s.committed == "" {
		return s, errors.New("the source is no checkout and no archive by git: give its time in SOURCE_DATE_EPOCH")
	}
	t, err := time.Parse(time.RFC3339, s.committed)
	s.time = t.UTC()
	return s, err
}

// fileVersion is the version in names of files, without the v.
func (s *source) fileVersion() string {
	if released.MatchString(s.version) {
		return s.version[1:]
	}
	return s.version
}

// released matches the versions of tags.
var released = regexp.MustCompile(`^v[0-9]`)

// described matches what git describe says of commits behind a tag, and of changes.
var described = regexp.MustCompile(`(-[0-9]+-g[0-9a-f]+)?(-dirty)?$`)

// debianVersion is the version for Debian, in which those that have no number come before all that have one.
func (s *source) debianVersion() string {
	v := s.fileVersion()
	if v[0] >= '0' && v[0] <= '9' && strings.Contains(v, ".") {
		since := described.FindString(v)
		number, before, pre := strings.Cut(strings.TrimSuffix(v, since), "-")
		if pre {
			number += "~" + strings.ReplaceAll(before, "-", ".")
		}
		if since != "" {
			if since == "-dirty" { // no commits behind the tag
				since = "-0" + since
			}
			number += "+" + strings.ReplaceAll(since[1:], "-", ".")
		}
		return number
	}
	return "0~" + s.time.Format("20060102") + "." + strings.ReplaceAll(v, "-", ".")
}

// output runs a program in the folder of the module and gives what it prints, without the last line end.
func (s *source) output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stderr = s.root, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, args[0], err)
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

// writeManual has the program write its manual pages, completions and versions into the working folder.
func (r *release) writeManual(ctx context.Context) error {
	cmd := r.goCommand(ctx, platform{}, "run", "-trimpath", "-ldflags", r.ldflags(), "-tags", "manual", "./cmd/exparchive",
		r.work, r.time.Format(time.RFC3339))
	if err := cmd.Run(); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(r.work, "version.json"))
	if err != nil {
		return err
	}
	var versions struct {
		SQLite string `json:"sqlite"`
	}
	err = json.Unmarshal(text, &versions)
	if err == nil && versions.SQLite == "" {
		err = errors.New("version.json has no version of SQLite")
	}
	r.sqlite = versions.SQLite
	return err
}
