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
func Create(db *sql.DB) error { return Released().Create(db) }

// Create is the function [Create] for the newest version of the set.
func (s Set) Create(db *sql.DB) error { return s.create(db, s.Version) }

func (s Set) create(db *sql.DB, version int) error {
	// The page size can be chosen only before the first table, which is golang-migrate's own.
	if _, err := db.Exec(fmt.Sprintf("PRAGMA page_size = %d; PRAGMA encoding = 'UTF-8'; PRAGMA auto_vacuum = NONE",
		PageSize)); err != nil {
		return fmt.Errorf("create schema: %w", err)
	}
	if err := s.migrate(db, 0, version); err != nil {
		return fmt.Errorf("create schema: %w", err)
	}
	return nil
}

// Upgrade brings db, whose schema [Set.Check] has found to be that of version from, to the newest. It must belong to
// the caller alone and have one connection. A process killed in between leaves a database that Check refuses: work on a
// copy.
func (s Set) Upgrade(db *sql.DB, from int) error {
	if err := s.migrate(db, from, s.Version); err != nil {
		return fmt.Errorf("upgrade schema from version %d to %d: %w", from, s.Version, err)
	}
	return nil
}

// migrate runs the migrations behind version from, 0 for an empty database.
func (s Set) migrate(db *sql.DB, from, to int) error {
	source, err := iofs.New(s.Migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	defer source.Close()
	target, err := sqlite.WithInstance(db, &sqlite.Config{MigrationsTable: migrationsTable})
	if err != nil {
		return err
	}
	m, err := migrate.NewWithInstance("iofs", source, "sqlite", target) // not closed: that would close db
	if err != nil {
		return err
	}
	if from > 0 {
		if err := m.Force(from); err != nil {
			return err
		}
	}
	if err := m.Migrate(uint(to)); err != nil {
		return err
	}
	_, err = db.Exec("DROP TABLE " + migrationsTable)
	return err
}
