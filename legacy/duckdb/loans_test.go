package duckdb_test

import "github.com/simexp/exparchive/legacy/duckdb/internal/storage"

// In all tests of this package, whoever refers to the memory of a block after it was given back finds nothing there.
func init() { storage.Poison = true }
