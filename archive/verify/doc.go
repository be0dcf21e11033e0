// Package verify checks an archive against every requirement of FORMAT.md that binds files, from the header to the digest of the run.
//
// [File] checks a file with all that stands beside it, [Reader] the bytes of a sealed archive. Both read the pages of the file by
// themselves and ask SQLite only where they found nothing; neither stops at the first fault. A [Problem] has the number of the
// requirement, the place and what to do; [Requirements] lists them all.
package verify
