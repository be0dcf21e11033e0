//go:build darwin || freebsd

package netfs

import "syscall"

// mntLocal is set for file systems on disks of this machine (MNT_LOCAL in sys/mount.h).
const mntLocal = 0x1000

// Kind gives the kind of network file system that the folder dir is on; "" for a local one.
func Kind(dir string) string {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil || uint64(st.Flags)&mntLocal != 0 {
		return ""
	}
	var name []byte
	for _, c := range st.Fstypename {
		if c == 0 {
			break
		}
		name = append(name, byte(c))
	}
	return string(name)
}
