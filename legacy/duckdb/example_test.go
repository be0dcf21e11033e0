package duckdb_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// openExample unpacks a small database that DuckDB 1.4 wrote.
func openExample() *duckdb.DB {
	f, err := os.Open("testdata/catalog_e14/db.gz")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		log.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		log.Fatal(err)
	}
	db, err := duckdb.New(bytes.NewReader(b), int64(len(b)), nil)
	if err != nil {
		log.Fatal(err)
	}
	return db
}

// Rows as Go values are the easy way.
func ExampleTable_Rows() {
	db := openExample() // or duckdb.Open("old.db", nil)
	defer db.Close()
	table, err := db.Table("", "plain")
	if err != nil {
		log.Fatal(err)
	}
	for row, err := range table.Rows(context.Background(), "id", "name", "price") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(row[0].(int32), row[1].(string), row[2])
	}
	// Output:
	// 10 a 1.50
	// 15 b 1.50
	// 20  1.50
	// 1 c <nil>
	// 2 d 0.01
}

// Batches of columns are the fast way.
func ExampleTable_Scan() {
	db := openExample()
	defer db.Close()
	table, err := db.Table("", "plain")
	if err != nil {
		log.Fatal(err)
	}
	sum := int64(0)
	scan := table.Scan(context.Background(), "id")
	for scan.Next() {
		for _, id := range scan.Batch().Column(0).Int32s() {
			sum += int64(id)
		}
	}
	if err := scan.Err(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(table.RowCount(), "rows, sum of ids", sum)
	// Output: 5 rows, sum of ids 48
}
