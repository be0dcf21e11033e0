package schema

import (
	"database/sql"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jmoiron/sqlx"
	_ "modernc.org/sqlite"
)

var update = flag.Bool("update", false, "rewrite the listing of the current version, until it is released")

func fresh(t *testing.T) *sqlx.DB {
	t.Helper()
	db, err := sqlx.Open("sqlite", filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func objects(t *testing.T, db *sqlx.DB) []Object {
	t.Helper()
	var o []Object
	if err := db.Select(&o, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid"); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestMigrationsMakeTheListing(t *testing.T) {
	for version := 1; version <= Version; version++ {
		db := fresh(t)
		if err := Released().create(db.DB, version); err != nil {
			t.Fatal(err)
		}
		got := objects(t, db)
		if *update && version == Version {
			if err := os.WriteFile("listings/v1.txt", []byte(formatListing(got)), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := Objects(version)
		if err != nil {
			t.Fatal(err)
		}
		// Dropping the migrations table frees rows of sqlite_schema that later objects may take, so order is not
		// compared.
		byName := func(a, b Object) int { return slices.Compare([]string{a.Type, a.Name}, []string{b.Type, b.Name}) }
		slices.SortFunc(got, byName)
		slices.SortFunc(want, byName)
		if !slices.Equal(got, want) {
			t.Errorf("version %d: got objects\n%s\nwant\n%s", version, formatListing(got), formatListing(want))
		}
		var id, user, page int64
		if err := errors.Join(db.Get(&id, "PRAGMA application_id"), db.Get(&user, "PRAGMA user_version"),
			db.Get(&page, "PRAGMA page_size")); err != nil {
			t.Fatal(err)
		}
		if id != ApplicationID || user != int64(version) || page != PageSize {
			t.Errorf("version %d: got application_id %#x, user_version %d, page_size %d", version, id, user, page)
		}
	}
}

func TestCheck(t *testing.T) {
	good, err := Objects(Version)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(f func([]Object) []Object) []Object { return f(slices.Clone(good)) }
	for _, c := range []struct {
		name    string
		version int64
		objects []Object
		want    error
	}{
		{"as made", Version, good, nil},
		{"shuffled", Version, edit(func(o []Object) []Object { slices.Reverse(o); return o }), nil},
		{"live", Version, append(slices.Clone(good), LiveObjects()...), nil},
		{"live twice", Version, append(append(slices.Clone(good), LiveObjects()...), LiveObjects()...), ErrForeign},
		{"live and changed", Version, edit(func(o []Object) []Object {
			live := LiveObjects()
			live[0].SQL.String += " "
			return append(o, live...)
		}), ErrForeign},
		{"newer", Version + 1, good, ErrNewer},
		{"version 0", 0, good, ErrForeign},
		{"negative", -1, good, ErrForeign},
		{"missing", Version, good[1:], ErrForeign},
		{"twice", Version, append(slices.Clone(good), good[0]), ErrForeign},
		{"trigger", Version, append(slices.Clone(good), Object{Type: "trigger", Name: "x", Table: "z_event"}), ErrForeign},
		{"other view", Version, edit(func(o []Object) []Object {
			o[len(o)-1].SQL.String += " WHERE 1"
			return o
		}), ErrForeign},
		{"table as view", Version, edit(func(o []Object) []Object { o[0].Type = "view"; return o }), ErrForeign},
		{"empty", Version, nil, ErrForeign},
	} {
		live, err := Check(c.version, c.objects)
		if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if live != (c.name == "live") {
			t.Errorf("%s: got live %t", c.name, live)
		}
	}
}

// TestCreateRefusesAUsedDatabase: the page size of a database that has tables cannot be chosen any more, and its tables
// stay.
func TestCreateRefusesAUsedDatabase(t *testing.T) {
	db := fresh(t)
	if _, err := db.Exec("CREATE TABLE z_event (x)"); err != nil {
		t.Fatal(err)
	}
	if err := Create(db.DB); err == nil {
		t.Error("got a schema in a database that had a table of the same name, want an error")
	}
	var n sql.NullInt64
	if err := db.Get(&n, "SELECT count(*) FROM z_event"); err != nil {
		t.Error(err)
	}
}
