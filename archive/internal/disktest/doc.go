// Package disktest puts a simulated disk between SQLite and the file system, for tests of what survives.
//
// A [Disk] is an SQLite VFS that passes every call on to the real one and writes down what would reach the medium: each
// write, truncation, flush and change of a name, in order, with marks of the test's own in between. Calls of the file
// system that do not come from SQLite are passed through its methods of the same names. Two things can then be done
// with it:
//
//   - [Disk.Fail] lets a test fail any call, the k-th of all for instance.
//   - [Replay] walks through the log and gives, for any moment in it, folders as a loss of power at that moment could have
//     left them: what was flushed is there; of what was not, nothing, everything, a prefix, some writes or some sectors.
//
// Flushes are not passed on to the real disk, so thousands of runs take little time.
package disktest
