// Package fault has the errors that every part of the reader gives: the classes of refusal, and the error that says
// where in a file the damage is. Package duckdb passes them on under the same names.
package fault
