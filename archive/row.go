package archive

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
)

// selectRow reads the row of a table that a condition picks; [sql.ErrNoRows] if there is none.
func selectRow(ctx context.Context, conn *sql.Conn, table, where string, args ...any) (tables.Row, error) {
	return queryRow(ctx, conn, table, tables.Select(table)+where, args...)
}

// queryRow is selectRow for another statement that gives the columns of the table.
func queryRow(ctx context.Context, conn *sql.Conn, table, query string, args ...any) (tables.Row, error) {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, sqlitefile.Damage(err)
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return nil, sqlitefile.Damage(err)
		}
		return nil, sql.ErrNoRows
	}
	return scanRow(rows, table)
}

// scanRow reads the row of a table that rows stands at.
func scanRow(rows *sql.Rows, table string) (tables.Row, error) {
	n := len(tables.Columns[table])
	values, targets := make([]any, n), make([]any, n)
	for i := range values {
		targets[i] = &values[i]
	}
	if err := rows.Scan(targets...); err != nil {
		return nil, sqlitefile.Damage(err)
	}
	row := make(tables.Row, n)
	if err := tables.FromSQL(table, row, values); err != nil {
		return nil, err
	}
	return row, checkRow(table, row)
}

// checkRow reports a value of a row that has not the type of its column.
func checkRow(table string, row tables.Row) error {
	columns := tables.Columns[table]
	for i := range columns {
		if err := columns[i].Check(&row[i]); err != nil {
			return fmt.Errorf("%w: table %s, row %d: %w", sqlitefile.ErrDamaged, table, row[0].Int, err)
		}
	}
	return nil
}
