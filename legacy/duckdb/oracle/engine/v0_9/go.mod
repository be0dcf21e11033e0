module github.com/simexp/exparchive/legacy/duckdb/oracle/engine/v0_9

go 1.26

require (
	github.com/marcboeker/go-duckdb v1.5.6
	github.com/simexp/exparchive/legacy/duckdb/oracle/engine v0.0.0
)

require github.com/mitchellh/mapstructure v1.5.0 // indirect

replace github.com/simexp/exparchive/legacy/duckdb/oracle/engine => ../
