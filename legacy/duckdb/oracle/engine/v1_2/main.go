// Command v1_2 serves DuckDB 1.2 to the oracle over standard input and output.
package main

import (
	_ "github.com/marcboeker/go-duckdb/v2"

	"github.com/simexp/exparchive/legacy/duckdb/oracle/engine"
)

func main() { engine.Main() }
