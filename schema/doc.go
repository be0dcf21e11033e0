// Package schema is the shape of a .simexp file: its application id, its schema versions and the objects of each.
//
// Only a writer makes or changes a schema: [Create] runs the embedded migrations (golang-migrate) on a fresh database,
// and nothing ever runs them on a file that was opened to be read. Readers ask [Check], which accepts a file only if
// every object of its schema is, letter for letter, the one that its version has. No statement that a stranger put into
// a file is ever executed, since there is no such statement in a file that passes.
//
// A released migration is never edited; a new version is a new file, and it ends by setting user_version.
package schema
