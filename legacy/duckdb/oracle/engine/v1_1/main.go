// Command v1_1 serves DuckDB 1.1 to the oracle over standard input and output.
package main

import (
	_ "github.com/marcboeker/go-duckdb"

	"github.com/simexp/exparchive/legacy/duckdb/oracle/engine"
)

func main() { engine.Main() }
