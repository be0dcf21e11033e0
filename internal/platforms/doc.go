// Package platforms has no code: its test checks the types of every package on the systems and processors for which
// there are binaries.
package platforms
