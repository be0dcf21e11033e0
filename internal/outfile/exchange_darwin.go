package outfile

import "golang.org/x/sys/unix"

// exchange swaps two names in one step, where the file system can: renamex_np(2).
func exchange(a, b string) error { return unix.RenamexNp(a, b, unix.RENAME_SWAP) }
