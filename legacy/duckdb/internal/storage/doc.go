// Package storage has the file as bytes: headers, checksums, blocks, the chains of metadata in them, and the objects
// that are written there and in the logs. FORMAT.md describes them under the names of the files here.
//
// A [Stream] owns the bounds of whatever is read from it: how many bytes, how deep, round how many loops.
package storage
