// Command release makes what is published of a version of exparchive: binaries for every platform, packed with their
// manual pages, completions and licences, packages for Debian, a formula for Homebrew, bills of materials and
// checksums. The same commit gives the same bytes in any folder at any time, with the same release of Go. See
// `make dist`.
//
// It is a module of its own, so that what it needs is not needed by the program.
package main
