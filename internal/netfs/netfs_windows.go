package netfs

import (
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// Kind says that the folder dir, which is absolute, is on another machine; "" if it is on this one.
func Kind(dir string) string {
	volume := filepath.VolumeName(dir)
	if strings.HasPrefix(volume, `\\`) && !strings.HasPrefix(volume, `\\?\`) && !strings.HasPrefix(volume, `\\.\`) {
		return "network share"
	}
	root, err := windows.UTF16PtrFromString(volume + `\`)
	if err == nil && windows.GetDriveType(root) == windows.DRIVE_REMOTE {
		return "network drive"
	}
	return ""
}
