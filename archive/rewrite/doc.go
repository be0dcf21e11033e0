// Package rewrite puts a changed and checked copy in the place of a sealed archive: with other annotations ([Annotate],
// [Edit]) or in the newest version of the format ([Upgrade]). The run, its digest, signatures and proofs stay as they
// are.
//
// # Promise
//
// A sealed file is never written to. Its rows are laid out anew beside it, as sealing does it, read back down to the
// digest of the run, flushed to disk and renamed. So whatever happens, a kill or a loss of power included, under the
// archive's name there is the old archive or the new one, whole; and the outcome has the bytes of an archive that was
// sealed that way in the first place. Two processes that change the same archive keep each other out, by a lock.
//
// # What a kill leaves behind
//
// The files below stand beside an archive named x.simexp only while one of the functions runs. A process that is killed
// leaves some of them, in any state; the next call removes them, even if it has nothing else to do.
//
//	x.simexp-annotated  x.simexp-upgraded   what becomes the archive
//	x.simexp-upgrading                      a copy that is brought to the newest version
//	x.simexp-annotate-lock                  the lock; a file that nobody holds stands for nothing
//
// The backup that Upgrade keeps, x.simexp.v1.bak, is whole or absent. It has its name for good before the archive is
// replaced.
package rewrite
