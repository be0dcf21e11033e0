package schema

import (
	"database/sql"
	"embed"
	"fmt"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database/sqlite"
	"github.com/golang-migrate/migrate/v4/source/iofs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationsTable is what golang-migrate keeps its place in. A .simexp file keeps it in user_version, so the table is
// dropped when the migrations have run.
const migrationsTable = "schema_migrations"

// Create makes the schema of the current version in db, which must be empty, belong to the caller alone and have one
// connection. A process killed in between leaves a database that [Check] refuses: begin again with a fresh file.
func Create(db *sql.DB) error { return create(db, Version) }

func create(db *sql.DB, version uint) error {
	source, err := iofs.New(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("embedded migrations: %w", err)
	}
	defer source.Close()
	// The page size can be chosen only before the first table, which is golang-migrate's own.
	if _, err := db.Exec(fmt.Sprintf("PRAGMA page_size = %d; PRAGMA encoding = 'UTF-8'; PRAGMA auto_vacuum = NONE", PageSize)); err != nil {
		return fmt.Errorf("create schema: %w", err)
	}
	target, err := sqlite.WithInstance(db, &sqlite.Config{MigrationsTable: migrationsTable})
	if err != nil {
		return fmt.Errorf("create schema: %w", err)
	}
	m, err := migrate.NewWithInstance("iofs", source, "sqlite", target) // not closed: that would close db
	if err != nil {
		return fmt.Errorf("create schema: %w", err)
	}
	if err := m.Migrate(version); err != nil {
		return fmt.Errorf("create schema: %w", err)
	}
	if _, err := db.Exec("DROP TABLE " + migrationsTable); err != nil {
		return fmt.Errorf("create schema: %w", err)
	}
	return nil
}
