// Package judge has another reader of Parquet, parquet-go, read what package parquet writes, and compares value by
// value. It is a module of its own, so that the reader is no dependency of the program: `make judges`.
package judge
