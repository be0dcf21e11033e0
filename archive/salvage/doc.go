// Package salvage takes out of a damaged archive or live file what is sound.
//
// [Open] looks through all pages of a file and says what it found in a [Report]; [Survey.Write] gives that to a sink,
// to a new archive's writer in most cases. The file is never changed, and it need not be one that opens: half a file,
// one with holes in it or one without its first page will do.
//
// It goes past the trees of SQLite, which say what page belongs to which table: a row is known by its columns, so one
// bad page costs what is on it and nothing else. Only names of event types and sections of prompts look alike; where
// their trees are lost, the hashes of the records that name them tell them apart. What was read is then compared with
// the hashes that the file keeps. So no record comes out that was not recorded, unless the caller asks for it, or the
// file keeps no hash of it, as of the newest of a recording that was cut short. What remains doubtful is said in the
// report.
//
// Annotations are outside the digest of the run. What is known of those that are lost comes from their numbers and from
// the tree of their table; where its pages are damaged, that is said, and not that nothing is lost.
//
// Files may come from strangers: none makes the package panic, hang, or take memory out of proportion to the file.
package salvage
