// Package record records a run of an experiment into an archive.
//
// Most programs need [Create], which gives a [provider.Sink], and [provider.Copy] or a program of their own that
// calls it. A recording that was left behind goes on with [Resume], or ends as it is with [Seal]. To read what was
// recorded, use package archive.
//
// # Two states
//
// While a run is recorded it is in a live file, run.simexp-live, with the -wal and -shm files of SQLite and a -lock
// file beside it. [Writer.Finish] seals it: a fresh copy under a temporary name is checked, flushed to disk and
// renamed to run.simexp, and the live file goes away. A half-made file never has the final name.
//
// A recorder that was killed leaves its live file behind, and [Writer.Close] without Finish does. Nothing that was
// acknowledged is missing from it.
//
// # Copies
//
// With [Options].Bulk a run is recorded that exists elsewhere. There is no live file: rows wait in memory and, from a
// mebibyte of a table on, in a file of their own, run.simexp-rows, and Finish lays them out as the sealed file, which
// is checked, flushed and renamed as any other. It has the same bytes. A copy that is cut short leaves nothing, but
// that file if the process was killed; the next one of that name removes it.
//
// # Durability
//
// [Writer.Event] returns when the record is checked and in memory; it is written with the next record that is
// durable, or after 4000 events, one mebibyte or one second, or by [Writer.Sync]. Begin, Interaction, Iteration, Note
// and Attachment return when everything up to them is on disk (SQLite's WAL mode with synchronous=FULL). Finish
// returns when the sealed file is.
//
// # A disk that is full
//
// When the live file cannot be written any more, the Writer acknowledges nothing more. The record that failed, those
// that waited before it and those that still come, up to 256 MiB, are kept in one spill file, run.simexp-live-spill,
// to which they are appended; or, if there is no room beside the live file, in one where temporary files go. The
// error of each call says which records are kept, where, and what to do. [Resume] and [Seal] take in a spill that is
// beside the live file, once.
//
// # Network file systems
//
// SQLite's log needs memory that all its readers share, and machines share none. Where the folder is seen to be on a
// network file system, or [Options] say so, the recorder is exclusive: it keeps the log to itself and never folds it
// into the file before the end. Package archive reads along all the same, from any machine; other SQLite programs
// have to wait for the end. Durability is the same, as far as the file server keeps its word. Locks keep a second
// recorder away as far as the file system passes them on.
package record
