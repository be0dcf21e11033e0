// Package runindex keeps what a list says of the sealed archives of a folder in a file of the folder, [Name], so that
// the next list need not open them. It is a cache and nothing more: without it every list is the same and slower.
//
// # What is believed
//
// An entry is used only if the file is as it was when it was read, by its [Stamp]: the size, the time of its content,
// and, where the system has them, the number of the file and the time of the last change of anything about it, which no
// program can set back. Entries are made only of regular files, sealed, that nobody had changed for [Settled] when the
// reading began, by the clock of the file system itself: of a younger one, a change after the reading could bear the
// same times. A file beside which SQLite's or the recorder's files stand is not looked up.
//
// On Windows the number of the file and that time are to be had only by opening the file. There the time of its making
// is in their place, which a file may take over from one whose name it takes: what puts as many other bytes in the
// place of the file, and sets the time of its content back, goes unnoticed until the index is removed.
//
// An index may have come with a stranger's folder. Reading it is bounded, and what is damaged, or of another version,
// is refused whole. One that was made to deceive can say anything of a file whose stamp it guessed, in a list; so
// nothing but lists reads it, they mark what they have from it, and no check of an archive believes it.
//
// # The file
//
//	exparchive-index 1\n
//	entry...             by name, ascending
//	SHA-256              of all before it
//
// Numbers are varints of encoding/binary: signed ones where a value may be negative. A text is its length in bytes and
// the bytes, UTF-8. An entry is the name of the file, its stamp, the length of what follows, and what a list says of
// the run, in the order of codec.go. The same folder makes the same bytes.
package runindex
