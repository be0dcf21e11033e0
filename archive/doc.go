// Package archive reads and writes .simexp files: one SQLite database that holds one run of an experiment.
//
// Most programs need [Open], which gives a [provider.Provider]; to make a file, use [record.Create], which gives a
// [provider.Sink], and [provider.Copy] to join the two. FORMAT.md beside this file describes the tables for readers in
// other languages. Encryption is not supported.
//
// # Two states
//
// While a run is recorded it is in a live file, run.simexp-live, with the -wal and -shm files of SQLite and a -lock file
// beside it. [record.Writer.Finish] seals it: a fresh copy under a temporary name is checked, flushed to disk and renamed to
// run.simexp, and the live file goes away. A sealed file is a single file that is never opened for writing again; a
// half-made one never has the final name.
//
// A recording that was killed leaves its live file behind. It opens as it is, unfinished, and can be continued
// ([record.Resume]) or sealed ([record.Seal]).
//
// # Durability
//
// Event returns when the record is checked and in memory; it is written with the next record that is durable, or after 1000
// events, one mebibyte or one second. Begin, Interaction, Iteration, Note and Attachment return when everything up to them
// is on disk (SQLite's WAL mode with synchronous=FULL). Finish returns when the sealed file is.
//
// # Reading never writes
//
// Open changes nothing in the file's folder and needs no permission to. SQLite sees a sealed or unfinished file only
// through a read-only handle of this package, never by its path; so file names are never interpreted and no sidecar is
// created. Only a run that another process is recording at the moment is read through SQLite's own shared memory file.
//
// Whoever reads a live file without SQLite's locks, one that was left behind or whose recorder is exclusive, may find that a recorder
// takes it up or closes it meanwhile. That is [ErrChanged], never a mixture of both states.
//
// # Network file systems
//
// SQLite's log needs memory that all its readers share, and machines share none. Where the folder is seen to be on a network file
// system, or [record.Options] say so, the recorder is exclusive: it keeps the log to itself and never folds it into the file before
// the end. This package reads along all the same, from any machine; other SQLite programs have to wait for the end. Durability is
// the same, as far as the file server keeps its word. Locks keep a second recorder away as far as the file system passes them on.
//
// # Compatibility
//
// An archive written by any release is readable by every later one.
package archive
