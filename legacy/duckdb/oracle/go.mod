module github.com/simexp/exparchive/legacy/duckdb/oracle

go 1.26

require github.com/simexp/exparchive/legacy/duckdb/oracle/engine v0.0.0

replace github.com/simexp/exparchive/legacy/duckdb/oracle/engine => ./engine
