// Package verify checks an archive against every requirement of FORMAT.md that binds files, from the header to the
// digest of the run.
//
// [File] checks a file with all that stands beside it, [Reader] the bytes of a sealed archive. The pages of a sealed
// file are laid out anew from its rows and compared byte by byte; those of a live file are SQLite's, and SQLite is
// asked about them. Everything else is checked here, and nothing stops at the first fault. A [Problem] has the number
// of the requirement, the place and what to do; [Requirements] lists them all. One fault often breaks many
// requirements: the [Stage] of each says which of them count.
//
// The work is in proportion to the file, and so is the memory, of which a record takes up little.
package verify
