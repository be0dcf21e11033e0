// Package replay prints runs for people. Its [Printer] is a [provider.Sink]: a live run and a recorded one go through
// the same code record by record, so what a replay prints is byte for byte what the live run printed.
//
// # Layout
//
// A header says which run it is. Every iteration has a block: a heading, the lines of the sections that were asked for
// in the order in which things were recorded, and at its end a summary with one line per agent: what the iteration cost
// it, the change to the iteration before, what was decided about the proposal for it and why, and what that changes
// (old -> new). A proposal is accepted, rejected or kept (it repeats the policy in force), or there is none; see
// [provider.Decision]. A reason that a line of the block has is not said again in the summary. Agents come in ascending
// order of their bytes. A footer gives the result, and the notes about the run come at its end. A block ends when a
// record of another iteration comes; records of an iteration that come after its block get one that says it is
// continued.
//
// A value that was not recorded is shown as "-" or left out, never as zero. Amounts of money are formatted from
// integers; a number that is no integer of cents is shown as it is written. Clock, locale and terminal do not matter.
// How long things took is shown for calls of language models only.
//
// # Recorded text
//
// Recorded text is not trusted. Control characters, bidirectional controls, other invisible characters and invalid
// bytes are shown as escapes (\x1b, \u202e, \U000e0001, \xff). On lines of the printer's own, line ends are escaped
// too; prompts and responses keep their lines, each behind "  | ", so that no prompt can look like a heading.
package replay
