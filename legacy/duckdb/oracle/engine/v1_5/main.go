// Command v1_5 serves DuckDB 1.5 to the oracle over standard input and output.
package main

import (
	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/simexp/exparchive/legacy/duckdb/oracle/engine"
)

func main() { engine.Main() }
