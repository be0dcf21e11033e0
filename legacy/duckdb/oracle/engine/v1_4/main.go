// Command v1_4 serves DuckDB 1.4 to the oracle over standard input and output.
package main

import (
	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/simexp/exparchive/legacy/duckdb/oracle/engine"
)

func main() { engine.Main() }
