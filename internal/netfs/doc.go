// Package netfs tells file systems that several machines have in common, such as NFS, SMB and sshfs, from those of this
// machine. Memory that processes share by way of a file, as SQLite's -shm, works only on the latter.
//
// Its one function is Kind: it gives the kind of network file system that a folder, named absolutely and without links,
// is on, such as "nfs"; "" for a local one, and where nothing is known.
package netfs
