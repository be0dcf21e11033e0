package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// consoleBlock is a block of README.md with commands and what they print.
var consoleBlock = regexp.MustCompile("(?s)\n```console\n(.*?)\n```\n")

// TestReadme runs every command that README.md shows and compares what it prints. A line "..." stands for any lines.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	web := exampleWeb(t, folder)
	commands := 0
	for _, block := range consoleBlock.FindAllStringSubmatch(strings.ReplaceAll(string(text), "\r\n", "\n"), -1) {
		for _, part := range strings.Split("\n"+block[1], "\n$ ")[1:] {
			line, want, _ := strings.Cut(part, "\n")
			if _, err := exec.LookPath("sh"); err != nil && runtime.GOOS == "windows" && strings.HasPrefix(line, "sh ") {
				continue
			}
			got := runLine(t, folder, web, line)
			if !matchElided(got, want) {
				t.Errorf("$ %s\ngot\n%s\nwant\n%s", line, got, want)
			}
			commands++
		}
	}
	if commands < 9 {
		t.Errorf("README.md: got %d commands, want at least 9", commands)
	}
}

// exampleWeb gives the address of a proxy that knows one server, example.org, on which the folder is called runs.
func exampleWeb(t *testing.T, folder string) string {
	files := http.StripPrefix("/runs", http.FileServer(http.Dir(folder)))
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host != "example.org" {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// runLine runs a command line as README.md has it: words, one of them perhaps in double quotes, and perhaps a file for
// its input. proxy is where it finds the web.
func runLine(t *testing.T, folder, proxy, line string) string {
	t.Helper()
	line, input, hasInput := strings.Cut(line, " < ")
	var words []string
	for i, piece := range strings.Split(line, `"`) {
		if i%2 == 1 {
			words = append(words, piece)
		} else {
			words = append(words, strings.Fields(piece)...)
		}
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "HTTP_PROXY="+proxy, "NO_PROXY=")
	if hasInput {
		f, err := os.Open(filepath.Join(folder, input))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cmd.Stdin = f
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("$ %s: %v", line, err)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// matchElided reports whether got is want, in which a line "..." stands for any lines.
func matchElided(got, want string) bool {
	const anything = `\n(?s:.*\n)?`
	parts := strings.Split("\n"+want+"\n", "\n...\n")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(`\A` + strings.Join(parts, anything) + `\z`).MatchString("\n" + got + "\n")
}
