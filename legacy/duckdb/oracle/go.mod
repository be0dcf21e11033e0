module github.com/simexp/exparchive/legacy/duckdb/oracle

go 1.26.0

require (
	github.com/simexp/exparchive v0.0.0
	github.com/simexp/exparchive/legacy/duckdb/oracle/engine v0.0.0
)

require github.com/klauspost/compress v1.20.3 // indirect

replace github.com/simexp/exparchive => ../../..

replace github.com/simexp/exparchive/legacy/duckdb/oracle/engine => ./engine
