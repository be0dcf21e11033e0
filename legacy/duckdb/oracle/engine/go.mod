module github.com/simexp/exparchive/legacy/duckdb/oracle/engine

go 1.26
