module github.com/simexp/exparchive/legacy/duckdb/oracle/engine/v1_2

go 1.26

require (
	github.com/marcboeker/go-duckdb/v2 v2.2.0
	github.com/simexp/exparchive/legacy/duckdb/oracle/engine v0.0.0
)

require (
	github.com/apache/arrow-go/v18 v18.1.0 // indirect
	github.com/duckdb/duckdb-go-bindings v0.1.14 // indirect
	github.com/duckdb/duckdb-go-bindings/darwin-amd64 v0.1.9 // indirect
	github.com/duckdb/duckdb-go-bindings/darwin-arm64 v0.1.9 // indirect
	github.com/duckdb/duckdb-go-bindings/linux-amd64 v0.1.9 // indirect
	github.com/duckdb/duckdb-go-bindings/linux-arm64 v0.1.9 // indirect
	github.com/duckdb/duckdb-go-bindings/windows-amd64 v0.1.9 // indirect
	github.com/go-viper/mapstructure/v2 v2.2.1 // indirect
	github.com/goccy/go-json v0.10.5 // indirect
	github.com/google/flatbuffers v25.1.24+incompatible // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/klauspost/compress v1.17.11 // indirect
	github.com/klauspost/cpuid/v2 v2.2.9 // indirect
	github.com/marcboeker/go-duckdb/arrowmapping v0.0.7 // indirect
	github.com/marcboeker/go-duckdb/mapping v0.0.7 // indirect
	github.com/pierrec/lz4/v4 v4.1.22 // indirect
	github.com/zeebo/xxh3 v1.0.2 // indirect
	golang.org/x/exp v0.0.0-20250128182459-e0ece0dbea4c // indirect
	golang.org/x/mod v0.22.0 // indirect
	golang.org/x/sync v0.10.0 // indirect
	golang.org/x/sys v0.29.0 // indirect
	golang.org/x/tools v0.29.0 // indirect
	golang.org/x/xerrors v0.0.0-20240903120638-7835f813f4da // indirect
)

replace github.com/simexp/exparchive/legacy/duckdb/oracle/engine => ../
