// Command v1_3 serves DuckDB 1.3 to the oracle over standard input and output.
package main

import (
	_ "github.com/marcboeker/go-duckdb/v2"

	"github.com/simexp/exparchive/legacy/duckdb/oracle/engine"
)

func main() { engine.Main() }
