package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"os"
	"strings"
)

// bench does one piece of work with the driver, for a parent that measures the process:
//
//	read FILE [THREADS]  every row of every table into Go values
//	hash FILE [THREADS]  the engine alone hashes every column
//
// It prints what it read, for comparison.
func bench(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("got %d arguments, want a measurement and a file", len(args))
	}
	ctx := context.Background()
	db, err := sql.Open("duckdb", args[1]+"?access_mode=READ_ONLY")
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if len(args) > 2 {
		if _, err := conn.ExecContext(ctx, "SET threads = "+args[2]); err != nil {
			return err
		}
	}
	tables, err := names(ctx, conn, "SELECT '\"' || schema_name || '\".\"' || table_name || '\"' FROM duckdb_tables() ORDER BY 1")
	if err != nil {
		return err
	}
	for _, t := range tables {
		switch args[0] {
		case "read":
			err = read(ctx, conn, t)
		case "hash":
			err = hash(ctx, conn, t)
		default:
			err = fmt.Errorf("unknown measurement %q", args[0])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func names(ctx context.Context, conn *sql.Conn, query string) ([]string, error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// read takes the shortest way that the driver offers to Go values: its own rows, without database/sql's conversion.
func read(ctx context.Context, conn *sql.Conn, table string) error {
	return conn.Raw(func(c any) error {
		rows, err := c.(driver.QueryerContext).QueryContext(ctx, "SELECT * FROM "+table, nil)
		if err != nil {
			return err
		}
		defer rows.Close()
		row := make([]driver.Value, len(rows.Columns()))
		n := 0
		for {
			err := rows.Next(row)
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			n++
		}
		fmt.Fprintln(os.Stdout, table, n)
		return nil
	})
}

func hash(ctx context.Context, conn *sql.Conn, table string) error {
	cols, err := names(ctx, conn, "SELECT column_name FROM duckdb_columns() WHERE '\"' || schema_name || '\".\"' || table_name || '\"' = '"+strings.ReplaceAll(table, "'", "''")+"'")
	if err != nil {
		return err
	}
	var sums []string
	for _, c := range cols {
		sums = append(sums, `bit_xor(hash("`+strings.ReplaceAll(c, `"`, `""`)+`"))`)
	}
	got, err := names(ctx, conn, "SELECT CAST(count(*) AS VARCHAR) || ' ' || CAST("+strings.Join(sums,
		" AS VARCHAR) || ' ' || CAST(")+" AS VARCHAR) FROM "+table)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, table, got[0])
	return nil
}
