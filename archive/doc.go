// Package archive reads .simexp files: one SQLite database that holds one run of an experiment.
//
// Most programs need [Open], which gives a [provider.Provider], or [Dir], a folder of archives. Package record makes
// archives, verify checks them, salvage takes out of damaged ones what is sound, and rewrite changes what is beside
// the run. FORMAT.md beside this file describes the tables for readers in other languages. Encryption is not
// supported.
//
// # Two states
//
// While a run is recorded it is in a live file, run.simexp-live, with the files of its recorder beside it. When it is
// complete it is sealed as run.simexp, a single file that is never opened for writing again. A recording that was
// killed leaves its live file behind, which opens as it is: [Archive.State] tells the three apart.
//
// # Reading never writes
//
// Open changes nothing in the file's folder and needs no permission to. The pages of a sealed or unfinished file are
// read by this package itself. SQLite opens it for [Archive.Query], and sees it only through a read-only handle of this
// package, never by its path; so file names are never interpreted and no sidecar is created. Only a run that another
// process is recording at the moment is read through SQLite's own shared memory file.
//
// Whoever reads a live file without SQLite's locks, one that was left behind or whose recorder keeps it to itself, as
// on a network file system, may find that a recorder takes it up or closes it meanwhile. That is [ErrChanged], never
// a mixture of both states.
//
// # Compatibility
//
// An archive written by any release is readable by every later one.
package archive
