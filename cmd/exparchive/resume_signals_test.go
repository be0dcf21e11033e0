//go:build unix

package main

import (
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/provider"
)

// TestSignal_resume: a signal that comes while resume still waits for the first line leaves what the experiment makes
// of it, be that its last words or none.
func TestSignal_resume(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, words string }{
		{"last words", `{"type":"event","iteration":0,"event_type":"last"}` + "\n" +
			`{"type":"result","status":"interrupted"}` + "\n"},
		{"none", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := filepath.Join(folder, "a.simexp")
			begin := exec.Command("exparchive", "record", "-o", "a.simexp")
			begin.Dir = folder
			begin.Stdin = strings.NewReader(`{"type":"experiment","experiment_name":"x","experiment_type":"y"}` + "\n" +
				`{"type":"iteration","iteration":0}` + "\n")
			if text, err := begin.CombinedOutput(); err == nil {
				t.Fatalf("a recording without a result: got %s", text)
			}
			// That it waits cannot be seen: one that a signal ends at once had not begun to.
			var r *recorder
			var lines io.WriteCloser
			for wait := 50 * time.Millisecond; ; wait *= 2 {
				cmd := exec.Command("exparchive", "resume", "a.simexp-live")
				cmd.Dir = folder
				var err error
				if lines, err = cmd.StdinPipe(); err != nil {
					t.Fatal(err)
				}
				r = startRecorder(t, cmd)
				time.Sleep(wait)
				r.signal(t, syscall.SIGHUP, false)
				r.waitFor(t, "it took the signal", func() bool {
					select {
					case <-r.ended:
						return true
					default:
						return r.stderr.String() != ""
					}
				})
				if r.stderr.String() != "" {
					break
				}
				if wait > 10*time.Second {
					t.Fatal("a signal ends it before the first line")
				}
			}
			r.says(t, "SIGHUP: reading on to the end of the input")
			if _, err := io.WriteString(lines, test.words); err != nil {
				t.Fatal(err)
			}
			lines.Close()
			if code := r.code(); code != 129 {
				t.Errorf("got exit code %d, want 129; it said %s", code, r.stderr)
			}
			if test.words == "" {
				if _, records := contents(t, path+archive.LiveSuffix); len(records) != 2 {
					t.Errorf("got %d records, want 2", len(records))
				}
				return
			}
			if e, records := contents(t, path); len(records) != 4 || e.Status() != provider.StatusInterrupted {
				t.Errorf("got %d records, status %s, want 4 and interrupted", len(records), e.Status())
			}
		})
	}
}
