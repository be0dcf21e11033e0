package record

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/internal/othertools"
	"github.com/simexp/exparchive/provider"
)

// mountSSHFS mounts folder at a new one with sshfs, a real network file system, whose server is a process of this
// machine that is reached through a pipe.
func mountSSHFS(t *testing.T, folder string) string {
	t.Helper()
	const server = "/usr/lib/openssh/sftp-server"
	sshfs := othertools.Find(t, "sshfs")
	if _, err := os.Stat(server); err != nil {
		othertools.Missing(t, err)
	}
	if f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0); err != nil {
		t.Skipf("no file systems of users here: %v", err)
	} else {
		f.Close()
	}
	ssh := filepath.Join(t.TempDir(), "ssh") // in the place of ssh, which would go to another machine
	if err := os.WriteFile(ssh, []byte("#!/bin/sh\nexec "+server+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	mount := t.TempDir()
	out, err := exec.Command(sshfs, "-o", "ssh_command="+ssh, "localhost:"+folder, mount).CombinedOutput()
	if err != nil {
		t.Fatalf("sshfs: %v: %s", err, out)
	}
	t.Cleanup(func() {
		// Its last files are closed a moment later.
		if !archivetest.WaitUntil(t, func() bool { err = syscall.Unmount(mount, 0); return err == nil }) {
			t.Errorf("unmount %s: %v", mount, err)
			_ = syscall.Unmount(mount, syscall.MNT_DETACH)
		}
	})
	return mount
}

// TestSSHFS records to a real network file system: it is recognised, read along from both of its sides, survives a
// kill of the recorder, and is sealed to the bytes that a local disk gives.
func TestSSHFS(t *testing.T) {
	there := t.TempDir()
	here := mountSSHFS(t, there)
	records := storyRun()
	path := filepath.Join(here, "run.simexp")
	w, err := Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { w.Close() }()
	if w.NetworkFileSystem() != "fuse.sshfs" || !w.Exclusive() {
		t.Errorf("got %q, exclusive %v, want fuse.sshfs and an exclusive recorder", w.NetworkFileSystem(), w.Exclusive())
	}
	roots := prefixes(t, records)
	put := func(from, to int64) {
		t.Helper()
		for _, r := range records[from:to] {
			if err := provider.Put(t.Context(), w, r); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(0, 60)
	for side, want := range map[string]archive.State{here: archive.Recording, there: ""} { // the other machine may not see the lock
		a := archivetest.Open(t, filepath.Join(side, "run.simexp-live"))
		if want != "" && a.State() != want {
			t.Errorf("%s: got %s, want %s", side, a.State(), want)
		}
		a.Close()
		if n := prefixOf(t, filepath.Join(side, "run.simexp-live"), roots); n != 60 {
			t.Errorf("%s: got %d records, want 60", side, n)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	child, lines := archivetest.StartChild(t, "record", filepath.Join(here, "killed.simexp"))
	acked := 0
	for range 20 {
		if !lines.Scan() {
			t.Fatal("the recorder stopped")
		}
		acked++
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	if a := archivetest.Open(t, filepath.Join(here, "killed.simexp-live")); checkCrashRun(t, a) < int64(acked) {
		t.Errorf("fewer records than the %d that were acknowledged", acked)
	} else {
		a.Close()
	}
	if _, err := Seal(t.Context(), filepath.Join(here, "killed.simexp-live"), nil); err != nil {
		t.Error(err)
	}
	if w, err = Resume(t.Context(), path+archive.LiveSuffix, nil); err != nil {
		t.Fatal(err)
	}
	put(60, int64(len(records)))
	archivetest.WaitUntil(t, func() bool { // a file that is removed just after it was closed keeps another name for a moment
		hidden, err := filepath.Glob(filepath.Join(there, ".fuse_hidden*"))
		return err != nil || len(hidden) == 0
	})
	archivetest.WantFiles(t, there, "killed.simexp", "run.simexp")
	got, want := archivetest.Sum(t, path), archivetest.Sum(t,
		recordRun(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil))
	if got != want {
		t.Error("the archive has other bytes than one that was recorded on a local disk")
	}
}
