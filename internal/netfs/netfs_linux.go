package netfs

import (
	"bufio"
	"io"
	"os"
	"strings"
	"syscall"
)

// networkMagic gives the kinds of file system that several machines have in common, by the number that the kernel calls
// them (statfs(2), linux/magic.h and the sources of those that are not in it).
var networkMagic = map[uint32]string{
	0x6969:     "nfs",
	0x517b:     "smb",
	0xfe534d42: "smb2",
	0xff534d42: "cifs",
	0x564c:     "ncp",
	0x5346414f: "afs",
	0x6b414653: "afs",
	0x73757245: "coda",
	0x01021997: "9p",
	0x00c36400: "ceph",
	0x0bd00bd0: "lustre",
	0x01161970: "gfs2",
	0x7461636f: "ocfs2",
	0x47504653: "gpfs",
	0x19830326: "beegfs",
	0x20030528: "orangefs",
	0xaad7aaea: "panfs",
	0x786f4256: "vboxsf",
	0xbacbacbc: "vmhgfs",
}

// fuseMagic is the number of all that a process of the user serves: of what kind it is stands in the table of mounts.
const fuseMagic = 0x65735546

// localFUSE are the kinds of them that lie on a disk of this machine. All others may come from another machine.
var localFUSE = map[string]bool{
	"fuseblk": true, "fuse.fuse-overlayfs": true, "fuse.bindfs": true, "fuse.mergerfs": true, "fuse.unionfs": true,
	"fuse.unionfs-fuse": true,
	"fuse.gocryptfs":    true, "fuse.encfs": true, "fuse.cryfs": true, "fuse.ntfs-3g": true, "fuse.exfat": true,
	"fuse.ext2": true, "fuse.zfs": true,
}

// Kind gives the kind of network file system that the folder dir, absolute and without links, is on; "" for a local
// one.
func Kind(dir string) string {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return ""
	}
	magic := uint32(st.Type)
	if magic != fuseMagic {
		return networkMagic[magic]
	}
	mounts, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return "fuse"
	}
	defer mounts.Close()
	if kind := mountKind(mounts, dir); !localFUSE[kind] {
		return kind
	}
	return ""
}

// mountKind finds the mount that dir is on in a table of mounts (proc_pid_mountinfo(5)) and gives its kind, "fuse" if
// it is not in it.
func mountKind(table io.Reader, dir string) string {
	kind, longest := "fuse", -1
	for lines := bufio.NewScanner(table); lines.Scan(); {
		before, after, ok := strings.Cut(lines.Text(), " - ")
		fields, rest := strings.Fields(before), strings.Fields(after)
		if !ok || len(fields) < 5 || len(rest) < 1 {
			continue
		}
		point := unescapeMount(fields[4])
		within := point == "/" || dir == point || strings.HasPrefix(dir, point+"/")
		if within && len(point) >= longest { // of two on the same folder the later one hides the other
			kind, longest = rest[0], len(point)
		}
	}
	return kind
}

// unescapeMount undoes the octal escapes of spaces and the like in a table of mounts.
func unescapeMount(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			n, digits := 0, true
			for _, c := range s[i+1 : i+4] {
				digits = digits && c >= '0' && c <= '7'
				n = n*8 + int(c-'0')
			}
			if digits && n < 256 {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
