//go:build unix

package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
)

// view prints its address, serves what is there, has a browser show it once, writes nothing, and ends with a signal as other
// commands do, also while a page listens.
func TestView(t *testing.T) {
	program, err := exec.LookPath("exparchive")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	if code := run([]string{"run", "exp1", "-o", in("a.simexp")}, nil, io.Discard, io.Discard); code != cli.ExitOK {
		t.Fatalf("got exit code %d", code)
	}
	browser := filepath.Join(t.TempDir(), "browser")
	if err := os.WriteFile(browser, []byte("#!/bin/sh\nprintf %s \"$1\" > \"$0.tmp\" && mv \"$0.tmp\" \"$0.told\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		os.Remove(browser + ".told")
		cmd := exec.Command(program, "view", folder, "--open")
		cmd.Env = append(os.Environ(), "BROWSER="+browser)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		messages := &lockedBuffer{}
		cmd.Stderr = messages
		p, err := startProcess(cmd)
		if err != nil {
			t.Fatal(err)
		}
		address, err := bufio.NewReader(out).ReadString('\n')
		if address = strings.TrimSuffix(address, "\n"); err != nil || !strings.HasPrefix(address, "http://127.0.0.1:") {
			t.Fatalf("got address %q, %v: %s", address, err, messages)
		}
		if text := fetched(t, address, http.StatusOK); !strings.Contains(text, "exp1-20260105-090000-75d748") {
			t.Errorf("got %.300s", text)
		}
		fetched(t, address[:strings.Index(address, "/")+2]+strings.Split(address, "/")[2]+"/", http.StatusNotFound)
		if err := p.until(func() bool { _, err := os.Stat(browser + ".told"); return err == nil }); err != nil {
			t.Fatal(err)
		}
		told, err := os.ReadFile(browser + ".told")
		if err != nil || strings.Contains(string(told), strings.Split(address, "/")[3]) {
			t.Errorf("the browser was told %q, %v, which has the secret", told, err)
		}
		fetched(t, string(told), http.StatusOK)
		fetched(t, string(told), http.StatusNotFound)
		port := strings.Split(strings.Split(address, "/")[2], ":")[1]
		var taken strings.Builder
		if code := run([]string{"view", in("a.simexp"), "--port", port}, nil, io.Discard, &taken); code != cli.ExitFailed ||
			taken.String() != "exparchive: port "+port+": address already in use\n" {
			t.Errorf("a port that is taken: got exit code %d and %q", code, taken.String())
		}
		listening, err := http.Get(address + "live")
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(listening.Body); err != nil || !strings.HasSuffix(string(text), "event: end\ndata: end\n\n") {
			t.Errorf("%v: the page that listens got %q, %v", sig, text, err)
		}
		listening.Body.Close()
		http.DefaultClient.CloseIdleConnections()
		p.wait()
		if code := cmd.ProcessState.ExitCode(); code != cli.ExitOK || messages.String() != "" {
			t.Errorf("%v: got exit code %d and %q", sig, code, messages)
		}
	}
	after, err := os.ReadDir(folder)
	if err != nil || len(after) != len(before) {
		t.Errorf("got %v, %v, want the folder as it was", after, err)
	}
}

// fetched gives the body of an answer.
func fetched(t *testing.T, address string, status int) string {
	t.Helper()
	client := &http.Client{Timeout: time.Hour}
	defer client.CloseIdleConnections()
	r, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != status {
		t.Errorf("%s: got status %d, %v, want %d", address, r.StatusCode, err, status)
	}
	return string(text)
}
