package netfs

import (
	"strings"
	"testing"
)

// TestMountKind finds mounts in a table as proc_pid_mountinfo(5) describes it.
func TestMountKind(t *testing.T) {
	const table = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
30 22 0:26 / /home rw,nosuid - nfs4 server:/home rw,vers=4.2
31 30 0:27 / /home/ada/with\040space rw - fuse.sshfs ada@host:/ rw,user_id=0
32 22 0:28 / /mnt rw - ext4 /dev/sdb rw
33 22 0:29 / /mnt rw master:3 - cifs //server/share rw
34 22 0:30 / /media/stick rw - fuseblk /dev/sdc1 rw
a line that is none
`
	for dir, want := range map[string]string{
		"/":                            "ext4",
		"/homes":                       "ext4",
		"/home":                        "nfs4",
		"/home/ada":                    "nfs4",
		"/home/ada/with space":         "fuse.sshfs",
		"/home/ada/with space/run":     "fuse.sshfs",
		"/mnt/run":                     "cifs",
		"/media/stick/experiments/one": "fuseblk",
	} {
		if got := mountKind(strings.NewReader(table), dir); got != want {
			t.Errorf("%s: got %q, want %q", dir, got, want)
		}
	}
	if got := mountKind(strings.NewReader(""), "/x"); got != "fuse" {
		t.Errorf("in an empty table: got %q, want fuse", got)
	}
}

// TestLocalDisk: an ordinary folder is not taken for a network file system.
func TestLocalDisk(t *testing.T) {
	if kind := Kind(t.TempDir()); kind != "" {
		t.Errorf("got %q, want that the folder of temporary files is local", kind)
	}
}
