package sqlitefile

import (
	"database/sql"
	"errors"
	"os"
)

// A tempFile goes away when it is closed.
type tempFile struct{ *os.File }

func (t tempFile) Close() error { return errors.Join(t.File.Close(), os.Remove(t.Name())) }

// OpenCopy opens a database at path for writing that belongs to the caller alone and whose schema was checked. Nothing
// of what is written is durable. More options may follow its own.
func OpenCopy(path string, options ...string) (*sql.DB, error) {
	own := []string{"mode=rw", "_journal_mode=MEMORY", "_synchronous=OFF", "_dqs=0", "_pragma=trusted_schema(0)"}
	return OpenWritable(path, append(own, options...)...)
}

// MigrateFile brings the database at path, which it opens as [OpenCopy] does, from a version to the newest.
func MigrateFile(path string, from int, options ...string) error {
	db, err := OpenCopy(path, options...)
	if err != nil {
		return err
	}
	return errors.Join(Formats.Upgrade(db, from), db.Close())
}
