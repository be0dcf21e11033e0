package schema

import "database/sql"

// liveSection finds a section of a prompt by its content while a run is recorded. It is of no use to readers, and a
// sealed file does not have it.
const liveSection = `CREATE TABLE live_section (
  sha256 BLOB PRIMARY KEY,
  id INTEGER NOT NULL
) WITHOUT ROWID`

// LiveObjects gives the objects that a live file may have beside those of its version. They hold nothing that is not
// in the tables of the run as well.
func LiveObjects() []Object {
	return []Object{{Type: "table", Name: "live_section", Table: "live_section",
		SQL: sql.NullString{String: liveSection, Valid: true}}}
}

// CreateLive makes the objects of [LiveObjects] in db anew, empty.
func CreateLive(exec func(statement string) error) error {
	for _, o := range LiveObjects() {
		if err := exec("DROP TABLE IF EXISTS " + o.Name + "; " + o.SQL.String); err != nil {
			return err
		}
	}
	return nil
}
