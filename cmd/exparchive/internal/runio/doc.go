// Package runio is between the command line and runs: it finds and opens what an argument names, says how a run is read
// and shown, and puts in place what a command makes.
package runio
