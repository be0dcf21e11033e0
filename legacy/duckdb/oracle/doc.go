// Package oracle asks the real DuckDB what the pure-Go reader should give.
package oracle
