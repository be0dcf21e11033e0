package sqlitefile

import (
	"database/sql"
	"errors"
	"os"
)

// A tempFile goes away when it is closed.
type tempFile struct{ *os.File }

func (t tempFile) Close() error { return errors.Join(t.File.Close(), os.Remove(t.Name())) }

// OpenCopy opens a database at path for writing that belongs to the caller alone and whose schema was checked. Nothing of what is
// written is durable.
func OpenCopy(path string) (*sql.DB, error) {
	return OpenWritable(path, "mode=rw", "_journal_mode=MEMORY", "_synchronous=OFF", "_dqs=0", "_pragma=trusted_schema(0)")
}

// MigrateFile brings the database at path from a version to the newest.
func MigrateFile(path string, from int) error {
	db, err := OpenCopy(path)
	if err != nil {
		return err
	}
	return errors.Join(Formats.Upgrade(db, from), db.Close())
}
