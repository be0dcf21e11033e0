// Package diff says what differs between two runs, wherever they come from.
//
// [Compare] reads two [provider.Provider] side by side and reports each [Difference] as it is found: which record,
// iteration and agent, a JSON pointer into the record as the line protocol writes it (provider/jsonl), and both values.
// What it keeps does not grow with the runs.
//
// # When runs are the same
//
// Without [Options.Ignore] two runs have no difference exactly when their digests (provider/digest) are equal. So a
// JSON value of which only the spacing, the order of members or the spelling differs is a difference, [Rewritten]; and
// a value that a copy withholds is none, if the commitment in its place fits the value of the other run. Such values
// are counted by field in [Summary.Withheld].
//
// # Which record is compared with which
//
// Records that are equal belong together, and records of one kind, iteration, agent, type or name may. Where two runs
// part, the next records of each, [Window] at most, are laid side by side with the least number of changes; a record
// that then has no partner is only in one run.
package diff
